"""What a comparison runs on: one temporary PostgreSQL cluster, and the servers as processes of their own, on loopback.

Each is a context manager that ends what it started, by pid.
"""

import os
import secrets
import select
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql

from loadtests.compare.cluster import Cluster
from loadtests.compare.cpu import cpu_seconds
from server.kernel.embedded import EmbeddedFailed
from server.kernel.postmaster import PORT, Postmaster

ROOT = Path(__file__).resolve().parents[2]
DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")
START_SECONDS = 30.0
STOP_SECONDS = 10.0
"""s between asking a server to end and ending it; Fuuro promises 5."""
COMMAND_SECONDS = 120
FURNISH_SECONDS = 0.02
"""a cast; measured are 4 ms."""


class Unable(Exception):
    """A sentence that says why nothing can be measured."""


@dataclass(frozen=True)
class Running:
    """A server that answers on `port` of loopback; `pid` is its process."""

    name: str
    port: int
    pid: int
    opened_at: float = 0.0
    """when it said that it listens, s of the machine's clock."""

    def cpu_seconds(self) -> float:
        """Of the server's own process."""
        return cpu_seconds(self.pid)

    def resident_bytes(self) -> int:
        """Resident memory, of Linux's /proc/<pid>/statm (pages)."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class House:
    """A temporary folder with a PostgreSQL cluster in it, as durable as PostgreSQL comes."""

    def __init__(self, folder: Path, conninfo: str, address: str) -> None:
        self.folder = folder
        self._conninfo = conninfo
        self._address = address

    def database(self, name: str) -> str:
        """Makes the empty database `name` and gives its conninfo."""
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return psycopg.conninfo.make_conninfo(self._conninfo, dbname=name)

    def by_password(self, name: str) -> str:
        """The conninfo over TCP to the database `name`, with a new role of that name and its password. Raises Unable."""
        if not self._address:
            raise Unable(
                f"Another server has port {PORT} of every address, so the cluster listens on its unix socket alone."
            )
        role, password = sql.Identifier(name), secrets.token_hex(16)
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute(sql.SQL("create role {} login password {}").format(role, password))
            connection.execute(sql.SQL("alter database {} owner to {}").format(role, role))
        return psycopg.conninfo.make_conninfo(
            "", host=self._address, port=PORT, dbname=name, user=name, password=password
        )

    def durability(self) -> dict[str, str]:
        with psycopg.connect(self._conninfo) as connection:
            query = "select name, setting from pg_settings where name = any(%s)"
            return dict(connection.execute(query, [list(DURABILITY)]).fetchall())


@contextmanager
def house() -> Iterator[House]:
    """Raises Unable where the cluster does not start or is not durable."""
    with tempfile.TemporaryDirectory(prefix="fuuro-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        embedded = Cluster(folder / "cluster")
        try:
            try:
                made = House(folder, embedded.start(), embedded.address)
            except EmbeddedFailed as error:
                raise Unable(str(error)) from None
            if set(made.durability().values()) != {"on"}:
                raise Unable(f"The cluster is not durable, so its figures would say nothing: {made.durability()}.")
            yield made
        finally:
            embedded.stop()


def postmaster(folder: Path) -> int | None:
    """The process of the cluster in the house of this folder."""
    return Postmaster(folder / "cluster" / "postgres").pid


class Server(Protocol):
    """What a load can be put on. `dialect` is how it wants to be spoken to, `tokens` who speaks: what `server seed` wrote. A `fresh` one
    is started anew for each round."""

    name: str
    dialect: str
    tokens: Path
    fresh: bool

    def running(self) -> AbstractContextManager[Running]: ...


class Fuuro:
    """The server as operators run it, on a database of its own."""

    name = "Fuuro"
    dialect = "fuuro"
    fresh = False
    program = ("-m", "server")

    def __init__(self, house: House, database: str = "bench_fuuro") -> None:
        self._log = house.folder / f"{database}.log"
        self.tokens = house.folder / f"{database}.jsonl"
        self.conninfo = house.database(database)
        self._env = os.environ | {
            "DATABASE_URL": self.conninfo,
            "FUURO_HOST": "127.0.0.1",
            "FUURO_DATA": str(house.folder / f"{database}-data"),
            "FUURO_LIMITS": "1000000",
        }
        for name in ("REDIS_URL", "FUURO_ROLES", "FUURO_SECRET_KEY", "FUURO_ORIGINS", "FUURO_SMS_URL"):
            self._env.pop(name, None)
        self._command("migrate")

    def seed(self, pairs: int) -> None:
        """Fills `tokens`."""
        self._command("seed", "--pairs", str(pairs), "--tokens", str(self.tokens))

    @classmethod
    def without_durable_write(cls, house: House) -> "Fuuro":
        """The same but for PostgreSQL's part in a message; fresh for each round, since it counts from nothing."""
        one = cls(house, "bench_forgetful")
        one.name, one.fresh, one.program = (
            "Fuuro without the durable write",
            True,
            ("-m", "loadtests.compare.forgetful"),
        )
        return one

    @contextmanager
    def running(self, port: int | None = None, **env: str) -> Iterator[Running]:
        """On `port`, where it must be a certain one; `env` adds to the settings."""
        port = port or free_port()
        command = [sys.executable, *self.program, "serve"]
        with process(command, self._env | {"FUURO_PORT": str(port)} | env, ROOT, self._log, "Fuuro is open at") as pid:
            opened_at = time.time()
            _wait_ready(f"http://127.0.0.1:{port}/health/ready", self._log)
            yield Running(self.name, port, pid, opened_at)

    def audit(self) -> str:
        """What `python -m server audit` found, or why it could not look; empty where there is no difference."""
        command = [sys.executable, "-m", "server", "audit"]
        done = subprocess.run(
            command, cwd=ROOT, env=self._env, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS
        )
        return (done.stdout or done.stderr) if done.returncode else ""

    def furnish(self, casts: int) -> None:
        """The demo's house, with so many casts and without portraits."""
        self._command(
            "seed", "--demo", "--casts", str(casts), "--portraits", "0", seconds=casts * FURNISH_SECONDS + 120
        )

    def _command(self, *arguments: str, seconds: float = COMMAND_SECONDS) -> None:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "server", *arguments]
            try:
                done = subprocess.run(
                    command, cwd=ROOT, env=self._env, stdout=log, stderr=log, check=False, timeout=seconds
                )
            except subprocess.TimeoutExpired:
                raise Unable(f"`python -m server {arguments[0]}` did not end in {seconds:.0f} s.") from None
        if done.returncode:
            raise Unable(f"`python -m server {arguments[0]}` failed:\n{_end_of(self._log)}")


@contextmanager
def process(command: list[str], env: dict[str, str], cwd: Path, log: Path, sign: str) -> Iterator[int]:
    """Runs `command` until the block ends; the block begins when a line of its stdout contains `sign`."""
    with log.open("ab") as errors:
        child = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=errors)
    try:
        if not _says(child, sign):
            raise Unable(f"`{' '.join(command)}` did not start:\n{_end_of(log)}")
        yield child.pid
        if child.poll() is not None:
            raise Unable(f"`{' '.join(command)}` ended during the measurement:\n{_end_of(log)}")
    finally:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _says(child: "subprocess.Popen[bytes]", sign: str) -> bool:
    """Whether `sign` comes on its stdout before START_SECONDS have passed."""
    assert child.stdout is not None
    deadline, said = time.monotonic() + START_SECONDS, b""
    while select.select([child.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
        if not (more := os.read(child.stdout.fileno(), 4096)):
            return False
        said += more
        if sign.encode() in said:
            return True
    return False


def _wait_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise Unable(f"{url} does not say yes:\n{_end_of(log)}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
