"""What Booking does when something happened elsewhere."""

from functools import partial

from server.booking import absences
from server.booking.ports import Schedule
from server.kernel.reactions import Reactions, each
from server.protocol.domain_events import AccountEnded, AccountErased, AccountSuspended


def reactions(schedule: Schedule) -> Reactions:
    absent = each(partial(absences.on_absent, schedule))
    return {
        AccountSuspended: absent,
        AccountEnded: absent,
        AccountErased: each(partial(absences.on_erased, schedule)),
    }
