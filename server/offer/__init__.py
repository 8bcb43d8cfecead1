"""What a cast offers and when: plans, shifts, rules, and the one computation of what is free. Read by booking inside its transaction."""

from server.offer.handlers import HANDLERS
from server.offer.jobs import tell_changes

__all__ = ["HANDLERS", "tell_changes"]
