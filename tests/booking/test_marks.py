"""Whether the guest came: who may say so, when, for how long it can be put right, and what the guest may answer."""

from typing import Any
from uuid import UUID

import pytest

from server.protocol import commands as c
from server.protocol.errors import Refusal
from tests.booking.stage import Evening, Stage
from tests.conftest import Clock

pytestmark = pytest.mark.anyio
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


class Booked:
    """A reservation that is confirmed; `at` moves the clock to so many seconds after its start (90 minutes long)."""

    def __init__(self, evening: Evening, clock: Clock, id: UUID) -> None:
        self.evening, self.stage, self.id = evening, evening.stage, id
        self._clock = clock

    @classmethod
    async def begin(cls, stage: Stage, clock: Clock) -> "Booked":
        evening = await Evening.begin(stage)
        id = await evening.invite()
        await evening.pledge(id, clock)
        return cls(evening, clock, id)

    async def at(self, seconds: float) -> None:
        starts = (await self.stage.reservation(self.id)).starts_at
        await self._clock.shift((starts - await self.stage.now()).total_seconds() + seconds)

    async def say(self, command: type[Any], **fields: Any) -> str:
        """`ok` and the status it led to are the same; else the code of the refusal."""
        caller = self.evening.guest if command is c.DisputeNoShow else self.evening.cast
        try:
            said = await self.stage.run(caller, command(reservation=self.id, **fields))
        except Refusal as refusal:
            return refusal.code
        return str(said["reservation"]["status"])


@pytest.fixture
async def booked(stage: Stage, clock: Clock) -> Booked:
    return await Booked.begin(stage, clock)


async def test_an_evening_that_goes_as_it_should(booked: Booked) -> None:
    await booked.at(5 * MINUTE)
    assert await booked.say(c.ArriveReservation) == "arrived"
    assert await booked.say(c.ArriveReservation) == "wrong_state"
    await booked.at(90 * MINUTE)
    assert await booked.say(c.CompleteReservation) == "completed"
    assert await booked.say(c.MarkNoShow) == "wrong_state"
    assert (await booked.stage.reservation(booked.id)).version == 4


async def test_an_arrival_is_not_marked_days_before(booked: Booked) -> None:
    await booked.at(-25 * HOUR)
    assert await booked.say(c.ArriveReservation) == "too_early"
    assert await booked.say(c.CompleteReservation) == "too_early"
    await booked.at(-10 * MINUTE)
    assert await booked.say(c.ArriveReservation) == "arrived"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-HOUR, "too_early"),
        (14 * MINUTE, "too_early"),
        (15 * MINUTE, "no_show"),
        (90 * MINUTE, "no_show"),
        (90 * MINUTE + 48 * HOUR - MINUTE, "no_show"),
        (90 * MINUTE + 48 * HOUR, "too_late"),
    ],
)
async def test_a_no_show_has_its_time(booked: Booked, seconds: float, expected: str) -> None:
    await booked.at(seconds)
    assert await booked.say(c.MarkNoShow, note="来店なし") == expected
    if expected == "no_show":
        ended = (await booked.stage.reservation(booked.id)).ended
        assert ended is not None
        assert (ended.by, ended.reason, ended.late) == (booked.evening.cast.account, "来店なし", False)


async def test_arrival_and_no_show_can_be_put_right_for_half_an_hour_from_the_first_word(booked: Booked) -> None:
    await booked.at(20 * MINUTE)
    assert await booked.say(c.MarkNoShow) == "no_show"
    await booked.at(35 * MINUTE)
    assert await booked.say(c.ArriveReservation) == "arrived"
    assert (await booked.stage.reservation(booked.id)).ended is None, "what was ended by mistake is not ended"
    await booked.at(49 * MINUTE)
    assert await booked.say(c.MarkNoShow) == "no_show"
    await booked.at(51 * MINUTE)
    assert await booked.say(c.ArriveReservation) == "too_late"


async def test_who_comes_after_all_finds_the_slot_taken_where_it_was_given_on(booked: Booked) -> None:
    evening = booked.evening
    await booked.at(16 * MINUTE)
    assert await booked.say(c.MarkNoShow) == "no_show"
    other = await booked.stage.account("guest", "誠")
    room = await booked.stage.talk(evening.cast, other)
    await booked.stage.run(evening.cast, evening.invitation(30, room=room))
    assert await booked.say(c.ArriveReservation) == "slot_taken"
    assert (await booked.stage.reservation(booked.id)).status == "no_show"


async def test_who_was_taken_for_another_an_hour_early_can_still_be_missing(booked: Booked) -> None:
    await booked.at(-HOUR)
    assert await booked.say(c.ArriveReservation) == "arrived"
    assert await booked.say(c.CompleteReservation) == "too_early", "it has not begun"
    await booked.at(44 * MINUTE)
    assert await booked.say(c.MarkNoShow) == "no_show"
    await booked.at(46 * MINUTE)
    assert await booked.say(c.ArriveReservation) == "too_late"


@pytest.mark.parametrize("swept", [False, True])
async def test_what_is_over_by_the_clock_is_over_whether_swept_or_not(booked: Booked, swept: bool) -> None:
    await booked.at(90 * MINUTE + 48 * HOUR)
    if swept:
        await booked.stage.tidy()
    assert await booked.say(c.ArriveReservation) == "wrong_state"
    assert await booked.stage.said(booked.evening.guest, c.CancelReservation(reservation=booked.id)) != "ok"


async def test_an_arrival_is_over_at_the_end(booked: Booked) -> None:
    await booked.at(80 * MINUTE)
    await booked.say(c.ArriveReservation)
    await booked.at(90 * MINUTE)
    assert await booked.say(c.MarkNoShow) == "wrong_state"
    assert await booked.say(c.CompleteReservation) == "completed"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(HOUR, "disputed"), (7 * DAY - MINUTE, "disputed"), (7 * DAY + MINUTE, "too_late")]
)
async def test_the_guest_has_seven_days_to_disagree(booked: Booked, seconds: float, expected: str) -> None:
    assert await booked.say(c.DisputeNoShow, note="行きました") == "wrong_state"
    await booked.at(20 * MINUTE)
    await booked.say(c.MarkNoShow)
    await booked.at(20 * MINUTE + seconds)
    assert await booked.say(c.DisputeNoShow, note="行きました") == expected
    if expected == "disputed":
        assert await booked.say(c.DisputeNoShow, note="もう一度") == "wrong_state"
        assert await booked.say(c.ArriveReservation) == "wrong_state"


async def test_each_mark_has_its_notice_in_the_room(booked: Booked) -> None:
    await booked.at(20 * MINUTE)
    await booked.say(c.MarkNoShow, note="来店なし")
    await booked.say(c.ArriveReservation)
    await booked.say(c.CompleteReservation)
    await booked.stage.deliver()
    log = await booked.stage.log(booked.evening.room)
    notices = [(entry.status, entry.reason) for entry in log if entry.kind == "notice"]
    assert [status for status, _ in notices] == ["no_show", "arrived", "completed"]
    assert notices[0][1] == "来店なし"


async def test_only_the_cast_marks_and_only_the_guest_disputes(booked: Booked) -> None:
    stage, evening, id = booked.stage, booked.evening, booked.id
    stranger = await stage.account("cast", "他の人")
    marks = (c.ArriveReservation(reservation=id), c.CompleteReservation(reservation=id), c.MarkNoShow(reservation=id))
    for command in marks:
        assert await stage.said(evening.guest, command) == "forbidden"
        assert await stage.said(stranger, command) == "not_found"
    dispute = c.DisputeNoShow(reservation=id, note="x")
    assert await stage.said(evening.cast, dispute) == "forbidden"
    assert await stage.said(stranger, dispute) == "not_found"
