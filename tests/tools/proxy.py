"""A way to PostgreSQL that can be blocked: what goes through it stops, and nobody says so."""

import asyncio
import contextlib
from pathlib import Path
from typing import Self


class Proxy:
    """Listens on a socket in `folder` for as long as it is entered, and hands on to the socket in `target`."""

    def __init__(self, folder: Path, target: Path) -> None:
        self._folder = folder
        self._target = target / ".s.PGSQL.5432"
        self._open = asyncio.Event()
        self._open.set()
        self.asked = asyncio.Event()
        """Somebody has come."""
        self._tasks: set[asyncio.Task[None]] = set()

    def freeze(self) -> None:
        """From now on nothing passes; new connections are taken, and never answered."""
        self._open.clear()

    def thaw(self) -> None:
        self._open.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._accept, self._folder / ".s.PGSQL.5432")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.asked.set()
        there: asyncio.StreamWriter | None = None
        try:
            await self._open.wait()
            back, there = await asyncio.open_unix_connection(self._target)
            ways = [asyncio.create_task(self._pass(reader, there)), asyncio.create_task(self._pass(back, writer))]
            self._tasks.update(ways)
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in (writer, there):
                if end is not None:
                    end.close()
            self._tasks.discard(task)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
