"""What a calendar shows as free: the same as a look at every single minute, and the same as what an invitation is told."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.kernel.work import Caller
from server.offer import store as offers
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.values import Money, Slot
from tests.booking.stage import Evening, Stage
from tests.conftest import Clock

pytestmark = pytest.mark.anyio

MINUTES = 36 * 60
"""of the calendar that is looked at; longer than a night, across a midnight."""


class Offered(NamedTuple):
    minutes: int
    before: int
    after: int


class Asked(NamedTuple):
    """Somebody wants to come `at` this minute of the calendar, for what plan `plan` offers."""

    at: int
    plan: int


fives = st.integers(0, MINUTES // 5).map(lambda n: 5 * n)
shifts = st.lists(st.tuples(fives, st.integers(1, 150).map(lambda n: 5 * n)), min_size=1, max_size=4)
buffers = st.sampled_from([0, 0, 5, 15, 60, 240])
plans = st.lists(
    st.builds(Offered, st.sampled_from([15, 20, 60, 90, 300, 720]), buffers, buffers), min_size=1, max_size=3
)
asked = st.lists(st.builds(Asked, st.one_of(fives, st.integers(0, MINUTES)), st.integers(0, 2)), max_size=6)


class Naive:
    """A calendar minute by minute."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self.working = {minute for start, length in spans for minute in range(start, start + length)}
        self.blocked: set[int] = set()

    def free(self, at: int, plan: Offered) -> str:
        stay = range(at, at + plan.minutes)
        if not self.working.issuperset(stay):
            return "outside_schedule"
        return "ok" if self.blocked.isdisjoint(self.with_buffers(at, plan)) else "slot_taken"

    def take(self, at: int, plan: Offered) -> None:
        self.blocked.update(self.with_buffers(at, plan))

    def with_buffers(self, at: int, plan: Offered) -> range:
        return range(at - plan.before, at + plan.minutes + plan.after)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shifts, plans, asked)
async def test_slots_and_invitations_agree_with_every_single_minute(
    stage: Stage, shifts: list[tuple[int, int]], plans: list[Offered], asked: list[Asked]
) -> None:
    cast, guest = await stage.account("cast"), await stage.account("guest")
    room, base = await stage.talk(cast, guest), await stage.hour()
    ids = [
        await stage.plan(cast, minutes=p.minutes, buffer_before=p.before, buffer_after=p.after, cancel_minutes=0)
        for p in plans
    ]
    for start, length in shifts:
        begin = base + timedelta(minutes=start)
        await stage.works(cast, begin, begin + timedelta(minutes=length))
    naive = Naive(shifts)
    for wish in asked:
        which = wish.plan % len(plans)
        at = base + timedelta(minutes=wish.at)
        said = await stage.said(cast, c.SendInvitation(room=room, plan=ids[which], starts_at=at))
        assert said == naive.free(wish.at, plans[which])
        if said == "ok":
            naive.take(wish.at, plans[which])
    for id, plan in zip(ids, plans, strict=True):
        shown = await slots(stage, cast, id, base, base + timedelta(minutes=MINUTES))
        open_minutes = {m for slot in shown for m in range(minute(base, slot.from_), minute(base, slot.to) + 1)}
        assert open_minutes == {m for m in range(MINUTES + 1) if naive.free(m, plan) == "ok"}


async def slots(stage: Stage, cast: Caller, plan: UUID, from_: datetime, to: datetime) -> list[Slot]:
    async with stage.work() as work:
        offered = await offers.plan(work, cast.account, plan)
        assert offered is not None
        return await offers.slots(work, cast.account, offered, from_, to)


def minute(base: datetime, at: datetime) -> int:
    """Which minute of the calendar that is; slots begin and end on one."""
    minutes = (at - base) / timedelta(minutes=1)
    assert minutes == int(minutes)
    return int(minutes)


async def shown(evening: Evening) -> list[tuple[int, int]]:
    found = await slots(
        evening.stage, evening.cast, evening.plan, evening.start - timedelta(days=1), evening.start + timedelta(days=1)
    )
    return [(minute(evening.start, slot.from_), minute(evening.start, slot.to)) for slot in found]


async def test_the_first_and_the_last_possible_start_are_shown_and_taken(evening: Evening) -> None:
    assert await shown(evening) == [(0, 630)]
    await evening.invite(630)
    await evening.invite(0)
    assert await shown(evening) == [(90, 540)]


async def test_a_gap_that_fits_exactly_is_one_possible_start(evening: Evening) -> None:
    await evening.invite(0)
    await evening.invite(180)
    assert (90, 90) in await shown(evening)
    await evening.invite(90)


async def test_a_lapsed_hold_is_free_with_no_sweeper(evening: Evening, clock: Clock) -> None:
    await evening.invite(0, valid_s=900)
    assert await shown(evening) == [(90, 630)]
    await clock.shift(901)
    assert await shown(evening) == [(0, 630)]


async def test_a_move_in_the_making_holds_both_times(evening: Evening, clock: Clock) -> None:
    old = await evening.invite(0)
    await evening.pledge(old, clock)
    new = await evening.invite(300, replaces=old)
    assert await shown(evening) == [(90, 210), (390, 630)]
    await evening.pledge(new, clock)
    assert await shown(evening) == [(0, 210), (390, 630)]


# ── shifts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "midnight",
    [
        datetime(2028, 2, 28, 15, tzinfo=UTC),
        datetime(2028, 2, 29, 15, tzinfo=UTC),
        datetime(2027, 12, 31, 15, tzinfo=UTC),
    ],
    ids=["into a leap day", "into March", "into a new year"],
)
async def test_a_night_goes_on_across_midnight_and_the_month_s_end(
    stage: Stage, evening: Evening, clock: Clock, midnight: datetime
) -> None:
    """20:00 to 29:00 in Tokyo, whose midnight is at 15:00 UTC; 90 minutes from 23:30 on."""
    await clock.shift((midnight - timedelta(days=20) - await stage.now()).total_seconds())
    begin, end = midnight - timedelta(hours=4), midnight + timedelta(hours=5)
    await stage.works(evening.cast, begin, end)
    id = await evening.invite(starts_at=midnight - timedelta(minutes=30))
    held = await stage.reservation(id)
    assert (held.starts_at, held.ends_at) == (midnight - timedelta(minutes=30), midnight + timedelta(minutes=60))
    found = await slots(stage, evening.cast, evening.plan, begin, end)
    assert [(s.from_, s.to) for s in found] == [
        (begin, midnight - timedelta(minutes=120)),
        (midnight + timedelta(minutes=60), end - timedelta(minutes=90)),
    ]


async def test_shifts_that_touch_or_overlap_are_one(stage: Stage) -> None:
    cast, base = await stage.account("cast"), await stage.hour()
    hours = [base + timedelta(hours=n) for n in range(8)]
    for start, end in ((0, 2), (2, 3), (1, 4), (6, 7)):
        await stage.works(cast, hours[start], hours[end])
    said = await stage.run(cast, c.RemoveShift(starts_at=hours[3], ends_at=hours[6]))
    got = [(datetime.fromisoformat(s["starts_at"]), datetime.fromisoformat(s["ends_at"])) for s in said["shifts"]]
    assert got == [(hours[0], hours[3]), (hours[6], hours[7])]


async def test_a_shift_lies_ahead_is_no_longer_than_a_day_and_within_the_horizon(stage: Stage) -> None:
    cast, now = await stage.account("cast"), await stage.now()
    for start, length, code in (
        (timedelta(hours=-3), timedelta(hours=2), "invalid"),
        (timedelta(hours=-1), timedelta(hours=2), "ok"),
        (timedelta(hours=1), timedelta(hours=limits.SHIFT_HOURS, minutes=1), "invalid"),
        (timedelta(hours=1), timedelta(hours=limits.SHIFT_HOURS), "ok"),
        (timedelta(days=limits.HORIZON_DAYS), timedelta(hours=1), "invalid"),
    ):
        at = now + start
        assert await stage.said(cast, c.AddShift(starts_at=at, ends_at=at + length)) == code, (start, length)


async def test_a_shift_in_which_a_live_reservation_stands_cannot_be_removed(evening: Evening, clock: Clock) -> None:
    stage, remove = evening.stage, c.RemoveShift(starts_at=evening.at(80), ends_at=evening.at(200))
    draft = await evening.invite(0, valid_s=900)
    assert await stage.said(evening.cast, remove) == "wrong_state"
    beside = c.RemoveShift(starts_at=evening.at(90), ends_at=evening.at(200))
    assert await stage.said(evening.cast, beside) == "ok", "what only touches it stands in nobody's way"
    await evening.pledge(draft, clock)
    assert await stage.said(evening.cast, remove) == "wrong_state"
    await stage.run(evening.guest, c.CancelReservation(reservation=draft))
    assert await stage.said(evening.cast, remove) == "ok"


async def test_a_lapsed_hold_keeps_no_shift(evening: Evening, clock: Clock) -> None:
    await evening.invite(0, valid_s=900)
    await clock.shift(901)
    remove = c.RemoveShift(starts_at=evening.at(0), ends_at=evening.at(90))
    assert await evening.stage.said(evening.cast, remove) == "ok"


async def test_who_has_taken_the_time_away_can_invite_nobody_into_it(evening: Evening) -> None:
    await evening.stage.run(evening.cast, c.RemoveShift(starts_at=evening.at(60), ends_at=evening.at(120)))
    assert await shown(evening) == [(120, 630)]
    assert await evening.stage.said(evening.cast, evening.invitation(0)) == "outside_schedule"


# ── plans ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_a_guest_agrees_to_has_a_version(stage: Stage, evening: Evening) -> None:
    plan = {"name": "90分", "minutes": 90, "price": Money(18_000, "JPY"), "terms": "総額。"}
    for change, version in (
        ({"name": "夜の90分", "buffer_after": 15, "waitlist": True, "notice_minutes": 5}, 1),
        ({"cancel_minutes": 60}, 2),
        ({"cancel_minutes": 60, "terms": "別の条件。"}, 3),
        ({"cancel_minutes": 60, "terms": "別の条件。", "minutes": 100}, 4),
        ({"cancel_minutes": 60, "terms": "別の条件。", "minutes": 100, "price": Money(20_000, "JPY")}, 5),
    ):
        saved = await stage.run(evening.cast, c.SavePlan(**(plan | {"plan": evening.plan} | change)))
        assert saved["terms_version"] == version, change


async def test_a_cast_has_so_many_plans_and_more_once_one_is_archived(stage: Stage) -> None:
    cast = await stage.account("cast")
    ids = [await stage.plan(cast) for _ in range(limits.PLANS_PER_CAST)]
    one_more = c.SavePlan(name="90分", minutes=90, price=Money(1, "JPY"), terms="総額。")
    assert await stage.said(cast, one_more) == "invalid"
    await stage.run(cast, c.ArchivePlan(plan=ids[0]))
    assert await stage.said(cast, one_more) == "ok"
    back = c.SavePlan(plan=ids[0], name="90分", minutes=90, price=Money(1, "JPY"), terms="総額。")
    assert await stage.said(cast, back) == "invalid", "an archived one that is saved is offered again"


async def test_plans_and_shifts_are_the_cast_s_own(stage: Stage, evening: Evening) -> None:
    other = await stage.account("cast")
    change = c.SavePlan(plan=evening.plan, name="私の", minutes=90, price=Money(1, "JPY"), terms="総額。")
    assert await stage.said(other, change) == "not_found"
    assert await stage.said(other, c.ArchivePlan(plan=evening.plan)) == "not_found"
    assert await stage.said(evening.guest, c.ArchivePlan(plan=evening.plan)) == "not_found"
    span = {"starts_at": evening.at(0), "ends_at": evening.at(60)}
    for command in (c.AddShift(**span), c.RemoveShift(**span)):
        assert await stage.said(evening.guest, command) == "forbidden"
