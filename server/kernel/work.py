"""The unit of work: one transaction, what it has to tell other contexts (outbox) and what it has to tell sockets (news)."""

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.types.json import Jsonb

from server.kernel import queries
from server.kernel.arrays import Documents, Texts
from server.kernel.connection import Connection, Soon
from server.kernel.statement import Answer
from server.protocol import limits
from server.protocol.commands import Command
from server.protocol.domain_events import DomainEvent
from server.protocol.errors import Refusal
from server.protocol.events import Event
from server.protocol.values import Entry, Role

SQL = queries.load("kernel")
Row = TypeVar("Row")
Taken = TypeVar("Taken")
Consumers = Mapping[str, Sequence[str]]
"""Type of event → the contexts that react to it."""


class Caller(Struct, frozen=True):
    """Who gives a command: proven by an access token."""

    account: UUID
    role: Role
    session: UUID


class Appended(Struct, frozen=True):
    """News: a room has a new entry."""

    room: UUID
    cast: UUID
    guest: UUID
    entry: Entry


class Told(Struct, frozen=True):
    """News: an event for all sockets of these accounts."""

    accounts: tuple[UUID, ...]
    event: Event


class SessionEnded(Struct, frozen=True):
    """News: no socket of this session may live on."""

    session: UUID


class Outdated(Struct, frozen=True):
    """News: what processes keep of these accounts is true no longer: of casts as they are looked at, of others as those who look."""

    casts: tuple[UUID, ...] = ()
    viewers: tuple[UUID, ...] = ()


class Queued(Struct, frozen=True):
    """News: there is something to do for a worker. `names`: the consumers of events (each with its shard, or whole) and the kinds of job."""

    names: frozenset[str]


News = Appended | Told | SessionEnded | Outdated | Queued


class Work:
    """One transaction in the making. Handlers read and write through it; nobody but the dispatcher and the worker commits."""

    def __init__(
        self, connection: Connection, consumers: Consumers, caller: Caller | None = None, key: UUID | None = None
    ) -> None:
        self.connection = connection
        self.key = key
        self.news: list[News] = []
        self.standing: Awaitable[str | None] | None = None
        self._caller = caller
        self._consumers = consumers
        self._events: list[DomainEvent] = []

    @property
    def caller(self) -> Caller:
        """Whose command this is; there is none in reactions and jobs."""
        if self._caller is None:
            raise LookupError("this work was begun by nobody")
        return self._caller

    async def allow(self, command: Command) -> None:
        """Refuses `forbidden` where the caller's role may not give `command`, or the house bars them from it. Call it once the caller is known to be party."""
        if self.caller.role not in type(command).roles:
            raise Refusal("forbidden")
        if self.standing is not None and (barred := await self.standing) is not None:
            raise Refusal("forbidden", barred)

    async def one(self, query: bytes, kind: type[Row], /, **values: Any) -> Row | None:
        """The first row as `kind`, or None."""
        return (await self.connection.ask(query, values)).one(kind)

    async def all(self, query: bytes, kind: type[Row], /, **values: Any) -> list[Row]:
        return (await self.connection.ask(query, values)).rows(kind)

    async def value(self, query: bytes, /, **values: Any) -> Any:
        """The first column of the first row, or None."""
        return (await self.connection.ask(query, values)).value()

    async def execute(self, query: bytes, /, **values: Any) -> int:
        """Runs `query`; how many rows it touched."""
        return (await self.connection.ask(query, values)).count

    def later(self, query: bytes, /, **values: Any) -> None:
        """Runs `query` before the next statement, in one exchange with it: for what nobody needs an answer to."""
        self.connection.later(query, values)

    def soon(self, query: bytes, take: Callable[[Answer], Taken], /, **values: Any) -> Soon[Taken]:
        """As `later`, for an answer that somebody awaits afterwards, as `take` reads it: several of them cost one way to the database."""
        return self.connection.soon(query, values, take)

    def keep_plans(self) -> None:
        """All of this transaction goes by keys: a general plan by index will do, from the first time on and however tables grow."""
        self.later(SQL.general_plans)
        self.later(SQL.plans_by_index)

    def end_with_next(self) -> None:
        """The next question is the last of this work: a way to the database fewer."""
        self.connection.end_with_next()

    def moment(self) -> Soon[datetime]:
        """The database's clock, now: ask after a wait for a lock, not before."""
        return self.soon(SQL.moment, Answer.value)

    def emit(self, event: DomainEvent) -> None:
        """Tells other contexts, through the outbox, if and only if this transaction commits."""
        self._events.append(event)

    def tell(self, event: Event, *accounts: UUID) -> None:
        """Tells the sockets of `accounts` after the commit; may be lost, a snapshot says the same."""
        self.news.append(Told(accounts, event))

    def outdate(self, *casts: UUID, viewers: tuple[UUID, ...] = ()) -> None:
        """After the commit nobody is answered any more with what was kept of these."""
        self.news.append(Outdated(casts, viewers))

    def enqueue(
        self, kind: str, payload: Struct, *, run_at: datetime | None = None, expires_at: datetime | None = None
    ) -> None:
        """Queues an effect outside Postgres: job `kind` with `payload`, if and only if this transaction commits."""
        self.later(
            SQL.enqueue, kind=kind, payload=Jsonb(msgspec.to_builtins(payload)), run_at=run_at, expires_at=expires_at
        )
        self.news.append(Queued(frozenset({kind})))

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part that may fail: what it wrote, emitted and told is undone with it, and the rest of the work stands."""
        news, events = len(self.news), len(self._events)
        try:
            async with self.connection.transaction():
                yield
        except BaseException:
            del self.news[news:], self._events[events:]
            raise

    def flush(self) -> None:
        """Has the emitted events written; the last thing before the commit."""
        events, self._events = self._events, []
        if not events:
            return
        pairs = [(kind, consumer) for kind, consumers in self._consumers.items() for consumer in consumers]
        self.later(
            SQL.emit,
            types=Texts([str(e.__struct_config__.tag) for e in events]),
            keys=Texts([e.key for e in events]),
            payloads=Documents(events),
            consumer_types=Texts([kind for kind, _ in pairs]),
            consumers=Texts([consumer for _, consumer in pairs]),
        )
        if told := {
            shard_name(consumer, shard(e.key))
            for e in events
            for consumer in self._consumers.get(str(e.__struct_config__.tag), ())
        }:
            self.news.append(Queued(frozenset(told)))


def shard(key: str) -> int:
    """The part of the outbox in which the events of `key` are."""
    return zlib.crc32(key.encode()) % limits.SHARDS


def shard_name(consumer: str, shard: int) -> str:
    """What a consumer is called where only one part of the outbox is meant."""
    return f"{consumer}/{shard}"
