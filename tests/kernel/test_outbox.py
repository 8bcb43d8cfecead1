"""The outbox: an event for each committed change and none else, in order, once, and a failure that parks its own key alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.kernel import queries
from server.kernel.connection import Connection
from server.kernel.database import Database
from server.kernel.reactions import each
from server.kernel.statement import Answer, Statement
from server.kernel.wake import Wake
from server.kernel.work import Queued, Work, shard_name
from server.protocol import limits
from server.protocol.domain_events import AccountRegistered, DomainEvent, ReservationStepped
from server.worker.loop import DELIVERIES, Worker
from tests.conftest import Clock

pytestmark = pytest.mark.anyio

SQL = queries.load("kernel")
SHARDS = list(range(limits.SHARDS))
CONSUMERS = {"ReservationStepped": ["one"]}


class Heard:
    """A reaction that remembers; `refuses` says which events it fails at."""

    def __init__(self, refuses: Callable[[ReservationStepped], bool] = lambda _: False) -> None:
        self.events: list[tuple[UUID, int]] = []
        self.tries = 0
        self.refuses = refuses

    async def __call__(self, work: Work, event: ReservationStepped) -> None:
        self.tries += 1
        await work.moment()
        if self.refuses(event):
            raise ValueError("cannot react")
        self.events.append((event.reservation, event.version))

    def versions(self, key: UUID) -> list[int]:
        return [version for reservation, version in self.events if reservation == key]


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[Work]:
    async with database.connection() as connection, connection.transaction():
        work = Work(connection, CONSUMERS)
        yield work
        work.flush()


def worker(database: Database, react: Callable[[Work, Any], Awaitable[None]], wake: Wake | None = None) -> Worker:
    reactions = {"one": {ReservationStepped: each(react)}}
    return Worker(database, CONSUMERS, lambda news: None, wake or Wake(), reactions, {}, [])


def step(key: UUID, version: int) -> ReservationStepped:
    """The `version`th step of the reservation `key`."""
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    return ReservationStepped(key, version, "confirmed", uuid4(), uuid4(), uuid4(), None, None, moment)


async def emit(database: Database, *events: DomainEvent) -> None:
    async with transaction(database) as work:
        for event in events:
            work.emit(event)


async def deliver(one: Worker) -> int:
    """Until nothing is due."""
    count = 0
    while done := await one.deliver("one", SHARDS):
        count += done
    return count


async def rows(database: Database, query: str, *values: Any) -> Sequence[tuple[Any, ...]]:
    async with database.connection() as connection:
        return await (await connection.execute(query.encode(), values)).fetchall()


async def left(database: Database) -> int:
    ((count,),) = await rows(database, "select count(*) from kernel.deliveries")
    return int(count)


# ── an event if and only if the change is committed ─────────────────────────────────────────────────────────────────


async def test_an_event_is_there_if_and_only_if_its_transaction_commits(database: Database) -> None:
    key, lost = uuid4(), uuid4()
    await emit(database, step(key, 1))
    with pytest.raises(ZeroDivisionError):
        await _changes_its_mind(database, step(lost, 1))
    assert [k for (k,) in await rows(database, "select key from kernel.events")] == [str(key)]
    heard = Heard()
    assert await deliver(worker(database, heard)) == 1
    assert heard.events == [(key, 1)]


async def _changes_its_mind(database: Database, event: DomainEvent) -> None:
    async with transaction(database) as work:
        work.emit(event)
        work.flush()
        raise ZeroDivisionError


async def test_an_event_that_concerns_nobody_is_kept_and_delivered_to_nobody(database: Database) -> None:
    async with transaction(database) as work:
        work.emit(AccountRegistered(uuid4(), "guest", "健"))
    assert work.news == [], "nobody is woken for it"
    assert await rows(database, "select type from kernel.events") == [("AccountRegistered",)]
    assert await left(database) == 0


async def test_who_is_woken_for_an_event_is_who_can_claim_it(database: Database) -> None:
    """The shard of a key is computed twice: here when we ring, and by the database."""
    for _ in range(20):
        async with transaction(database) as work:
            work.emit(step(uuid4(), 1))
        (queued,) = work.news
        assert isinstance(queued, Queued)
        woken = [shard for shard in SHARDS if shard_name("one", shard) in queued.names]
        assert len(queued.names) == len(woken) == 1
        one = worker(database, Heard())
        assert await one.deliver("one", [shard for shard in SHARDS if shard not in woken]) == 0
        assert await one.deliver("one", woken) == 1


async def test_who_takes_as_many_as_it_may_rings_for_the_rest(database: Database) -> None:
    await emit(database, *(step(uuid4(), 1) for _ in range(DELIVERIES + 1)))
    wake = Wake()
    one = worker(database, Heard(), wake)
    assert await one.deliver("one", SHARDS) == DELIVERIES
    assert await wake.heard(0) == {"one"}
    assert await one.deliver("one", SHARDS) == 1
    assert await wake.heard(0) == set()


async def test_a_delivery_ends_in_the_commit_of_its_effect(database: Database) -> None:
    """Whatever a worker had done when it died is undone with the delivery still there; the next does it once."""
    await emit(database, step(uuid4(), 1))
    begun = asyncio.Event()

    async def dies(work: Work, event: ReservationStepped) -> None:
        work.emit(AccountRegistered(event.reservation, "guest", "健"))
        work.flush()
        begun.set()
        await asyncio.Event().wait()

    async def works(work: Work, event: ReservationStepped) -> None:
        work.emit(AccountRegistered(event.reservation, "guest", "健"))

    dying = asyncio.create_task(worker(database, dies).deliver("one", SHARDS))
    await begun.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await left(database) == 1
    assert await deliver(worker(database, works)) == 1
    effects = await rows(database, "select id from kernel.events where type = 'AccountRegistered'")
    assert (len(effects), await left(database)) == (1, 0)


# ── order ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_events_of_one_key_come_in_their_order(database: Database) -> None:
    keys = [uuid4() for _ in range(5)]
    for version in range(1, 8):
        await emit(database, *(step(key, version) for key in keys))
    heard = Heard()
    assert await deliver(worker(database, heard)) == 35
    assert [heard.versions(key) for key in keys] == [list(range(1, 8))] * 5


async def test_many_workers_run_each_delivery_once_and_keep_the_order(database: Database) -> None:
    keys = [uuid4() for _ in range(20)]
    for version in range(1, 6):
        await emit(database, *(step(key, version) for key in keys))
    heard = Heard()
    counts = await asyncio.gather(*(deliver(worker(database, heard)) for _ in range(4)))
    assert sum(counts) == len(heard.events) == 100
    assert [heard.versions(key) for key in keys] == [list(range(1, 6))] * 20


async def test_what_one_worker_has_in_hand_no_other_takes(database: Database) -> None:
    key, other = uuid4(), uuid4()
    await emit(database, step(key, 1), step(key, 2))
    begun, go_on = asyncio.Event(), asyncio.Event()
    slow, quick = Heard(), Heard()

    async def slowly(work: Work, event: ReservationStepped) -> None:
        begun.set()
        await go_on.wait()
        await slow(work, event)

    first = asyncio.create_task(worker(database, slowly).deliver("one", SHARDS))
    await begun.wait()
    await emit(database, step(other, 1))
    assert await deliver(worker(database, quick)) == 1
    assert quick.events == [(other, 1)], "neither the first of that key nor the second, which must come after it"
    go_on.set()
    assert await first == 1
    assert await deliver(worker(database, quick)) == 1
    assert (slow.versions(key), quick.versions(key)) == ([1], [2])


# ── failure ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_failure_comes_back_later_and_later_and_parks_its_own_key_alone(
    database: Database, clock: Clock
) -> None:
    bad, good = uuid4(), uuid4()
    await emit(database, step(bad, 1), step(bad, 2), step(good, 1))
    heard = Heard(lambda event: event.reservation == bad and event.version == 1)
    one = worker(database, heard)
    waits: list[float] = []
    for attempt in range(1, limits.ATTEMPTS + 1):
        await deliver(one)
        (tried, wait) = (
            await rows(
                database,
                "select attempts, extract(epoch from run_at - kernel.moment())::float8 from kernel.deliveries "
                "where key = %s order by event limit 1",
                str(bad),
            )
        )[0]
        assert tried == attempt
        assert 2.0**attempt * 0.5 - 1 <= wait <= min(2.0**attempt, limits.BACKOFF_SECONDS)
        waits.append(wait)
        assert await deliver(one) == 0, "it waits"
        await emit(database, step(good, attempt + 1))
        await clock.shift(limits.BACKOFF_SECONDS + 1)
    await deliver(one)
    assert waits[-1] > 1000 > waits[0]
    assert heard.versions(good) == list(range(1, limits.ATTEMPTS + 2)), "others go on"
    assert heard.versions(bad) == []
    letters = await rows(database, "select source, handler, subject, attempts, error from kernel.dead_letters")
    assert letters == [("delivery", "one", f"ReservationStepped {bad}", limits.ATTEMPTS, "ValueError('cannot react')")]


async def test_a_dead_letter_is_given_another_chance_and_what_waited_behind_it_follows(
    database: Database, clock: Clock
) -> None:
    key, healed = uuid4(), False
    await emit(database, step(key, 1), step(key, 2))
    heard = Heard(lambda _: not healed)
    one = worker(database, heard)
    for _ in range(limits.ATTEMPTS):
        await deliver(one)
        await clock.shift(limits.BACKOFF_SECONDS + 1)
    healed = True
    assert await deliver(one) == 0, "dead is dead, and the second waits behind it"
    ((event,),) = await rows(database, "select id from kernel.dead_letters")
    async with transaction(database) as work:
        assert await work.execute(SQL.replay_delivery, id=event, handler="one") == 1
        assert await work.execute(SQL.replay_delivery, id=event, handler="one") == 0, "it is no dead letter any more"
    await deliver(one)
    assert heard.versions(key) == [1, 2]
    assert await left(database) == 0


async def test_a_failure_undoes_all_that_its_reaction_did_and_nothing_else(database: Database) -> None:
    bad, good = uuid4(), uuid4()
    await emit(database, step(bad, 1), step(good, 1))

    async def react(work: Work, event: ReservationStepped) -> None:
        work.emit(AccountRegistered(event.reservation, "guest", "健"))
        work.flush()
        await work.moment()
        if event.reservation == bad:
            raise ValueError("half way")

    await deliver(worker(database, react))
    told = await rows(database, "select key from kernel.events where type = 'AccountRegistered'")
    assert told == [(str(good),)]
    assert await rows(database, "select key from kernel.deliveries") == [(str(bad),)]


@pytest.mark.parametrize("state", ["22012", "54001", "P0001"])
async def test_what_postgres_refuses_is_a_failure_of_that_event_alone(database: Database, state: str) -> None:
    """54001 (statement too complex) is among what psycopg calls operational, though the connection is sound."""
    bad, good = uuid4(), uuid4()
    await emit(database, step(bad, 1), step(good, 1))
    heard = Heard()

    async def react(work: Work, event: ReservationStepped) -> None:
        if event.reservation == bad:
            await work.connection.execute(f"do $$ begin raise exception using errcode = '{state}'; end $$".encode())
        await heard(work, event)

    await deliver(worker(database, react))
    assert heard.events == [(good, 1)]
    assert await left(database) == 1


async def test_what_is_due_comes_to_its_reaction_together_by_type_and_takes_two_ways_to_postgres(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumers = {"ReservationStepped": ["one"], "AccountRegistered": ["one"]}
    steps = [step(uuid4(), 1) for _ in range(7)]
    async with database.connection() as connection, connection.transaction():
        work = Work(connection, consumers)
        for event in (*steps[:3], AccountRegistered(uuid4(), "guest", "健"), *steps[3:]):
            work.emit(event)
        work.flush()
    numbers = dict(await rows(database, "select id, key from kernel.events"))
    came: list[list[str]] = []
    ways = 0
    ask = Connection._asked

    async def asked(connection: Connection, one: Statement) -> Answer:
        nonlocal ways
        ways += 1
        return await ask(connection, one)

    async def reaction(work: Work, events: Mapping[int, Any]) -> None:
        assert all(numbers[number] == event.key for number, event in events.items())
        came.append([event.key for event in events.values()])
        work.moment()

    reactions = {"one": {ReservationStepped: reaction, AccountRegistered: reaction}}
    one = Worker(database, consumers, lambda news: None, Wake(), reactions, {}, [])
    monkeypatch.setattr(Connection, "_asked", asked)
    assert await one.deliver("one", SHARDS) == 8
    assert [len(keys) for keys in came] == [7, 1]
    assert came[0] == [event.key for event in steps]
    assert ways == 2, "a claim, and all that was wanted with the commit"
    assert await left(database) == 0


async def test_an_event_that_cannot_be_read_parks_its_key(database: Database) -> None:
    bad, good = uuid4(), uuid4()
    await emit(database, step(bad, 1), step(good, 1))
    async with transaction(database) as work:
        await work.connection.execute(b"update kernel.events set payload = '{}' where key = %s", [str(bad)])
    heard = Heard()
    await deliver(worker(database, heard))
    assert heard.events == [(good, 1)]


# ── forgetting ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_events_are_forgotten_after_a_week_but_none_that_somebody_has_not_heard(
    database: Database, clock: Clock
) -> None:
    heard, unheard = uuid4(), uuid4()
    await emit(database, step(heard, 1))
    await deliver(worker(database, Heard()))
    await emit(database, step(unheard, 1))
    for days, kept in ((6, 2), (2, 1)):
        await clock.shift(days * 86_400)
        async with transaction(database) as work:
            await work.execute(SQL.forget_events)
        assert len(await rows(database, "select id from kernel.events")) == kept
    assert await rows(database, "select key from kernel.events") == [(str(unheard),)]
