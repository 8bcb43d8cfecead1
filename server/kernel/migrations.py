"""Forward-only migrations: `sql/migrations/NNNN_*.sql`, each once and whole, then `sql/routines/*.sql` anew whenever they changed."""

import hashlib
from pathlib import Path

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from server.kernel import resources

LOCK = 7_316_001
"""The advisory lock under which one process migrates while others wait."""
CONNECT_SECONDS = 10
"""s to wait for PostgreSQL at the start; later on there is a pool."""
OLDEST = 18
"""The first version of PostgreSQL that knows what the migrations use."""
SETUP = b"""
create schema if not exists kernel;
create table if not exists kernel.migrations (
  name text primary key,
  digest text not null,
  at timestamptz not null default clock_timestamp()
);
"""
EXTENSIONS = (
    "Where the owner of the database may not do that, a superuser does it first: "
    "create extension vector; create extension btree_gist; create extension btree_gin; create extension pg_trgm;"
)
ROUTINES = "routines"
"""The name under which the digest of all routines is kept."""


class DatabaseNotReady(Exception):
    """A sentence that says how database and code differ, and what to do."""


async def migrate(conninfo: str) -> list[str]:
    """Brings the database to the code's state; the names of what was applied. Raises DatabaseNotReady."""
    applied: list[str] = []
    async with await connect(conninfo, writes=True) as connection:
        await connection.execute("select pg_advisory_lock(%s)", [LOCK])
        await connection.execute(SETUP)
        known = await _recorded(connection)
        _compare(known)
        for path in _migrations():
            if path.name not in known:
                await _apply(connection, path.name, [path])
                applied.append(path.name)
        routines = _routines()
        if known.get(ROUTINES) != _digest(routines):
            await _apply(connection, ROUTINES, routines)
            applied.append(ROUTINES)
    return applied


async def check(conninfo: str) -> None:
    """Raises DatabaseNotReady where the database is not exactly at the code's state."""
    async with await connect(conninfo) as connection:
        there = await (await connection.execute("select to_regclass('kernel.migrations') is not null")).fetchone()
        known = await _recorded(connection) if there and there[0] else {}
    _compare(known)
    pending = [path.name for path in _migrations() if path.name not in known]
    if known.get(ROUTINES) != _digest(_routines()):
        pending.append(ROUTINES)
    if pending:
        raise DatabaseNotReady(
            f"The database lacks {', '.join(pending)}: run `bin/migrate` (python -m server migrate)."
        )


async def _apply(connection: AsyncConnection[TupleRow], name: str, paths: list[Path]) -> None:
    """All of it and its record in one commit, or none of it."""
    try:
        async with connection.transaction():
            for path in paths:
                await connection.execute(path.read_bytes())
            await _record(connection, name, _digest(paths))
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise DatabaseNotReady(f"{name} failed and left nothing behind: {said}. {EXTENSIONS}") from error
    except psycopg.Error as error:
        raise DatabaseNotReady(f"{name} failed and left nothing behind: {error}") from error


async def connect(conninfo: str, *, writes: bool = False) -> AsyncConnection[TupleRow]:
    """For the start, in autocommit. Raises DatabaseNotReady, also where PostgreSQL is too old, or `writes` and it only reads."""
    try:
        connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.Error as error:
        raise DatabaseNotReady(
            f"PostgreSQL cannot be reached; DATABASE_URL says where it is. ({' '.join(str(error).split())})"
        ) from None
    version, reads_only = await _nature(connection)
    sentence = None
    if version < OLDEST:
        sentence = f"PostgreSQL at DATABASE_URL is of version {version}: Fuuro needs {OLDEST} or newer."
    elif writes and reads_only:
        sentence = "The database at DATABASE_URL can only be read: name the server that takes writes."
    if sentence is not None:
        await connection.close()
        raise DatabaseNotReady(sentence)
    return connection


async def _nature(connection: AsyncConnection[TupleRow]) -> tuple[int, bool]:
    """Its major version, and whether it only reads: a standby, or a database that is set so."""
    cursor = await connection.execute("select current_setting('transaction_read_only') = 'on'")
    row = await cursor.fetchone()
    return connection.info.server_version // 10_000, row is not None and row[0]


def _compare(known: dict[str, str]) -> None:
    ours = {path.name: _digest([path]) for path in _migrations()}
    if newer := sorted(known.keys() - ours.keys() - {ROUTINES}):
        raise DatabaseNotReady(f"The database is newer than this server (it has {newer[-1]}): start the newer version.")
    if changed := sorted(name for name, digest in known.items() if ours.get(name, digest) != digest):
        raise DatabaseNotReady(
            f"{changed[0]} was changed after it had been applied: restore it, and write a new migration."
        )


async def _recorded(connection: AsyncConnection[TupleRow]) -> dict[str, str]:
    rows = await (await connection.execute("select name, digest from kernel.migrations")).fetchall()
    return dict(rows)


async def _record(connection: AsyncConnection[TupleRow], name: str, digest: str) -> None:
    await connection.execute(
        "insert into kernel.migrations (name, digest) values (%s, %s) on conflict (name) do update set digest = excluded.digest",
        [name, digest],
    )


def _migrations() -> list[Path]:
    return sorted((resources.sql() / "migrations").glob("[0-9]*.sql"))


def _routines() -> list[Path]:
    """The kernel's first: the others stand on it."""
    return sorted(
        (resources.sql() / "routines").glob("*.sql"),
        key=lambda p: (p.name != "kernel.sql", _ORDER.get(p.name, 9), p.name),
    )


_ORDER = {"identity.sql": 1, "portfolio.sql": 2, "booking.sql": 3, "offer.sql": 4, "portfolio_search.sql": 10}
"""Views that others read come before the readers."""


def _digest(paths: list[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()
