"""Who a cast is to guests: follows today; profiles, photos, tags and search grow here. May fail without hurting chat or bookings."""

from server.portfolio.erasure import REACTIONS
from server.portfolio.handlers import HANDLERS

__all__ = ["HANDLERS", "REACTIONS"]
