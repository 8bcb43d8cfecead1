"""One coroutine per command of Booking. Locks in one order: calendar → reservation; what was read before a wait is read again."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from server.booking import model, steps, store
from server.booking.model import State, Whole
from server.booking.ports import Held, Offered, Payment, Schedule
from server.kernel import ids
from server.kernel.dispatch import Handlers
from server.kernel.work import Work
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.errors import Refusal, invalid, not_found
from server.protocol.events import ReservationPressing
from server.protocol.results import Done, Pressed, ReservationNow
from server.protocol.values import FrozenPlan, Plan, Reservation, ReservationStatus

Locked = TypeVar("Locked", bound=State)


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


def hold(
    schedule: Schedule, work: Work, *, cast: UUID, plan: UUID, starts_at: datetime, valid_s: int, replaces: UUID | None
) -> Held:
    """The slot for a draft, in the transaction of its invitation. Waits for the cast's time, and asks about the plan, with the next question;
    so the caller's own can go with it. What it gives back writes the draft for a guest and a room."""
    schedule.lock(work, cast)

    def ask(chain: UUID | None) -> tuple[Awaitable[list[UUID]], Awaitable[Offered | None]]:
        return store.lapsed(work, cast), schedule.offered(work, cast, plan, starts_at, chain)

    asked = ask(None) if replaces is None else None

    async def held(*, guest: UUID, room: UUID) -> tuple[UUID, Awaitable[Reservation]]:
        """Its id, and itself with what is asked next. Raises `not_found`, `too_late`, `wrong_state`, `outside_schedule`, `slot_taken`; the
        constraint has the last word, and where the guest is there no more, whoever awaits the reservation gets `wrong_state`."""
        replaced = None if replaces is None else await _replaced(work, cast, room, replaces)
        chain = None if replaced is None else replaced.chain
        lapsed, offered = asked or ask(chain)
        found = await offered
        if found is None:
            raise not_found("plan")
        if found.plan.archived:
            raise Refusal("wrong_state", "This plan is no longer offered.", field="plan")
        await steps.expire(schedule, work, await lapsed)
        _check_start(found, starts_at)
        draft = _draft(found.plan, cast, guest, room, starts_at, valid_s, found.now, chain, replaces)
        store.write_hold(work, draft, found.now)
        schedule.changed(work, cast)
        return draft.id, store.held(work, draft.id).then(_held)

    return held


def _held(written: Reservation | None) -> Reservation:
    if written is None:
        raise Refusal("wrong_state", "This guest is there no more.", field="room")
    return written


def _check_start(offered: Offered, starts_at: datetime) -> None:
    if starts_at <= offered.now + timedelta(minutes=offered.plan.notice_minutes):
        raise Refusal("too_late", "The start is too close or past.", field="starts_at")
    if starts_at > offered.now + timedelta(days=limits.HORIZON_DAYS):
        raise invalid("starts_at", f"At most {limits.HORIZON_DAYS} days ahead.")
    if offered.start == "taken":
        raise Refusal("slot_taken", field="starts_at")
    if offered.start == "outside":
        raise Refusal("outside_schedule", field="starts_at")


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
    id = ids.new()
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
    return _step(schedule, work, state, "withdrawn", command.reason)


async def decline(schedule: Schedule, work: Work, command: c.DeclineInvitation) -> ReservationNow:
    state = await _party(schedule, work, command)
    model.check_step(state, "declined")
    return _step(schedule, work, state, "declined", command.reason)


async def press(work: Work, command: c.PressReservation) -> Pressed:
    """The finger is on the reservation, not on the socket, and is no step: pressing again begins anew. One statement; only where it finds nothing
    to press is it asked why."""
    me = work.caller.account
    finger = await store.press(work, command.reservation, me)
    if finger is None:
        state = await _theirs(work, command, await store.state_for(work, command.reservation, me))
        model.check_step(state, "confirmed")
        raise Refusal("unavailable", retry_after=1)  # a draft by now: it came into being between the two looks
    until = finger.at + timedelta(seconds=limits.PRESS_SECONDS)
    work.tell(ReservationPressing(command.reservation, me, True, finger.hold_ms, until), finger.cast_id)
    return Pressed(finger.hold_ms, finger.at)


async def release(work: Work, command: c.ReleaseReservation) -> Done:
    me = work.caller.account
    finger = await store.release(work, command.reservation, me)
    if finger is None:
        await _theirs(work, command, await store.state_for(work, command.reservation, me))
    else:
        work.tell(ReservationPressing(command.reservation, me, False, finger.hold_ms, None), finger.cast_id)
    return Done()


async def pledge(schedule: Schedule, payment: Payment, work: Work, command: c.PledgeReservation) -> ReservationNow:
    state = await _party(schedule, work, command)
    model.check_pledge(state, command.terms_version)
    await payment(work, state.id)
    if state.replaces is not None:
        await _end_replaced(schedule, work, state)
    return _step(schedule, work, state, "confirmed", None)


async def _end_replaced(schedule: Schedule, work: Work, state: Whole) -> None:
    """The old reservation of a move ends with the pledge to the new one, in one commit."""
    assert state.replaces is not None
    old = await store.lock_whole(work, state.replaces, state.guest_id)
    if old is None or old.current != "confirmed":
        raise Refusal(
            "wrong_state", "What this invitation was to replace is no longer confirmed.", version=state.version
        )
    _step(schedule, work, old, "cancelled", "replaced")


async def cancel(schedule: Schedule, work: Work, command: c.CancelReservation) -> ReservationNow:
    state = await _party(schedule, work, command)
    late = model.check_cancel(state, command.late)
    return _step(schedule, work, state, "cancelled", command.reason, late)


async def arrive(schedule: Schedule, work: Work, command: c.ArriveReservation) -> ReservationNow:
    """After a no-show the slot may be another's by now: `slot_taken`, by the constraint."""
    state = await _party(schedule, work, command)
    model.check_arrival(state)
    return _step(schedule, work, state, "arrived", None)


async def complete(schedule: Schedule, work: Work, command: c.CompleteReservation) -> ReservationNow:
    state = await _party(schedule, work, command)
    model.check_completion(state)
    return _step(schedule, work, state, "completed", None)


async def mark_no_show(schedule: Schedule, work: Work, command: c.MarkNoShow) -> ReservationNow:
    state = await _party(schedule, work, command)
    model.check_no_show(state)
    return _step(schedule, work, state, "no_show", command.note)


async def dispute(schedule: Schedule, work: Work, command: c.DisputeNoShow) -> ReservationNow:
    state = await _party(schedule, work, command)
    model.check_dispute(state)
    return _step(schedule, work, state, "disputed", command.note)


async def _party(schedule: Schedule, work: Work, command: c.Command) -> Whole:
    """Locks the cast's time, then the reservation, and reads it after the wait."""
    reservation: UUID = command.reservation  # type: ignore[attr-defined]
    schedule.lock_of(work, reservation, work.caller.account)
    return await _theirs(work, command, await store.lock_whole(work, reservation, work.caller.account))


async def _theirs(work: Work, command: c.Command, state: Locked | None) -> Locked:
    """What a party may act on. Raises `not_found` for everybody else, then `forbidden`."""
    if state is None:
        raise not_found("reservation")
    await work.allow(command)
    return state


def _step(
    schedule: Schedule, work: Work, state: Whole, to: ReservationStatus, reason: str | None, late: bool = False
) -> ReservationNow:
    return ReservationNow(steps.step(schedule, work, state, to, work.caller.account, reason, late))
