"""Newcomers in their order: at once in quiet times, behind those who are being signed in when all come together."""

import asyncio
import random
from contextlib import ExitStack

import pytest

from server.gateway.admission import A_TURN, SIGNING_IN, Admission
from tests.flow.conftest import Pair
from tests.tools.house import House

pytestmark = pytest.mark.anyio
CROWD = 3 * SIGNING_IN


async def turns(count: int = 5 * CROWD) -> None:
    """So many turns of the loop: more than anybody needs who does not wait for another."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_in_quiet_times_nobody_waits() -> None:
    admission = Admission()
    for _ in range(A_TURN):
        with pytest.raises(StopIteration):
            admission.turn().send(None)
    late = asyncio.create_task(admission.turn())
    await turns(3)
    assert late.done(), "the next turn of the loop is theirs"


async def test_a_crowd_comes_in_as_those_before_it_are_signed_in_and_in_its_order() -> None:
    admission, came = Admission(), list[int]()

    async def comes(n: int) -> None:
        await admission.turn()
        came.append(n)

    with ExitStack() as all_others:
        one = ExitStack()
        one.enter_context(admission.signing_in())
        for _ in range(SIGNING_IN - 1):
            all_others.enter_context(admission.signing_in())
        crowd = [asyncio.create_task(comes(n)) for n in range(CROWD)]
        await turns()
        assert came == []
        crowd[1].cancel()
        one.close()
        with admission.signing_in():
            await turns()
            assert came == [0, *range(2, A_TURN + 1)], "a place is free for one turn: who gave up takes none of it"
    await turns()
    assert came == [0, *range(2, CROWD)]


async def test_who_has_come_in_and_says_nothing_takes_nobody_s_place() -> None:
    admission = Admission()
    for _ in range(CROWD):
        await asyncio.wait_for(admission.turn(), 10)


async def test_whose_sign_in_fails_gives_the_place_back() -> None:
    admission = Admission()
    for _ in range(CROWD):
        with pytest.raises(ZeroDivisionError), admission.signing_in():
            raise ZeroDivisionError
    with pytest.raises(StopIteration):
        admission.turn().send(None)


async def test_of_a_crowd_at_the_door_everybody_is_served_but_who_left(house: House, pair: Pair) -> None:
    """Some go away before their handshake is answered: nobody behind them notices, and the house has nothing to write down."""

    async def leaves() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", house.port)
        head = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
        writer.write(f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n\r\n".encode())
        await writer.drain()
        writer.transport.abort()

    async def stays() -> str:
        async with pair.guest.socket() as socket:
            return str(socket.opened["account"]["id"])

    written = house.log.stat().st_size
    crowd = [leaves() for _ in range(CROWD)] + [stays() for _ in range(CROWD)]
    random.Random(6).shuffle(crowd)
    said = await asyncio.gather(*crowd)
    assert [one for one in said if one] == [str(pair.guest.id)] * CROWD
    assert house.log.read_bytes()[written:] == b""
