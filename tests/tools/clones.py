"""Databases and houses on clones of the template: fresh for each test or module, with rows and a clock that a test can reach."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from server.audit import drift
from tests.tools.house import House

LOCALE = "locale_provider builtin builtin_locale 'C.UTF-8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8' encoding 'UTF8' "


def create(cluster: str, name: str, template: str) -> str:
    """The conninfo of a new database."""
    locale = LOCALE if template == "template0" else ""
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} " + locale + "template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    return make_conninfo(cluster, dbname=name)


@contextmanager
def clone(cluster: str, template: str) -> Iterator[str]:
    """The conninfo of a copy of `template`, for as long as the block lasts."""
    name = f"test_{uuid4().hex}"
    try:
        yield create(cluster, name, template)
    finally:
        with psycopg.connect(cluster, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


@contextmanager
def open_house(cluster: str, template: str, **env: str) -> Iterator[House]:
    """A server on a clone of the template; its clock moves by `shift`."""
    with (
        clone(cluster, template) as conninfo,
        tempfile.TemporaryDirectory(prefix="fuuro-", ignore_cleanup_errors=True) as folder,
    ):
        os.chmod(folder, 0o711)
        house = House(Path(folder) / "data", DATABASE_URL=conninfo, **env)
        try:
            yield house.start()
        finally:
            assert house.stop() == 0


@contextmanager
def audited_house(cluster: str, template: str) -> Iterator[House]:
    with open_house(cluster, template) as house:
        yield house
        found = asyncio.run(drift(house.env["DATABASE_URL"]))
        assert found == [], "whatever the tests did, what the house shows is what its rows say"


async def rows(house: House, query: str, *values: Any) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(house.env["DATABASE_URL"], autocommit=True) as connection:
        cursor = await connection.execute(query.encode(), values)
        return await cursor.fetchall() if cursor.description else []


async def shift(house: House, days: float) -> None:
    """Time passes, as far as the database is concerned; sessions that nobody has had yet would be over."""
    house.seeded.clear()
    await rows(house, "update kernel.test_clock set shift = shift + make_interval(secs => %s)", days * 86_400)
