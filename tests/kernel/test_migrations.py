"""Migrations: each once and whole, whoever comes; and a database that is not at the code's state is refused with a sentence."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from server.kernel import belonging, migrations, resources
from server.kernel.crypto import Keyring
from server.kernel.migrations import DatabaseNotReady, check, migrate
from tests.tools.house import House

pytestmark = pytest.mark.anyio

FIRST = "create table notes (word text primary key); create table steps (name text);"


@pytest.fixture
def empty(cluster: str) -> Iterator[str]:
    """A database with nothing in it."""
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
    yield make_conninfo(cluster, dbname=name)
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small history of its own in place of the real one: `migrations/` and `routines/` in this folder."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "routines").mkdir()
    (tmp_path / "migrations" / "0001_first.sql").write_text(FIRST)
    (tmp_path / "migrations" / "0002_second.sql").write_text("insert into steps values ('second');")
    (tmp_path / "routines" / "words.sql").write_text(
        "create or replace function word() returns text language sql as 'select ''one''';"
    )
    monkeypatch.setattr(resources, "sql", lambda: tmp_path)
    return tmp_path


def rows(conninfo: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


async def refusal(conninfo: str) -> str:
    """What `check` says against it."""
    with pytest.raises(DatabaseNotReady) as caught:
        await check(conninfo)
    return str(caught.value)


async def test_all_are_applied_in_order_and_once(empty: str, code: Path) -> None:
    assert await migrate(empty) == ["0001_first.sql", "0002_second.sql", "routines"]
    assert await migrate(empty) == []
    await check(empty)
    (code / "migrations" / "0003_third.sql").write_text("insert into steps values ('third');")
    assert await migrate(empty) == ["0003_third.sql"]
    assert rows(empty, "select name from steps order by ctid") == [("second",), ("third",)]


async def test_the_real_history_stands_on_an_empty_database(empty: str) -> None:
    names = sorted(path.name for path in (resources.sql() / "migrations").glob("*.sql"))
    assert await migrate(empty) == [*names, "routines"]
    await check(empty)
    assert all(re.fullmatch(r"[0-9]{4}_[a-z0-9_]+\.sql", name) for name in names)
    assert len({name[:4] for name in names}) == len(names), "no number twice"


async def test_many_that_migrate_at_once_do_it_once(empty: str, code: Path) -> None:
    done = await asyncio.gather(*(migrate(empty) for _ in range(6)))
    assert sorted(map(len, done)) == [0, 0, 0, 0, 0, 3]
    assert rows(empty, "select count(*) from steps") == [(1,)]


async def test_one_that_fails_leaves_nothing_and_what_came_before_it_stays(empty: str, code: Path) -> None:
    third = code / "migrations" / "0003_third.sql"
    third.write_text("create table half (); insert into steps values ('half'); select 1 / 0;")
    with pytest.raises(DatabaseNotReady) as caught:
        await migrate(empty)
    assert "0003_third.sql failed and left nothing behind: division by zero" in str(caught.value)
    assert rows(empty, "select to_regclass('half')") == [(None,)]
    assert rows(empty, "select name from kernel.migrations order by name") == [
        ("0001_first.sql",),
        ("0002_second.sql",),
    ]
    assert await refusal(empty) == (
        "The database lacks 0003_third.sql, routines: run `bin/migrate` (python -m server migrate)."
    )
    third.write_text("insert into steps values ('whole');")
    assert await migrate(empty) == ["0003_third.sql", "routines"]
    assert rows(empty, "select name from steps order by ctid") == [("second",), ("whole",)]


async def test_one_that_is_killed_in_the_middle_leaves_nothing(empty: str, code: Path) -> None:
    (code / "migrations" / "0003_third.sql").write_text("create table half (); select pg_advisory_lock(77);")
    with psycopg.connect(empty, autocommit=True) as blocker:
        blocker.execute("select pg_advisory_lock(77)")
        dying = asyncio.create_task(migrate(empty))
        waits = "select pid from pg_stat_activity where datname = current_database() and wait_event = 'advisory'"
        while not (found := rows(empty, waits)):
            await asyncio.sleep(0)
        blocker.execute("select pg_terminate_backend(%s)", [found[0][0]])
        with pytest.raises(DatabaseNotReady):
            await dying
    assert rows(empty, "select to_regclass('half')") == [(None,)]
    assert (await migrate(empty))[0] == "0003_third.sql"


async def test_an_empty_database_and_one_that_lacks_something_are_refused(empty: str, code: Path) -> None:
    assert await refusal(empty) == (
        "The database lacks 0001_first.sql, 0002_second.sql, routines: run `bin/migrate` (python -m server migrate)."
    )
    assert rows(empty, "select to_regnamespace('kernel')") == [(None,)], "looking changes nothing"
    await migrate(empty)
    rows(empty, "delete from kernel.migrations where name = '0002_second.sql'")
    assert "lacks 0002_second.sql:" in await refusal(empty)


async def test_a_newer_database_is_refused_by_check_and_by_migrate(empty: str, code: Path) -> None:
    await migrate(empty)
    (code / "migrations" / "0002_second.sql").unlink()
    sentence = "The database is newer than this server (it has 0002_second.sql): start the newer version."
    assert await refusal(empty) == sentence
    with pytest.raises(DatabaseNotReady, match="newer than this server"):
        await migrate(empty)


async def test_a_changed_history_is_refused_by_check_and_by_migrate(empty: str, code: Path) -> None:
    await migrate(empty)
    (code / "migrations" / "0001_first.sql").write_text(FIRST + " -- and more")
    sentence = "0001_first.sql was changed after it had been applied: restore it, and write a new migration."
    assert await refusal(empty) == sentence
    with pytest.raises(DatabaseNotReady, match="was changed after it had been applied"):
        await migrate(empty)


async def test_routines_are_applied_again_when_they_changed(empty: str, code: Path) -> None:
    await migrate(empty)
    routine = code / "routines" / "words.sql"
    routine.write_text(routine.read_text().replace("one", "two"))
    assert "lacks routines:" in await refusal(empty)
    assert await migrate(empty) == ["routines"]
    assert rows(empty, "select word()") == [("two",)]
    (code / "routines" / "more.sql").write_text("create or replace view words as select word();")
    assert await migrate(empty) == ["routines"]


async def test_routines_that_fail_leave_the_old_ones(empty: str, code: Path) -> None:
    await migrate(empty)
    routine = code / "routines" / "words.sql"
    good = routine.read_text()
    routine.write_text(good.replace("one", "two"))
    (code / "routines" / "zz.sql").write_text("select 1 / 0;")
    with pytest.raises(DatabaseNotReady, match="routines failed and left nothing behind: division by zero"):
        await migrate(empty)
    assert rows(empty, "select word()") == [("one",)]


async def test_a_database_that_does_not_answer_gets_a_sentence(tmp_path: Path) -> None:
    conninfo = f"host={tmp_path} dbname=nobody"
    for look in (check, migrate):
        with pytest.raises(DatabaseNotReady, match="PostgreSQL cannot be reached; DATABASE_URL says where it is"):
            await look(conninfo)


async def test_a_postgres_that_is_too_old_gets_a_sentence(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "OLDEST", 99)
    for look in (check, migrate):
        with pytest.raises(DatabaseNotReady, match=r"is of version \d\d: Fuuro needs 99 or newer"):
            await look(empty)


async def test_a_database_that_can_only_be_read_gets_a_sentence(conninfo: str) -> None:
    rows(
        conninfo,
        "alter database " + str(conninfo_to_dict(conninfo)["dbname"]) + " set default_transaction_read_only = on",
    )
    with pytest.raises(DatabaseNotReady, match="can only be read"):
        await migrate(conninfo)
    with pytest.raises(DatabaseNotReady, match="can only be read"):
        await belonging.claim(conninfo, Keyring(bytes(32)))
    await check(conninfo)


async def test_an_owner_who_may_not_make_what_is_wanted_is_told_who_may(empty: str, code: Path) -> None:
    """With the extensions there already, the real history needs no superuser."""
    owner, name = f"owner_{uuid4().hex}", str(conninfo_to_dict(empty)["dbname"])
    (code / "migrations" / "0001_first.sql").write_text("create extension if not exists pageinspect;" + FIRST)
    rows(empty, f"create role {owner} login")
    try:
        rows(empty, f"alter database {name} owner to {owner}")
        with pytest.raises(DatabaseNotReady, match="a superuser does it first: create extension vector;"):
            await migrate(make_conninfo(empty, user=owner))
        rows(empty, "create extension pageinspect")
        assert len(await migrate(make_conninfo(empty, user=owner))) == 3
    finally:
        rows(empty, f"reassign owned by {owner} to postgres; drop owned by {owner}; drop role {owner}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("delete from kernel.migrations where name like '0002%'", "The database lacks 0002_"),
        (
            "insert into kernel.migrations values ('9999_future.sql', 'x')",
            "The database is newer than this server (it has 9999_",
        ),
        ("update kernel.migrations set digest = 'x' where name like '0001%'", "was changed after it had been applied"),
        ("drop schema kernel cascade", "The database lacks 0001_"),
    ],
    ids=["half", "newer", "changed", "nothing"],
)
async def test_the_server_does_not_start_on_a_database_that_is_not_as_it_should_be(
    conninfo: str, tmp_path: Path, damage: str, sentence: str
) -> None:
    rows(conninfo, damage)
    house = House(tmp_path / "data", DATABASE_URL=conninfo)
    code, said = await asyncio.to_thread(house.refuses)
    assert code == 1
    assert sentence in said
    assert "Traceback" not in said


def test_the_advisory_lock_is_not_the_one_of_serving_alone() -> None:
    from server import serve

    assert migrations.LOCK != serve.ALONE_LOCK
