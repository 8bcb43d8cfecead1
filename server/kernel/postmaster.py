"""Which PostgreSQL runs on a data directory, by its lock files and the system's list of processes. Promises: a number that another process
has now is not taken for a server, and no lock file is taken away while any process of a killed server still works on the data."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

PORT = 5432
"""Names the socket; nothing listens on the network."""


class Postmaster:
    """The main process of the server on `folder`, if there is one. Asked anew each time: it comes and goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "postmaster.pid"

    @property
    def pid(self) -> int | None:
        pid = _first_number(self._file)
        return pid if pid is not None and self.runs(pid) else None

    @property
    def sockets(self) -> Path | None:
        """The folder of its socket; None while it starts, or if it listens at another port than ours."""
        try:
            lines = self._file.read_text().split("\n")
        except (OSError, ValueError):
            return None
        return Path(lines[4]) if len(lines) > 5 and lines[3] == str(PORT) and lines[4].startswith("/") else None

    def runs(self, pid: int) -> bool:
        """Whether process `pid` is alive, no zombie, and works in the folder."""
        return _state(pid) is not None and _works_in(pid, self.folder)

    def signal(self, pid: int, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    def gone(self, pid: int, seconds: float) -> bool:
        """Waits until it has ended, so long at most."""
        deadline = time.monotonic() + seconds
        while self.runs(pid):
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.005)
        return True

    def clear(self, sockets: Path) -> bool:
        """Takes lock files away that would keep PostgreSQL from starting although no server is there: their number is a zombie's,
        another process has it now, or there is none because the server was killed between making the file and writing it. A number
        that nobody has is left to PostgreSQL, which checks more than that. False: a process of a killed server still works here; it
        ends by itself, soon."""
        if self.pid is not None:
            return True
        stale = [f for f in (self._file, sockets / f".s.PGSQL.{PORT}.lock") if _empty(f) or _taken(_first_number(f))]
        if stale and self._orphans():
            return False
        for file in stale:
            file.unlink(missing_ok=True)
        return True

    def _orphans(self) -> bool:
        return any(self.runs(int(entry.name)) for entry in Path("/proc").glob("[0-9]*"))


def _first_number(file: Path) -> int | None:
    try:
        return abs(int(file.read_text().split("\n", 1)[0]))
    except (OSError, ValueError):
        return None


def _empty(file: Path) -> bool:
    try:
        return file.stat().st_size == 0
    except OSError:
        return False


def _taken(pid: int | None) -> bool:
    """Whether the system knows a process of this number, be it dead and unburied."""
    try:
        os.kill(pid or 0, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return bool(pid)


def _state(pid: int) -> str | None:
    """`R`, `S`, …; None where there is no such process, or a zombie only."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return None
    except PermissionError:
        pass
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None if Path("/proc/self").exists() else "?"
    return None if state in "ZX" else state


def _works_in(pid: int, folder: Path) -> bool:
    if not Path("/proc/self").exists():
        return True
    try:
        return Path(f"/proc/{pid}/comm").read_text() == "postgres\n" and os.path.samefile(f"/proc/{pid}/cwd", folder)
    except OSError:
        return False
