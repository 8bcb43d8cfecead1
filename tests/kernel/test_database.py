"""The pool: which connection is taken next, and that there are enough."""

import pytest

from server.kernel.database import Database

pytestmark = pytest.mark.anyio


async def taken(database: Database) -> int:
    async with database.connection() as connection:
        return connection.pgconn.backend_pid


async def test_what_was_given_back_last_is_taken_first(database: Database) -> None:
    """A house with little to do leaves most of its connections alone."""
    async with database.connection() as first, database.connection() as second, database.connection() as third:
        all_three = {c.pgconn.backend_pid for c in (first, second, third)}
        last = first.pgconn.backend_pid
    assert len(all_three) == 3
    assert [await taken(database) for _ in range(6)] == [last] * 6


async def test_whoever_asks_meanwhile_gets_another(database: Database) -> None:
    usual = await taken(database)
    async with database.connection() as connection:
        assert connection.pgconn.backend_pid == usual
        assert await taken(database) != usual
