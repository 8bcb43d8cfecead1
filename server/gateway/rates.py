"""Token buckets: so much at once, then so much a second. One a socket and one an account and kind of command."""

import math

from server.protocol.limits import Rate


class Bucket:
    """Time comes in, in seconds of any steady clock. `factor` multiplies both numbers of the rate."""

    __slots__ = ("_burst", "_level", "_per_second", "_since")

    def __init__(self, rate: Rate, factor: float, now: float) -> None:
        self._burst = max(1.0, rate.burst * factor)
        self._per_second = rate.per_second * factor
        self._level = self._burst
        self._since = now

    def take(self, now: float) -> float:
        """0 where one more is allowed; else the seconds until it would be, in whole milliseconds, rounded up."""
        self._level = min(self._burst, self._level + (now - self._since) * self._per_second)
        self._since = now
        if self._level >= 1:
            self._level -= 1
            return 0.0
        return math.ceil((1 - self._level) / self._per_second * 1000) / 1000

    def is_full(self, now: float) -> bool:
        return self._level + (now - self._since) * self._per_second >= self._burst
