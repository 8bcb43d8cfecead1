"""The budgets in Redis: the same counts for all processes, and no number in its keys."""

import pytest
from redis import Redis

from server.identity.budgets import AWAY_SECONDS, Budgets
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
    now = [0.0]
    budgets = Budgets(redis.url, 1, lambda: now[0])
    redis.kill()
    for _ in range(limits.CODES_PER_NUMBER.most):
        await budgets.text(ADDRESS, "a hash", "another")
    await _used_up(budgets)
    redis.start()
    await _used_up(budgets)
    now[0] += AWAY_SECONDS
    await budgets.text(ADDRESS, "a hash", "another")


async def test_a_redis_that_says_nothing_holds_nobody_up(redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """It is asked once, and then not for a while: each wait is one at the door."""
    now = [0.0]
    budgets = Budgets(redis.url, 1, lambda: now[0])
    await budgets.text(ADDRESS, "a hash", "another")
    redis.freeze()
    for _ in range(limits.CODES_PER_NUMBER.most):
        await budgets.text(ADDRESS, "a hash", "another")
    await _used_up(budgets)
    assert [record.message for record in caplog.records] == [
        "Nothing answers at REDIS_URL, so this process counts for itself: nothing within 0.5 s"
    ]
    redis.thaw()
    now[0] += AWAY_SECONDS
    await budgets.text(ADDRESS, "a hash", "another")


async def test_a_redis_that_is_not_there_is_told_of_at_the_start(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    await Budgets(None, 1).look()
    await Budgets(redis.url, 1).look()
    assert caplog.records == []
    redis.kill()
    await Budgets(redis.url, 1).look()
    assert "Nothing answers at REDIS_URL" in caplog.text
