"""A reservation is called to mind once the day before and once an hour before; by a text where no device heard of it."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from server import booking
from server.identity import model
from server.kernel.work import Work
from server.protocol.values import Settings
from tests.booking.stage import Evening, Stage
from tests.conftest import Clock

pytestmark = pytest.mark.anyio
HOUR = 3_600.0


class Reminders:
    """What was queued for whom, by the real jobs; what they reach outside is noted instead of sent."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.pushed: list[UUID] = []
        self.texted: list[UUID] = []

    async def run(self) -> None:
        async def remind(work: Work, account: UUID, room: UUID) -> None:
            self.pushed.append(account)

        async def text(work: Work, account: UUID, starts_at: datetime) -> None:
            self.texted.append(account)

        await self.stage.worker.transact(partial(booking.reminders.remind, remind))
        await self.stage.worker.transact(partial(booking.reminders.text_who_did_not_hear, text))


async def to(stage: Stage, clock: Clock, reservation: UUID, hours: float) -> None:
    """Moves the clock to so many hours before the start."""
    starts = (await stage.reservation(reservation)).starts_at
    await clock.shift((starts - await stage.now()).total_seconds() - hours * HOUR)


async def booked(stage: Stage, clock: Clock) -> tuple[Evening, UUID]:
    evening = await Evening.begin(stage)
    id = await evening.invite(600)
    await evening.pledge(id, clock)
    return evening, id


async def test_both_sides_are_reminded_once_a_day_and_once_an_hour_before(stage: Stage, clock: Clock) -> None:
    evening, id = await booked(stage, clock)
    reminders, both = Reminders(stage), [evening.guest.account, evening.cast.account]
    await reminders.run()
    assert reminders.pushed == []
    for hours in (24, 23, 2):
        await to(stage, clock, id, hours)
        await reminders.run()
        assert reminders.pushed == both
    for hours in (1, 0.5, -1):
        await to(stage, clock, id, hours)
        await reminders.run()
        assert reminders.pushed == both * 2


async def test_the_guest_whose_devices_are_silent_gets_a_text(stage: Stage, clock: Clock) -> None:
    evening, id = await booked(stage, clock)
    reminders = Reminders(stage)
    await to(stage, clock, id, 1)
    await reminders.run()
    assert reminders.texted == [], "not before a device had time to say so"
    await clock.shift(301)
    await reminders.run()
    await reminders.run()
    assert reminders.texted == [evening.guest.account]


async def test_who_has_a_device_that_heard_gets_no_text(stage: Stage, clock: Clock) -> None:
    evening, id = await booked(stage, clock)
    reminders = Reminders(stage)
    await to(stage, clock, id, 1)
    await reminders.run()
    await stage.rows(
        "insert into kernel.presence (account, process, until) values (%s, %s, kernel.moment() + interval '1 hour')",
        evening.guest.account,
        evening.guest.session,
    )
    await clock.shift(301)
    await reminders.run()
    assert reminders.texted == []


async def test_a_cancelled_reservation_is_not_called_to_mind(stage: Stage, clock: Clock) -> None:
    from server.protocol import commands as c

    evening, id = await booked(stage, clock)
    reminders = Reminders(stage)
    await to(stage, clock, id, 1)
    await reminders.run()
    said: dict[str, Any] = {"reservation": id, "late": True}
    await stage.run(evening.guest, c.CancelReservation(**said))
    await clock.shift(301)
    await reminders.run()
    assert reminders.texted == []


async def test_who_pledges_late_is_not_reminded_of_what_they_just_did(stage: Stage, clock: Clock) -> None:
    evening = await Evening.begin(stage)
    id = await evening.invite(0)
    await to(stage, clock, id, 0.5)
    sent = await evening.invite(300)
    await evening.pledge(sent, clock)
    reminders = Reminders(stage)
    await reminders.run()
    assert reminders.pushed == []


@pytest.mark.parametrize(
    ("hours", "clock", "quiet"),
    [
        (("22:00", "08:00"), "23:30", True),
        (("22:00", "08:00"), "07:59", True),
        (("22:00", "08:00"), "08:00", False),
        (("22:00", "08:00"), "21:59", False),
        (("13:00", "15:00"), "14:00", True),
        (("13:00", "15:00"), "15:00", False),
        ((None, None), "03:00", False),
    ],
)
def test_no_text_breaks_quiet_hours(hours: tuple[str | None, str | None], clock: str, quiet: bool) -> None:
    now = datetime.fromisoformat(f"2030-01-01T{clock}").time()
    assert model.is_quiet(Settings(quiet_from=hours[0], quiet_to=hours[1]), now) is quiet


def test_the_text_says_when_and_neither_who_nor_what() -> None:
    at = datetime(2030, 1, 2, 21, 5, tzinfo=UTC)
    assert "1/2 21:05" in model.text_of_reminder("ja", at)
    assert "1/2 21:05" in model.text_of_reminder("en", at)
