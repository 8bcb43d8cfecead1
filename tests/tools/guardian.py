"""Ends what a killed test run would leave behind: servers and PostgreSQLs. A small process of its own reads from us what to watch; when we are
gone, however we went, the pipe ends, and it cleans up."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_guardians: dict[int, "subprocess.Popen[str]"] = {}


def watch_process(pid: int) -> None:
    """It is asked to end, and made to, once this process is gone."""
    _say(f"process {pid} {_born(pid)}")


def watch_cluster(data: Path) -> None:
    """The PostgreSQL of this FUURO_DATA is ended, and the folder removed, once this process is gone without having removed it."""
    _say(f"cluster {data}")


def _say(line: str) -> None:
    guardian = _guardians.get(os.getpid())
    if guardian is None:
        arguments = [sys.executable, "-S", __file__]
        guardian = subprocess.Popen(arguments, stdin=subprocess.PIPE, text=True, start_new_session=True, cwd="/")
        _guardians[os.getpid()] = guardian
    assert guardian.stdin is not None
    guardian.stdin.write(line + "\n")
    guardian.stdin.flush()


def _born(pid: int) -> str:
    """When a process began, in the system's ticks: a number that was given again belongs to another one."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return "never"


def _guard() -> None:
    lines = [line.split(maxsplit=1) for line in sys.stdin.read().splitlines()]
    processes = [rest.split() for kind, rest in lines if kind == "process"]
    alive = [int(pid) for pid, born in processes if _born(int(pid)) == born]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in alive:
            _signal(pid, number)
        deadline = time.monotonic() + 6
        while any(_born(pid) != "never" for pid in alive) and time.monotonic() < deadline:
            time.sleep(0.05)
    for data in [Path(rest) for kind, rest in lines if kind == "cluster"]:
        try:
            pid = int((data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            pass
        else:
            if Path(f"/proc/{pid}/comm").exists() and Path(f"/proc/{pid}/comm").read_text() == "postgres\n":
                _signal(pid, signal.SIGQUIT)
                deadline = time.monotonic() + 6
                while _born(pid) != "never" and time.monotonic() < deadline:
                    time.sleep(0.05)
        shutil.rmtree(data, ignore_errors=True)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    _guard()
