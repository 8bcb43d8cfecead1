"""One PostgreSQL for the run, a migrated template in it, and a clone of that for each test that wants a database."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from server.kernel import migrations
from server.kernel.database import Database
from server.kernel.embedded import EmbeddedPostgres
from tests.tools import guardian
from tests.tools.clones import audited_house, clone, create
from tests.tools.house import House
from tests.tools.redis import RedisServer

SHIFTED = """
create table kernel.test_clock (shift interval not null);
insert into kernel.test_clock values ('0');
create or replace function kernel.moment() returns timestamptz language sql volatile as
  'select clock_timestamp() + shift from kernel.test_clock';
"""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The conninfo of the maintenance database of a PostgreSQL of this run's own."""
    with tempfile.TemporaryDirectory(prefix="fuuro-", dir=_memory(), ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o711)
        guardian.watch_cluster(Path(folder))
        embedded = EmbeddedPostgres(Path(folder))
        try:
            conninfo = make_conninfo(embedded.start(), dbname="postgres")
            _forget_at_a_crash(conninfo)
            yield conninfo
        finally:
            embedded.stop()


@pytest.fixture(scope="session")
def template(cluster: str) -> str:
    """A database at the newest migration, whose clock tests can shift."""
    conninfo = create(cluster, "template_fuuro", "template0")
    asyncio.run(migrations.migrate(conninfo))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(SHIFTED)
    return "template_fuuro"


@pytest.fixture(scope="session")
def house(cluster: str, template: str) -> Iterator[House]:
    """A server for all who leave its clock alone and mind that others live there; who cannot opens one of their own, by this name."""
    with audited_house(cluster, template) as one:
        yield one


@pytest.fixture
def conninfo(cluster: str, template: str) -> Iterator[str]:
    """A fresh database of this test's own."""
    with clone(cluster, template) as fresh:
        yield fresh


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """A loop of the test's own: for state machines, whose rules are no coroutines."""
    with asyncio.Runner() as opened:
        yield opened


@pytest.fixture
async def database(conninfo: str) -> AsyncIterator[Database]:
    opened = Database(conninfo, size=6)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis of this test's own: without one a second serving process is refused."""
    with tempfile.TemporaryDirectory(prefix="fuuro-redis-") as folder:
        server = RedisServer(Path(folder)).start()
        try:
            yield server
        finally:
            server.stop()


class Clock:
    """Shifts what the database takes for now; `await clock.shift(seconds)` adds up."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    async def shift(self, seconds: float) -> None:
        async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
            await connection.execute(
                "update kernel.test_clock set shift = shift + make_interval(secs => %s)", [float(seconds)]
            )


@pytest.fixture
def clock(conninfo: str) -> Clock:
    return Clock(conninfo)


def _memory() -> str | None:
    """Files there are made in no time, and a clone is five hundred of them; None where the machine has no such place, or too small a one."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 4 << 30
    return str(shared) if roomy else None


def _forget_at_a_crash(conninfo: str) -> None:
    """This one never crashes; what does (tests/chaos, tests/processes) has a cluster of its own, as it comes. Hundreds of databases are made and
    dropped here, and each drop would wait for a checkpoint on the disk."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("alter system set full_page_writes = off")
        connection.execute("alter system set max_wal_size = '256MB'")
        connection.execute("select pg_reload_conf()")
