"""Frames cut by our own hand: whatever the network does to the stream, the same messages arrive, in order, and the library's rules hold."""

import asyncio
import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from tests.tools.clones import open_house
from tests.tools.house import House, Person
from tests.tools.raw_socket import RawSocket


@pytest.fixture(scope="module")
def person(cluster: str, template: str) -> Iterator[Person]:
    with open_house(cluster, template, FUURO_LIMITS="100000") as house:
        yield asyncio.run(_registered(house))


async def _registered(house: House) -> Person:
    async with Person(house).http as http:
        guest = Person(house)
        guest.http = http
        return await guest.register("guest", "健")


def _masked(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def _text(id: int, filler: str) -> bytes:
    """A frame that is answered by `unknown_command` and bears its id; no need of a database."""
    return json.dumps({"id": id, "command": {"type": "nothing.of_the_kind", "filler": filler}}).encode()


sizes = st.sampled_from([0, 1, 40, 60, 61, 62, 63, 64, 200, 65_300])
kinds = st.lists(st.tuples(st.sampled_from(["whole", "fragments", "ping", "pong"]), sizes), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(kinds=kinds, cuts=st.lists(st.integers(0, 70_000), max_size=30))
def test_however_a_stream_is_cut_every_message_is_answered_once_and_in_order(
    person: Person, kinds: list[tuple[str, int]], cuts: list[int]
) -> None:
    stream, wanted = b"", []
    for number, (kind, size) in enumerate(kinds, start=2):
        if kind == "ping":
            stream += _masked(Opcode.PING, str(number).encode())
            wanted.append(("pong", number))
        elif kind == "pong":
            stream += _masked(Opcode.PONG, b"unasked")
        else:
            text = _text(number, "x" * size)
            middle = len(text) // 2
            parts = [(Opcode.TEXT, text[:middle], False), (Opcode.CONT, text[middle:], True)]
            if kind == "whole":
                parts = [(Opcode.TEXT, text, True)]
            stream += b"".join(_masked(opcode, data, fin=fin) for opcode, data, fin in parts)
            wanted.append(("error", number))
    ends = sorted({0, len(stream), *(c for c in cuts if c < len(stream))})
    pieces = [stream[a:b] for a, b in pairwise(ends)]

    async def run() -> list[tuple[str, int]]:
        one = RawSocket(person)
        await one.open()
        try:
            await one.send(pieces)
            return [_meaning(frame) for frame in await one.frames(len(wanted))]
        finally:
            one.hang_up()

    heard = asyncio.run(run())
    assert [h for h in heard if h[0] == "error"] == [w for w in wanted if w[0] == "error"]
    assert [h for h in heard if h[0] == "pong"] == [w for w in wanted if w[0] == "pong"]


def _meaning(frame: Frame) -> tuple[str, int]:
    if frame.opcode is Opcode.PONG:
        return "pong", int(bytes(frame.data))
    said = json.loads(bytes(frame.data))
    assert said["error"]["code"] == "unknown_command"
    return "error", int(said["id"])


def _unmasked(text: bytes) -> bytes:
    return Frame(Opcode.TEXT, text).serialize(mask=False)


FAULTS = {
    "a frame without a mask": (_unmasked(_text(2, "")), 1002),
    "a reserved opcode": (bytes([0x83, 0x80, 0, 0, 0, 0]), 1002),
    "a reserved bit": (bytes([0xC1, 0x80, 0, 0, 0, 0]), 1002),
    "a ping longer than 125 bytes": (bytes([0x89, 0xFE, 0, 126, 0, 0, 0, 0]) + b"x" * 126, 1002),
    "a continuation of nothing": (_masked(Opcode.CONT, b"x"), 1002),
    "a text in the middle of another": (_masked(Opcode.TEXT, b"x", fin=False) + _masked(Opcode.TEXT, b"x"), 1002),
    "no UTF-8": (_masked(Opcode.TEXT, b"\xff\xfe"), 1007),
    "a frame above 64 KiB": (_masked(Opcode.TEXT, b"x" * 65_537), 1009),
    "the header alone of a huge frame": (bytes([0x81, 0xFF]) + (2**40).to_bytes(8, "big") + b"mask", 1009),
    "fragments above 64 KiB": (
        _masked(Opcode.TEXT, b"x" * 60_000, fin=False) + _masked(Opcode.CONT, b"x" * 60_000),
        1009,
    ),
    "a binary message": (_masked(Opcode.BINARY, b"{}"), 4501),
}


@pytest.mark.anyio
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("piece", [1_000_000, 5, 1], ids=["at once", "its head in fives", "its head byte by byte"])
async def test_what_the_protocol_forbids_closes_that_socket_alone(person: Person, fault: str, piece: int) -> None:
    data, code = FAULTS[fault]
    faulty, neighbour = RawSocket(person), RawSocket(person)
    await faulty.open()
    await neighbour.open()
    head = data[:20]
    await faulty.send([head[i : i + piece] for i in range(0, len(head), piece)] + [data[20:]])
    assert await faulty.closed() == code
    await neighbour.send([_masked(Opcode.TEXT, _text(2, ""))])
    assert _meaning((await neighbour.frames(1))[0]) == ("error", 2)
    neighbour.hang_up()
