"""A connection as this server uses it: psycopg's, with a short way for the statements of this house, which are fixed texts with named values."""

import asyncio
import itertools
import re
from collections.abc import Callable, Generator, Mapping
from functools import cache
from typing import Any, Self, TypeVar

from psycopg import AsyncConnection, abc, errors
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.generators import execute
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow
from psycopg.waiting import READY_NONE, READY_R, WAIT_R

RV = TypeVar("RV")
Row = TypeVar("Row")
STATEMENTS = 1_000
"""prepared on a connection at most. The house has fewer; what comes after them runs unprepared."""
STALE = ("0A000", "26000")
"""SQLSTATEs of a prepared statement that a migration, or somebody between us and PostgreSQL, has made void."""
PLACE = re.compile(rb"%(?:%|\((\w+)\)([sbt]))")


class Answer:
    """What a statement came back with, as long as nobody has asked for it as rows."""

    __slots__ = ("_result", "_transformer", "count")

    def __init__(self, result: PGresult, transformer: abc.Transformer) -> None:
        self._result, self._transformer = result, transformer
        self.count = result.command_tuples or 0
        """rows that it touched, or gives."""

    def rows(self, kind: type[Row], most: int | None = None) -> list[Row]:
        """Structs, so many at most, by the names of the columns; where these stand in the order of the fields, by position, which is three times as fast."""
        names = tuple(self._result.fname(n).decode() for n in range(self._result.nfields))  # type: ignore[union-attr]
        if names == kind.__struct_fields__:  # type: ignore[attr-defined]
            return self._rows(lambda values: kind(*values), most)
        return self._rows(lambda values: kind(**dict(zip(names, values, strict=True))), most)

    def row(self) -> tuple[Any, ...] | None:
        """The first, or None."""
        found = self._rows(tuple, 1)
        return found[0] if found else None

    def _rows(self, make: Callable[[Any], Row], most: int | None) -> list[Row]:
        if self._result.status != ExecStatus.TUPLES_OK:
            return []
        self._transformer.set_pgresult(self._result)
        return self._transformer.load_rows(
            0, self._result.ntuples if most is None else min(most, self._result.ntuples), make
        )


class Connection(AsyncConnection[TupleRow]):
    """`ask` prepares a statement at its first use and takes two thirds of the time of psycopg's cursors, which do much that nobody here
    asks for. Waiting is our own, too: psycopg adds its socket to the event loop and takes it out again for every answer, here it stays
    in from the first on. What is more than waiting for an answer (writing more than the socket takes, timeouts, what follows
    a cancellation) is left to psycopg."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._statements: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._numbers = itertools.count()
        self._loop = asyncio.get_running_loop()
        self._watched: int | None = None
        self._arrival: asyncio.Future[None] | None = None

    @classmethod
    async def connect(cls, conninfo: str = "", **options: Any) -> Self:
        """As psycopg does, but only `ask` prepares: psycopg would drop all prepared statements at every rollback, ours too."""
        return await super().connect(conninfo, prepare_threshold=None, **options)

    async def ask(self, query: bytes, values: Mapping[str, Any]) -> Answer:
        """Runs one statement. Its results come in binary. Raises psycopg.Error; not for pipelines."""
        if self._pipeline is not None:
            raise errors.NotSupportedError("statements are asked one by one: leave the pipeline first")
        text, names, wanted = _compiled(query)
        transformer = Transformer(self)
        parameters = transformer.dump_sequence([values[name] for name in names], wanted)
        types, formats = transformer.types or (), transformer.formats
        async with self.lock:
            name = self._statements.get((query, types))
            if name is None and len(self._statements) < STATEMENTS:
                name = b"s%d" % next(self._numbers)
                self.pgconn.send_prepare(name, text, types)
                await self._result()
                self._statements[query, types] = name
            if name is None:
                self.pgconn.send_query_params(text, parameters, types, formats, Format.BINARY)
            else:
                self.pgconn.send_query_prepared(name, parameters, formats, Format.BINARY)
            try:
                return Answer(await self._result(), transformer)
            except errors.Error as error:
                if error.sqlstate in STALE:
                    self._statements.pop((query, types), None)
                raise

    async def _result(self) -> PGresult:
        result: PGresult = (await self.wait(execute(self.pgconn)))[-1]
        if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY):
            return result
        raise errors.error_from_result(result)

    # ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────────────
    async def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        if timeout is None:
            try:
                state = next(gen)
                while state == WAIT_R:
                    await self._readable()
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

    async def _readable(self) -> None:
        if self._watched is None:
            self._watched = self.pgconn.socket
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


@cache
def _compiled(query: bytes) -> tuple[bytes, tuple[str, ...], list[PyFormat]]:
    """`query` with $1, $2 …, and the names of the values in that order, with their formats."""
    places: dict[bytes, int] = {}

    def place(found: re.Match[bytes]) -> bytes:
        return b"%" if found[1] is None else b"$%d" % places.setdefault(found[1] + found[2], len(places) + 1)

    text = PLACE.sub(place, query)
    return text, tuple(p[:-1].decode() for p in places), [PyFormat(p[-1:].decode()) for p in places]
