"""A reservation is called to mind once the day before and once an hour before; by a text where no device heard of it."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from server import booking
from server.identity import model
from server.kernel.work import Work
from server.protocol import commands as c
from tests.booking.stage import Evening, Stage
from tests.conftest import Clock
from tests.tools.clones import open_house, rows, shift
from tests.tools.house import Person, until
from tests.tools.sms_provider import SmsProvider

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


@pytest.mark.parametrize("by", ["cast", "guest"])
async def test_a_block_ends_reminders_by_push_and_by_text_and_its_end_brings_them_back(
    stage: Stage, clock: Clock, by: str
) -> None:
    evening, id = await booked(stage, clock)
    me, other = (evening.cast, evening.guest) if by == "cast" else (evening.guest, evening.cast)
    reminders = Reminders(stage)
    await stage.run(me, c.AddBlock(account=other.account))
    await to(stage, clock, id, 24)
    await reminders.run()
    await stage.run(me, c.RemoveBlock(account=other.account))
    assert reminders.pushed == []
    await to(stage, clock, id, 1)
    await reminders.run()
    assert reminders.pushed == [evening.guest.account, evening.cast.account]
    await stage.run(me, c.AddBlock(account=other.account))
    await clock.shift(301)
    await reminders.run()
    assert reminders.texted == [], "parted before a text went out"


async def test_a_cancelled_reservation_is_not_called_to_mind(stage: Stage, clock: Clock) -> None:
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


async def test_no_text_breaks_quiet_hours_but_comes_at_their_end(stage: Stage, clock: Clock) -> None:
    evening, id = await booked(stage, clock)
    reminders = Reminders(stage)
    await to(stage, clock, id, 23.5)
    await reminders.run()
    zone = stage.server.settings.time_zone
    now = (await stage.now()).astimezone(zone)
    hours = {"quiet_from": f"{now:%H}:00", "quiet_to": f"{now + timedelta(hours=2):%H}:00"}
    await stage.run(evening.guest, c.SaveSettings(**hours))
    await clock.shift(301)
    await reminders.run()
    assert reminders.texted == []
    await clock.shift(2 * HOUR)
    await reminders.run()
    await reminders.run()
    assert reminders.texted == [evening.guest.account]


async def test_what_began_in_quiet_hours_is_not_called_to_mind_any_more(stage: Stage, clock: Clock) -> None:
    evening, id = await booked(stage, clock)
    reminders = Reminders(stage)
    await to(stage, clock, id, 0.9)
    await reminders.run()
    await stage.run(evening.guest, c.SaveSettings(quiet_from="00:00", quiet_to="23:59"))
    await to(stage, clock, id, -24)
    await reminders.run()
    await stage.run(evening.guest, c.SaveSettings(quiet_from=None, quiet_to=None))
    await reminders.run()
    assert reminders.texted == []


@pytest.mark.slow
@pytest.mark.covers("reservation.pledge")
async def test_the_text_reaches_the_provider(cluster: str, template: str) -> None:
    """From the pledge to the provider's door, by the running house alone."""
    async with SmsProvider() as provider:
        with open_house(cluster, template, FUURO_SMS_URL=provider.url) as house:
            cast, guest = Person(house), Person(house)
            people = {"cast": (cast, "+819011112222"), "guest": (guest, "+819011113333")}
            for count, (role, (person, phone)) in enumerate(people.items(), start=1):
                challenge = (await person.http.post("/api/auth/otp", json={"phone": phone})).json()["challenge"]
                code = re.findall(r"\d{6}", (await provider.received(count))[-1].body)[0]
                said = {"challenge": challenge, "code": code}
                verified = (await person.http.post("/api/auth/verify", json=said)).json()
                form = {"registration_token": verified["registration_token"], "display_name": "名", "role": role}
                more = {"birth_date": "1990-04-01", "cast_code": house.cast_code() if role == "cast" else None}
                person._signed_in((await person.http.post("/api/auth/register", json=form | more)).json())
            ((now,),) = await rows(house, "select kernel.moment()")
            start = now + timedelta(hours=3)
            ends = (start + timedelta(hours=3)).isoformat()
            price = {"amount": 18_000, "currency": "JPY"}
            plan = (await cast.command("plan.save", name="90分", minutes=90, price=price, terms="総額。"))["result"][
                "id"
            ]
            await cast.command("schedule.add", starts_at=start.isoformat(), ends_at=ends)
            room = (await guest.command("room.open", **{"with": cast.id}))["result"]["room"]
            sent = await cast.command("invitation.send", room=room, plan=plan, starts_at=start.isoformat())
            id = sent["result"]["reservation"]["id"]
            await guest.command("reservation.press", reservation=id)
            await shift(house, 1.3 / 86_400)
            pledged = await guest.command("reservation.pledge", reservation=id, terms_version=1)
            assert pledged["status_code"] == 200, pledged
            await shift(house, 2.2 / 24)
            await until(lambda: rows(house, "select reservation from booking.reminders"), 30)
            await shift(house, 301 / 86_400)
            text = (await provider.received(3))[2]
            there = start.astimezone(ZoneInfo("Asia/Tokyo"))
            assert (text.to, f"{there:%H:%M}" in text.body) == ("+819011113333", True)
            assert "名" not in text.body.replace("番号", "")
            for person in (cast, guest):
                await person.http.aclose()


def test_the_text_says_when_and_neither_who_nor_what() -> None:
    at = datetime(2030, 1, 2, 21, 5, tzinfo=UTC)
    assert "1/2 21:05" in model.text_of_reminder("ja", at)
    assert "1/2 21:05" in model.text_of_reminder("en", at)
