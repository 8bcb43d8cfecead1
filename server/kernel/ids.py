"""Ids that are made here and not by PostgreSQL: UUIDv7, each above the one made before it in this process."""

import secrets
import time
from uuid import UUID

FRACTIONS = 4096
"""of a millisecond, as PostgreSQL's uuidv7() counts them."""
_latest = 0


def new() -> UUID:
    """Milliseconds, their fraction, and chance (RFC 9562, 6.2, method 3). Of two in one fraction, or after the clock was set back, the later one
    goes on from the earlier."""
    global _latest
    _latest = max(_latest + 1, time.time_ns() * FRACTIONS // 1_000_000)
    ms, fraction = divmod(_latest, FRACTIONS)
    return UUID(int=ms << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62))
