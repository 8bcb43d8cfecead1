"""What time does to reservations. It only tidies: no answer depends on it."""

from server.booking import steps, store
from server.booking.ports import Schedule
from server.kernel.work import Work


async def expire_drafts(schedule: Schedule, work: Work) -> int:
    """Lapsed drafts become `expired`, with their notice."""
    count = 0
    for cast in sorted(await store.lapsed_casts(work)):
        schedule.lock(work, cast)
        count += await steps.expire_lapsed(schedule, work, cast)
    return count


async def complete_what_is_over(schedule: Schedule, work: Work) -> int:
    """`arrived` completes at its end, `confirmed` 48 hours after it."""
    count = 0
    for due in sorted(await store.over(work), key=lambda d: (d.cast_id, d.id)):
        schedule.lock(work, due.cast_id)
        state = await store.lock_whole(work, due.id, due.cast_id)
        if state is not None and state.is_over:
            steps.step(schedule, work, state, "completed", None, None)
            count += 1
    return count


JOBS = (expire_drafts, complete_what_is_over)
