"""The outbox and the queue, worked off: reactions in the transaction of their delivery, effects outside under a lease, with the attempt as fence."""

import asyncio
import logging
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from server.kernel import failures, queries
from server.kernel.connection import Connection
from server.kernel.database import Database
from server.kernel.reactions import Reactions
from server.kernel.wake import Wake
from server.kernel.work import Consumers, News, Work, shard_name
from server.protocol import limits
from server.protocol.domain_events import AnyDomainEvent

log = logging.getLogger("fuuro.worker")
SQL = queries.load("kernel")
Publish = Callable[[list[News]], None]
ERROR_CHARACTERS = 500
BUSY_SECONDS = 1.0
"""s between looks while hints come"""
DELIVERIES, JOBS = 32, 16
"""at most so many in one step; the queries say the same."""


class Done(Struct, frozen=True):
    """An effect outside has happened, or is not needed any more."""


class Again(Struct, frozen=True):
    """It may succeed later; after so many seconds, if somebody said so."""

    why: str
    after: float | None = None


class Hopeless(Struct, frozen=True):
    """Trying again won't help: it goes to the dead letters at once."""

    why: str


Verdict = Done | Again | Hopeless
Job = Callable[[dict[str, Any]], Awaitable[Verdict]]
Scheduled = Callable[[Work], Awaitable[int]]
"""Something to do by the clock. What it says is true where it should be asked again before its time: there may be more."""


class Delivery(Struct, frozen=True):
    event: int
    consumer: str
    key: str
    attempts: int
    type: str
    payload: dict[str, Any]
    followed: bool
    """its key has another one waiting"""


class Leased(Struct, frozen=True):
    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    expired: bool


class Worker:
    """`reactions`: consumer → type of event → reaction. `jobs`: kind → coroutine. `schedule`: (seconds between, coroutine)."""

    def __init__(
        self,
        database: Database,
        consumers: Consumers,
        publish: Publish,
        wake: Wake,
        reactions: Mapping[str, Reactions],
        jobs: Mapping[str, Job],
        schedule: Sequence[tuple[float, Scheduled]],
    ) -> None:
        self._database = database
        self._consumers = consumers
        self._publish = publish
        self._wake = wake
        self._reactions = reactions
        self._jobs = jobs
        self._schedule = schedule
        self._rung = 0.0
        self._bells: dict[str, list[asyncio.Event]] = defaultdict(list)

    def coroutines(self) -> list[Coroutine[Any, Any, None]]:
        halves = [list(range(0, limits.SHARDS, 2)), list(range(1, limits.SHARDS, 2))]
        loops = [
            self._work_off([c, *(shard_name(c, s) for s in half)], partial(self.deliver, c, half))
            for c in self._reactions
            for half in halves
        ]
        loops += [self._work_off([k], partial(self.run_jobs, k)) for k in self._jobs]
        return [self._ring(), self._look(), *loops, *(self._repeat(every, run) for every, run in self._schedule)]

    async def _ring(self) -> None:
        """A hint wakes those whom it names."""
        while True:
            names = await self._wake.heard()
            self._rung = time.monotonic()
            for name in names:
                for bell in self._bells.get(name, ()):
                    bell.set()

    async def _look(self) -> None:
        """One look on behalf of all: what is due by the clock, or was committed elsewhere, has no hint. While hints come there is one less often."""
        looked = 0.0
        while True:
            await asyncio.sleep(limits.OUTBOX_POLL_SECONDS)
            now = time.monotonic()
            if now - self._rung < limits.OUTBOX_POLL_SECONDS and now - looked < BUSY_SECONDS:
                continue
            looked = now
            try:
                self._wake.ring(await self._due())
            except Exception as error:
                log.warning("the queue cannot be looked at just now: %s", error)
                await asyncio.sleep(1)

    async def _due(self) -> set[str]:
        async with self._database.connection() as connection:
            work = Work(connection, self._consumers)
            return set(await work.value(SQL.due, consumers=list(self._reactions), kinds=list(self._jobs)))

    async def _work_off(self, names: Sequence[str], step: Callable[[], Awaitable[int]]) -> None:
        """`step` when the bell rings, by any of `names`; a step that leaves something behind rings itself."""
        bell = asyncio.Event()
        for name in names:
            self._bells[name].append(bell)
        while True:
            bell.clear()
            try:
                await step()
            except Exception as error:
                log.warning("the queue cannot be worked off just now: %s", error)
                await asyncio.sleep(1)
            await bell.wait()

    async def _repeat(self, seconds: float, run: Scheduled) -> None:
        """What says that there may be more is asked again at once: each takes only so much in one transaction."""
        while True:
            await asyncio.sleep(seconds * random.uniform(0.9, 1.1))
            try:
                while await self.transact(run):
                    pass
            except Exception as error:
                log.warning("%s failed and is tried again: %s", getattr(run, "__name__", run), error)

    async def transact(self, run: Scheduled) -> int:
        """`run` in a transaction of its own; what it says, and its news after the commit."""
        async with self._database.connection() as connection, connection.transaction():
            work = Work(connection, self._consumers)
            count = await run(work)
            work.flush()
        self._publish(work.news)
        return count

    # ── reactions ───────────────────────────────────────────────────────────────────────────────────────────────────
    async def deliver(self, consumer: str, shards: list[int]) -> int:
        """Works off the oldest delivery of each key that is due; how many. Effect and delivery end in one commit. Where one of them
        fails, all are undone and taken again, each under a savepoint of its own, so that only its own key waits."""
        try:
            return await self._deliver(consumer, shards, self._react)
        except failures.AGAIN:
            raise
        except Exception:
            return await self._deliver(consumer, shards, self._react_apart)

    async def _deliver(
        self,
        consumer: str,
        shards: list[int],
        react: Callable[[Connection, Sequence[Delivery]], Awaitable[list[News]]],
    ) -> int:
        async with self._database.connection() as connection, connection.transaction():
            work = Work(connection, self._consumers)
            work.keep_plans()
            due = await work.all(SQL.claim_deliveries, Delivery, consumer=consumer, shards=shards)
            news = await react(connection, due)
        self._publish(news)
        if len(due) == DELIVERIES or any(delivery.followed for delivery in due):
            self._wake.ring([consumer])
        return len(due)

    async def _react(self, connection: Connection, due: Sequence[Delivery]) -> list[News]:
        """To all of one type at once. Each is of another key, so between them there is no order to keep."""
        if not due:
            return []
        events: dict[type[Any], dict[int, Any]] = {}
        for delivery in due:
            event = msgspec.convert(delivery.payload, AnyDomainEvent)
            events.setdefault(type(event), {})[delivery.event] = event
        consumer = due[0].consumer
        work = Work(connection, self._consumers)
        for kind, happened in events.items():
            if (reaction := self._reactions[consumer].get(kind)) is not None:
                await reaction(work, happened)
        work.flush()
        for delivery in due:
            work.later(SQL.delivered, consumer=consumer, key=delivery.key, event=delivery.event)
        return work.news

    async def _react_apart(self, connection: Connection, due: Sequence[Delivery]) -> list[News]:
        news: list[News] = []
        for delivery in due:
            try:
                async with connection.transaction():
                    told = await self._react(connection, [delivery])
            except failures.AGAIN:
                raise
            except Exception as error:
                if connection.closed:
                    raise
                log.exception("%s cannot react to %s %s", delivery.consumer, delivery.type, delivery.key)
                await self._failed(Work(connection, self._consumers), delivery, error)
            else:
                news += told
        return news

    async def _failed(self, work: Work, delivery: Delivery, error: Exception) -> None:
        attempts = delivery.attempts + 1
        await work.execute(
            SQL.delivery_failed,
            consumer=delivery.consumer,
            key=delivery.key,
            event=delivery.event,
            error=repr(error)[:ERROR_CHARACTERS],
            delay=backoff(attempts),
            dead=attempts >= limits.ATTEMPTS,
        )

    # ── effects outside ─────────────────────────────────────────────────────────────────────────────────────────────
    async def run_jobs(self, kind: str) -> int:
        """Leases what is due, runs it without a transaction, and settles each; how many."""
        async with self._database.connection() as connection:
            work = Work(connection, self._consumers)
            leased = await work.all(SQL.claim_jobs, Leased, kind=kind, lease=limits.LEASE_SECONDS)
        if leased:
            await asyncio.gather(*(self._run(job) for job in leased))
        if len(leased) == JOBS:
            self._wake.ring([kind])
        return len(leased)

    async def _run(self, job: Leased) -> None:
        verdict: Verdict
        try:
            async with asyncio.timeout(limits.LEASE_SECONDS * 0.8):
                verdict = Done() if job.expired else await self._jobs[job.kind](job.payload)
        except Exception as error:
            verdict = Again(repr(error))
        async with self._database.connection() as connection:
            await self._settle(Work(connection, self._consumers), job, verdict)

    async def _settle(self, work: Work, job: Leased, verdict: Verdict) -> None:
        if isinstance(verdict, Done):
            await work.execute(SQL.job_done, id=job.id, attempts=job.attempts)
            return
        dead = isinstance(verdict, Hopeless) or job.attempts >= limits.ATTEMPTS
        after = verdict.after if isinstance(verdict, Again) else None
        log.warning("%s %s: %s%s", job.kind, job.id, verdict.why, " (dead)" if dead else "")
        await work.execute(
            SQL.job_failed,
            id=job.id,
            attempts=job.attempts,
            error=verdict.why[:ERROR_CHARACTERS],
            delay=backoff(job.attempts) if after is None else after,
            dead=dead,
        )


def backoff(attempts: int) -> float:
    """2ⁿ seconds, capped, with jitter: what failed together shall not come back together."""
    return float(min(2.0**attempts, limits.BACKOFF_SECONDS) * random.uniform(0.5, 1.0))
