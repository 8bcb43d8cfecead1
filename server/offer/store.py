"""Offer's queries, typed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from server.kernel import queries
from server.kernel.arrays import Bigints, Uuids
from server.kernel.connection import Soon
from server.kernel.work import Work
from server.protocol import limits
from server.protocol.commands import SavePlan
from server.protocol.values import Money, Plan, Rule, Shift, Slot

SQL = queries.load("offer")


class PlanRow(Struct, frozen=True):
    id: UUID
    cast_id: UUID
    name: str
    minutes: int
    amount: int
    currency: str
    terms: str
    terms_version: int
    description: str
    buffer_before: int
    buffer_after: int
    notice_minutes: int
    cancel_minutes: int
    waitlist: bool
    archived: bool

    def plan(self) -> Plan:
        return Plan(
            id=self.id,
            name=self.name,
            minutes=self.minutes,
            price=Money(self.amount, self.currency),
            terms=self.terms,
            terms_version=self.terms_version,
            description=self.description,
            buffer_before=self.buffer_before,
            buffer_after=self.buffer_after,
            notice_minutes=self.notice_minutes,
            cancel_minutes=self.cancel_minutes,
            waitlist=self.waitlist,
            archived=self.archived,
        )


class _RuleRow(Struct, frozen=True):
    weekday: int
    begins: int
    ends: int
    until: date | None


class _Cast(Struct, frozen=True):
    cast_id: UUID


class Offered(Struct, frozen=True):
    """A plan, the database's clock, and what stands against a start of it: nothing, that something else is then, or that she doesn't work then."""

    plan: Plan
    now: datetime
    start: Literal["possible", "taken", "outside"]


class _OfferedRow(PlanRow, frozen=True):
    now: datetime
    start: Literal["possible", "taken", "outside"]


def lock_calendar(work: Work, cast: UUID) -> None:
    """Everything about the cast's time waits here; the first lock of a transaction after the command's key."""
    work.later(SQL.lock_calendar, cast_id=cast)


def lock_kept_calendar(work: Work, cast: UUID) -> None:
    """The same, but makes none: nothing where the cast has never offered anything."""
    work.later(SQL.lock_kept, cast_id=cast)


def lock_calendar_of(work: Work, reservation: UUID, account: UUID) -> None:
    """The same, of whose reservation it is; nothing where `account` is no party to it."""
    work.later(SQL.lock_calendar_of, reservation=reservation, account=account)


async def plan(work: Work, cast: UUID, id: UUID) -> Plan | None:
    row = await work.one(SQL.plan, PlanRow, cast_id=cast, plan=id)
    return row.plan() if row else None


def offered(work: Work, cast: UUID, id: UUID, at: datetime, chain: UUID | None) -> Soon[Offered | None]:
    """A plan of the cast's, and whether it can start then, without regard to reservations of `chain`."""
    found = work.soon(SQL.offered, lambda answer: answer.one(_OfferedRow), cast_id=cast, plan=id, at=at, chain=chain)
    return found.then(lambda row: Offered(row.plan(), row.now, row.start) if row else None)


async def plans(work: Work, cast: UUID, *, archived: bool) -> list[Plan]:
    return [row.plan() for row in await work.all(SQL.plans, PlanRow, cast_id=cast, all=archived)]


def plans_of(work: Work, casts: Sequence[UUID]) -> Soon[dict[UUID, list[Plan]]]:
    """What each of `casts` offers now."""

    def by_cast(rows: list[PlanRow]) -> dict[UUID, list[Plan]]:
        found: dict[UUID, list[Plan]] = {}
        for row in rows:
            found.setdefault(row.cast_id, []).append(row.plan())
        return found

    return work.soon(SQL.plans_of, lambda answer: answer.rows(PlanRow), casts=Uuids(casts)).then(by_cast)


async def plan_count(work: Work, cast: UUID) -> int:
    count: int = await work.value(SQL.plan_count, cast_id=cast)
    return count


async def save_plan(work: Work, cast: UUID, id: UUID | None, fields: dict[str, Any]) -> Plan | None:
    """A new plan where `id` is None; None where the cast has no such plan."""
    query = SQL.add_plan if id is None else SQL.save_plan
    row = await work.one(query, PlanRow, cast_id=cast, plan=id, **fields)
    return row.plan() if row else None


async def archive_plan(work: Work, cast: UUID, id: UUID) -> Plan:
    """One that is known to be there."""
    row = await work.one(SQL.archive_plan, PlanRow, cast_id=cast, plan=id)
    assert row is not None
    return row.plan()


async def shifts(work: Work, cast: UUID) -> list[Shift]:
    """What a cast works, from yesterday on."""
    return await work.all(SQL.shifts, Shift, cast_id=cast, days=limits.AVAILABILITY_DAYS)


async def rules(work: Work, cast: UUID) -> list[Rule]:
    """By weekday."""
    rows = await work.all(SQL.rules, _RuleRow, cast_id=cast)
    return [Rule(row.weekday, _night(row.begins), _night(row.ends), row.until) for row in rows]


def _night(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


async def save_rule(work: Work, cast: UUID, weekday: int, begins: int, ends: int, until: date | None) -> None:
    await work.execute(SQL.save_rule, cast_id=cast, weekday=weekday, begins=begins, ends=ends, until=until)


async def drop_rule(work: Work, cast: UUID, weekday: int) -> None:
    await work.execute(SQL.drop_rule, cast_id=cast, weekday=weekday)


async def business_day(work: Work) -> date:
    """Today's, by the house's clock."""
    day: date = await work.value(SQL.business_day)
    return day


def mark_changed(work: Work, cast: UUID) -> None:
    """With the calendar's lock held."""
    work.later(SQL.mark_changed, cast_id=cast)


class Entered(Struct, frozen=True):
    """A cast's plans and shifts that come in among many others."""

    cast_id: UUID
    plans: list[SavePlan]
    shifts: list[tuple[datetime, datetime]]


async def enter(work: Work, casts: Sequence[Entered]) -> None:
    """Many casts at once, who have neither yet: for a house that is furnished by hand."""
    shifts = [(one.cast_id, *shift) for one in casts for shift in one.shifts]
    await work.execute(
        SQL.enter_calendars,
        casts=[one.cast_id for one in casts],
        owners=[owner for owner, _, _ in shifts],
        starts=[start for _, start, _ in shifts],
        ends=[end for _, _, end in shifts],
    )
    plans = [(one.cast_id, plan) for one in casts for plan in one.plans]
    await work.execute(
        SQL.enter_plans,
        casts=[owner for owner, _ in plans],
        names=[plan.name for _, plan in plans],
        minutes=[plan.minutes for _, plan in plans],
        amounts=[plan.price.amount for _, plan in plans],
        currencies=[plan.price.currency for _, plan in plans],
        terms=[plan.terms for _, plan in plans],
        before=[plan.buffer_before for _, plan in plans],
        after=[plan.buffer_after for _, plan in plans],
        notice=[plan.notice_minutes for _, plan in plans],
        cancel=[plan.cancel_minutes for _, plan in plans],
        waitlist=[plan.waitlist for _, plan in plans],
    )


class Changed(Struct, frozen=True):
    """A calendar, and the version of it that is to be told."""

    cast_id: UUID
    version: int


async def changed(work: Work, most: int) -> list[Changed]:
    """Calendars that may have changed since that was told last."""
    return await work.all(SQL.changed, Changed, most=most)


async def mark_told(work: Work, calendars: Sequence[Changed]) -> list[UUID]:
    """Those of `calendars` that count as told now; not those that another worker tells just now."""
    values = {
        "casts": Uuids([one.cast_id for one in calendars]),
        "versions": Bigints([one.version for one in calendars]),
    }
    return [row.cast_id for row in await work.all(SQL.mark_told, _Cast, **values)]


class _Watchers(Struct, frozen=True):
    cast_id: UUID
    guests: list[UUID]


async def watchers(work: Work, casts: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Who may have a cast's calendar open, but for herself; of those whose calendar anybody may."""
    return {row.cast_id: row.guests for row in await work.all(SQL.watchers, _Watchers, casts=Uuids(casts))}


async def add_shift(work: Work, cast: UUID, starts_at: datetime, ends_at: datetime) -> None:
    await work.execute(SQL.add_shift, cast_id=cast, starts_at=starts_at, ends_at=ends_at)


async def remove_shift(work: Work, cast: UUID, starts_at: datetime, ends_at: datetime) -> None:
    await work.execute(SQL.remove_shift, cast_id=cast, starts_at=starts_at, ends_at=ends_at)


async def stands_in(work: Work, cast: UUID, starts_at: datetime, ends_at: datetime) -> bool:
    return bool(await work.value(SQL.stands_in, cast_id=cast, starts_at=starts_at, ends_at=ends_at))


async def first_start(work: Work, cast: UUID, plan: UUID, from_: datetime, to: datetime) -> datetime | None:
    start: datetime | None = await work.value(SQL.first_start, cast_id=cast, plan=plan, from_=from_, to=to)
    return start


async def slots(work: Work, cast: UUID, plan: Plan, from_: datetime, to: datetime) -> list[Slot]:
    return await work.all(
        SQL.slots,
        Slot,
        cast_id=cast,
        minutes=plan.minutes,
        before=plan.buffer_before,
        after=plan.buffer_after,
        from_=from_,
        to=to,
    )
