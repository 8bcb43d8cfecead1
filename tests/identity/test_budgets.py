"""The budgets in Redis: the same counts for all processes, and no number in its keys."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from server.identity.budgets import Budgets
from server.kernel.database import Database
from server.protocol import limits
from server.protocol.errors import Refusal
from tests.identity.house import ADDRESS, NUMBER, House

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A Redis of this module's own, on a socket."""
    program = shutil.which("redis-server")
    assert program is not None, "these tests want redis-server on the path"
    with tempfile.TemporaryDirectory(prefix="fuuro-redis-") as folder:
        path = Path(folder) / "redis.sock"
        server = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--daemonize", "no"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        try:
            assert any(
                "accept connections at" in line or "ready to accept connections" in line.lower()
                for line in server.stdout
            )
            yield f"unix://{path}"
        finally:
            server.terminate()
            server.wait(10)


@pytest.fixture
def store(redis_url: str) -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.close()


async def test_two_processes_share_one_budget(redis_url: str, store: "redis.Redis") -> None:
    one, other = Budgets(redis_url, 1), Budgets(redis_url, 1)
    for number in range(limits.CODES_PER_NUMBER.most):
        await (one if number % 2 else other).text(ADDRESS, "a hash", "another")
    for budgets in (one, other):
        with pytest.raises(Refusal, match="rate_limited") as refused:
            await budgets.text(ADDRESS, "a hash", "another")
        assert refused.value.retry_after is not None
        assert 1 <= refused.value.retry_after <= limits.CODES_PER_NUMBER.seconds
    await one.text(ADDRESS, "a hash of another number", "another")


async def test_the_factor_of_load_tests_is_taken(redis_url: str, store: "redis.Redis") -> None:
    budgets = Budgets(redis_url, 1_000_000)
    for _ in range(2 * limits.CODES_PER_NUMBER.most):
        await budgets.text(ADDRESS, "a hash", "another")


async def test_no_key_shows_a_number(redis_url: str, store: "redis.Redis", database: Database) -> None:
    house = House(database, redis_url=redis_url)
    await house.identity.otp(NUMBER, ADDRESS)
    keys = [key.decode() for key in store.scan_iter()]
    assert len(keys) == 4
    assert not any("9012345" in key for key in keys)
