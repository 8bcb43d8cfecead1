"""ejabberd of Debian's packages, with its message archive (mod_mam) in PostgreSQL.

What it does for a message, read in its modules and seen in the cluster's statements: the sender's process inserts a row into the sender's
archive and waits for the commit; then the receiver's process inserts one into the receiver's archive and waits; then the receiver's socket gets
it. So it is durable before anybody sees it, by two transactions of a row each, in a table with four indexes. An insert that fails is logged and
the message delivered all the same, so such a word in the log makes the measurement fail."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template

import psycopg

from loadtests.compare.servers import House, Running, Unable, free_port, process

FOLDER = Path(__file__).parent / "ejabberd"
LIBRARIES = Path("/usr/lib")
SCHEMA = Path("/usr/share/ejabberd/sql/pg.sql")
DATABASE = "bench_ejabberd"


class Ejabberd:
    """One Erlang node by itself: without a name, so that neither epmd nor a port for other nodes is needed. Started anew for each round:
    after more than it can carry it goes on archiving what waited, while others are measured."""

    name = "ejabberd + archive in PostgreSQL"
    dialect = "xmpp"
    fresh = True

    def __init__(self, house: House, tokens: Path) -> None:
        self.tokens = tokens
        libraries = _libraries()
        self._folder = house.folder / "ejabberd"
        self._folder.mkdir()
        self._log = self._folder / "ejabberd.log"
        self._configuration = self._folder / "ejabberd.yml"
        self._env = os.environ | {
            "ERL_LIBS": str(libraries),
            "ERL_INETRC": str(FOLDER / "inetrc"),
            "ERL_CRASH_DUMP_BYTES": "0",
            "EJABBERD_CONFIG_PATH": str(self._configuration),
            "EJABBERD_LOG_PATH": str(self._log),
            "CONTRIB_MODULES_PATH": str(self._folder / "modules"),
        }
        self._where = _database(house, tokens)

    @contextmanager
    def running(self) -> Iterator[Running]:
        """Raises Unable where it did not start, or could not archive a message."""
        port = free_port()
        self._log.write_bytes(b"")
        template = Template((FOLDER / "ejabberd.yml").read_text())
        self._configuration.touch(0o600)
        self._configuration.write_text(template.substitute(self._where, listen=port))
        node = ["erl", "-noinput", "+K", "true", "+P", "250000", "-mnesia", "dir", f'"{self._folder / "spool"}"']
        begin = ["-ejabberd", "quiet", "true", "-s", "ejabberd", "-eval", 'io:put_chars("open\\n").']
        with process([*node, *begin], self._env, self._folder, self._log, "open") as pid:
            yield Running(self.name, port, pid)
            if failed := self._failed_inserts():
                raise Unable(f"{self.name} failed {len(failed)} times at its archive; the first: {failed[0][:500]}")

    def _failed_inserts(self) -> list[str]:
        lines = self._log.read_text(errors="replace").splitlines()
        return [line for line in lines if "[error]" in line and "@ejabberd_sql" in line]


def _libraries() -> Path:
    """Where Debian keeps the program; beside it Erlang finds the rest. Raises Unable."""
    found = sorted(LIBRARIES.glob("*/ejabberd-*/ebin/ejabberd.app"))
    driver = sorted(LIBRARIES.glob("erlang/lib/p1_pgsql-*"))
    if not found or not driver or not SCHEMA.exists() or shutil.which("erl") is None:
        raise Unable("It is not installed (Debian: apt-get install ejabberd erlang-p1-pgsql).")
    return found[0].parents[2]


def _database(house: House, tokens: Path) -> dict[str, str]:
    """A database with ejabberd's own tables and a user for everybody in `tokens`: the id is the name, the token the password."""
    owner = house.database(DATABASE)
    where = psycopg.conninfo.conninfo_to_dict(house.by_password(DATABASE))
    people = {pair[member]["id"]: pair[member]["token"] for pair in _pairs(tokens) for member in ("cast", "guest")}
    with psycopg.connect(owner) as connection:
        connection.execute(f'set role "{DATABASE}"')
        connection.execute(SCHEMA.read_bytes())
        with connection.cursor().copy("copy users (username, password) from stdin") as copy:
            for person in people.items():
                copy.write_row(person)
    return {name: str(value) for name, value in where.items()}


def _pairs(tokens: Path) -> Iterator[dict]:
    with tokens.open() as lines:
        yield from map(json.loads, lines)
