"""What a cast offers and when: plans, shifts, and the one computation of what is free. Read by booking inside its transaction."""

from server.offer.handlers import HANDLERS

__all__ = ["HANDLERS"]
