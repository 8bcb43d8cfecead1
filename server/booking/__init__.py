"""Reservations: draft → confirmed under lock. Promises that no two live ones of a cast overlap, and that nothing pledged is lost."""

from server.booking import feeds, reminders, waitlist
from server.booking.disputes import house_handlers
from server.booking.handlers import handlers, hold
from server.booking.jobs import JOBS
from server.booking.parting import part
from server.booking.payment import nothing_due
from server.booking.reactions import reactions

__all__ = [
    "JOBS",
    "feeds",
    "handlers",
    "hold",
    "house_handlers",
    "nothing_due",
    "part",
    "reactions",
    "reminders",
    "waitlist",
]
