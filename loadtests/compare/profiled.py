"""Fuuro under a sampling profiler: whose code it is in, at every five milliseconds of processor time that it uses. When it ends, its counts are
added to those in the file of BENCH_PROFILE. What C does is counted for whoever called it."""

import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

from server.__main__ import main

SECONDS = 0.005
OTHERS = ("psycopg", "psycopg_pool", "uvicorn", "websockets", "litestar", "jwt", "cryptography")
STARTING = ("main", "serve", "_serve")
counts: Counter[str] = Counter()


def owner(frame: FrameType | None) -> str:
    """The package of the innermost frame that is not the standard library's."""
    while frame is not None:
        parts = Path(frame.f_code.co_filename).parts
        if "site-packages" in parts:
            package = parts[parts.index("site-packages") + 1]
            if package in OTHERS:
                return package
        elif "server" in parts and frame.f_code.co_name not in STARTING:
            return ".".join(Path(*parts[parts.index("server") :]).with_suffix("").parts[:2])
        frame = frame.f_back
    return "event loop"


def count(_: int, frame: FrameType | None) -> None:
    counts[owner(frame)] += 1


if __name__ == "__main__":
    if "serve" in sys.argv:
        signal.signal(signal.SIGPROF, count)
        signal.setitimer(signal.ITIMER_PROF, SECONDS, SECONDS)
    try:
        main()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if "serve" in sys.argv:
            written = Path(os.environ["BENCH_PROFILE"])
            counts.update(json.loads(written.read_text()) if written.exists() else {})
            written.write_text(json.dumps(counts))
