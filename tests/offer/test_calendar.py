"""All that makes a calendar, at once: weekly rules by the clock on the wall, what was added and taken out, bookings with buffers, notice;
and nights in which that clock is put forward or back."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.kernel.work import Caller
from server.protocol import commands as c
from tests.booking.stage import Stage
from tests.conftest import Clock
from tests.offer.test_availability import slots
from tests.offer.test_rules import rules, written

pytestmark = pytest.mark.anyio
DAYS = 7
NIGHTS = st.sampled_from(
    [
        ("Asia/Tokyo", datetime(2028, 2, 26, 12, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2027, 3, 26, 12, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2027, 10, 29, 12, tzinfo=UTC)),
        ("America/New_York", datetime(2027, 11, 5, 12, tzinfo=UTC)),
    ]
)
"""The house's zone and its now: before a leap day, before the clock goes forward, before it goes back."""


class Said(NamedTuple):
    """A span added to the calendar or taken out of it, in half hours from its begin."""

    added: bool
    at: int
    length: int


class Offered(NamedTuple):
    minutes: int
    before: int
    after: int
    notice: int


class Naive:
    """A calendar minute by minute, counted from `base`."""

    def __init__(self, zone: str, base: datetime, now: datetime) -> None:
        self.zone, self.base, self.now = ZoneInfo(zone), base, now
        self.working: set[int] = set()
        self.blocked: set[int] = set()

    def rule(self, weekday: int, begins: int, ends: int) -> None:
        """From the business day of now on, which begins at six."""
        since = (self.now.astimezone(self.zone).replace(tzinfo=None) - timedelta(hours=6)).date()
        for n in range(-3, DAYS + 3):
            day = self.base.astimezone(self.zone).date() + timedelta(days=n)
            if day.weekday() == weekday and day >= since:
                self.working |= set(range(self._minute(day, begins), self._minute(day, ends)))

    def _minute(self, day: date, minutes: int) -> int:
        """What the wall says twice is meant the second time; what it never says is an hour later."""
        local = datetime.combine(day, time()) + timedelta(minutes=minutes)
        meant = max(local.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return int((meant - self.base) / timedelta(minutes=1))

    def say(self, said: Said) -> None:
        span = set(range(30 * said.at, 30 * (said.at + said.length)))
        self.working = self.working | span if said.added else self.working - span

    def free(self, at: int, plan: Offered) -> str:
        if not self.working.issuperset(range(at, at + plan.minutes)):
            return "outside_schedule"
        return "ok" if self.blocked.isdisjoint(self.with_buffers(at, plan)) else "slot_taken"

    def with_buffers(self, at: int, plan: Offered) -> range:
        return range(at - plan.before, at + plan.minutes + plan.after)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    night=NIGHTS,
    rules=rules,
    said=st.lists(st.builds(Said, st.booleans(), st.integers(0, DAYS * 48 - 40), st.integers(1, 40)), max_size=4),
    plan=st.builds(
        Offered,
        st.sampled_from([30, 60, 90, 240]),
        st.sampled_from([0, 15, 60]),
        st.sampled_from([0, 5, 30]),
        st.sampled_from([0, 0, 1_440, 4_320]),
    ),
    wishes=st.lists(st.integers(0, DAYS * 288).map(lambda n: 5 * n), min_size=1, max_size=6),
)
async def test_what_is_shown_and_what_can_be_invited_to_is_what_every_minute_says(
    stage: Stage,
    clock: Clock,
    night: tuple[str, datetime],
    rules: dict[int, tuple[int, int]],
    said: list[Said],
    plan: Offered,
    wishes: list[int],
) -> None:
    zone, now = night
    await stage.rows("update kernel.house set time_zone = %s returning epoch", zone)
    await clock.shift((now - await stage.now()).total_seconds())
    cast, guest, base = await stage.account("cast"), await stage.account("guest"), now + timedelta(hours=12)
    naive = Naive(zone, base, now)
    for weekday, (begins, ends) in rules.items():
        await stage.run(cast, c.SetRule(weekday=weekday, from_=written(begins), to=written(ends)))
        naive.rule(weekday, begins, ends)
    for one in said:
        begin = base + timedelta(minutes=30 * one.at)
        span = {"starts_at": begin, "ends_at": begin + timedelta(minutes=30 * one.length)}
        await stage.run(cast, c.AddShift(**span) if one.added else c.RemoveShift(**span))
        naive.say(one)
    fields = {"minutes": plan.minutes, "buffer_before": plan.before, "buffer_after": plan.after}
    id = await stage.plan(cast, cancel_minutes=0, notice_minutes=plan.notice, **fields)
    room = await stage.talk(cast, guest)
    for at in wishes:
        starts_at = base + timedelta(minutes=at)
        answer = await stage.said(cast, c.SendInvitation(room=room, plan=id, starts_at=starts_at))
        if starts_at <= await stage.now() + timedelta(minutes=plan.notice):
            assert answer == "too_late"
            continue
        assert answer == naive.free(at, plan), starts_at
        if answer == "ok":
            naive.blocked.update(naive.with_buffers(at, plan))
    open_minutes = await shown(stage, cast, id, base)
    assert open_minutes == {m for m in range(DAYS * 1_440 + 1) if naive.free(m, plan) == "ok"}


async def shown(stage: Stage, cast: Caller, plan: UUID, base: datetime) -> set[int]:
    """The minutes of which a slot says that one can come then."""
    found = await slots(stage, cast, plan, base, base + timedelta(days=DAYS))
    spans = [((s.from_ - base) / timedelta(minutes=1), (s.to - base) / timedelta(minutes=1)) for s in found]
    assert all(begin == int(begin) and end == int(end) for begin, end in spans)
    return {minute for begin, end in spans for minute in range(int(begin), int(end) + 1)}
