"""Counted budgets of texts and tries, in process or in Redis, by the `limits` library."""

import math
import time

from limits import RateLimitItemPerSecond
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string

from server.protocol import limits
from server.protocol.errors import Refusal
from server.protocol.limits import Budget


class Budgets:
    """`factor` multiplies each count; `redis_url` None keeps the counts in this process."""

    def __init__(self, redis_url: str | None, factor: float) -> None:
        url = "async+memory://" if redis_url is None else f"async+{_scheme(redis_url)}"
        options = {} if redis_url is None else {"implementation": "redispy"}
        self._limiter = MovingWindowRateLimiter(storage_from_string(url, **options))
        self._factor = factor

    async def text(self, address: str, number: str, prefix: str) -> None:
        """One more text to `number` of block `prefix`, asked for from `address`; hashes of all but the address, since these are
        keys in Redis. Raises `rate_limited`. The narrowest is counted first: what it refuses must not use up everybody's."""
        await self._hit(limits.CODES_PER_ADDRESS, "address", address)
        await self._hit(limits.CODES_PER_NUMBER, "number", number)
        await self._hit(limits.CODES_PER_PREFIX, "prefix", prefix)
        await self._hit(limits.CODES_IN_ALL, "codes", "all")

    async def attempt(self, address: str) -> None:
        """One more code tried from `address`. Raises `rate_limited`."""
        await self._hit(limits.VERIFIES_PER_ADDRESS, "verify", address)

    async def _hit(self, budget: Budget, kind: str, whom: str) -> None:
        count = max(1, math.ceil(budget.most * self._factor))
        item = RateLimitItemPerSecond(count, budget.seconds, namespace="fuuro")
        if not await self._limiter.hit(item, kind, whom):
            stats = await self._limiter.get_window_stats(item, kind, whom)
            raise Refusal("rate_limited", retry_after=max(1, math.ceil(stats.reset_time - time.time())))


def _scheme(redis_url: str) -> str:
    """The library's name for a socket in the file system is another than ours."""
    return f"redis+{redis_url}" if redis_url.startswith("unix://") else redis_url
