"""The pool: which connection is taken next, and that there are enough."""

import os
import tempfile
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool.base import AttemptWithBackoff

from server.kernel.database import Database
from server.protocol.errors import Refusal
from tests.tools.house import until
from tests.tools.proxy import Proxy

pytestmark = pytest.mark.anyio


async def taken(database: Database) -> int:
    async with database.connection() as connection:
        return connection.pgconn.backend_pid


async def asked(database: Database, wanted: type[Exception] | None) -> bool:
    """Whether a question ends so; None: by its answer."""
    try:
        async with database.connection() as connection:
            await connection.ask(b"select 1", {})
    except (Refusal, psycopg.OperationalError) as error:
        return type(error) is wanted
    return wanted is None


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


async def test_after_an_outage_the_pool_is_back_for_the_next_who_asks(
    conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long psycopg's pool would by then wait between its tries."""
    monkeypatch.setattr(AttemptWithBackoff, "INITIAL_DELAY", 600.0)
    target = Path(str(conninfo_to_dict(conninfo)["host"]))
    with tempfile.TemporaryDirectory(prefix="fuuro-p") as folder:
        os.chmod(folder, 0o711)
        database = Database(make_conninfo(conninfo, host=folder), size=3)
        monkeypatch.setattr(database._pool, "timeout", 0.05)

        async with Proxy(Path(folder), target):
            await database.open()
        (Path(folder) / ".s.PGSQL.5432").unlink(missing_ok=True)
        try:
            await until(lambda: asked(database, Refusal))
            async with Proxy(Path(folder), target):
                await until(lambda: asked(database, None))
        finally:
            await database.close()


async def test_a_network_that_is_gone_is_noticed_on_every_connection(database: Database) -> None:
    own = await database.connect()
    async with own, database.connection() as connection:
        for one in (own, connection):
            said = one.info.get_parameters()
            assert {"keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"} <= said.keys()
