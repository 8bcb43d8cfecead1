"""How a reservation takes a step: guarded, recorded, told to both sides and to other contexts, and to the calendar where time is given or taken."""

from collections.abc import Sequence
from uuid import UUID

from server.booking import model, store
from server.booking.model import State
from server.booking.ports import Schedule
from server.kernel.work import Work
from server.protocol.domain_events import ReservationStepped
from server.protocol.events import ReservationChanged
from server.protocol.values import Reservation, ReservationStatus


async def step(
    schedule: Schedule,
    work: Work,
    state: State,
    to: ReservationStatus,
    by: UUID | None,
    reason: str | None,
    late: bool = False,
) -> Reservation | None:
    """The reservation after it; None where somebody was faster. `by` None: time, or the house."""
    stepped, after = store.step(work, state, to, by, reason, late), store.reservation(work, state.id)
    version = await stepped
    return None if version is None else _announce(schedule, work, state, version, await after, by, reason)


async def expire_lapsed(schedule: Schedule, work: Work, cast: UUID) -> int:
    """Ends the cast's lapsed drafts, each as a step of its own; how many. With the calendar's lock held."""
    return await announce_expired(schedule, work, await store.expire_lapsed(work, cast))


async def announce_expired(schedule: Schedule, work: Work, lapsed: Sequence[UUID]) -> int:
    """What `store.expire_lapsed` ended."""
    for id in lapsed:
        state = await store.state(work, id)
        store.write_step(work, id, state.version, "expired", None, None, state.now)
        _announce(schedule, work, state, state.version, await store.reservation(work, id), None, None)
    return len(lapsed)


def _announce(
    schedule: Schedule,
    work: Work,
    state: State,
    version: int,
    after: Reservation,
    by: UUID | None,
    reason: str | None,
) -> Reservation:
    work.emit(
        ReservationStepped(
            reservation=state.id,
            version=version,
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
    return after
