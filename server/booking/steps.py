"""How a reservation takes a step: guarded, recorded, told to both sides and to other contexts, and to the calendar where time is given or taken."""

from collections.abc import Sequence
from uuid import UUID

from server.booking import model, store
from server.booking.model import State, Whole
from server.booking.ports import Schedule
from server.kernel.work import Work
from server.protocol.domain_events import ReservationStepped
from server.protocol.events import ReservationChanged
from server.protocol.values import Reservation, ReservationStatus


def step(
    schedule: Schedule,
    work: Work,
    state: Whole,
    to: ReservationStatus,
    by: UUID | None,
    reason: str | None,
    late: bool = False,
) -> Reservation:
    """The reservation after it. `by` None: time, or the house."""
    after = state.after(to, by, reason, late)
    store.step(work, after, by, reason, state.now)
    _announce(schedule, work, state, after, by, reason)
    return after


async def expire_lapsed(schedule: Schedule, work: Work, cast: UUID) -> int:
    """Ends the cast's lapsed drafts, each as a step of its own; how many. With the calendar's lock held."""
    return await expire(schedule, work, await store.lapsed(work, cast))


async def expire(schedule: Schedule, work: Work, lapsed: Sequence[UUID]) -> int:
    """What `store.lapsed` has found, under the same lock."""
    for id in lapsed:
        store.expire(work, id)
        state = await store.state(work, id)
        store.write_step(work, id, state.version, "expired", None, None, state.now)
        _announce(schedule, work, state, await store.reservation(work, id), None, None)
    return len(lapsed)


def _announce(
    schedule: Schedule,
    work: Work,
    state: State,
    after: Reservation,
    by: UUID | None,
    reason: str | None,
) -> None:
    work.emit(
        ReservationStepped(
            reservation=state.id,
            version=after.version,
            status=after.status,
            room=state.room,
            cast=state.cast_id,
            guest=state.guest_id,
            by=by,
            reason=reason,
            at=state.now,
        )
    )
    work.tell(ReservationChanged(after), state.cast_id, state.guest_id)
    if after.status in model.MOVES_TIME:
        schedule.changed(work, state.cast_id)
