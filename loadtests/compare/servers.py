"""What a comparison runs on: one temporary PostgreSQL cluster, and the servers as processes of their own, on loopback.

Each is a context manager that ends what it started, by pid.
"""

import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from server.kernel.embedded import EmbeddedFailed, EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
SOCKETIO = Path(__file__).with_name("socketio")
DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")
START_SECONDS = 30.0
STOP_SECONDS = 10.0
"""s between asking a server to end and ending it; Fuuro promises 5."""
INSTALL_SECONDS = 300
COMMAND_SECONDS = 120


class Unable(Exception):
    """A sentence that says why nothing can be measured."""


@dataclass(frozen=True)
class Running:
    """A server that answers on `port` of loopback; `pid` is its process."""

    name: str
    port: int
    pid: int

    def resident_bytes(self) -> int:
        """Resident memory, of Linux's /proc/<pid>/statm (pages)."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class House:
    """A temporary folder with a PostgreSQL cluster in it, as durable as PostgreSQL comes."""

    def __init__(self, folder: Path, conninfo: str) -> None:
        self.folder = folder
        self._conninfo = conninfo

    def database(self, name: str) -> str:
        """Makes the empty database `name` and gives its conninfo."""
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return psycopg.conninfo.make_conninfo(self._conninfo, dbname=name)

    def durability(self) -> dict[str, str]:
        with psycopg.connect(self._conninfo) as connection:
            query = "select name, setting from pg_settings where name = any(%s)"
            return dict(connection.execute(query, [list(DURABILITY)]).fetchall())


@contextmanager
def house() -> Iterator[House]:
    """Raises Unable where the cluster does not start or is not durable."""
    with tempfile.TemporaryDirectory(prefix="fuuro-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        embedded = EmbeddedPostgres(folder / "cluster")
        try:
            try:
                made = House(folder, embedded.start())
            except EmbeddedFailed as error:
                raise Unable(str(error)) from None
            if set(made.durability().values()) != {"on"}:
                raise Unable(f"The cluster is not durable, so its figures would say nothing: {made.durability()}.")
            yield made
        finally:
            embedded.stop()


class Fuuro:
    """The server as operators run it, on a database of its own."""

    name = "Fuuro"
    dialect = "fuuro"

    def __init__(self, house: House) -> None:
        self._log = house.folder / "fuuro.log"
        self.conninfo = house.database("bench_fuuro")
        self._env = os.environ | {
            "DATABASE_URL": self.conninfo,
            "FUURO_HOST": "127.0.0.1",
            "FUURO_DATA": str(house.folder / "data"),
            "FUURO_LIMITS": "1000000",
        }
        for name in ("REDIS_URL", "FUURO_ROLES", "FUURO_SECRET_KEY", "FUURO_ORIGINS", "FUURO_SMS_URL"):
            self._env.pop(name, None)
        self._command("migrate")

    def seed(self, pairs: int, tokens: Path) -> None:
        self._command("seed", "--pairs", str(pairs), "--tokens", str(tokens))

    @contextmanager
    def running(self) -> Iterator[Running]:
        port = _free_port()
        command = [sys.executable, "-m", "server", "serve"]
        with _process(command, self._env | {"FUURO_PORT": str(port)}, ROOT, self._log, "Fuuro is open at") as pid:
            _wait_ready(f"http://127.0.0.1:{port}/health/ready", self._log)
            yield Running(self.name, port, pid)

    def audit(self) -> str:
        """What `python -m server audit` found, or why it could not look; empty where there is no difference."""
        command = [sys.executable, "-m", "server", "audit"]
        done = subprocess.run(
            command, cwd=ROOT, env=self._env, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS
        )
        return (done.stdout or done.stderr) if done.returncode else ""

    def _command(self, *arguments: str) -> None:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "server", *arguments]
            try:
                done = subprocess.run(
                    command, cwd=ROOT, env=self._env, stdout=log, stderr=log, check=False, timeout=COMMAND_SECONDS
                )
            except subprocess.TimeoutExpired:
                raise Unable(f"`python -m server {arguments[0]}` did not end in {COMMAND_SECONDS} s.") from None
        if done.returncode:
            raise Unable(f"`python -m server {arguments[0]}` failed:\n{_end_of(self._log)}")


class SocketIO:
    """Socket.IO 4 on Node, with pg, on a database of its own in the same cluster."""

    name = "Socket.IO + pg"
    dialect = "socketio"

    def __init__(self, house: House) -> None:
        self._log = house.folder / "socketio.log"
        conninfo = house.database("bench_socketio")
        with psycopg.connect(conninfo) as connection:
            connection.execute((SOCKETIO / "schema.sql").read_bytes())
        where = psycopg.conninfo.conninfo_to_dict(conninfo)
        names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "dbname"}
        self._env = os.environ | {name: str(where[key]) for name, key in names.items()} | {"NODE_ENV": "production"}

    @contextmanager
    def running(self) -> Iterator[Running]:
        port = _free_port()
        with _process(["node", "server.js"], self._env | {"PORT": str(port)}, SOCKETIO, self._log, "open") as pid:
            yield Running(self.name, port, pid)


def install_socketio() -> str | None:
    """Fetches the packages if they are not there as stated; a sentence says why that cannot be done, None that it is."""
    if missing := [program for program in ("node", "npm") if shutil.which(program) is None]:
        return f"{' and '.join(missing)} {'are' if missing[1:] else 'is'} not installed, so Socket.IO + pg cannot run: Fuuro alone is measured."
    wanted = (SOCKETIO / "package.json").read_text()
    stamp = SOCKETIO / "node_modules" / ".installed.json"
    if stamp.exists() and stamp.read_text() == wanted:
        return None
    print("Installing Socket.IO and pg (once) ...", file=sys.stderr)
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            command, cwd=SOCKETIO, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"npm did not finish in {INSTALL_SECONDS} s, so Socket.IO + pg cannot run: Fuuro alone is measured."
    if done.returncode:
        return (
            f"npm could not install Socket.IO + pg, so Fuuro alone is measured. It said: {done.stderr.strip()[-500:]}"
        )
    stamp.write_text(wanted)
    return None


@contextmanager
def _process(command: list[str], env: dict[str, str], cwd: Path, log: Path, sign: str) -> Iterator[int]:
    """Runs `command` until the block ends; the block begins when a line of its stdout contains `sign`."""
    with log.open("ab") as errors:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
        if not ready or sign not in process.stdout.readline():
            raise Unable(f"`{' '.join(command)}` did not start:\n{_end_of(log)}")
        yield process.pid
        if process.poll() is not None:
            raise Unable(f"`{' '.join(command)}` ended during the measurement:\n{_end_of(log)}")
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise Unable(f"{url} does not say yes:\n{_end_of(log)}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
