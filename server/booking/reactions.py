"""What Booking does when something happened elsewhere."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from server.booking import suspensions
from server.booking.ports import Schedule
from server.kernel.work import Work
from server.protocol.domain_events import AccountSuspended


def reactions(schedule: Schedule) -> dict[type[Any], Callable[[Work, Any, int], Awaitable[None]]]:
    return {AccountSuspended: partial(suspensions.on_suspended, schedule)}
