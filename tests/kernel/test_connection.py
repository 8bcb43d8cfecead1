"""Waiting for answers: as psycopg does it, whatever the statement, the server or a cancellation does."""

import asyncio
import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import uvloop
from msgspec import Struct

from server.kernel.connection import Connection
from tests.kernel.conftest import sleeps, value
from tests.tools.house import until

pytestmark = pytest.mark.anyio
MEGABYTES = 24


async def undone(connection: Connection, query: bytes) -> None:
    async with connection.transaction():
        await connection.execute(query)
        await connection.execute(b"select 1 / 0")


async def test_statements_transactions_and_errors(connection: Connection) -> None:
    assert await value(connection, b"select %s::int", 7) == 7
    with pytest.raises(psycopg.errors.DivisionByZero):
        await connection.execute(b"select 1 / 0")
    await connection.execute(b"create temp table seen (n int)")
    async with connection.transaction():
        await connection.execute(b"insert into seen values (1)")
    with pytest.raises(psycopg.errors.DivisionByZero):
        await undone(connection, b"insert into seen values (2)")
    assert await value(connection, b"select array_agg(n) from seen") == [1]


async def test_more_than_a_socket_takes_goes_out_and_comes_back(connection: Connection) -> None:
    text = "封" * (MEGABYTES << 18)
    assert await value(connection, b"select %s::text", text) == text
    assert await value(connection, b"select 1") == 1


async def test_a_cancelled_statement_ends_over_there_and_the_connection_goes_on(
    connection: Connection, other: Connection
) -> None:
    pid = connection.info.backend_pid
    active = b"select query from pg_stat_activity where pid = %s and state = 'active'"
    async with connection.transaction():
        sleeping = asyncio.create_task(connection.execute(b"select pg_sleep(600)"))
        while await value(other, active, pid) is None:
            pass
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
        await connection.execute(b"rollback and chain")
    assert await value(other, active, pid) is None
    assert [await value(connection, b"select %s::int", n) for n in range(3)] == [0, 1, 2]


async def test_what_is_ended_over_there_while_nobody_asks_is_told_at_the_next_question(
    connection: Connection, other: Connection
) -> None:
    assert await value(connection, b"select 1") == 1
    number = connection.fileno()
    await other.execute(b"select pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
    await until(lambda: connection._watched is None)
    assert not asyncio.get_running_loop().remove_reader(number), "nobody watches it any more"
    with pytest.raises(psycopg.OperationalError):
        await connection.execute(b"select 1")
    assert connection.closed


async def test_what_is_ended_over_there_in_the_middle_is_told_and_its_number_is_free(
    connection: Connection, other: Connection
) -> None:
    pid, number = connection.info.backend_pid, connection.fileno()
    sleeping = asyncio.create_task(connection.execute(b"select pg_sleep(600)"))
    await sleeps(other)
    await other.execute(b"select pg_terminate_backend(%s)", [pid])
    with pytest.raises(psycopg.OperationalError):
        await sleeping
    kept = []
    while not kept or kept[-1].fileno() < number:
        kept.append(socket.socket())
    here, there = socket.socketpair()
    for end in (here, there):
        end.setblocking(False)
    await asyncio.get_running_loop().sock_sendall(there, b"here")
    assert await asyncio.get_running_loop().sock_recv(here, 4) == b"here"
    for end in (*kept, here, there):
        end.close()


async def test_notifications_come_and_their_wait_ends_in_time(connection: Connection, other: Connection) -> None:
    await connection.execute(b"listen seal")
    heard: list[str] = []

    async def listen() -> None:
        async for notification in connection.notifies():
            heard.append(notification.payload)

    listening = asyncio.create_task(listen())
    for number in range(100):
        await other.execute(b"select pg_notify('seal', %s)", [f"{number}"])
    await until(lambda: len(heard) == 100)
    assert heard == [f"{number}" for number in range(100)]
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert [n async for n in connection.notifies(timeout=0.05)] == []
    assert await value(connection, b"select 1") == 1


class Line(Struct):
    n: int
    word: str


class Word(Struct):
    word: str
    n: int


async def test_an_answer_as_structs_by_place_or_by_name_as_a_row_and_as_a_count(connection: Connection) -> None:
    query = b"select n, %(word)s::text as word from generate_series(1, %(most)s::int) n -- 100%%"
    answer = await connection.ask(query, {"word": "封", "most": 3})
    assert answer.count == 3
    assert answer.rows(Line) == [Line(1, "封"), Line(2, "封"), Line(3, "封")]
    assert answer.rows(Word, 1) == [Word("封", 1)]
    assert answer.row() == (1, "封")
    nothing = await connection.ask(query, {"word": None, "most": 0})
    assert (nothing.rows(Line), nothing.row(), nothing.count) == ([], None, 0)
    done = await connection.ask(b"create temp table seen as select generate_series(1, 5) as n", {})
    assert (done.rows(Line), done.row()) == ([], None)
    assert (await connection.ask(b"delete from seen where n > %(n)s", {"n": 2})).count == 3


async def test_values_that_cannot_be_sent_and_errors_leave_the_connection_as_it_was(connection: Connection) -> None:
    with pytest.raises(KeyError):
        await connection.ask(b"select %(missing)s", {})
    with pytest.raises(psycopg.ProgrammingError):
        await connection.ask(b"select %(what)s", {"what": object()})
    with pytest.raises(psycopg.errors.SyntaxError):
        await connection.ask(b"selec 1", {})
    with pytest.raises(psycopg.errors.DivisionByZero):
        await connection.ask(b"select 1 / %(n)s::int", {"n": 0})
    assert (await connection.ask(b"select 1 / %(n)s::int", {"n": 1})).row() == (1,)


async def test_what_was_prepared_outlives_a_refusal(connection: Connection) -> None:
    query = b"select %(n)s::int + 1"
    await connection.ask(query, {"n": 1})
    with pytest.raises(psycopg.errors.DivisionByZero):
        await undone(connection, b"select 1")
    assert (await connection.ask(query, {"n": 8})).row() == (9,)
    prepared = b"select generic_plans + custom_plans from pg_prepared_statements where statement like '%%int + 1'"
    assert await value(connection, prepared) == 2


async def test_a_statement_that_a_migration_made_void_is_prepared_anew(
    connection: Connection, other: Connection
) -> None:
    await other.execute(b"create table grown (n int)")
    assert (await connection.ask(b"select * from grown", {})).row() is None
    await other.execute(b"alter table grown add column word text")
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        await connection.ask(b"select * from grown", {})
    await other.execute(b"insert into grown values (1, 'more')")
    assert (await connection.ask(b"select * from grown", {})).row() == (1, "more")


# ── a server that goes without having read all ──────────────────────────────────────────────────────────────────────
GONE = b"SFATAL\0VFATAL\0C57P01\0Mgone\0\0"


class Relay:
    """Between a connection and its server, in a thread, until `stop`."""

    def __init__(self, conninfo: str, folder: Path) -> None:
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / ".s.PGSQL.5432"))
        self._door.listen()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(f"{psycopg.conninfo.conninfo_to_dict(conninfo)['host']}/.s.PGSQL.5432")
        self._bell, self._rung = socket.socketpair()
        self._thread = threading.Thread(target=self._copy)
        self._thread.start()

    def _copy(self) -> None:
        self.line, _ = self._door.accept()
        other = {self.line: self._server, self._server: self.line}
        while True:
            ready, _, _ = select.select([*other, self._rung], [], [])
            if self._rung in ready:
                return
            for one in ready:
                other[one].sendall(one.recv(65_536))

    def stop(self) -> None:
        self._bell.send(b"!")
        self._thread.join()

    def go(self) -> None:
        """Last words and the end, at once, with whatever was sent meanwhile unread."""
        self.line.sendall(b"E" + (4 + len(GONE)).to_bytes(4, "big") + GONE)
        for one in (self.line, self._server, self._door, self._bell, self._rung):
            one.close()


async def _left_alone(conninfo: str, folder: Path) -> Exception:
    """What is said where the server goes in the middle of a question: there is something to read on the socket, and an error."""
    relay = Relay(conninfo, folder)
    own = psycopg.conninfo.make_conninfo(conninfo, host=str(folder))
    connection = await Connection.connect(own, autocommit=True)
    assert (await connection.ask(b"select 1", {})).row() == (1,)
    relay.stop()
    asking = asyncio.create_task(connection.ask(b"select 1", {}))
    await until(lambda: connection._arrival is not None)
    relay.go()
    try:
        async with asyncio.timeout(20):
            await asking
    except (psycopg.OperationalError, TimeoutError) as error:
        return error
    finally:
        await connection.close()
    raise AssertionError("it was answered")


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_a_server_that_goes_with_a_question_unread_is_told_in_any_loop(
    run: Callable[..., Exception], conninfo: str, tmp_path: Path
) -> None:
    assert isinstance(run(_left_alone(conninfo, tmp_path)), psycopg.OperationalError)
