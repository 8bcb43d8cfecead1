"""Who a cast is to guests: profile, photos, tags, status, follows. May fail without hurting chat or bookings."""

from server.portfolio.handlers import handlers
from server.portfolio.jobs import DROP_PHOTO, tell_status
from server.portfolio.reactions import REACTIONS
from server.portfolio.sharing import own_photo

__all__ = ["DROP_PHOTO", "REACTIONS", "handlers", "own_photo", "tell_status"]
