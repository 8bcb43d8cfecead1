"""What runs in this machine, as tests ask for it."""

import os
import pwd
import select
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def postmaster(data: Path) -> int:
    """The number of the main process of the embedded PostgreSQL, as its own file has it."""
    return int((data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def gone(pid: int, seconds: float = 20.0) -> bool:
    """Waits for its end. For what only the system can signal."""
    deadline = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        select.select([], [], [], 0.005)
    return True


def appears(path: Path, seconds: float = 20.0) -> bool:
    """Waits for a file."""
    deadline = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > deadline:
            return False
        select.select([], [], [], 0.005)
    return True


def names(data: Path) -> list[int]:
    """Processes that have anything to do with `data`: in their command line, their folder or their environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        if pid == os.getpid() or not alive(pid):
            continue
        try:
            about = [(entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()]
            about.append(os.fsencode(os.readlink(entry / "cwd")))
        except OSError:
            continue
        if any(os.fsencode(data) in text for text in about):
            found.append(pid)
    return found


def python(code: str, *arguments: str, user: str | None = None) -> subprocess.CompletedProcess[str]:
    """A Python of its own that runs `code` to its end. As `user` it becomes that user after its imports: the interpreter itself may
    lie where only we can go."""
    who = None if user is None else pwd.getpwnam(user)
    become = (
        "import os, sys, psycopg, encodings.idna\n"
        "from pathlib import Path\n"
        "from server.kernel.embedded import EmbeddedPostgres\n"
        f"os.chdir('/'); os.setgroups([]); os.setgid({who.pw_gid}); os.setuid({who.pw_uid})\n"
        if who is not None
        else ""
    )
    return subprocess.run(
        [sys.executable, "-c", become + code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
