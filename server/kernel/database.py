"""Connections: a pool for transactions, and single ones of their own for what lives long. Rows come as structs, times in UTC."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from server.kernel.connection import Connection
from server.protocol.errors import Refusal

POOL = 12
"""connections a process uses for transactions; more than the cores of a database server of this size gain nothing."""
WAIT_SECONDS = 5.0
"""s to wait for one of them before saying `unavailable`."""
CONNECT_SECONDS = 5
"""s that PostgreSQL may take until a new connection is of use."""
RECONNECT_SECONDS = 1.0
"""s for which the pool tries to make up for a connection that was lost; then it is made for the next who asks, one at a time."""
OPTIONS: dict[str, Any] = {
    "autocommit": True,
    "application_name": "fuuro",
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A network that is gone says nothing: by these it is found out within 25 s, also in the middle of a question."""

set_json_dumps(msgspec.json.encode)
set_json_loads(msgspec.json.decode)


class _Stack(deque[Connection]):
    """What was given back last is taken first."""

    append = deque.appendleft


class _Pool(AsyncConnectionPool[Connection]):
    """psycopg's, but for the order: psycopg takes connections in turn, so that a house with work for three has all twelve at work, each of which
    plans every statement anew whenever statistics have changed, and finds nothing of what it read last in the processor's caches."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._pool = _Stack()


class Database:
    """A pool on `conninfo`. `open` before use, `close` after; `connection` raises `unavailable` when there is none."""

    def __init__(self, conninfo: str, size: int = POOL) -> None:
        self.conninfo = conninfo
        self._pool = _Pool(
            conninfo,
            connection_class=Connection,
            min_size=2,
            max_size=size,
            open=False,
            timeout=WAIT_SECONDS,
            configure=_configure,
            kwargs=OPTIONS,
        )

    async def open(self) -> None:
        """Where PostgreSQL refuses at first, it is asked for 30 s; later its absence is nothing that the pool waits through: it would look after
        ever longer times, up to minutes after everybody else is back."""
        await self._pool.open(wait=True, timeout=30)
        self._pool.reconnect_timeout = RECONNECT_SECONDS

    async def close(self, seconds: float = 2.0) -> None:
        """Waits so long for what the pool itself is doing."""
        await self._pool.close(timeout=seconds)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Of the pool, which takes it back with nothing open in it."""
        try:
            connection = await self._pool.getconn()
        except PoolTimeout:
            raise Refusal("unavailable", retry_after=1) from None
        try:
            yield connection
        finally:
            await self._pool.putconn(connection)

    async def connect(self) -> Connection:
        """A connection of one's own, in autocommit, outside the pool: for LISTEN, for the writer, for locks."""
        connection = await Connection.connect(self.conninfo, **OPTIONS)
        await _configure(connection)
        return connection


async def _configure(connection: Connection) -> None:
    with connection.at_most(CONNECT_SECONDS):
        await connection.execute(b"set time zone 'UTC'")
