"""Effects outside under their lease, and what a pledge sets in motion: one seal, and a push that says no word of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct

from server.kernel import queries
from server.kernel.database import Database
from server.kernel.wake import Wake
from server.kernel.work import Caller, Work
from server.message import push_what_waits
from server.protocol import commands as c
from server.protocol import limits
from server.worker.loop import JOBS, Again, Done, Hopeless, Job, Verdict, Worker
from tests.booking.stage import Evening, Stage, open_stage
from tests.conftest import Clock
from tests.tools.house import until
from tests.tools.http_service import Answer
from tests.tools.push_service import PushService, Subscribed

pytestmark = pytest.mark.anyio

SQL = queries.load("kernel")
KIND = "letter.send"


class Letter(Struct, frozen=True):
    number: int


class Post:
    """A job that does as it is told, and remembers."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.sent: list[int] = []
        self._verdicts = list(verdicts)

    async def __call__(self, payload: dict[str, Any]) -> Verdict:
        self.sent.append(payload["number"])
        return self._verdicts.pop(0) if self._verdicts else Done()


def worker(database: Database, job: Job, wake: Wake | None = None) -> Worker:
    return Worker(database, {}, lambda news: None, wake or Wake(), {}, {KIND: job}, [])


async def queue(database: Database, *numbers: int, expires_in: float | None = None) -> None:
    async with database.connection() as connection, connection.transaction():
        work = Work(connection, {})
        for number in numbers:
            work.enqueue(KIND, Letter(number))
        if expires_in is not None:
            await connection.execute(
                b"update kernel.jobs set expires_at = kernel.moment() + make_interval(secs => %s)", [expires_in]
            )


async def jobs(database: Database) -> list[tuple[int, bool, str | None]]:
    """Attempts, whether dead, and the last error, of each that is left."""
    async with database.connection() as connection:
        cursor = await connection.execute(b"select attempts, dead_at is not null, error from kernel.jobs order by id")
        return await cursor.fetchall()


# ── the lease ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_job_is_there_if_and_only_if_its_transaction_commits(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await _queue_and_fail(database)
    assert await jobs(database) == []


async def _queue_and_fail(database: Database) -> None:
    async with database.connection() as connection, connection.transaction():
        Work(connection, {}).enqueue(KIND, Letter(1))
        raise ZeroDivisionError


async def test_what_a_killed_worker_had_is_taken_over_after_its_lease(database: Database, clock: Clock) -> None:
    await queue(database, 1)
    begun = asyncio.Event()

    async def dies(payload: dict[str, Any]) -> Verdict:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    dying = asyncio.create_task(worker(database, dies).run_jobs(KIND))
    await begun.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    post = Post()
    assert await worker(database, post).run_jobs(KIND) == 0, "the lease holds"
    await clock.shift(limits.LEASE_SECONDS + 1)
    assert await worker(database, post).run_jobs(KIND) == 1
    assert post.sent == [1]
    assert await jobs(database) == []


@pytest.mark.parametrize("late", [Done(), Again("late"), Hopeless("late")])
async def test_who_comes_back_late_finds_the_job_in_other_hands(
    database: Database, clock: Clock, late: Verdict
) -> None:
    await queue(database, 1)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(payload: dict[str, Any]) -> Verdict:
        begun.set()
        await go_on.wait()
        return late

    slow = asyncio.create_task(worker(database, slowly).run_jobs(KIND))
    await begun.wait()
    await clock.shift(limits.LEASE_SECONDS + 1)
    await worker(database, Post(Again("not yet"))).run_jobs(KIND)
    held = await jobs(database)
    assert held == [(2, False, "not yet")]
    go_on.set()
    await slow
    assert await jobs(database) == held


async def test_who_leases_as_many_as_it_may_rings_for_the_rest(database: Database) -> None:
    await queue(database, *range(JOBS + 1))
    wake = Wake()
    one = worker(database, Post(), wake)
    assert await one.run_jobs(KIND) == JOBS
    assert await wake.heard(0) == {KIND}
    assert await one.run_jobs(KIND) == 1
    assert await wake.heard(0) == set()


async def test_what_nobody_rings_for_is_done_however_often_others_ring(database: Database) -> None:
    """As a retry, or what another process committed."""
    await queue(database, 1)
    post, wake = Post(Again("not yet", after=1.0)), Wake()
    tasks = [asyncio.create_task(coroutine) for coroutine in worker(database, post, wake).coroutines()]

    async def rung() -> bool:
        wake.ring(["message/3"])
        return post.sent == [1, 1]

    await until(rung)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_two_workers_never_have_one_job_at_the_same_time(database: Database) -> None:
    await queue(database, *range(60))
    posts = [Post() for _ in range(4)]

    async def work_off(post: Post) -> None:
        while await worker(database, post).run_jobs(KIND):
            pass

    await asyncio.gather(*(work_off(post) for post in posts))
    assert sorted(number for post in posts for number in post.sent) == list(range(60))
    assert await jobs(database) == []


async def test_a_job_that_fails_is_dead_after_its_last_try_and_can_be_replayed(
    database: Database, clock: Clock
) -> None:
    await queue(database, 1)
    post = Post(*(Again("no answer") for _ in range(limits.ATTEMPTS)))
    one = worker(database, post)
    for attempt in range(1, limits.ATTEMPTS + 1):
        assert await one.run_jobs(KIND) == 1
        assert await jobs(database) == [(attempt, attempt == limits.ATTEMPTS, "no answer")]
        assert await one.run_jobs(KIND) == 0, "it waits"
        await clock.shift(limits.BACKOFF_SECONDS + 1)
    assert await one.run_jobs(KIND) == 0, "dead is dead"
    async with database.connection() as connection:
        work = Work(connection, {})
        id = await work.value(b"select id from kernel.dead_letters")
        assert await work.execute(SQL.replay_job, id=id, handler=KIND) == 1
    assert await one.run_jobs(KIND) == 1
    assert await jobs(database) == []


async def test_what_cannot_help_is_dead_at_once_and_what_nobody_wants_any_more_is_dropped(
    database: Database, clock: Clock
) -> None:
    await queue(database, 1)
    await worker(database, Post(Hopeless("no such number"))).run_jobs(KIND)
    assert await jobs(database) == [(1, True, "no such number")]
    await queue(database, 2, expires_in=60)
    await clock.shift(61)
    post = Post()
    await worker(database, post).run_jobs(KIND)
    assert post.sent == []
    assert await jobs(database) == [(1, True, "no such number")]


async def test_a_job_that_breaks_is_tried_again_and_harms_no_other(database: Database) -> None:
    await queue(database, 1, 2)
    sent: list[int] = []

    async def breaks(payload: dict[str, Any]) -> Verdict:
        if payload["number"] == 1:
            raise RuntimeError("oh")
        sent.append(payload["number"])
        return Done()

    await worker(database, breaks).run_jobs(KIND)
    assert sent == [2]
    assert await jobs(database) == [(1, False, "RuntimeError('oh')")]


async def test_the_other_side_s_own_time_to_wait_is_kept(database: Database, clock: Clock) -> None:
    await queue(database, 1)
    post = Post(Again("busy", 600.0))
    one = worker(database, post)
    await one.run_jobs(KIND)
    for seconds, ran in ((590, 0), (11, 1)):
        await clock.shift(seconds)
        assert await one.run_jobs(KIND) == ran


# ── the seal and the push ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as opened:
        yield opened


@pytest.fixture
async def stage(conninfo: str, service: PushService) -> AsyncIterator[Stage]:
    async with open_stage(conninfo, frozenset({service.host})) as opened:
        yield opened


@pytest.fixture
async def evening(stage: Stage) -> Evening:
    return await Evening.begin(stage)


async def test_a_pledge_gets_one_seal_though_its_event_is_delivered_again(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    await subscribe(stage, service, evening.cast)
    id = await evening.invite()
    await evening.pledge(id, clock)
    assert await stage.deliver() == 1
    for _ in range(2):
        await stage.rows(
            "insert into kernel.deliveries (consumer, key, event, shard) select 'message', key, id, 0 from kernel.events"
        )
        assert await stage.deliver() == 1
        assert await stage.rows("select error from kernel.deliveries") == []
    log = await stage.log(evening.room)
    assert [(e.seq, e.kind) for e in log] == [(1, "invitation"), (2, "seal")]
    assert len(await stage.rows("select id from kernel.jobs")) == 1, "and one push"


async def test_several_workers_write_one_seal_each_confirmation(stage: Stage, evening: Evening, clock: Clock) -> None:
    ids = [await evening.invite(n * 100) for n in range(6)]
    for id in ids:
        await evening.pledge(id, clock)
    await asyncio.gather(*(stage.deliver() for _ in range(4)))
    seals = [e.reservation.id for e in await stage.log(evening.room) if e.kind == "seal"]
    assert sorted(seals) == sorted(ids)


async def test_the_cast_s_push_of_a_seal_says_where_and_no_words(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    await subscribe(stage, service, evening.cast)
    id = await evening.invite()
    await evening.pledge(id, clock)
    await stage.deliver()
    await stage.push()
    (arrived,) = await service.received(1)
    said = json.loads(arrived.plaintext)
    assert {name: said[name] for name in ("type", "room", "seq")} == {
        "type": "seal",
        "room": str(evening.room),
        "seq": (await stage.log(evening.room))[-1].seq,
    }
    assert said.keys() == {"type", "room", "seq", "receipt", "web_push", "notification", "app_badge"}
    assert said["notification"] == {
        "title": "新しいお知らせがあります",
        "lang": "ja",
        "navigate": f"/rooms/{evening.room}",
        "tag": str(evening.room),
    }
    assert said["app_badge"] == 1, "the seal"
    for word in ("健", "紗夜", "90分", "18000", str(id), str(evening.guest.account)):
        assert word not in arrived.plaintext.decode()
    assert service.complaints == []
    assert await stage.rows("select id from kernel.jobs") == []


async def test_the_whole_worker_takes_a_pledge_to_the_phone_by_itself(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    await subscribe(stage, service, evening.cast)
    tasks = [asyncio.create_task(coroutine) for coroutine in stage.worker.coroutines()]
    try:
        await evening.pledge(await evening.invite(), clock)
        arrived = await service.received(1)
        assert "seal" in {json.loads(push.plaintext)["type"] for push in arrived}
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_subscription_that_has_ended_is_deleted(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    kept, ended = [await subscribe(stage, service, evening.cast) for _ in range(2)]
    service.unsubscribe(ended)
    await evening.pledge(await evening.invite(), clock)
    await stage.deliver()
    await stage.push()
    assert await stage.rows("select endpoint from message.subscriptions") == [(kept.endpoint,)]
    assert await stage.rows("select id from kernel.jobs") == []
    assert [push.subscription for push in service.pushes] == [kept]


async def test_a_push_service_that_stumbles_gets_the_push_later(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    await subscribe(stage, service, evening.cast)
    service.once(Answer(503))
    await evening.pledge(await evening.invite(), clock)
    await stage.deliver()
    await stage.push()
    assert service.pushes == []
    await clock.shift(5)
    await until(stage.push)
    assert len(service.pushes) == 1


async def test_a_push_nobody_could_deliver_for_a_day_is_no_news_any_more(
    stage: Stage, evening: Evening, service: PushService, clock: Clock
) -> None:
    await subscribe(stage, service, evening.cast)
    await evening.pledge(await evening.invite(), clock)
    await stage.deliver()
    await clock.shift(24 * 3600 + 1)
    await stage.push()
    assert service.requests == []
    assert await stage.rows("select id from kernel.jobs") == []


async def test_several_words_make_one_push_and_none_to_who_reads_along(
    stage: Stage, evening: Evening, service: PushService
) -> None:
    for person in (evening.cast, evening.guest):
        await subscribe(stage, service, person)
    for body in ("今夜は?", "来週は?"):
        await stage.run(evening.guest, c.SendMessage(room=evening.room, body=body))
    for _ in range(2):
        await stage.worker.transact(push_what_waits)
    await stage.push()
    (arrived,) = await service.received(1)
    said = json.loads(arrived.plaintext)
    assert (said["type"], said["seq"]) == ("message", 2)
    assert "今夜は" not in arrived.plaintext.decode()
    assert await holder(stage, arrived.subscription) == evening.cast.account


async def subscribe(stage: Stage, service: PushService, person: Caller) -> Subscribed:
    subscription = service.subscribe(stage.server.vapid.public)
    keys = c.PushKeys(subscription.p256dh, subscription.auth)
    await stage.run(person, c.SubscribePush(endpoint=subscription.endpoint, keys=keys))
    return subscription


async def holder(stage: Stage, subscription: Subscribed) -> UUID:
    ((account,),) = await stage.rows(
        "select account from message.subscriptions where endpoint = %s", subscription.endpoint
    )
    return UUID(str(account))
