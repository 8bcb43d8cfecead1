"""A connection as this server uses it: psycopg's, with a short way for the statements of this house, which are fixed texts with named values."""

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Generic, Literal, Self, TypeVar

from psycopg import AsyncConnection, errors
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.generators import execute, fetch
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import TupleRow
from psycopg.waiting import READY_NONE, READY_R, WAIT_R, WAIT_RW

from server.kernel.statement import Answer, Key, Prepared, Statement

RV = TypeVar("RV")
Row = TypeVar("Row")
Taken = TypeVar("Taken")
STATEMENTS = 1_000
"""prepared on a connection at most. The house has fewer; what comes after them runs unprepared."""
STALE = ("0A000", "26000")
"""SQLSTATEs of a prepared statement that a migration, or somebody between us and PostgreSQL, has made void."""
DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY)


class Connection(AsyncConnection[TupleRow]):
    """`ask` prepares a statement at its first use and takes two thirds of the time of psycopg's cursors, which do much that nobody here
    asks for. What is wanted `later` (nobody waits for its answer, the beginning of a transaction above all) or `soon` (somebody will) goes
    with the next question, in one exchange; whatever else psycopg does on the connection comes after it.

    Waiting is our own, too: psycopg adds its socket to the event loop and takes it out again for every answer, here it stays in from the
    first on. What is more than waiting for an answer (writing more than the socket takes, timeouts, what follows a cancellation) is left
    to psycopg."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._statements: dict[Key, Prepared] = {}
        self._numbers = itertools.count()
        self._transformer = Transformer(self)
        self._later: list[Statement] = []
        self._in_transaction = False
        self._ending: Literal["not yet", "with the next", "done"] = "not yet"
        self._loop = asyncio.get_running_loop()
        self._watched: int | None = None
        self._arrival: asyncio.Future[None] | None = None

    @classmethod
    async def connect(cls, conninfo: str = "", **options: Any) -> Self:
        """As psycopg does, but only `ask` prepares: psycopg would drop all prepared statements at every rollback, ours too."""
        return await super().connect(conninfo, prepare_threshold=None, **options)

    async def ask(self, query: bytes, values: Mapping[str, Any]) -> Answer:
        """Runs one statement, after what was wanted before. Its results come in binary. Raises psycopg.Error, also for what was wanted
        before; not for psycopg's pipelines."""
        return await self._asked(self._statement(query, values))

    def later(self, query: bytes, values: Mapping[str, Any]) -> None:
        """Runs a statement before the next one that is asked, at the latest before the commit: what it raises is raised there."""
        if not self._in_transaction:
            raise errors.ProgrammingError("later is before the commit: begin a transaction first")
        self._want(self._statement(query, values))

    def soon(self, query: bytes, values: Mapping[str, Any], take: Callable[[Answer], Taken]) -> "Soon[Taken]":
        """As `later`, with an answer, as `take` reads it: await it. Outside of a transaction the statement runs only then."""
        one = self._statement(query, values)
        if self._in_transaction:
            self._want(one)
        return Soon(self, one, take, self._in_transaction)

    def end_with_next(self) -> None:
        """The next question is the last of this transaction: the commit goes with it, in one exchange."""
        if not self._in_transaction:
            raise errors.ProgrammingError("there is no transaction to end: begin one first")
        self._ending = "with the next"

    def _want(self, one: Statement) -> None:
        self._not_after_the_last()
        self._later.append(one)

    def _not_after_the_last(self) -> None:
        if self._ending == "done":
            raise errors.ProgrammingError("the last question of this transaction has been asked")

    async def _asked(self, one: Statement) -> Answer:
        """What was wanted before has run then, too."""
        if self._pipeline is not None:
            raise errors.NotSupportedError("statements are asked one by one: leave the pipeline first")
        self._not_after_the_last()
        async with self.lock:
            wanted, self._later = self._later, []
            if one not in wanted:
                wanted.append(one)
            if self._ending == "with the next":
                wanted.append(self._statement(b"commit", {}))
                self._ending = "done"
            prepared = self._statements.get(one.key) if len(wanted) == 1 else None
            if prepared is None:
                await self._exchange(wanted)
            else:
                one.send(prepared)
                one.answer = self._answer(one, (await self.wait(execute(self.pgconn)))[-1])
        assert one.answer is not None
        return one.answer

    async def _exchange(self, statements: Sequence[Statement]) -> None:
        """All of them in one go, those prepared that are new. Raises what the first raises that fails: those after it do not run."""
        new: dict[Key, Prepared] = {}
        sent: list[tuple[Statement, Prepared | None]] = []
        self.pgconn.enter_pipeline_mode()
        try:
            for one in statements:
                prepared = self._statements.get(one.key) or new.get(one.key)
                if prepared is None and len(self._statements) + len(new) < STATEMENTS:
                    prepared = new[one.key] = one.prepare(b"s%d" % next(self._numbers))
                    sent.append((one, prepared))
                one.send(prepared or Prepared(None))
                sent.append((one, None))
            self.pgconn.pipeline_sync()
            results = await self.wait(_exchanged(self.pgconn))
        finally:
            self._leave_pipeline()
        for (one, prepared), result in zip(sent, results, strict=True):
            answer = self._answer(one, result)
            if prepared is None:
                one.answer = answer
            else:
                self._statements[one.key] = prepared

    def _leave_pipeline(self) -> None:
        """A connection that cannot has answers on their way that nobody waits for any more: it is of no use."""
        try:
            self.pgconn.exit_pipeline_mode()
        except errors.Error:
            self._leave()
            self.pgconn.finish()

    def _statement(self, query: bytes, values: Mapping[str, Any]) -> Statement:
        return Statement(self.pgconn, self._transformer, query, values)

    def _answer(self, one: Statement, result: PGresult) -> Answer:
        if result.status in DONE:
            return Answer(result, self._transformer, one.prepared)
        error = errors.error_from_result(result)
        if error.sqlstate in STALE:
            self._statements.pop(one.key, None)
        raise error

    # ── transactions ────────────────────────────────────────────────────────────────────────────────────────────────
    @asynccontextmanager
    async def transaction(self, *arguments: Any, **named: Any) -> AsyncIterator[None]:  # type: ignore[override]
        """Begins with the first statement, if there is one; a transaction in another is psycopg's, a savepoint. Raises InFailedSqlTransaction
        where a failure was passed over in silence, so that nothing could be committed."""
        if self._in_transaction or self.pgconn.transaction_status != TransactionStatus.IDLE:
            async with super().transaction(*arguments, **named):
                try:
                    yield
                    if self._later:
                        await self._settle()
                except BaseException:
                    self._later.clear()
                    raise
            return
        begin = self._statement(b"begin", {})
        self._later, self._in_transaction = [begin], True
        try:
            yield
            if self._ending == "done":
                return
            self._ending = "not yet"
            if self._later != [begin] and (await self.ask(b"commit", {})).status != b"COMMIT":
                raise errors.InFailedSqlTransaction("a statement had failed, so nothing of this was committed")
        except BaseException:
            self._later, self._ending = [], "not yet"
            if self.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                with suppress(errors.Error):
                    await self.ask(b"rollback", {})
            raise
        finally:
            self._later, self._in_transaction, self._ending = [], False, "not yet"

    async def _settle(self) -> None:
        """Runs what is wanted, now."""
        before, self._later = self._later, []
        await self._exchange(before)

    # ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────────────
    async def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        if self._later:
            await self._settle()
        if timeout is None:
            try:
                state = next(gen)
                first = True
                while state == WAIT_R:
                    await self._readable(first)
                    first = False
                    state = gen.send(READY_R)
            except StopIteration as end:
                if self.pgconn.status != ConnStatus.OK:
                    self._leave()
                result: RV = end.value
                return result
            except asyncio.CancelledError as cancelled:
                gen = _Begun(gen, cancelled)
            except BaseException:
                self._leave()
                raise
            else:
                gen = _Begun(gen)
        self._leave()
        return await super().wait(gen, interval, timeout)

    async def close(self) -> None:
        self._leave()
        await super().close()

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """For what PostgreSQL must not be silent about for longer: whoever waits for its answer then gets OperationalError, and the connection is
        of no use any more. A timeout of asyncio would go on waiting until PostgreSQL has heard of it."""
        silent = asyncio.get_running_loop().call_later(seconds, self._hang_up)
        try:
            yield
        finally:
            silent.cancel()

    def _hang_up(self) -> None:
        if not self.closed:
            with socket.socket(fileno=os.dup(self.pgconn.socket)) as same, suppress(OSError):
                same.shutdown(socket.SHUT_RDWR)

    async def _readable(self, first: bool) -> None:
        """For the rest of an answer the socket is watched anew: with an error on it (the other side went, and had not read all) uvloop tells
        of what can be read once, and never again."""
        number = self.pgconn.socket
        if not first:
            self._leave()
        if self._watched is None:
            self._watched = number
            self._loop.add_reader(self._watched, self._arrived)
        self._arrival = self._loop.create_future()
        try:
            await self._arrival
        finally:
            self._arrival = None

    def _arrived(self) -> None:
        """Something can be read. Where nobody waits for it, the connection was closed over there: who uses it next will be told."""
        if self._arrival is None or self._arrival.done():
            self._leave()
        else:
            self._arrival.set_result(None)

    def _leave(self) -> None:
        """Before anybody else watches the socket, and at once where libpq has closed it: its number may be another's soon."""
        if self._watched is not None:
            self._loop.remove_reader(self._watched)
            self._watched = None


class Soon(Generic[Taken]):
    """The answer to a statement that goes with the next question. Whoever awaits it asks, where nobody has asked since."""

    __slots__ = ("_connection", "_queued", "_statement", "_take")

    def __init__(
        self,
        connection: Connection,
        statement: Statement,
        take: Callable[[Answer], Taken],
        queued: bool,
    ) -> None:
        self._connection, self._statement, self._take, self._queued = connection, statement, take, queued

    def __await__(self) -> Generator[Any, Any, Taken]:
        """Raises what the statement raises, or one before it that had not run yet; InFailedSqlTransaction where that was raised elsewhere."""
        one = self._statement
        if one.answer is None and self._queued and one not in self._connection._later:
            raise errors.InFailedSqlTransaction("this was to run after something that failed, so it did not")
        answer = one.answer or (yield from self._connection._asked(one).__await__())
        return self._take(answer)

    def then(self, more: Callable[[Taken], Row]) -> "Soon[Row]":
        """The same, read further by `more`."""
        return Soon(self._connection, self._statement, lambda answer: more(self._take(answer)), self._queued)


def _exchanged(pgconn: PGconn) -> PQGen[list[PGresult]]:
    """Writes what was sent, and reads a result of each up to the sync."""
    while pgconn.flush():
        if (yield WAIT_RW) & READY_R:
            pgconn.consume_input()
    results: list[PGresult] = []
    ended = True
    while True:
        result = yield from fetch(pgconn)
        if result is None and ended:
            raise errors.OperationalError("the connection was lost in the middle of an exchange")
        ended = result is None
        if result is not None:
            if result.status == ExecStatus.PIPELINE_SYNC:
                return results
            results.append(result)


class _Begun(Generator[Any, Any, RV]):
    """For psycopg's own wait, which begins what it gets: a generator that has begun. The first step only says again what it waits
    for; where it was `cancelled`, it raises that, and can still be brought to its end."""

    def __init__(self, gen: PQGen[RV], cancelled: asyncio.CancelledError | None = None) -> None:
        self._gen = gen
        self._cancelled = cancelled

    def send(self, ready: Any) -> Any:
        if self._cancelled is not None:
            cancelled, self._cancelled = self._cancelled, None
            raise cancelled
        return self._gen.send(READY_NONE if ready is None else ready)

    def throw(self, *error: Any) -> Any:
        return self._gen.throw(*error)
