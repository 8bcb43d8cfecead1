"""A Redis of the measure's own, on a socket in its folder, that keeps nothing."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtests.compare.servers import ROOT, Unable, process


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Its address. Raises Unable where redis-server is not installed."""
    if shutil.which("redis-server") is None:
        raise Unable("redis-server is not installed (Debian: apt-get install redis-server).")
    path = folder / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", ""]
    with process(command, dict(os.environ), ROOT, folder / "redis.log", "eady to accept connections"):
        yield f"unix://{path}"
