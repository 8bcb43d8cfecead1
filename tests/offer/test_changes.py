"""Who hears that a cast's free time has changed, and that nobody hears it where nothing did."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from server import offer
from server.kernel.work import News, Told, Work
from server.protocol import commands as c
from server.protocol.events import AvailabilityChanged
from server.protocol.values import Money
from tests.booking.stage import Evening, Stage
from tests.conftest import Clock

pytestmark = pytest.mark.anyio
PLAN: dict[str, Any] = {"name": "90分", "minutes": 90, "price": Money(18_000, "JPY"), "terms": "総額。"}


async def told_by(stage: Stage, cast: UUID, job: Callable[[Work], Coroutine[Any, Any, int]]) -> set[UUID]:
    """Whom `job` tells of the cast's time."""
    async with stage.work() as work:
        await job(work)
        return hearers(work.news, cast)


def hearers(news: list[News], cast: UUID) -> set[UUID]:
    told = [n for n in news if isinstance(n, Told) and n.event == AvailabilityChanged(cast)]
    return {account for one in told for account in one.accounts}


async def untold(stage: Stage, evening: Evening) -> bool:
    """Whether there is something that others must still hear."""
    rows = await stage.rows("select told <> version from offer.calendars where cast_id = %s", evening.cast.account)
    return bool(rows[0][0])


@pytest.mark.parametrize("what", ["plan", "archive", "shift", "rule", "invitation", "withdrawal"])
async def test_whatever_changes_what_is_free_is_told(stage: Stage, evening: Evening, what: str) -> None:
    other = await stage.plan(evening.cast)
    held = await evening.invite(300)
    await stage.worker.transact(offer.tell_changes)
    assert not await untold(stage, evening)
    command: c.Command = {
        "plan": c.SavePlan(plan=other, **PLAN | {"minutes": 120}),
        "archive": c.ArchivePlan(plan=other),
        "shift": c.AddShift(starts_at=evening.at(800), ends_at=evening.at(900)),
        "rule": c.SetRule(weekday=3, from_="20:00", to="29:00"),
        "invitation": evening.invitation(),
        "withdrawal": c.WithdrawInvitation(reservation=held),
    }[what]
    outcome = await stage.server.dispatcher.run(evening.cast, command, uuid4())
    assert hearers(outcome.news, evening.cast.account) == {evening.cast.account}, "her own screens, with the commit"
    assert await untold(stage, evening)


async def test_a_pledge_gives_and_takes_no_time(stage: Stage, evening: Evening, clock: Clock) -> None:
    id = await evening.invite()
    await stage.worker.transact(offer.tell_changes)
    await evening.pledge(id, clock)
    assert not await untold(stage, evening)
    await clock.shift((evening.start - await stage.now()).total_seconds() + 60)
    await stage.run(evening.cast, c.CompleteReservation(reservation=id))
    assert await untold(stage, evening)


async def test_followers_those_who_talk_and_those_who_wait_hear_it(stage: Stage) -> None:
    evening = await Evening.begin(stage, minutes=720, waitlist=True)
    cast = evening.cast.account
    await evening.invite()
    follower, waiting, stranger = [await stage.account("guest") for _ in range(3)]
    await stage.run(follower, c.AddFollow(cast=cast))
    span = {"from_": evening.at(-60), "to": evening.at(60)}
    await stage.run(waiting, c.JoinWaitlist(cast=cast, plan=evening.plan, **span))
    heard = await told_by(stage, cast, offer.tell_changes)
    assert heard == {evening.guest.account, follower.account, waiting.account}
    assert stranger.account not in heard
    assert await told_by(stage, cast, offer.tell_changes) == set()


async def test_archiving_waits_for_the_cast_s_time_and_takes_only_one_s_own(stage: Stage, evening: Evening) -> None:
    stranger = await stage.account("cast")
    assert await stage.said(stranger, c.ArchivePlan(plan=evening.plan)) == "not_found"
    assert (await stage.run(evening.cast, c.ArchivePlan(plan=evening.plan)))["archived"] is True


async def test_a_rule_does_not_end_before_it_begins(stage: Stage, evening: Evening) -> None:
    today = (await stage.rows("select kernel.business_day(kernel.moment())"))[0][0]
    rule = {"weekday": 1, "from_": "20:00", "to": "29:00"}
    assert await stage.said(evening.cast, c.SetRule(until=today - timedelta(days=1), **rule)) == "invalid"
    assert await stage.said(evening.cast, c.SetRule(until=today, **rule)) == "ok"
