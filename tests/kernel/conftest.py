"""Two connections to one new database, and what tests ask of them."""

from collections.abc import AsyncIterator

import pytest

from server.kernel.connection import Connection

NOTE = b"insert into noted values (%(n)s) returning n"
NOTED = b"select coalesce(array_agg(n order by n), '{}') from noted"


@pytest.fixture
async def connection(conninfo: str) -> AsyncIterator[Connection]:
    async with await Connection.connect(conninfo, autocommit=True) as one:
        yield one


@pytest.fixture
async def other(conninfo: str) -> AsyncIterator[Connection]:
    async with await Connection.connect(conninfo, autocommit=True) as one:
        yield one


@pytest.fixture
async def noted(connection: Connection) -> Connection:
    """With a table to write numbers into, each once."""
    await connection.execute(b"create table noted (n int primary key)")
    return connection


async def value(connection: Connection, query: bytes, *values: object) -> object:
    row = await (await connection.execute(query, values)).fetchone()
    return None if row is None else row[0]


async def sleeps(other: Connection) -> None:
    """Waits until somebody sleeps in a statement."""
    while not await value(other, b"select count(*) from pg_stat_activity where wait_event = 'PgSleep'"):
        pass
