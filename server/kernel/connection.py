"""A connection as this server uses it: psycopg's, but it waits for answers without asking the event loop anew for each of them."""

import asyncio
from collections.abc import Generator
from typing import Any, TypeVar

from psycopg import AsyncConnection
from psycopg._preparing import PrepareManager
from psycopg.abc import PQGen
from psycopg.pq import ConnStatus
from psycopg.rows import TupleRow
from psycopg.waiting import READY_NONE, READY_R, WAIT_R

RV = TypeVar("RV")
PREPARED = 400
"""statements kept prepared on a connection; the house has fewer, so that none is prepared twice."""


class Connection(AsyncConnection[TupleRow]):
    """psycopg adds its socket to the event loop and takes it out again for every answer. Here it stays in from the first answer on,
    which leaves a statement two thirds of its processor time in this process, a transaction little more than half. Only waiting for
    an answer is ours: writing more than the socket takes, timeouts, and what follows a cancellation are left to psycopg."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._prepared = _Prepared()
        self.prepared_max = PREPARED
        self._loop = asyncio.get_running_loop()
        self._watched: int | None = None
        self._answer: asyncio.Future[None] | None = None

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
        self._answer = self._loop.create_future()
        try:
            await self._answer
        finally:
            self._answer = None

    def _arrived(self) -> None:
        """Something can be read. Where nobody waits for it, the connection was closed over there: who uses it next will be told."""
        if self._answer is None or self._answer.done():
            self._leave()
        else:
            self._answer.set_result(None)

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


class _Prepared(PrepareManager):
    """psycopg forgets what it prepared at every rollback, for what was made and undone in that transaction. Here transactions make
    no tables or types, and a refusal is a rollback: the next command need not be parsed and planned anew for it."""

    def clear(self) -> bool:
        return False
