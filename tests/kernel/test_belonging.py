"""A database and its secret key: with another one nobody serves, works or counts."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from server.kernel.belonging import SENTENCE, claim, compare
from server.kernel.crypto import Keyring
from server.kernel.migrations import DatabaseNotReady
from tests.tools.house import House

pytestmark = pytest.mark.anyio
OURS, ANOTHER = Keyring(b"a" * 32), Keyring(b"b" * 32)


async def test_a_database_belongs_to_the_first_key_that_claims_it(conninfo: str) -> None:
    await compare(conninfo, ANOTHER)
    await claim(conninfo, OURS)
    await claim(conninfo, OURS)
    await compare(conninfo, OURS)
    for look in (claim, compare):
        with pytest.raises(DatabaseNotReady, match="belongs to another secret key"):
            await look(conninfo, ANOTHER)
    await claim(conninfo, OURS)


async def test_looking_ties_nothing(conninfo: str) -> None:
    await compare(conninfo, ANOTHER)
    await claim(conninfo, OURS)


async def test_of_two_first_starts_at_once_one_has_it(conninfo: str) -> None:
    done = await asyncio.gather(*(claim(conninfo, Keyring(bytes([n]) * 32)) for n in range(4)), return_exceptions=True)
    assert [type(one) for one in done if one is not None] == [DatabaseNotReady] * 3


async def test_what_is_kept_tells_nothing_of_the_key(conninfo: str) -> None:
    await claim(conninfo, OURS)
    with psycopg.connect(conninfo) as connection:
        (kept,) = connection.execute("select key_fingerprint from kernel.house").fetchone() or (None,)
    assert kept == OURS.fingerprint()
    assert kept not in (OURS.key("fingerprint"), b"a" * 32)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "work", "audit", "cast-code"])
async def test_with_another_key_nothing_starts(conninfo: str, tmp_path: Path, command: str) -> None:
    await claim(conninfo, OURS)
    house = House(tmp_path / "data", DATABASE_URL=conninfo, FUURO_SECRET_KEY="b" * 32)
    code, said = await asyncio.to_thread(house.refuses, command)
    assert (code, said.strip().split("\n")[-1]) == (1, SENTENCE)
    assert "Traceback" not in said
