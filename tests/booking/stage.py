"""A server without a network: its real dispatcher and worker on a test's own database, and people to act on it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec

from server import booking, message
from server.app import CONSUMERS, Server
from server.booking import store as reservations
from server.identity import store as accounts
from server.kernel.settings import ROLES, Settings
from server.kernel.work import Caller, Work
from server.message import store as rooms
from server.offer.handlers import Schedule
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.commands import Command
from server.protocol.errors import Refusal
from server.protocol.values import Entry, Money, Reservation, Role

SECRET = "a key for tests only, 32 characters and more"
HELD = limits.HOLD_MS / 1000 + 0.1
"""s that a finger must have been down."""
OVERLAPS = """
select a.id, b.id from booking.reservations a join booking.reservations b
  on a.cast_id = b.cast_id and a.id < b.id and a.chain <> b.chain and a.blocked && b.blocked
where a.status in ('draft', 'confirmed', 'arrived') and b.status in ('draft', 'confirmed', 'arrived')"""
"""Pairs of live reservations of a cast that overlap: there must be none, ever."""


@asynccontextmanager
async def open_stage(conninfo: str, push_hosts: frozenset[str] = frozenset()) -> AsyncIterator["Stage"]:
    settings = Settings(
        database_url=conninfo,
        redis_url=None,
        host="127.0.0.1",
        port=8000,
        data=Path(),
        secret_key=SECRET.encode(),
        time_zone=ZoneInfo("Asia/Tokyo"),
        origins=frozenset(),
        sms_url=None,
        limits=1000.0,
        roles=ROLES,
        push_hosts=push_hosts,
        push_subject="mailto:operator@example.org",
        metrics_open=False,
    )
    server = Server(settings, conninfo)
    await server.database.open()
    try:
        yield Stage(server)
    finally:
        await server.push.close()
        await server.database.close()


class Stage:
    """What a test does to the server, and what it looks at."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.worker = server.worker()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """A transaction of one's own."""
        async with self.server.database.connection() as connection, connection.transaction():
            work = Work(connection, CONSUMERS)
            yield work
            work.flush()

    async def now(self) -> datetime:
        async with self.work() as work:
            return await work.moment()

    async def hour(self, ahead: int = 24) -> datetime:
        """A full hour at least so many hours ahead."""
        return (await self.now()).replace(minute=0, second=0, microsecond=0) + timedelta(hours=ahead + 1)

    async def account(self, role: Role, name: str = "紗夜") -> Caller:
        async with self.work() as work:
            id, session = await accounts.add_account(work, role, name, date(1990, 4, 1)), uuid4()
            await accounts.add_session(work, session, id, "test")
        return Caller(id, role, session)

    async def talk(self, cast: Caller, guest: Caller) -> UUID:
        """The room of the two."""
        async with self.work() as work:
            return (await rooms.make_room(work, cast.account, guest.account))[0]

    async def run(self, caller: Caller, command: Command, key: UUID | None = None) -> Any:
        """The result, as JSON has it. A finger on the seal has no key unless it is given one, as from the page."""
        key = key or (None if type(command).single else uuid4())
        return msgspec.json.decode((await self.server.dispatcher.run(caller, command, key)).result)

    async def said(self, caller: Caller, command: Command) -> str:
        """`ok`, or the code of the refusal."""
        try:
            await self.run(caller, command)
        except Refusal as refusal:
            return refusal.code
        return "ok"

    async def plan(self, cast: Caller, **fields: Any) -> UUID:
        said: dict[str, Any] = {
            "name": "90分",
            "minutes": 90,
            "price": Money(18_000, "JPY"),
            "terms": "総額。",
        } | fields
        return UUID((await self.run(cast, c.SavePlan(**said)))["id"])

    async def works(self, cast: Caller, starts_at: datetime, ends_at: datetime) -> None:
        await self.run(cast, c.AddShift(starts_at=starts_at, ends_at=ends_at))

    async def reservation(self, id: UUID) -> Reservation:
        async with self.work() as work:
            return await reservations.reservation(work, id)

    async def log(self, room: UUID) -> list[Entry]:
        async with self.work() as work:
            return await rooms.since(work, room, 0, 10_000)

    async def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.work() as work:
            cursor = await work.connection.execute(query.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def deliver(self) -> int:
        """Works off what Identity and Message have to hear; how many reactions ran."""
        count = 0
        shards = list(range(limits.SHARDS))
        while done := sum([await self.worker.deliver(context, shards) for context in ("identity", "message")]):
            count += done
        return count

    async def tidy(self) -> None:
        """What the schedule does to reservations, once."""
        for job in booking.JOBS:
            await self.worker.transact(lambda work, job=job: job(Schedule(), work))

    async def push(self) -> int:
        return await self.worker.run_jobs(message.PUSH)


class Evening:
    """A cast who works for a long while from `start` on, a guest, their room, a plan of 90 minutes."""

    def __init__(self, stage: Stage, cast: Caller, guest: Caller, room: UUID, plan: UUID, start: datetime) -> None:
        self.stage = stage
        self.cast = cast
        self.guest = guest
        self.room = room
        self.plan = plan
        self.start = start

    @classmethod
    async def begin(cls, stage: Stage, **plan: Any) -> "Evening":
        cast, guest = await stage.account("cast"), await stage.account("guest", "健")
        start = await stage.hour()
        await stage.works(cast, start, start + timedelta(hours=12))
        return cls(stage, cast, guest, await stage.talk(cast, guest), await stage.plan(cast, **plan), start)

    def at(self, minutes: float) -> datetime:
        return self.start + timedelta(minutes=minutes)

    def invitation(self, minutes: float = 0, **fields: Any) -> c.SendInvitation:
        said: Mapping[str, Any] = {"room": self.room, "plan": self.plan, "starts_at": self.at(minutes)} | fields
        return c.SendInvitation(**said)

    async def invite(self, minutes: float = 0, **fields: Any) -> UUID:
        sent = await self.stage.run(self.cast, self.invitation(minutes, **fields))
        return UUID(sent["reservation"]["id"])

    async def press(self, reservation: UUID) -> None:
        await self.stage.run(self.guest, c.PressReservation(reservation=reservation))

    async def pledge(self, reservation: UUID, clock: Any) -> None:
        """Press, hold, pledge; the clock moves on by the hold."""
        await self.press(reservation)
        await clock.shift(HELD)
        await self.stage.run(self.guest, pledge(reservation))


def pledge(reservation: UUID, terms_version: int = 1) -> c.PledgeReservation:
    return c.PledgeReservation(reservation=reservation, terms_version=terms_version)


async def waiting(stage: Stage, many: int = 1) -> bool:
    """Whether somebody, or so many, wait for a lock in this database."""
    found = await stage.rows(
        "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    return len(found) >= many


async def cancelled(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Deadlocks:
    """Those that the server's log has gained since."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._before = self._count()

    def _count(self) -> int:
        return self._log.read_text().count("deadlock detected")

    def since(self) -> int:
        return self._count() - self._before
