"""The demo's clock and its hands: every command through the dispatcher, every reaction through the worker, at a moment of the past, in one transaction.

The clock of rule 9 is redefined inside this transaction alone, and put back before it commits: nobody else ever sees it moved, and a demo that
fails leaves nothing behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from server import booking, message, trust
from server.app import CONSUMERS, REACTIONS, SCHEDULE, Server
from server.kernel import queries
from server.kernel.connection import Connection
from server.kernel.database import Database
from server.kernel.settings import Settings
from server.kernel.work import Caller, Work
from server.protocol import limits
from server.protocol.commands import Command
from server.protocol.errors import Refusal

SQL = queries.load("demo")


class OneConnection(Database):
    """A database of one transaction: whoever asks for a connection gets this one, and commits a savepoint."""

    def __init__(self, connection: Connection) -> None:
        self._one = connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        yield self._one


class Evening:
    """The real dispatcher and worker, at any moment."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self.server = Server(settings, "")
        self.server.database = self.server.dispatcher.database = OneConnection(connection)
        self.work = Work(connection, CONSUMERS)
        self._worker = self.server.worker()

    @classmethod
    @asynccontextmanager
    async def begin(cls, settings: Settings, connection: Connection, at: datetime) -> AsyncIterator["Evening"]:
        one = cls(settings, connection)
        kept: str = await one.work.value(SQL.clock_as_it_is)
        await one.move(at)
        await one.work.execute(SQL.clock_of_this_transaction)
        yield one
        one.work.flush()
        await one.react()
        await one.work.execute(kept.encode())

    async def move(self, at: datetime) -> None:
        """It is `at` now."""
        await self.work.execute(SQL.set_clock, at=at)

    async def run(self, caller: Caller, command: Command) -> dict[str, Any]:
        """The result, as JSON has it. Raises Refusal."""
        outcome = await self.server.dispatcher.run(caller, command, uuid4())
        found: dict[str, Any] = msgspec.json.decode(outcome.result)
        return found

    async def can(self, caller: Caller, command: Command) -> dict[str, Any] | None:
        """The result, or None where the rules of the house are against it: the slot is taken, the draft has lapsed."""
        try:
            return await self.run(caller, command)
        except Refusal:
            return None

    async def react(self) -> None:
        """What the worker does of itself: reactions, what time does to reservations, the radar."""
        shards = list(range(limits.SHARDS))
        while sum([await self._worker.deliver(consumer, shards) for consumer in REACTIONS]):
            pass

    async def tidy(self) -> None:
        for job in booking.JOBS:
            await job(SCHEDULE, self.work)
        for other in (*trust.JOBS, message.index_words):
            await other(self.work)
        self.work.flush()
        await self.react()


def uuid(text: object) -> UUID:
    return UUID(str(text))
