"""The servers that Fuuro is measured beside. Each commits every message to PostgreSQL before anybody sees it, on a database of its own in
the same cluster; none numbers or deduplicates, and none but ejabberd checks who speaks: they do less for a message than Fuuro does.

What a peer needs is fetched once, as its own pinned list says: into `node_modules`, or into a virtual environment under `.cache`."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from loadtests.compare.ejabberd_server import Ejabberd
from loadtests.compare.redis_server import redis
from loadtests.compare.servers import ROOT, House, Running, Server, Unable, free_port, process

HERE = Path(__file__).parent
PG = ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE")
CACHE = ROOT / ".cache" / "peers"
INSTALL_SECONDS = 300
UVICORN = ("--host", "127.0.0.1", "--loop", "uvloop", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false")


class SocketIO:
    """Socket.IO 4 on Node, with pg."""

    name = "Socket.IO + pg"
    dialect = "socketio"
    fresh = False

    def __init__(self, house: House, tokens: Path) -> None:
        self.tokens = tokens
        self._log = house.folder / "socketio.log"
        self._env = os.environ | _database(house, "bench_socketio") | {"NODE_ENV": "production"}
        _install_node(HERE / "socketio")

    @contextmanager
    def running(self) -> Iterator[Running]:
        port, folder = free_port(), HERE / "socketio"
        with process(["node", "server.js"], self._env | {"PORT": str(port)}, folder, self._log, "open") as pid:
            yield Running(self.name, port, pid)


class Python:
    """A Python server under uvicorn: `folder` has an `app.py` and, where it needs more than Fuuro does, a `requirements.txt`."""

    dialect = "plain"
    fresh = False

    def __init__(self, name: str, folder: str, house: House, tokens: Path, redis: bool = False) -> None:
        self.name, self.tokens, self._redis = name, tokens, redis
        self._folder = HERE / folder
        self._log = house.folder / f"{folder}.log"
        self._env = os.environ | _database(house, f"bench_{folder}") | {"PYTHONWARNINGS": "ignore"}
        wanted = self._folder / "requirements.txt"
        self._python = _install_python(folder, wanted) if wanted.exists() else sys.executable
        if redis and shutil.which("redis-server") is None:
            raise Unable(f"redis-server is not installed, and {name} needs it.")

    @contextmanager
    def running(self) -> Iterator[Running]:
        port = free_port()
        command = [self._python, str(HERE / "uvicorn_peer.py"), "app:app", "--port", str(port), *UVICORN]
        with ExitStack() as beside:
            env = self._env
            if self._redis:
                env = env | {"REDIS_URL": beside.enter_context(redis(self._log.parent))}
            pid = beside.enter_context(process(command, env, self._folder, self._log, "open"))
            yield Running(self.name, port, pid)


NAMES = ("socketio", "channels", "fastapi", "litestar", "ejabberd")


def chosen(names: str, house: House, tokens: Path) -> list[Server]:
    """Those of `names` that can run here; what is missing is said on stderr, and a wrong name raises Unable."""
    wanted = {"all": list(NAMES), "none": []}.get(names, names.split(","))
    if unknown := set(wanted) - set(NAMES):
        raise Unable(f"There is no peer {', '.join(sorted(unknown))}: choose of {', '.join(NAMES)}.")
    found: list[Server] = []
    for name in wanted:
        try:
            found.append(_make(name, house, tokens))
        except Unable as error:
            print(f"Left out: {name}. {error}")
    return found


def _make(name: str, house: House, tokens: Path) -> Server:
    if name == "socketio":
        return SocketIO(house, tokens)
    if name == "channels":
        return Python("Django Channels", "channels_peer", house, tokens, redis=True)
    if name == "fastapi":
        return Python("FastAPI + asyncpg", "fastapi_peer", house, tokens)
    if name == "ejabberd":
        return Ejabberd(house, tokens)
    return Python("Litestar + psycopg", "litestar_peer", house, tokens)


def _database(house: House, name: str) -> dict[str, str]:
    """The environment that leads to a new database with the table of lines in it."""
    conninfo = house.database(name)
    with psycopg.connect(conninfo) as connection:
        connection.execute((HERE / "socketio" / "schema.sql").read_bytes())
    where = psycopg.conninfo.conninfo_to_dict(conninfo)
    return {key: str(where[part]) for key, part in zip(PG, ("host", "port", "user", "dbname"), strict=True)}


def _install_node(folder: Path) -> None:
    """Fetches the packages if they are not there as stated. Raises Unable."""
    if missing := [program for program in ("node", "npm") if shutil.which(program) is None]:
        raise Unable(f"{' and '.join(missing)} {'are' if missing[1:] else 'is'} not installed.")
    wanted, stamp = (folder / "package.json").read_text(), folder / "node_modules" / ".installed.json"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    _run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"], folder)
    stamp.write_text(wanted)


def _install_python(name: str, requirements: Path) -> str:
    """The interpreter of a virtual environment with exactly those packages. Raises Unable."""
    folder = CACHE / f"{name}-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    if not (folder / ".installed").exists():
        _run([sys.executable, "-m", "venv", "--clear", str(folder)], ROOT)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        _run([*pip, "-r", str(requirements)], ROOT)
        (folder / ".installed").touch()
    return str(python)


def _run(command: list[str], folder: Path) -> None:
    print(f"Once: {' '.join(command[:4])} ...", file=sys.stderr)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unable(f"{command[0]} did not finish in {INSTALL_SECONDS} s.") from None
    if done.returncode:
        raise Unable(f"{command[0]} could not install it and said: {done.stderr.strip()[-500:]}")
