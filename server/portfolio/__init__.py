"""Who a cast is to guests: profile, photos, tags, status, follows, search. May fail without hurting chat or bookings."""

from server.portfolio.documents import mend
from server.portfolio.handlers import handlers
from server.portfolio.jobs import DROP_PHOTO, sweep_photos, tell_status
from server.portfolio.learning import learn_when_due
from server.portfolio.reactions import REACTIONS
from server.portfolio.sharing import own_photo
from server.portfolio.store import is_open_to

SEARCH_JOBS = ((30.0, mend), (600.0, learn_when_due))
"""(seconds between, coroutine)."""

__all__ = [
    "DROP_PHOTO",
    "REACTIONS",
    "SEARCH_JOBS",
    "handlers",
    "is_open_to",
    "own_photo",
    "sweep_photos",
    "tell_status",
]
