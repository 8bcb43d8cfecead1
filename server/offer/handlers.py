"""One coroutine per command of Offer."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from uuid import UUID

from server.kernel.dispatch import Handlers
from server.kernel.work import Work
from server.offer import store
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.commands.offer import night_minutes
from server.protocol.errors import Refusal, invalid, not_found
from server.protocol.events import AvailabilityChanged
from server.protocol.results import Rules, Shifts
from server.protocol.values import Plan


async def save_plan(work: Work, command: c.SavePlan) -> Plan:
    me = work.caller.account
    known = None if command.plan is None else await store.plan(work, me, command.plan)
    if command.plan is not None and known is None:
        raise not_found("plan")
    await work.allow(command)
    store.lock_calendar(work, me)
    offered_anew = known is None or known.archived
    if offered_anew and await store.plan_count(work, me) >= limits.PLANS_PER_CAST:
        raise invalid("plan", f"At most {limits.PLANS_PER_CAST} plans: archive one first.")
    fields = {
        "name": command.name,
        "minutes": command.minutes,
        "amount": command.price.amount,
        "currency": command.price.currency,
        "terms": command.terms,
        "description": command.description.strip(),
        "buffer_before": command.buffer_before,
        "buffer_after": command.buffer_after,
        "notice_minutes": command.notice_minutes,
        "cancel_minutes": command.cancel_minutes,
        "waitlist": command.waitlist,
    }
    plan = await store.save_plan(work, me, command.plan, fields)
    if plan is None:
        raise not_found("plan")
    work.outdate(me)
    changed(work, me)
    return plan


async def archive_plan(work: Work, command: c.ArchivePlan) -> Plan:
    me = work.caller.account
    if await store.plan(work, me, command.plan) is None:
        raise not_found("plan")
    await work.allow(command)
    store.lock_calendar(work, me)
    plan = await store.archive_plan(work, me, command.plan)
    work.outdate(me)
    changed(work, me)
    return plan


async def add_shift(work: Work, command: c.AddShift) -> Shifts:
    await work.allow(command)
    await _check_span(work, command)
    me = work.caller.account
    store.lock_calendar(work, me)
    await store.add_shift(work, me, command.starts_at, command.ends_at)
    changed(work, me)
    return Shifts(await store.shifts(work, me))


async def remove_shift(work: Work, command: c.RemoveShift) -> Shifts:
    await work.allow(command)
    me = work.caller.account
    store.lock_calendar(work, me)
    if await store.stands_in(work, me, command.starts_at, command.ends_at):
        raise Refusal("wrong_state", "A reservation stands in this time: end it first.")
    await store.remove_shift(work, me, command.starts_at, command.ends_at)
    changed(work, me)
    return Shifts(await store.shifts(work, me))


async def set_rule(work: Work, command: c.SetRule) -> Rules:
    await work.allow(command)
    me = work.caller.account
    store.lock_calendar(work, me)
    if command.from_ is None:
        await store.drop_rule(work, me, command.weekday)
    else:
        assert command.to is not None
        begins, ends = night_minutes(command.from_, "from"), night_minutes(command.to, "to")
        if command.until is not None and command.until < await store.business_day(work):
            raise invalid("until", "The last day lies in the past.")
        await store.save_rule(work, me, command.weekday, begins, ends, command.until)
    changed(work, me)
    return Rules(await store.rules(work, me))


def changed(work: Work, cast: UUID) -> None:
    """What is free may have changed: the cast's own screens are told with the commit, all others by `jobs.tell_changes`."""
    store.mark_changed(work, cast)
    work.tell(AvailabilityChanged(cast), cast)


async def _check_span(work: Work, span: c.Span) -> None:
    now = await work.moment()
    if span.ends_at <= now:
        raise invalid("ends_at", "The shift lies in the past.")
    if span.ends_at - span.starts_at > timedelta(hours=limits.SHIFT_HOURS):
        raise invalid("ends_at", f"A shift has at most {limits.SHIFT_HOURS} hours.")
    if span.ends_at > now + timedelta(days=limits.HORIZON_DAYS):
        raise invalid("ends_at", f"At most {limits.HORIZON_DAYS} days ahead.")


class Schedule:
    """The port through which Booking asks, inside its own transaction."""

    def lock(self, work: Work, cast: UUID) -> None:
        store.lock_kept_calendar(work, cast)

    def lock_of(self, work: Work, reservation: UUID, account: UUID) -> None:
        store.lock_calendar_of(work, reservation, account)

    def changed(self, work: Work, cast: UUID) -> None:
        changed(work, cast)

    async def plan(self, work: Work, cast: UUID, id: UUID) -> Plan | None:
        return await store.plan(work, cast, id)

    def offered(
        self, work: Work, cast: UUID, plan: UUID, at: datetime, chain: UUID | None
    ) -> Awaitable[store.Offered | None]:
        """With the next question; without regard to reservations of `chain`."""
        return store.offered(work, cast, plan, at, chain)

    async def first_start(self, work: Work, cast: UUID, plan: UUID, from_: datetime, to: datetime) -> datetime | None:
        """The first start of `plan` that is possible between the two instants, its notice kept."""
        return await store.first_start(work, cast, plan, from_, to)


HANDLERS: Handlers = {
    c.SavePlan: save_plan,
    c.ArchivePlan: archive_plan,
    c.AddShift: add_shift,
    c.RemoveShift: remove_shift,
    c.SetRule: set_rule,
}
