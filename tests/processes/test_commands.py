"""The command line against databases that are not as they should be, and with values that are none: sentences, no tracebacks."""

import asyncio
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.processes.conftest import SECRET
from tests.tools.house import House

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def house(folder: Path, conninfo: str) -> House:
    return House(folder / "data", DATABASE_URL=conninfo, FUURO_SECRET_KEY=SECRET)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("seed --pairs 2 --tokens /nonexistent/x", "--tokens must be a file that can be written"),
        ("seed --pairs -1 --tokens x", "argument --pairs: must be a whole number above 0"),
        ("seed --demo --casts 0", "argument --casts: must be a whole number above 0"),
        ("cast-code --count -3", "argument --count: must be a whole number above 0"),
    ],
)
def test_a_value_that_is_none_is_told_by_name(house: House, arguments: str, sentence: str) -> None:
    code, said = house.refuses(*arguments.split())
    assert code in (1, 2)
    assert sentence in said.strip().split("\n")[-1]
    assert "Traceback" not in said


def test_tokens_are_for_their_owner_alone(house: House, folder: Path) -> None:
    house.run("seed", "--pairs", "1", "--tokens", str(folder / "tokens"))
    assert (folder / "tokens").stat().st_mode & 0o777 == 0o600


def test_who_reads_only_the_first_line_is_no_failure_worth_a_traceback(house: House) -> None:
    command = [*house.program, "cast-code", "--count", "3000"]
    with subprocess.Popen(
        command, cwd=house.folder, env=house.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""


@pytest.mark.parametrize("command", ["deliveries", "audit", "cast-code", "serve"])
def test_a_database_that_is_away_or_of_another_version_gets_a_sentence(
    house: House, conninfo: str, folder: Path, command: str
) -> None:
    """Nobody is brought to this version on the way: others may serve from it."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("delete from kernel.migrations where name = 'routines'")
    code, said = house.refuses(command)
    assert (code, said.strip()) == (1, "The database lacks routines: run `bin/migrate` (python -m server migrate).")
    house.env["DATABASE_URL"] = f"host={folder} dbname=nobody"
    code, said = house.refuses(command)
    assert code == 1
    assert "PostgreSQL cannot be reached; DATABASE_URL says where it is" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["cast-code", "serve"])
async def test_a_database_that_can_only_be_read_gets_a_sentence(house: House, conninfo: str, command: str) -> None:
    name = str(conninfo_to_dict(conninfo)["dbname"])
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"alter database {name} set default_transaction_read_only = on".encode())
    code, said = await asyncio.to_thread(house.refuses, command)
    assert code == 1
    assert "can only be read" in said
    assert "Traceback" not in said
