"""Whoever waits for a lock is judged by the time when the wait is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import psycopg
import pytest

from server.kernel.turns import MOST
from server.protocol import commands as c
from tests.booking.stage import HELD, Evening, Stage, cancelled, pledge, waiting
from tests.conftest import Clock
from tests.tools.house import until

pytestmark = pytest.mark.anyio

CALENDAR = "select offer.lock_calendar(%s)"
RESERVATION = "select from booking.reservations where id = %s for no key update"
PRESSED = "update booking.reservations set pressed_at = kernel.moment() where id = %s"


@asynccontextmanager
async def locked(conninfo: str, query: str, id: UUID) -> AsyncIterator[None]:
    """Somebody else's transaction that holds this lock for as long as the block lasts."""
    async with await psycopg.AsyncConnection.connect(conninfo) as other:
        await other.execute(query, [id])
        yield


@pytest.mark.parametrize("lock", [CALENDAR, RESERVATION], ids=["calendar", "reservation"])
async def test_a_pledge_that_waits_beyond_the_expiry_is_refused(
    stage: Stage, evening: Evening, clock: Clock, conninfo: str, lock: str
) -> None:
    id = await evening.invite(valid_s=900)
    await clock.shift(900 - 30)
    await evening.press(id)
    await clock.shift(HELD)
    async with locked(conninfo, lock, evening.cast.account if lock == CALENDAR else id):
        asked = asyncio.create_task(stage.said(evening.guest, pledge(id)))
        try:
            await until(lambda: waiting(stage))
            await clock.shift(30)
        except BaseException:
            await cancelled(asked)
            raise
    assert await asked == "hold_expired"
    assert (await stage.reservation(id)).confirmed_at is None


@pytest.mark.parametrize("lock", [CALENDAR, RESERVATION], ids=["calendar", "reservation"])
async def test_a_pledge_that_waits_and_is_still_in_time_is_taken(
    stage: Stage, evening: Evening, clock: Clock, conninfo: str, lock: str
) -> None:
    id = await evening.invite(valid_s=900)
    await evening.press(id)
    await clock.shift(HELD)
    async with locked(conninfo, lock, evening.cast.account if lock == CALENDAR else id):
        asked = asyncio.create_task(stage.said(evening.guest, pledge(id)))
        await until(lambda: waiting(stage))
    assert await asked == "ok"


@pytest.mark.parametrize("lock", [RESERVATION, PRESSED], ids=["locked", "pressed elsewhere"])
async def test_a_press_that_waits_begins_when_the_wait_is_over(
    stage: Stage, evening: Evening, clock: Clock, conninfo: str, lock: str
) -> None:
    id = await evening.invite()
    async with locked(conninfo, lock, id):
        asked = asyncio.create_task(stage.said(evening.guest, c.PressReservation(reservation=id)))
        await until(lambda: waiting(stage))
        await clock.shift(HELD)
    assert await asked == "ok"
    assert await stage.said(evening.guest, pledge(id)) == "not_held"


@pytest.mark.parametrize("lock", [RESERVATION, PRESSED], ids=["locked", "pressed elsewhere"])
async def test_a_press_that_waits_beyond_the_expiry_is_refused(
    stage: Stage, evening: Evening, clock: Clock, conninfo: str, lock: str
) -> None:
    id = await evening.invite(valid_s=900)
    await clock.shift(900 - 30)
    async with locked(conninfo, lock, id):
        asked = asyncio.create_task(stage.said(evening.guest, c.PressReservation(reservation=id)))
        await until(lambda: waiting(stage))
        await clock.shift(31)
    assert await asked == "hold_expired"


async def test_a_finger_on_the_seal_waits_for_nobody_s_turn(stage: Stage, evening: Evening, conninfo: str) -> None:
    """Of as many as can be under way, and one more who waits for their turn, none gets on."""
    id = await evening.invite()
    async with locked(conninfo, CALENDAR, evening.cast.account):
        others = [asyncio.create_task(stage.said(evening.cast, evening.invitation())) for _ in range(MOST + 1)]
        await until(lambda: waiting(stage))
        for command in (c.PressReservation(reservation=id), c.ReleaseReservation(reservation=id)):
            assert await stage.said(evening.guest, command) == "ok"
        assert not any(other.done() for other in others)
    assert set(await asyncio.gather(*others)) == {"slot_taken"}


async def test_an_invitation_that_waits_until_its_start_is_too_late(
    stage: Stage, evening: Evening, clock: Clock, conninfo: str
) -> None:
    await clock.shift((evening.start - await stage.now()).total_seconds() - 30)
    async with locked(conninfo, CALENDAR, evening.cast.account):
        asked = asyncio.create_task(stage.said(evening.cast, evening.invitation()))
        await until(lambda: waiting(stage))
        await clock.shift(31)
    assert await asked == "too_late"


async def test_everything_about_a_cast_s_time_waits_for_her_calendar(
    stage: Stage, evening: Evening, clock: Clock, conninfo: str
) -> None:
    """The lock without which two rivals can deadlock for a second: taken by each command, before anything else."""
    drafts = [await evening.invite(n * 100) for n in range(3)]
    await evening.pledge(drafts[0], clock)
    commands = [
        (evening.cast, evening.invitation(400)),
        (evening.guest, pledge(drafts[1])),
        (evening.cast, c.WithdrawInvitation(reservation=drafts[1])),
        (evening.guest, c.DeclineInvitation(reservation=drafts[2])),
        (evening.guest, c.CancelReservation(reservation=drafts[0])),
        (evening.cast, c.ArchivePlan(plan=evening.plan)),
        (evening.cast, c.AddShift(starts_at=evening.start, ends_at=evening.at(60))),
        (evening.cast, c.RemoveShift(starts_at=evening.at(600), ends_at=evening.at(660))),
    ]
    for caller, command in commands:
        async with locked(conninfo, CALENDAR, evening.cast.account):
            asked = asyncio.create_task(stage.said(caller, command))
            await until(lambda: waiting(stage))
            await cancelled(asked)
