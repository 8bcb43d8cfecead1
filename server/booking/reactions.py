"""What Booking does when something happened elsewhere."""

from functools import partial

from server.booking import store, suspensions
from server.booking.ports import Schedule
from server.kernel.reactions import Reactions, each
from server.kernel.work import Work
from server.protocol.domain_events import AccountErased, AccountSuspended


async def forget_account(work: Work, event: AccountErased) -> None:
    """What they waited for, and the address of their calendar; reservations stay, with the stub of their name."""
    await store.forget_waits(work, event.account)
    await store.drop_feed(work, event.account)


def reactions(schedule: Schedule) -> Reactions:
    return {AccountSuspended: each(partial(suspensions.on_suspended, schedule)), AccountErased: each(forget_account)}
