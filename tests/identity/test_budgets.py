"""The budgets in Redis: the same counts for all processes, and no number in its keys."""

import pytest
from redis import Redis

from server.identity.budgets import Budgets
from server.kernel.database import Database
from server.protocol import limits
from server.protocol.errors import Refusal
from tests.identity.house import ADDRESS, NUMBER, House
from tests.tools.redis import RedisServer

pytestmark = pytest.mark.anyio


async def _used_up(budgets: Budgets) -> None:
    with pytest.raises(Refusal, match="rate_limited") as refused:
        await budgets.text(ADDRESS, "a hash", "another")
    assert refused.value.retry_after is not None
    assert 1 <= refused.value.retry_after <= limits.CODES_PER_NUMBER.seconds


async def test_two_processes_share_one_budget(redis: RedisServer) -> None:
    one, other = Budgets(redis.url, 1), Budgets(redis.url, 1)
    for number in range(limits.CODES_PER_NUMBER.most):
        await (one if number % 2 else other).text(ADDRESS, "a hash", "another")
    await _used_up(one)
    await _used_up(other)
    await one.text(ADDRESS, "a hash of another number", "another")


async def test_the_factor_of_load_tests_is_taken(redis: RedisServer) -> None:
    budgets = Budgets(redis.url, 1_000_000)
    for _ in range(2 * limits.CODES_PER_NUMBER.most):
        await budgets.text(ADDRESS, "a hash", "another")


async def test_no_key_shows_a_number(redis: RedisServer, database: Database) -> None:
    house = House(database, redis_url=redis.url)
    await house.identity.otp(NUMBER, ADDRESS)
    with Redis.from_url(redis.url) as client:
        keys = [key.decode() for key in client.scan_iter()]
    assert len(keys) == 4
    assert not any("9012345" in key for key in keys)


async def test_while_redis_is_away_each_process_counts_for_itself(redis: RedisServer) -> None:
    budgets = Budgets(redis.url, 1)
    redis.kill()
    for _ in range(limits.CODES_PER_NUMBER.most):
        await budgets.text(ADDRESS, "a hash", "another")
    await _used_up(budgets)
    redis.start()
    await budgets.text(ADDRESS, "a hash", "another")
