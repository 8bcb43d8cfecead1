"""Who a cast is to guests: profile, photos, tags, status, follows. May fail without hurting chat or bookings."""

from server.portfolio.handlers import handlers
from server.portfolio.jobs import DROP_PHOTO, tell_status
from server.portfolio.reactions import REACTIONS

__all__ = ["DROP_PHOTO", "REACTIONS", "handlers", "tell_status"]
