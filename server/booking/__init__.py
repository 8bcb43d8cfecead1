"""Reservations: draft → confirmed under lock. Promises that no two live ones of a cast overlap, and that nothing pledged is lost."""

from server.booking import feeds, reminders, waitlist
from server.booking.disputes import HOUSE_HANDLERS
from server.booking.handlers import handlers, hold
from server.booking.jobs import JOBS
from server.booking.parting import part
from server.booking.reactions import reactions

__all__ = ["HOUSE_HANDLERS", "JOBS", "feeds", "handlers", "hold", "part", "reactions", "reminders", "waitlist"]
