"""What nobody needs an answer to goes with the next statement: when it runs, what it raises, what becomes of it when all ends early."""

import asyncio
from contextlib import suppress

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from server.kernel.connection import Connection
from tests.kernel.conftest import sleeps, value

pytestmark = pytest.mark.anyio
MEGABYTES = 24
NOTE, NOTED = b"insert into noted values (%(n)s)", b"select coalesce(array_agg(n order by n), '{}') from noted"


@pytest.fixture
async def noted(connection: Connection) -> Connection:
    await connection.execute(b"create table noted (n int primary key deferrable initially deferred)")
    return connection


async def test_what_is_wanted_later_comes_before_the_next_question_and_before_the_commit(
    noted: Connection, other: Connection
) -> None:
    async with noted.transaction():
        noted.later(NOTE, {"n": 1})
        noted.later(NOTE, {"n": 2})
        assert (await noted.ask(NOTED, {})).row() == ([1, 2],)
        noted.later(NOTE, {"n": 3})
        assert await value(noted, NOTED) == [1, 2, 3], "a cursor of psycopg comes after it, too"
        noted.later(NOTE, {"n": 4})
        assert await value(other, NOTED) == []
    assert await value(other, NOTED) == [1, 2, 3, 4]


async def test_a_transaction_in_which_nothing_is_asked_does_not_begin(noted: Connection) -> None:
    transactions = b"select max(backend_xid::text::bigint) from pg_stat_activity"
    async with noted.transaction():
        assert noted.pgconn.transaction_status == TransactionStatus.IDLE
    with pytest.raises(ZeroDivisionError):
        await _nothing_but_a_failure(noted)
    assert noted.pgconn.transaction_status == TransactionStatus.IDLE
    assert await value(noted, transactions) is None


async def _nothing_but_a_failure(connection: Connection) -> None:
    async with connection.transaction():
        connection.later(NOTE, {"n": 1})
        raise ZeroDivisionError


async def test_what_cannot_be_sent_is_told_at_once_and_loses_nothing_that_was_wanted(noted: Connection) -> None:
    async with noted.transaction():
        noted.later(NOTE, {"n": 1})
        for send in (noted.later, noted.ask):
            with pytest.raises(psycopg.ProgrammingError):
                await send(NOTE, {"n": object()})  # type: ignore[misc]
        noted.later(NOTE, {"n": 2})
        assert noted.pgconn.transaction_status == TransactionStatus.IDLE, "it has not begun, and that is not forgotten"
    assert await value(noted, NOTED) == [1, 2]
    with pytest.raises(ZeroDivisionError):
        await _refused_and_then_a_failure(noted)
    assert await value(noted, NOTED) == [1, 2]


async def _refused_and_then_a_failure(connection: Connection) -> None:
    async with connection.transaction():
        with suppress(psycopg.ProgrammingError):
            await connection.ask(NOTE, {"n": object()})
        await connection.ask(NOTE, {"n": 3})
        raise ZeroDivisionError


async def test_later_needs_a_transaction(noted: Connection) -> None:
    with pytest.raises(psycopg.ProgrammingError, match="begin a transaction"):
        noted.later(NOTE, {"n": 1})
    async with noted.transaction():
        pass
    with pytest.raises(psycopg.ProgrammingError):
        noted.later(NOTE, {"n": 1})


@pytest.mark.parametrize("bad", [b"select 1 / %(n)s", b"select nonsense", b"select %(n)s::int = any('{'::int[])"])
async def test_what_fails_later_is_told_at_the_next_question_and_undoes_the_transaction(
    noted: Connection, bad: bytes
) -> None:
    for _ in range(3):
        with pytest.raises(psycopg.Error) as told:
            await _fails_later(noted, bad)
        assert told.value.sqlstate in ("22012", "42703", "22P02")
        assert noted.pgconn.transaction_status == TransactionStatus.IDLE
        assert await value(noted, NOTED) == []
    async with noted.transaction():
        noted.later(NOTE, {"n": 1})
    assert await value(noted, NOTED) == [1]


async def _fails_later(connection: Connection, bad: bytes) -> None:
    async with connection.transaction():
        connection.later(NOTE, {"n": 1})
        connection.later(bad, {"n": 0})
        await connection.ask(NOTE, {"n": 2})
        raise AssertionError("the question was answered")


async def test_what_fails_with_the_commit_is_told_and_undone(noted: Connection) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        await _twice(noted)
    with pytest.raises(psycopg.errors.DivisionByZero):
        await _last_words(noted)
    assert noted.pgconn.transaction_status == TransactionStatus.IDLE
    assert await value(noted, NOTED) == []


async def _twice(connection: Connection) -> None:
    async with connection.transaction():
        connection.later(NOTE, {"n": 1})
        connection.later(NOTE, {"n": 1})


async def _last_words(connection: Connection) -> None:
    async with connection.transaction():
        connection.later(NOTE, {"n": 1})
        connection.later(b"select 1 / %(n)s", {"n": 0})


async def test_a_failure_that_was_passed_over_is_no_commit(noted: Connection) -> None:
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        await _passed_over(noted)
    assert await value(noted, NOTED) == []


async def _passed_over(connection: Connection) -> None:
    async with connection.transaction():
        await connection.ask(NOTE, {"n": 1})
        with suppress(psycopg.Error):
            await connection.ask(b"select 1 / %(n)s", {"n": 0})


async def test_what_was_wanted_in_a_savepoint_is_undone_with_it(noted: Connection) -> None:
    async with noted.transaction():
        noted.later(NOTE, {"n": 1})
        with pytest.raises(ZeroDivisionError):
            await _nothing_but_a_failure(noted)
        with pytest.raises(psycopg.errors.DivisionByZero):
            await _last_words(noted)
        async with noted.transaction():
            noted.later(NOTE, {"n": 2})
    assert await value(noted, NOTED) == [1, 2]


async def test_an_exchange_of_more_than_sockets_take_ends(noted: Connection) -> None:
    """Both sides write at the same time: who only wrote would wait for ever."""
    text = "封" * (MEGABYTES << 18)
    async with noted.transaction():
        for _ in range(3):
            noted.later(b"select %(text)s::text", {"text": text})
        assert (await noted.ask(b"select %(text)s::text", {"text": text})).row() == (text,)


async def test_an_exchange_that_is_cancelled_is_undone_and_the_connection_goes_on(
    noted: Connection, other: Connection
) -> None:
    async def exchange() -> None:
        async with noted.transaction():
            noted.later(NOTE, {"n": 1})
            noted.later(b"select pg_sleep(600)", {})
            await noted.ask(NOTE, {"n": 2})

    asking = asyncio.create_task(exchange())
    await sleeps(other)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await value(other, NOTED) == []
    async with noted.transaction():
        noted.later(NOTE, {"n": 3})
        assert (await noted.ask(NOTED, {})).row() == ([3],)


async def test_an_exchange_whose_server_ends_is_told(noted: Connection, other: Connection) -> None:
    async def exchange() -> None:
        async with noted.transaction():
            noted.later(b"select pg_sleep(600)", {})
            await noted.ask(NOTE, {"n": 1})

    asking = asyncio.create_task(exchange())
    await sleeps(other)
    await other.execute(b"select pg_terminate_backend(%s)", [noted.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        await asking
    assert noted.closed
    assert await value(other, NOTED) == []
