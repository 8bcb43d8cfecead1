"""What is bounded, met on purpose: rates, floods, sockets, and a phone that no longer reads. Whoever keeps to the limits notices nothing."""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.uri import parse_uri

from server.gateway import wire
from server.gateway.wire import EXTENSION, Wire
from server.protocol import limits
from tests.flow.conftest import Pair
from tests.tools.clones import rows
from tests.tools.house import SECONDS, House, Person, free_port, until
from tests.tools.raw_socket import RawSocket

pytestmark = pytest.mark.anyio
SPOKEN = 640
"""messages of 16 kB: more than the system's buffers and ours together hold for one socket."""


async def test_too_many_messages_at_once_are_refused_and_pass_later_with_the_same_key(strict_pair: Pair) -> None:
    pair = strict_pair
    async with pair.guest.socket() as guest, pair.cast.socket() as cast:
        keys = [str(uuid4()) for _ in range(limits.MESSAGES.burst + 20)]
        said = await asyncio.gather(
            *(guest.frame("message.send", key=key, room=pair.room, body=f"{n}") for n, key in enumerate(keys))
        )
        refused = [n for n, answer in enumerate(said) if "error" in answer]
        assert refused
        for n in refused:
            error = said[n]["error"]
            assert (error["code"], error["temporary"]) == ("rate_limited", True)
            assert 0 < error["retry_after"] <= 20 / limits.MESSAGES.per_second + 1
        await cast.ask("message.send", room=pair.room, body="the other side has a rate of its own")

        async def passes() -> bool:
            answer = await guest.frame("message.send", key=keys[refused[0]], room=pair.room, body=f"{refused[0]}")
            return "result" in answer

        await until(passes)
        log = await guest.ask("room.since", room=pair.room, after=0)
        assert sum(entry.get("key") == keys[refused[0]] for entry in log["entries"]) == 1


async def test_the_rate_of_other_commands_is_told_by_http_too(strict_pair: Pair) -> None:
    command = {"type": "room.mute", "room": strict_pair.room, "until": None}

    async def flood() -> httpx.Response | None:
        """More at once than the burst, again where a slow machine took them no faster than the rate allows."""
        one = partial(strict_pair.guest.http.post, "/api/commands", json=command, timeout=60)
        answers = await asyncio.gather(*(one() for _ in range(3 * limits.COMMANDS.burst)))
        assert {answer.status_code for answer in answers} <= {200, 429}
        return next((answer for answer in answers if answer.status_code == 429), None)

    answer = await until(flood, 60)
    said = answer.json()
    assert (said["code"], said["temporary"]) == ("rate_limited", True)
    assert said["retry_after"] > 0
    assert int(answer.headers["retry-after"]) >= 1


async def test_an_endless_flood_of_refused_frames_ends_the_socket(strict_pair: Pair) -> None:
    async with strict_pair.guest.socket() as guest, strict_pair.cast.socket() as cast:
        for id in range(1, limits.PROTOCOL_ERRORS + 50):
            await guest.raw.send(json.dumps({"id": id, "command": {"type": "nothing"}}))
            if guest.raw.close_code is not None:
                break
        assert (await guest.closed())[0] == 4501
        assert "server_time" in await cast.ask("session.ping")


async def test_the_oldest_of_too_many_sockets_gives_way(strict_pair: Pair) -> None:
    async with AsyncExitStack() as open_ones:
        first = await open_ones.enter_async_context(strict_pair.guest.socket())
        others = [
            await open_ones.enter_async_context(strict_pair.guest.socket()) for _ in range(limits.SOCKETS_PER_ACCOUNT)
        ]
        assert (await first.closed())[0] == 4504
        for other in others:
            assert "server_time" in await other.ask("session.ping")


async def test_who_was_signed_out_pushes_nobody_out(strict_house: House) -> None:
    """Their token is good by itself for some minutes still."""
    person = await Person(strict_house).register("guest", "健")
    ended = person.token
    session = json.loads(urlsafe_b64decode(ended.split(".")[1] + "=="))["sid"]
    ((number,),) = await rows(strict_house, "select recipient from identity.inbox order by id desc limit 1")
    await rows(strict_house, "update identity.challenges set created_at = created_at - interval '1 hour'")
    person.token = (await person.verify(number))["access_token"]
    await rows(strict_house, "update identity.sessions set ended_at = clock_timestamp() where id = %s", session)
    async with AsyncExitStack() as open_ones:
        live = [await open_ones.enter_async_context(person.socket()) for _ in range(limits.SOCKETS_PER_ACCOUNT)]
        for _ in range(limits.SOCKETS_PER_ACCOUNT):
            async with connect(f"ws://127.0.0.1:{strict_house.port}/ws", compression=None) as raw:
                await raw.send(json.dumps({"id": 1, "command": {"type": "session.open", "token": ended}}))
                assert json.loads(await raw.recv())["error"]["code"] == "unauthenticated"
        for one in live:
            assert "server_time" in await one.ask("session.ping")
    await person.http.aclose()


async def test_a_phone_that_reads_no_more_is_closed_and_resumes_while_others_carry_on(pair: Pair) -> None:
    deaf = RawSocket(pair.cast, receive_buffer=4_096)
    await deaf.open()
    async with pair.guest.socket() as guest, pair.cast.socket() as cast:
        for _ in range(SPOKEN // 16):
            await asyncio.gather(*(guest.ask("message.send", room=pair.room, body="𠮷" * 4_000) for _ in range(16)))
        for _ in range(SPOKEN):
            await cast.next("room.entry")
        assert await deaf.closed() == 4000
        seqs = [event["event"]["entry"]["seq"] for event in deaf.texts() if event["event"]["type"] == "room.entry"]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert len(seqs) < SPOKEN
    async with pair.cast.socket(rooms={pair.room: seqs[-1]}) as back:
        missed = back.opened["missed"][pair.room]
        assert missed["entries"][0]["seq"] == seqs[-1] + 1


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[int]:
    """`app` on wires of ours; its port."""
    port = free_port()
    config = uvicorn.Config(app, port=port, ws=Wire, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign]
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield port
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def greeted(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter, ClientProtocol]]:
    """A client that has asked for its upgrade, and reads only what it likes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = ClientProtocol(parse_uri(f"ws://127.0.0.1:{port}/"))
    client.send_request(client.connect())
    writer.write(b"".join(client.data_to_send()))
    try:
        yield reader, writer, client
    finally:
        writer.transport.abort()


async def test_a_phone_that_answers_no_ping_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PING_SECONDS", 0.05)

    async def app(scope: dict, receive: object, send: object) -> None:
        assert scope["type"] == "websocket"
        await send({"type": "websocket.accept"})  # type: ignore[operator]
        while (await receive())["type"] != "websocket.disconnect":  # type: ignore[operator]
            pass

    async with served(app) as port, greeted(port) as (reader, _, client):
        async with asyncio.timeout(SECONDS):
            while data := await reader.read(65_536):
                client.receive_data(data)  # its pongs stay where they are: nobody sends them
        pings = [e for e in client.events_received() if getattr(e, "opcode", None) is Opcode.PING]
        assert client.close_rcvd is not None
        assert (client.close_rcvd.code, len(pings)) == (4001, limits.MISSED_PONGS)


@pytest.mark.parametrize("who", ["the server", "the client", "both"])
async def test_whoever_closes_a_socket_whose_client_reads_nothing_is_soon_rid_of_it(
    who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "CLOSE_SECONDS", 0.1)
    monkeypatch.setattr(wire, "DRAIN_SECONDS", 0.1)
    wires: list[Wire] = []

    async def app(scope: dict, receive: object, send: object) -> None:
        await send({"type": "websocket.accept"})  # type: ignore[operator]
        one: Wire = scope["extensions"][EXTENSION]
        one.listener = lambda _: None
        while not one.full:
            one.write_texts([b"x" * 60_000])
            await asyncio.sleep(0)
        wires.append(one)
        while (await receive())["type"] != "websocket.disconnect":  # type: ignore[operator]
            pass

    async with served(app) as port, greeted(port) as (reader, writer, client):
        client.receive_data(await reader.readuntil(b"\r\n\r\n"))
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        (one,) = await until(lambda: wires)
        if who != "the client":
            one.hang_up(4000, "slow consumer")
        if who != "the server":
            client.send_close(1000)
            writer.write(b"".join(client.data_to_send()))
        await until(lambda: one.gone)
        one.shutdown()  # as uvicorn does where it ends meanwhile
        await until(lambda: one.disconnected)
