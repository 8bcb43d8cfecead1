"""What a block means for reservations: drafts between the two end, and waiting; what is confirmed stands."""

from uuid import UUID

from server.booking import steps, store
from server.booking.ports import Schedule
from server.kernel.work import Work
from server.protocol.values import Reservation, ReservationStatus

REASON = "blocked"


async def part(schedule: Schedule, work: Work, *, cast: UUID, guest: UUID) -> list[Reservation]:
    """Ends the drafts between the two in the caller's name; what stands between them, by its start. Takes the lock of the
    cast's time, then those of the drafts."""
    schedule.lock(work, cast)
    await steps.expire_lapsed(schedule, work, cast)
    await store.drop_waits_between(work, cast, guest)
    by = work.caller.account
    to: ReservationStatus = "withdrawn" if by == cast else "declined"
    for id in await store.drafts_between(work, cast, guest):
        state = await store.lock_whole(work, id, cast)
        if state is not None and state.status == "draft":
            steps.step(schedule, work, state, to, by, REASON)
    return await store.standing_between(work, cast, guest)
