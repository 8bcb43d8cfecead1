"""Weekly rules: what a cast works is what a naive calendar says, night by night, and what is shown can be invited to."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.kernel.work import Caller
from server.protocol import commands as c
from tests.booking.stage import Stage
from tests.conftest import Clock
from tests.flow.conftest import Pair, make_pair
from tests.offer.test_availability import slots
from tests.tools.house import House

pytestmark = pytest.mark.anyio
TOKYO = ZoneInfo("Asia/Tokyo")
DAYS = 10


def written(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


halves = st.integers(12, 60).map(lambda n: 30 * n)
rules = st.dictionaries(
    st.integers(0, 6), st.tuples(halves, halves).filter(lambda span: span[0] < span[1]), min_size=1, max_size=7
)
spans = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove"]),
        st.integers(0, DAYS * 48 - 50).map(lambda n: 30 * n),
        st.integers(1, 48).map(lambda n: 30 * n),
    ),
    max_size=5,
)
starts = st.sampled_from(
    [
        datetime(2027, 2, 25, 12, tzinfo=UTC),
        datetime(2028, 2, 26, 12, tzinfo=UTC),
        datetime(2027, 12, 28, 12, tzinfo=UTC),
    ]
)


class Naive:
    """A calendar minute by minute, in half hours, by the clock on the wall of the house."""

    def __init__(self, rules: dict[int, tuple[int, int]], since: date) -> None:
        self.rules = rules
        self.since = since
        self.said: dict[datetime, bool] = {}

    def say(self, works: bool, begin: datetime, minutes: int) -> None:
        for n in range(0, minutes, 30):
            self.said[begin + timedelta(minutes=n)] = works

    def works(self, at: datetime) -> bool:
        if at in self.said:
            return self.said[at]
        there = at.astimezone(TOKYO)
        day = (there - timedelta(hours=6)).date()
        midnight = datetime(day.year, day.month, day.day, tzinfo=TOKYO)
        begins, ends = self.rules.get(day.weekday(), (0, 0))
        return day >= self.since and begins <= (there - midnight) / timedelta(minutes=1) < ends


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=rules, said=spans, start=starts)
async def test_shifts_are_those_of_a_calendar_read_half_hour_by_half_hour(
    stage: Stage, clock: Clock, rules: dict[int, tuple[int, int]], said: list[tuple[str, int, int]], start: datetime
) -> None:
    await clock.shift((start - await stage.now()).total_seconds())
    cast, base = await stage.account("cast"), start.replace(hour=21) + timedelta(days=1)
    naive = Naive(rules, (start.astimezone(TOKYO) - timedelta(hours=6)).date())
    for weekday, (begins, ends) in rules.items():
        await stage.run(cast, c.SetRule(weekday=weekday, from_=written(begins), to=written(ends)))
    for what, at, minutes in said:
        begin = base + timedelta(minutes=at)
        span = {"starts_at": begin, "ends_at": begin + timedelta(minutes=minutes)}
        await stage.run(cast, c.AddShift(**span) if what == "add" else c.RemoveShift(**span))
        naive.say(what == "add", begin, minutes)
    plan = await stage.plan(cast, minutes=30, cancel_minutes=0)
    shown = await slots(stage, cast, plan, base, base + timedelta(days=DAYS))
    for n in range(DAYS * 48):
        at = base + timedelta(minutes=30 * n)
        assert any(slot.from_ <= at <= slot.to for slot in shown) is naive.works(at), at
    guest = await stage.account("guest")
    room = await stage.talk(cast, guest)
    for n in (0, 7, 100, 333):
        at = base + timedelta(minutes=30 * n)
        expected = "ok" if naive.works(at) else "outside_schedule"
        assert await stage.said(cast, c.SendInvitation(room=room, plan=plan, starts_at=at)) == expected


async def rule(stage: Stage, cast: Caller, **fields: object) -> None:
    said = {"weekday": (await business_day(stage)).weekday(), "from_": "20:00", "to": "29:00"} | fields
    await stage.run(cast, c.SetRule(**said))  # type: ignore[arg-type]


async def business_day(stage: Stage) -> date:
    return ((await stage.now()).astimezone(TOKYO) - timedelta(hours=6)).date()


async def shifts(stage: Stage, cast: Caller) -> list[tuple[datetime, datetime]]:
    from server.offer import store

    async with stage.work() as work:
        return [
            (s.starts_at.astimezone(TOKYO), s.ends_at.astimezone(TOKYO)) for s in await store.shifts(work, cast.account)
        ]


async def test_a_rule_begins_tonight_and_ends_with_its_last_business_day(stage: Stage) -> None:
    cast = await stage.account("cast")
    today = await business_day(stage)
    await rule(stage, cast, until=today + timedelta(days=14))
    nights = [begin.date() for begin, _ in await shifts(stage, cast)]
    assert nights == [today, today + timedelta(days=7), today + timedelta(days=14)]
    assert all(
        (begin.hour, end.hour, (end - begin).seconds) == (20, 5, 9 * 3_600) for begin, end in await shifts(stage, cast)
    )


async def test_a_night_taken_out_stays_out_whatever_the_rule_becomes(stage: Stage) -> None:
    cast = await stage.account("cast")
    await rule(stage, cast)
    begin, end = (await shifts(stage, cast))[1]
    await stage.run(cast, c.RemoveShift(starts_at=begin, ends_at=end))
    await rule(stage, cast, to="27:00")
    assert begin not in [start for start, _ in await shifts(stage, cast)]
    await stage.run(cast, c.AddShift(starts_at=begin, ends_at=end))
    assert (begin, end) in await shifts(stage, cast), "what is added by hand counts"


async def test_a_rule_that_ends_touches_no_invitation(stage: Stage) -> None:
    cast, guest = await stage.account("cast"), await stage.account("guest")
    room, plan = await stage.talk(cast, guest), await stage.plan(cast)
    await rule(stage, cast)
    begin, _ = (await shifts(stage, cast))[1]
    sent = await stage.run(cast, c.SendInvitation(room=room, plan=plan, starts_at=begin))
    await rule(stage, cast, from_=None, to=None)
    assert await shifts(stage, cast) == []
    assert (await stage.reservation(sent["reservation"]["id"])).status == "draft"


@pytest.fixture
async def pair(house: House) -> Pair:
    return await make_pair(house)


@pytest.mark.covers("schedule.rule", "schedule.add", "schedule.remove", "GET /api/schedule", "availability.changed")
async def test_rules_are_written_in_night_notation_and_told_to_open_screens(pair: Pair) -> None:
    await pair.guest.command("follow.add", cast=pair.cast.id)
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        said = await cast.ask("schedule.rule", weekday=4, **{"from": "20:00", "to": "29:00", "until": "2030-12-31"})
        assert said == {"rules": [{"weekday": 4, "from": "20:00", "to": "29:00", "until": "2030-12-31"}]}
        assert (await guest.next("availability.changed"))["cast"] == pair.cast.id
        assert (await pair.cast.http.get("/api/schedule")).json()["rules"] == said["rules"]
        assert await cast.ask("schedule.rule", weekday=4, **{"from": None, "to": "29:00"}) == {"rules": []}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"weekday": 7}, "weekday"),
        ({"from": "5:00"}, "from"),
        ({"from": "05:00"}, "from"),
        ({"from": "２０:00"}, "from"),
        ({"from": "20:60"}, "from"),
        ({"to": "30:01"}, "to"),
        ({"to": "20:00"}, "to"),
        ({"to": "19:00"}, "to"),
        ({"to": None}, "to"),
        ({"until": "tomorrow"}, "until"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused(pair: Pair, fields: dict[str, object], field: str) -> None:
    said = await pair.cast.command("schedule.rule", **{"weekday": 4, "from": "20:00", "to": "29:00"} | fields)  # type: ignore[arg-type]
    assert (said["code"], said["field"]) == ("invalid", field)
