"""Counted budgets of texts and tries, in process or in Redis, by the `limits` library. While Redis is away each process counts by itself:
more may pass than should, but nobody is locked out, and nobody gets without limit."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from server.protocol import limits
from server.protocol.errors import Refusal
from server.protocol.limits import Budget

T = TypeVar("T")
log = logging.getLogger("fuuro.budgets")
HERE = "async+memory://"
ANSWER_SECONDS = 0.5
"""s that Redis has for an answer: somebody waits at the door for it."""
AWAY_SECONDS = 5.0
"""s for which it is not asked again where it has given none."""


class Budgets:
    """`factor` multiplies each count; `redis_url` None keeps the counts in this process; `clock` gives s."""

    def __init__(self, redis_url: str | None, factor: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._here = MovingWindowRateLimiter(storage_from_string(HERE))
        self._shared = self._here
        if redis_url is not None:
            redis = storage_from_string(f"async+{_scheme(redis_url)}", implementation="redispy", wrap_exceptions=True)
            self._shared = MovingWindowRateLimiter(redis)
        self._factor = factor
        self._clock = clock
        self._away_until = -math.inf

    async def look(self) -> None:
        """Says in the log where Redis does not answer: the start is the moment to see a wrong address."""
        if self._shared is not self._here:
            await self._in_time(self._shared.test(RateLimitItemPerSecond(1, namespace="fuuro"), "look"))

    async def text(self, address: str, number: str, prefix: str) -> None:
        """One more text to `number` of block `prefix`, asked for from `address`; hashes of all but the address, since these are
        keys in Redis. Raises `rate_limited`. The narrowest is counted first: what it refuses must not use up everybody's."""
        await self._hit(limits.CODES_PER_ADDRESS, "address", address)
        await self._hit(limits.CODES_PER_NUMBER, "number", number)
        await self._hit(limits.CODES_PER_PREFIX, "prefix", prefix)
        await self._hit(limits.CODES_IN_ALL, "codes", "all")

    async def export(self, account: str) -> None:
        """One more archive of `account`. Raises `rate_limited`."""
        await self._hit(limits.EXPORTS, "export", account)

    async def attempt(self, address: str) -> None:
        """One more code tried from `address`. Raises `rate_limited`."""
        await self._hit(limits.VERIFIES_PER_ADDRESS, "verify", address)

    async def _hit(self, budget: Budget, kind: str, whom: str) -> None:
        count = max(1, math.ceil(budget.most * self._factor))
        item = RateLimitItemPerSecond(count, budget.seconds, namespace="fuuro")
        wait = None
        if self._clock() >= self._away_until:
            wait = await self._in_time(_hit(self._shared, item, kind, whom))
        if wait is None:
            wait = await _hit(self._here, item, kind, whom)
        if wait:
            raise Refusal("rate_limited", retry_after=wait)

    async def _in_time(self, answer: Coroutine[Any, Any, T]) -> T | None:
        """What Redis answers; None where that takes too long or fails, and then it is not asked for a while."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        except (StorageError, TimeoutError) as error:
            self._away_until = self._clock() + AWAY_SECONDS
            said = str(error) or f"nothing within {ANSWER_SECONDS} s"
            log.warning("Nothing answers at REDIS_URL, so this process counts for itself: %s", said)
            return None


async def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, kind: str, whom: str) -> int:
    """0 where one more is allowed; else the seconds until it would be."""
    if await limiter.hit(item, kind, whom):
        return 0
    stats = await limiter.get_window_stats(item, kind, whom)
    return max(1, math.ceil(stats.reset_time - time.time()))


def _scheme(redis_url: str) -> str:
    """The library's name for a socket in the file system is another than ours."""
    return f"redis+{redis_url}" if redis_url.startswith("unix://") else redis_url
