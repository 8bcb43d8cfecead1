"""An embedded PostgreSQL in a folder of the test's own, what is written there, and other processes that hold it open."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.tools import guardian
from tests.tools.processes import ROOT, gone, postmaster

ROOTED = os.geteuid() == 0
HOLDER = """
import signal, sys
from pathlib import Path
from server.kernel.embedded import EmbeddedPostgres
embedded = EmbeddedPostgres(Path(sys.argv[1]))
print(embedded.start(), flush=True)
sys.stdin.read()
embedded.stop()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="fuuro-"))
    path.chmod(0o755)
    guardian.watch_cluster(path / "data")
    yield path
    with suppress(OSError, ValueError):
        os.kill(postmaster(path / "data"), signal.SIGQUIT)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def data(folder: Path) -> Path:
    return folder / "data"


def say(conninfo: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def write(conninfo: str) -> None:
    say(conninfo, "create table kept (word text)")
    say(conninfo, "insert into kept values ('封蝋')")


def kept(conninfo: str) -> list[tuple[object, ...]]:
    return say(conninfo, "select word from kept")


def hold(data: Path) -> "subprocess.Popen[str]":
    """Another process that starts or attaches, and stays until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def opened(holder: "subprocess.Popen[str]") -> str:
    assert holder.stdout is not None
    return holder.stdout.readline().strip()


def leave(holder: "subprocess.Popen[str]") -> None:
    assert holder.stdin is not None
    holder.stdin.close()
    assert holder.wait(60) == 0


def end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
