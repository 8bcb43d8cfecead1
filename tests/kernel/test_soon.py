"""An answer that somebody awaits later: when its statement runs, with whom, and what becomes of it where something fails."""

import psycopg
import pytest

from server.kernel.connection import Connection
from server.kernel.statement import Answer
from tests.kernel.conftest import NOTE, NOTED, value

pytestmark = pytest.mark.anyio


async def test_answers_that_are_wanted_soon_come_in_one_exchange_in_their_order(
    noted: Connection, other: Connection
) -> None:
    async def asks() -> None:
        async with noted.transaction():
            noted.later(NOTE, {"n": 1})
            before = noted.soon(NOTED, {}, Answer.value)
            one = noted.soon(NOTE, {"n": 2}, Answer.value)
            after = noted.soon(NOTED, {}, Answer.value)
            assert await one == 2
            assert await value(other, b"select pg_terminate_backend(%s)", noted.info.backend_pid)
            assert (await before, await after) == ([1], [1, 2]), "they are here already"
            await noted.soon(NOTED, {}, Answer.value)
            raise AssertionError("nobody was there to answer")

    with pytest.raises(psycopg.OperationalError):
        await asks()
    assert await value(other, NOTED) == []


async def test_a_question_brings_the_answers_that_were_wanted_before(noted: Connection) -> None:
    async with noted.transaction():
        one = noted.soon(NOTE, {"n": 1}, Answer.value)
        assert (await noted.ask(NOTED, {})).value() == [1]
        assert await one == 1
        assert await one == 1, "asked once, read as often as one likes"
    assert await value(noted, NOTED) == [1]


async def test_what_nobody_awaits_runs_before_the_commit(noted: Connection) -> None:
    async with noted.transaction():
        noted.soon(NOTE, {"n": 1}, Answer.value)
    assert await value(noted, NOTED) == [1]


async def test_outside_of_a_transaction_it_runs_when_it_is_awaited(noted: Connection) -> None:
    noted.soon(NOTE, {"n": 1}, Answer.value)
    two = noted.soon(NOTE, {"n": 2}, Answer.value)
    assert await value(noted, NOTED) == []
    assert await two == 2
    assert await value(noted, NOTED) == [2]


async def test_an_answer_can_be_read_further(noted: Connection) -> None:
    async with noted.transaction():
        twice = noted.soon(NOTE, {"n": 21}, Answer.value).then(lambda n: 2 * n).then(str)
        assert await twice == "42"


@pytest.mark.parametrize("known", [False, True])
async def test_the_first_that_fails_is_what_everybody_hears_and_those_after_it_did_not_run(
    noted: Connection, known: bool
) -> None:
    if known:
        await noted.ask(b"select 1 / %(n)s", {"n": 1})
    answers = []

    async def fails() -> None:
        async with noted.transaction():
            answers.append(noted.soon(NOTE, {"n": 1}, Answer.value))
            answers.append(noted.soon(b"select 1 / %(n)s", {"n": 0}, Answer.value))
            answers.append(noted.soon(NOTE, {"n": 2}, Answer.value))
            await answers[2]

    with pytest.raises(psycopg.errors.DivisionByZero):
        await fails()
    assert await answers[0] == 1, "answered, and undone with the rest"
    for lost in answers[1:]:
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            await lost
    assert await value(noted, NOTED) == []


async def test_what_was_wanted_of_a_transaction_that_is_over_runs_in_no_other(noted: Connection) -> None:
    wanted = []

    async def fails() -> None:
        async with noted.transaction():
            wanted.append(noted.soon(NOTE, {"n": 1}, Answer.value))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    (lost,) = wanted
    async with noted.transaction():
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            await lost
        assert await noted.soon(NOTE, {"n": 2}, Answer.value) == 2
    assert await value(noted, NOTED) == [2]


async def test_what_was_wanted_in_a_savepoint_is_undone_with_it(noted: Connection) -> None:
    async with noted.transaction():
        kept = noted.soon(NOTE, {"n": 1}, Answer.value)
        with pytest.raises(psycopg.errors.UniqueViolation):
            async with noted.transaction():
                await noted.soon(NOTE, {"n": 1}, Answer.value)
        assert await kept == 1
    assert await value(noted, NOTED) == [1]
