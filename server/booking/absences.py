"""What it means for reservations that one of the two is there no more, suspended or about to leave: drafts end, and what is confirmed and has
not begun; both sides are told."""

from uuid import UUID

from server.booking import steps, store
from server.booking.ports import Schedule
from server.kernel.work import Work
from server.protocol.domain_events import AccountEnded, AccountErased, AccountSuspended
from server.protocol.values import ReservationStatus

REASON = "house"
"""The other side learns that the house did it, not why."""
ENDS: dict[ReservationStatus, ReservationStatus] = {"draft": "withdrawn", "confirmed": "cancelled"}


async def end_all(schedule: Schedule, work: Work, account: UUID) -> int:
    """Ends what `account` could still keep or sign; how many. By nobody, late for nobody; nothing where they are there again by now. Locks each
    cast's time, then her reservation, and reads it after the wait; in one order, so that two of these do not block each other."""
    count = 0
    for due in await store.ahead(work, account):
        schedule.lock(work, due.cast_id)
        await steps.expire_lapsed(schedule, work, due.cast_id)
        state = await store.lock_whole(work, due.id, due.cast_id)
        if state is None or state.status not in ENDS or state.starts_at <= state.now or not state.absent:
            continue
        steps.step(schedule, work, state, ENDS[state.status], None, REASON)
        count += 1
    return count


async def on_absent(schedule: Schedule, work: Work, event: AccountSuspended | AccountEnded) -> None:
    await end_all(schedule, work, event.account)


async def on_erased(schedule: Schedule, work: Work, event: AccountErased) -> None:
    """What they waited for goes too, and the address of their calendar; what is over stays, with the stub of their name."""
    await end_all(schedule, work, event.account)
    await store.forget_waits(work, event.account)
    await store.drop_feed(work, event.account)
