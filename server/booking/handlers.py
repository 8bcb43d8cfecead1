"""One coroutine per command of Booking. Locks in one order: calendar → reservation; what was read before a wait is read again."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from server.booking import model, steps, store
from server.booking.model import State
from server.booking.ports import Payment, Schedule
from server.kernel.dispatch import Handlers
from server.kernel.work import Work
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.errors import Refusal, invalid, not_found
from server.protocol.events import ReservationPressing
from server.protocol.results import Done, Pressed, ReservationNow
from server.protocol.values import FrozenPlan, Plan, Reservation, ReservationStatus


def handlers(schedule: Schedule, payment: Payment) -> Handlers:
    return {
        c.WithdrawInvitation: partial(withdraw, schedule),
        c.DeclineInvitation: partial(decline, schedule),
        c.PressReservation: press,
        c.ReleaseReservation: release,
        c.PledgeReservation: partial(pledge, schedule, payment),
        c.CancelReservation: partial(cancel, schedule),
        c.ArriveReservation: partial(arrive, schedule),
        c.CompleteReservation: partial(complete, schedule),
        c.MarkNoShow: partial(mark_no_show, schedule),
        c.DisputeNoShow: partial(dispute, schedule),
    }


async def hold(
    schedule: Schedule,
    work: Work,
    *,
    cast: UUID,
    guest: UUID,
    room: UUID,
    plan: UUID,
    starts_at: datetime,
    valid_s: int,
    replaces: UUID | None,
) -> tuple[UUID, Awaitable[Reservation]]:
    """A draft that holds the slot, in the transaction of its invitation: its id, and itself once it is written, with what is asked next.
    Raises `not_found`, `too_late`, `wrong_state`, `outside_schedule`, `slot_taken`; the constraint has the last word."""
    schedule.lock(work, cast)
    replaced = None if replaces is None else await _replaced(work, cast, room, replaces)
    chain = None if replaced is None else replaced.chain
    asked, lapsed, moment = schedule.plan(work, cast, plan), store.expire_lapsed(work, cast), work.moment()
    possible = schedule.check(work, cast, plan, starts_at, chain)
    offered, now = await asked, await moment
    if offered is None:
        raise not_found("plan")
    if offered.archived:
        raise Refusal("wrong_state", "This plan is no longer offered.", field="plan")
    await steps.announce_expired(schedule, work, await lapsed)
    if starts_at <= now + timedelta(minutes=offered.notice_minutes):
        raise Refusal("too_late", "The start is too close or past.", field="starts_at")
    if starts_at > now + timedelta(days=limits.HORIZON_DAYS):
        raise invalid("starts_at", f"At most {limits.HORIZON_DAYS} days ahead.")
    await possible
    draft = _draft(offered, cast, guest, room, starts_at, valid_s, now, chain, replaces)
    store.write_hold(work, draft, now)
    schedule.changed(work, cast)
    return draft.id, store.reservation(work, draft.id)


def _draft(
    plan: Plan,
    cast: UUID,
    guest: UUID,
    room: UUID,
    starts_at: datetime,
    valid_s: int,
    now: datetime,
    chain: UUID | None,
    replaces: UUID | None,
) -> store.Hold:
    id = uuid4()
    ends_at = starts_at + timedelta(minutes=plan.minutes)
    return store.Hold(
        id=id,
        cast_id=cast,
        guest_id=guest,
        room=room,
        plan=FrozenPlan(plan.id, plan.name, plan.minutes, plan.price, plan.terms, plan.terms_version),
        starts_at=starts_at,
        ends_at=ends_at,
        blocked_from=starts_at - timedelta(minutes=plan.buffer_before),
        blocked_to=ends_at + timedelta(minutes=plan.buffer_after),
        chain=chain or id,
        replaces=replaces,
        expires_at=min(now + timedelta(seconds=valid_s), starts_at),
        cancel_until=starts_at - timedelta(minutes=plan.cancel_minutes),
        hold_ms=limits.HOLD_MS,
    )


async def _replaced(work: Work, cast: UUID, room: UUID, id: UUID) -> State:
    old = await store.lock(work, id, cast)
    if old is None or old.room != room:
        raise not_found("replaces")
    if old.current != "confirmed":
        raise Refusal(
            "wrong_state", "Only a confirmed reservation can be moved.", field="replaces", version=old.version
        )
    return old


async def withdraw(schedule: Schedule, work: Work, command: c.WithdrawInvitation) -> ReservationNow:
    state = await _party(schedule, work, command)
    model.check_step(state, "withdrawn")
    return await _step(schedule, work, state, "withdrawn", command.reason)


async def decline(schedule: Schedule, work: Work, command: c.DeclineInvitation) -> ReservationNow:
    state = await _party(schedule, work, command)
    model.check_step(state, "declined")
    return await _step(schedule, work, state, "declined", command.reason)


async def press(work: Work, command: c.PressReservation) -> Pressed:
    """The finger is on the reservation, not on the socket, and is no step: pressing again begins anew."""
    state = await _locked(work, command)
    model.check_step(state, "confirmed")
    store.press(work, state.id, state.now)
    until = state.now + timedelta(seconds=limits.PRESS_SECONDS)
    work.tell(ReservationPressing(state.id, state.guest_id, True, state.hold_ms, until), state.cast_id)
    return Pressed(state.hold_ms, state.now)


async def release(work: Work, command: c.ReleaseReservation) -> Done:
    state = await _locked(work, command)
    if await store.release(work, state.id):
        work.tell(ReservationPressing(state.id, state.guest_id, False, state.hold_ms, None), state.cast_id)
    return Done()


async def pledge(schedule: Schedule, payment: Payment, work: Work, command: c.PledgeReservation) -> ReservationNow:
    state = await _party(schedule, work, command)
    model.check_pledge(state, command.terms_version)
    await payment(work, state.id)
    if state.replaces is not None:
        await _end_replaced(schedule, work, state)
    return await _step(schedule, work, state, "confirmed", None)


async def _end_replaced(schedule: Schedule, work: Work, state: State) -> None:
    """The old reservation of a move ends with the pledge to the new one, in one commit."""
    assert state.replaces is not None
    old = await store.lock(work, state.replaces, state.guest_id)
    if old is None or old.current != "confirmed":
        raise Refusal(
            "wrong_state", "What this invitation was to replace is no longer confirmed.", version=state.version
        )
    await _step(schedule, work, old, "cancelled", "replaced")


async def cancel(schedule: Schedule, work: Work, command: c.CancelReservation) -> ReservationNow:
    state = await _party(schedule, work, command)
    late = model.check_cancel(state, command.late)
    return await _step(schedule, work, state, "cancelled", command.reason, late)


async def arrive(schedule: Schedule, work: Work, command: c.ArriveReservation) -> ReservationNow:
    """After a no-show the slot may be another's by now: `slot_taken`, by the constraint."""
    state = await _party(schedule, work, command)
    model.check_arrival(state)
    return await _step(schedule, work, state, "arrived", None)


async def complete(schedule: Schedule, work: Work, command: c.CompleteReservation) -> ReservationNow:
    state = await _party(schedule, work, command)
    model.check_completion(state)
    return await _step(schedule, work, state, "completed", None)


async def mark_no_show(schedule: Schedule, work: Work, command: c.MarkNoShow) -> ReservationNow:
    state = await _party(schedule, work, command)
    model.check_no_show(state)
    return await _step(schedule, work, state, "no_show", command.note)


async def dispute(schedule: Schedule, work: Work, command: c.DisputeNoShow) -> ReservationNow:
    state = await _party(schedule, work, command)
    model.check_dispute(state)
    return await _step(schedule, work, state, "disputed", command.note)


async def _party(schedule: Schedule, work: Work, command: c.Command) -> State:
    """Locks the cast's time, then the reservation, and reads it after the wait."""
    reservation: UUID = command.reservation  # type: ignore[attr-defined]
    schedule.lock_of(work, reservation, work.caller.account)
    return await _locked(work, command)


async def _locked(work: Work, command: c.Command) -> State:
    reservation: UUID = command.reservation  # type: ignore[attr-defined]
    state = await store.lock(work, reservation, work.caller.account)
    if state is None:
        raise not_found("reservation")
    await work.allow(command)
    return state


async def _step(
    schedule: Schedule, work: Work, state: State, to: ReservationStatus, reason: str | None, late: bool = False
) -> ReservationNow:
    after = await steps.step(schedule, work, state, to, work.caller.account, reason, late)
    if after is None:
        raise Refusal("wrong_state", version=state.version)
    return ReservationNow(after)
