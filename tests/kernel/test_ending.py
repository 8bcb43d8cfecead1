"""The commit that goes with the last question: when it happens, and what becomes of it where there is no such question, or one too many."""

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from server.kernel.connection import Connection
from server.kernel.statement import Answer
from tests.kernel.conftest import NOTE, NOTED, value

pytestmark = pytest.mark.anyio


async def test_the_commit_goes_with_the_last_question_and_what_was_wanted_before(
    noted: Connection, other: Connection
) -> None:
    async with noted.transaction():
        one = noted.soon(NOTE, {"n": 1}, Answer.value)
        noted.end_with_next()
        assert (await noted.ask(NOTED, {})).value() == [1]
        assert noted.pgconn.transaction_status == TransactionStatus.IDLE
        assert await value(other, NOTED) == [1]
        assert await one == 1
        assert await value(other, b"select pg_terminate_backend(%s)", noted.info.backend_pid), "nobody asks any more"
    assert await value(other, NOTED) == [1]


async def test_after_the_last_question_there_is_none(noted: Connection) -> None:
    async def asks_again() -> None:
        async with noted.transaction():
            noted.end_with_next()
            await noted.ask(NOTE, {"n": 1})
            await noted.ask(NOTE, {"n": 2})

    with pytest.raises(psycopg.ProgrammingError, match="has been asked"):
        await asks_again()
    assert await value(noted, NOTED) == [1]
    async with noted.transaction():
        await noted.ask(NOTE, {"n": 3})
        await noted.ask(NOTE, {"n": 4})
    assert await value(noted, NOTED) == [1, 3, 4], "the next transaction is one like all others"


async def test_what_comes_too_late_to_be_written_is_not_lost_in_silence(noted: Connection) -> None:
    async def notes_later() -> None:
        async with noted.transaction():
            noted.end_with_next()
            await noted.ask(NOTE, {"n": 1})
            noted.later(NOTE, {"n": 2})

    async def notes_soon() -> None:
        async with noted.transaction():
            noted.end_with_next()
            await noted.ask(NOTE, {"n": 3})
            noted.soon(NOTE, {"n": 4}, Answer.value)

    for too_late in (notes_later, notes_soon):
        with pytest.raises(psycopg.ProgrammingError, match="has been asked"):
            await too_late()
    assert await value(noted, NOTED) == [1, 3]


async def test_where_the_last_question_is_not_asked_the_commit_comes_as_ever(noted: Connection) -> None:
    async with noted.transaction():
        noted.later(NOTE, {"n": 1})
        noted.end_with_next()
    async with noted.transaction():
        noted.end_with_next()
    assert noted.pgconn.transaction_status == TransactionStatus.IDLE
    assert await value(noted, NOTED) == [1]


async def test_a_last_question_that_fails_is_told_and_undoes_what_was_before_it(noted: Connection) -> None:
    async def fails() -> None:
        async with noted.transaction():
            await noted.ask(NOTE, {"n": 1})
            noted.end_with_next()
            await noted.ask(b"select 1 / 0", {})

    with pytest.raises(psycopg.errors.DivisionByZero):
        await fails()
    assert noted.pgconn.transaction_status == TransactionStatus.IDLE
    assert await value(noted, NOTED) == []


async def test_what_goes_wrong_after_it_undoes_nothing(noted: Connection) -> None:
    async def goes_wrong() -> None:
        async with noted.transaction():
            noted.end_with_next()
            await noted.ask(NOTE, {"n": 1})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await goes_wrong()
    assert await value(noted, NOTED) == [1]


async def test_without_a_transaction_there_is_nothing_to_end(noted: Connection) -> None:
    with pytest.raises(psycopg.ProgrammingError, match="begin one first"):
        noted.end_with_next()
