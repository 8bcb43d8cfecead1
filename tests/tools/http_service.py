"""A small real HTTP/1.1 server for the other side of a test: what it answers is told to it, and it never hurries."""

import asyncio
import contextlib
import ssl
from types import TracebackType
from typing import Self

from msgspec import Struct

HEAD_BYTES = 64 * 1024


class Request(Struct, frozen=True):
    """Header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Answer(Struct, frozen=True):
    """`length` is a lie about the body's length, for an answer that never ends."""

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""
    length: int | None = None


class HttpService:
    """Listens on a port of its own on 127.0.0.1 while entered. Override `handle`; `answer`, `once`, `stall` change what
    comes back."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._told: Answer | None = None
        self._next: list[Answer] = []
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._news = asyncio.Condition()
        self._connections: set[asyncio.Task[None]] = set()
        self.requests: list[Request] = []
        """Everything that was asked, whatever came of it."""
        self.connections = 0
        """How many were ever opened."""

    async def handle(self, request: Request) -> Answer:
        raise NotImplementedError

    def answer(self, answer: Answer | None) -> None:
        """From now on; None: as a good service does."""
        self._told = answer

    def once(self, *answers: Answer) -> None:
        """One to each of the next requests."""
        self._next.extend(answers)

    def stall(self) -> None:
        """Take requests and say nothing, until `go_on`."""
        self._flowing.clear()

    def go_on(self) -> None:
        self._flowing.set()

    async def asked(self, count: int) -> list[Request]:
        """The requests, once there are `count` of them."""
        await self.until(lambda: len(self.requests) >= count)
        return self.requests

    async def until(self, condition) -> None:
        """Wait for something to become true; it is looked at after each request."""
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(condition)

    @property
    def host(self) -> str:
        """`127.0.0.1:port`, as FUURO_PUSH_HOSTS lists it."""
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.host}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls, limit=HEAD_BYTES)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self.connections += 1
        try:
            with contextlib.suppress(
                ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError
            ):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(method, target, headers, body)
        answer = self._next.pop(0) if self._next else self._told
        if answer is None:
            answer = await self.handle(request)
        self.requests.append(request)
        async with self._news:
            self._news.notify_all()
        await self._flowing.wait()
        length = len(answer.body) if answer.length is None else answer.length
        lines = [f"HTTP/1.1 {answer.status} So", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body)
        await writer.drain()
        if length > len(answer.body):
            await asyncio.Event().wait()
        return True
