"""A socket whose bytes the test chooses, one by one if it likes."""

import asyncio
import json
import socket
from collections.abc import Sequence
from typing import Any

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from tests.tools.house import SECONDS, Person


class RawSocket:
    """A signed-in socket whose bytes we choose; what it answers is read by the library."""

    def __init__(self, person: Person, receive_buffer: int | None = None) -> None:
        self.person = person
        self._receive_buffer = receive_buffer
        self.heard: list[Frame] = []
        self.protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{person.house.port}/ws"))

    async def open(self) -> None:
        raw = socket.socket()
        if self._receive_buffer is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        raw.connect(("127.0.0.1", self.person.house.port))
        self.reader, self.writer = await asyncio.open_connection(sock=raw, limit=1_024)
        self.protocol.send_request(self.protocol.connect())
        await self.send(self.protocol.data_to_send())
        await self.frames(1)
        hello = {"id": 1, "command": {"type": "session.open", "token": self.person.token}}
        self.protocol.send_text(json.dumps(hello).encode())
        await self.send(self.protocol.data_to_send())
        assert "result" in json.loads((await self.frames(1))[0].data)

    async def send(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def frames(self, count: int) -> list[Frame]:
        """The next `count` things the server says, the answer to the upgrade included."""
        found: list[Frame] = []
        async with asyncio.timeout(SECONDS):
            while len(found) < count:
                data = await self.reader.read(65_536)
                assert data, "the server hung up"
                self.protocol.receive_data(data)
                found += self.protocol.events_received()
        return found

    async def closed(self) -> int:
        """Reads to the end; the code that the server closed with."""
        async with asyncio.timeout(SECONDS):
            while data := await self.reader.read(65_536):
                self.protocol.receive_data(data)
                self.heard += self.protocol.events_received()
        assert self.protocol.close_rcvd is not None
        return self.protocol.close_rcvd.code

    def texts(self) -> list[dict[str, Any]]:
        """What was heard while it waited for the end."""
        return [json.loads(bytes(frame.data)) for frame in self.heard if frame.opcode is Opcode.TEXT]

    def hang_up(self) -> None:
        self.writer.transport.abort()
