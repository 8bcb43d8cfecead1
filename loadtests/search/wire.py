"""GET over kept connections, as little Python a request as can be: what is measured is the server."""

import asyncio
import re
import time
from collections.abc import Sequence

from msgspec import Struct

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)


class Answer(Struct, frozen=True):
    status: int
    body: bytes
    ms: float


class Line:
    """One connection; a request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Line":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def get(self, request: bytes) -> Answer:
        begun = time.perf_counter()
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        body = await self._reader.readexactly(int(length[1]) if length else 0)
        return Answer(int(head[9:12]), body, 1_000 * (time.perf_counter() - begun))

    def close(self) -> None:
        self._writer.close()


def request(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\r\n".encode()


async def one_by_one(port: int, requests: Sequence[bytes]) -> list[Answer]:
    line = await Line.open(port)
    try:
        return [await line.get(one) for one in requests]
    finally:
        line.close()


async def as_many_as_can_be(port: int, requests: Sequence[bytes], lines: int, secs: float) -> float:
    """Answers a second to `requests` in turns, over so many connections. Raises RuntimeError for an answer that is no 200."""
    opened = [await Line.open(port) for _ in range(lines)]
    deadline = time.perf_counter() + secs

    async def ask(line: Line, first: int) -> int:
        count = 0
        while time.perf_counter() < deadline:
            answer = await line.get(requests[(first + count) % len(requests)])
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {answer.body[:200]!r}")
            count += 1
        return count

    try:
        begun = time.perf_counter()
        counts = await asyncio.gather(*(ask(line, n) for n, line in enumerate(opened)))
        return sum(counts) / (time.perf_counter() - begun)
    finally:
        for line in opened:
            line.close()
