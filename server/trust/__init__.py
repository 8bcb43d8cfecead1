"""What people say of each other: reviews, the radar made of them, a cast's own memos, guests' records, reports. Seconds of lag are
fine; nothing here is counted up, everything is made anew from its rows."""

from server.kernel.reactions import Reactions, each
from server.protocol.domain_events import AccountErased
from server.trust import erasure, radar
from server.trust.handlers import handlers
from server.trust.radar import JOBS

REACTIONS: Reactions = {**radar.REACTIONS, AccountErased: each(erasure.forget_account)}

__all__ = ["JOBS", "REACTIONS", "handlers"]
