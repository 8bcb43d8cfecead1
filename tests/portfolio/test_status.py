"""Online while a socket is open, tonight until the night ends; followers hear of it, and nobody else."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.portfolio import tell_status
from server.protocol import commands as c
from tests.booking.conftest import deadlocks as deadlocks
from tests.booking.conftest import stage as stage
from tests.booking.stage import Deadlocks, Stage
from tests.conftest import Clock
from tests.flow.conftest import Pair, make_pair
from tests.message.test_blocks import subscribe
from tests.portfolio.test_profiles import seen
from tests.tools.house import House, until

pytestmark = pytest.mark.anyio


@pytest.mark.covers("status.changed")
async def test_followers_see_a_cast_come_and_go(pair: Pair, house: House) -> None:
    await pair.guest.command("follow.add", cast=pair.cast.id)
    stranger = await make_pair(house)
    async with pair.guest.socket() as guest, stranger.guest.socket() as other:
        async with pair.cast.socket() as cast:
            assert (await guest.next("status.changed", cast=pair.cast.id))["status"]["online"] is True
            assert (await cast.next("status.changed"))["status"]["online"] is True
            assert (await seen(pair.guest, pair.cast))["status"]["online"] is True
        assert (await guest.next("status.changed", cast=pair.cast.id))["status"]["online"] is False
        assert (await seen(pair.guest, pair.cast))["status"]["online"] is False
        assert other.heard("status.") == []


@pytest.mark.covers("status.set")
async def test_tonight_lasts_until_the_night_ends_and_is_told(pair: Pair) -> None:
    await pair.guest.command("follow.add", cast=pair.cast.id)
    async with pair.guest.socket() as guest:
        said = (await pair.cast.command("status.set", tonight=True))["result"]["status"]
        assert said["tonight"] is True
        end = datetime.fromisoformat(said["tonight_until"]).astimezone(ZoneInfo("Asia/Tokyo"))
        assert (end.hour, end.minute) == (6, 0)
        assert timedelta(0) < end - datetime.now(UTC) <= timedelta(days=1)
        assert (await guest.next("status.changed"))["status"] == said
        assert (await seen(pair.guest, pair.cast))["status"] == said
        await pair.cast.command("status.set", tonight=False)
        assert (await guest.next("status.changed"))["status"]["tonight"] is False


@pytest.mark.covers("GET /api/status")
async def test_who_is_invisible_is_not_online_for_anybody(pair: Pair) -> None:
    await pair.guest.command("follow.add", cast=pair.cast.id)
    await pair.cast.command("status.set", tonight=True, invisible=True)
    async with pair.guest.socket() as guest, pair.cast.socket() as cast:
        await cast.ask("session.ping")
        assert (await seen(pair.guest, pair.cast))["status"]["online"] is False
        assert (await pair.cast.http.get("/api/status")).json()["invisible"] is True
        assert (await pair.guest.http.get("/api/status")).status_code == 403
        await cast.ask("status.set", tonight=True)
        assert (await pair.cast.http.get("/api/status")).json()["invisible"] is True, "what is left out stays"
        await cast.ask("status.set", tonight=True, invisible=False)
        assert (await pair.cast.http.get("/api/status")).json()["invisible"] is False

        async def online() -> bool:
            return bool((await seen(pair.guest, pair.cast))["status"]["online"])

        await until(online)
        assert (await guest.next("status.changed", cast=pair.cast.id))["status"]["tonight"] is True


async def test_guests_have_no_status(pair: Pair) -> None:
    assert (await pair.guest.command("status.set", tonight=True))["code"] == "forbidden"


async def test_the_night_ends_by_itself_and_a_dead_server_s_casts_are_offline(stage: Stage, clock: Clock) -> None:
    cast = await stage.account("cast", "紗夜")
    await stage.run(cast, c.SetStatus(tonight=True))
    await stage.rows(
        "insert into kernel.presence (account, process, until) values (%s, %s, kernel.moment() + interval '60 s')",
        cast.account,
        cast.session,
    )
    query = "select online, tonight, tonight_until is null from portfolio.statuses"
    assert await stage.rows(query) == [(True, True, False)]
    assert await stage.worker.transact(tell_status) == 1, "she came"
    assert await stage.worker.transact(tell_status) == 0, "and that is told once"
    await clock.shift(61)
    assert (await stage.rows(query))[0][0] is False
    assert await stage.worker.transact(tell_status) == 1
    await clock.shift(24 * 3_600)
    assert await stage.rows(query) == [(False, False, True)]
    assert await stage.worker.transact(tell_status) == 1


@pytest.mark.covers("status.set")
async def test_only_followers_who_asked_are_notified_of_tonight_and_once_a_night(stage: Stage, clock: Clock) -> None:
    cast = await stage.account("cast", "紗夜")
    asked, silent, stranger = [await stage.account("guest", name) for name in ("健", "翔", "誠")]
    for guest in (asked, silent, stranger):
        await subscribe(stage, guest)
    await stage.run(asked, c.AddFollow(cast=cast.account, push=True))
    await stage.run(silent, c.AddFollow(cast=cast.account, push=False))
    queued = (
        "select s.account from kernel.jobs j join message.subscriptions s on s.endpoint = j.payload ->> 'endpoint' "
        "where j.payload ->> 'kind' = 'tonight'"
    )
    await stage.run(cast, c.SetStatus(tonight=True))
    assert await stage.rows(queued) == [(asked.account,)]
    await stage.run(cast, c.SetStatus(tonight=True))
    assert len(await stage.rows(queued)) == 1, "the same night is no news"
    await clock.shift(24 * 3_600)
    await stage.run(cast, c.SetStatus(tonight=True))
    assert await stage.rows(queued) == [(asked.account,)] * 2


async def test_casts_who_say_tonight_at_once_do_not_wait_for_each_other_in_a_circle(
    stage: Stage, deadlocks: Deadlocks
) -> None:
    casts = [await stage.account("cast", f"{n}") for n in range(2)]
    for cast in casts:
        await stage.run(cast, c.SetStatus(tonight=False))
    for _ in range(6):
        await stage.rows("update portfolio.profiles set shown_online = false, shown_tonight = false")
        await stage.rows("delete from kernel.presence")
        for cast in casts:
            await stage.rows(
                "insert into kernel.presence values (%s, gen_random_uuid(), now() + interval '60 s')", cast.account
            )
        said = await asyncio.gather(*(stage.said(cast, c.SetStatus(tonight=True)) for cast in casts))
        assert said == ["ok", "ok"]
        await stage.worker.transact(tell_status)
        assert await stage.rows("select from portfolio.profiles where not (shown_online and shown_tonight)") == []
    assert deadlocks.since() == 0


async def test_a_business_night_ends_at_the_next_six_in_the_morning(stage: Stage) -> None:
    zone, chance = ZoneInfo("Asia/Tokyo"), random.Random(1)
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    times = [begin + timedelta(minutes=chance.randrange(5 * 365 * 1_440)) for _ in range(500)]
    times += [datetime(2028, 2, 28, 21, 0, tzinfo=UTC), datetime(2028, 2, 29, 20, 59, 59, tzinfo=UTC)]
    for at, end in await stage.rows("select t, portfolio.night_end(t) from unnest(%s::timestamptz[]) t", times):
        there = at.astimezone(zone)
        six = there.replace(hour=6, minute=0, second=0, microsecond=0)
        assert end == (six if there < six else six + timedelta(days=1))
