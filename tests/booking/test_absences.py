"""Nobody is booked with who is there no more: what a leaving, a suspension and an erasure do to reservations, whoever comes first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from server.app import REACTIONS
from server.kernel.work import Caller
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.errors import Refusal
from tests.booking.stage import HELD, Evening, Stage, pledge, waiting
from tests.conftest import Clock
from tests.tools.house import until

pytestmark = pytest.mark.anyio
ADDRESS = "192.0.2.1"
DAY = 86_400.0


async def leave(stage: Stage, who: Caller) -> None:
    await stage.server.identity.ends.end(who, ADDRESS)


async def come_back(stage: Stage, who: Caller) -> None:
    async with stage.work() as work:
        await stage.server.identity.ends.restore(work, who.account, ADDRESS)


async def hear(stage: Stage) -> None:
    """Everybody hears what there is to hear."""
    while sum([await stage.worker.deliver(one, list(range(limits.SHARDS))) for one in REACTIONS]):
        pass


async def held(evening: Evening, clock: Clock) -> UUID:
    """A draft with the seal held long enough."""
    id = await evening.invite()
    await evening.press(id)
    await clock.shift(HELD)
    return id


async def ended(stage: Stage, id: UUID) -> tuple[str, UUID | None, str | None]:
    found = await stage.reservation(id)
    assert found.ended is not None and not found.ended.late
    return found.status, found.ended.by, found.ended.reason


@pytest.mark.parametrize("side", ["cast", "guest"])
async def test_the_drafts_of_who_leaves_end_with_notice(
    stage: Stage, evening: Evening, clock: Clock, side: str
) -> None:
    id = await evening.invite()
    await leave(stage, getattr(evening, side))
    await hear(stage)
    assert await ended(stage, id) == ("withdrawn", None, "house")
    assert [(e.kind, e.status) for e in await stage.log(evening.room)][1:] == [("notice", "withdrawn")]  # type: ignore[union-attr]
    await come_back(stage, getattr(evening, side))
    await evening.pledge(await evening.invite(), clock)


async def test_a_pledge_to_who_leaves_is_refused_before_anybody_has_heard(
    stage: Stage, evening: Evening, clock: Clock
) -> None:
    id = await held(evening, clock)
    await leave(stage, evening.cast)
    with pytest.raises(Refusal, match="there no more") as refused:
        await stage.run(evening.guest, pledge(id))
    assert (refused.value.code, refused.value.version) == ("wrong_state", 1)
    await come_back(stage, evening.cast)
    await hear(stage)
    assert await stage.said(evening.guest, pledge(id)) == "ok", "who is back before that keeps the draft"


async def test_a_pledge_to_who_is_suspended_is_refused_before_anybody_has_heard(
    stage: Stage, evening: Evening, clock: Clock
) -> None:
    operator = await stage.account("operator", "番台")
    id = await held(evening, clock)
    await stage.run(operator, c.SuspendAccount(account=evening.cast.account, reason="?"))
    assert await stage.said(evening.guest, pledge(id)) == "wrong_state"
    await stage.run(operator, c.RestoreAccount(account=evening.cast.account))
    await hear(stage)
    assert await stage.said(evening.guest, pledge(id)) == "ok"


@pytest.mark.parametrize("gone", ["leaving", "suspended"])
async def test_nothing_is_held_for_who_is_gone(stage: Stage, evening: Evening, clock: Clock, gone: str) -> None:
    operator = await stage.account("operator", "番台")
    if gone == "leaving":
        await leave(stage, evening.guest)
    else:
        await stage.run(operator, c.SuspendAccount(account=evening.guest.account, reason="?"))
    with pytest.raises(Refusal, match="there no more") as refused:
        await evening.invite()
    assert (refused.value.code, refused.value.field) == ("wrong_state", "room")
    assert (await stage.log(evening.room), await stage.rows("select from booking.reservations")) == ([], [])
    if gone == "leaving":
        await come_back(stage, evening.guest)
    else:
        await stage.run(operator, c.RestoreAccount(account=evening.guest.account))
    await evening.pledge(await evening.invite(), clock)


@asynccontextmanager
async def kept_waiting(stage: Stage, evening: Evening, id: UUID) -> AsyncIterator["asyncio.Task[str]"]:
    """A pledge that waits for the cast's calendar until this is over; what it is told."""
    async with stage.work() as work:
        await work.execute(
            b"select from offer.calendars where cast_id = %(cast)s for update", cast=evening.cast.account
        )
        pledging = asyncio.create_task(stage.said(evening.guest, pledge(id)))
        await until(lambda: waiting(stage))
        yield pledging


async def test_who_leaves_signs_nothing_more(stage: Stage, evening: Evening, clock: Clock) -> None:
    id = await held(evening, clock)
    await leave(stage, evening.guest)
    with pytest.raises(Refusal, match="about to end") as refused:
        await stage.run(evening.guest, pledge(id))
    assert refused.value.code == "forbidden"
    assert await stage.said(evening.guest, c.AskInvitation(room=evening.room)) == "forbidden"


async def test_who_leaves_waits_for_their_own_pledge_and_then_may_not(
    stage: Stage, evening: Evening, clock: Clock
) -> None:
    async with kept_waiting(stage, evening, await held(evening, clock)) as pledging:
        leaving = asyncio.create_task(leave(stage, evening.guest))
        await until(lambda: waiting(stage, 2))
    assert await pledging == "ok"
    with pytest.raises(Refusal, match="Cancel your confirmed"):
        await leaving


async def test_a_pledge_that_waits_for_the_calendar_sees_who_left_meanwhile(
    stage: Stage, evening: Evening, clock: Clock
) -> None:
    async with kept_waiting(stage, evening, await held(evening, clock)) as pledging:
        await leave(stage, evening.cast)
    assert await pledging == "wrong_state"


async def test_a_pledge_that_did_not_see_who_left_is_cancelled(stage: Stage, evening: Evening, clock: Clock) -> None:
    id = await held(evening, clock)
    async with stage.work() as work:
        await work.execute(b"lock table booking.steps in share mode")
        pledging = asyncio.create_task(stage.run(evening.guest, pledge(id)))
        await until(lambda: waiting(stage))
        await leave(stage, evening.cast)
    await pledging
    assert (await stage.reservation(id)).status == "confirmed"
    await hear(stage)
    assert await ended(stage, id) == ("cancelled", None, "house")


async def test_what_is_still_ahead_of_who_is_erased_is_cancelled(stage: Stage, evening: Evening, clock: Clock) -> None:
    """As it could stand since before anybody was told of a leaving."""
    start = await stage.hour(40 * 24)
    await stage.works(evening.cast, start, start + timedelta(hours=3))
    begun, ahead = [(await evening.invite((at - evening.start).total_seconds() / 60)) for at in (evening.start, start)]
    for id in (begun, ahead):
        await evening.pledge(id, clock)
    await stage.rows(
        "update identity.accounts set ends_at = kernel.moment() + '30 days' where id = %s", evening.cast.account
    )
    await clock.shift(30 * DAY)
    await stage.worker.transact(stage.server.identity.ends.erase_due)
    await hear(stage)
    await stage.tidy()
    assert await ended(stage, ahead) == ("cancelled", None, "house")
    assert (await stage.reservation(begun)).status == "completed"
    assert (await stage.reservation(ahead)).cast.display_name == ""
