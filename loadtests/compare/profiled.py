"""Fuuro with a watch on its main thread: whose code it is in, two hundred times a second. The counts are written to the file of BENCH_PROFILE
when it ends. Waiting (and what the event loop does in C) is not counted."""

import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from server.__main__ import main

SECONDS = 0.005
OTHERS = ("psycopg", "psycopg_pool", "uvicorn", "websockets", "litestar", "msgspec", "jwt", "cryptography")


def owner(frame: FrameType | None) -> str | None:
    """The package of the innermost frame that is nobody's standard library; None where the loop waits."""
    while frame is not None:
        parts = Path(frame.f_code.co_filename).parts
        if "site-packages" in parts:
            package = parts[parts.index("site-packages") + 1]
            if package in OTHERS:
                return package
        elif "server" in parts and frame.f_code.co_name not in ("main", "serve", "_serve"):
            return ".".join(Path(*parts[parts.index("server") :]).with_suffix("").parts[:2])
        frame = frame.f_back
    return None


def watch(counts: Counter[str], thread: int) -> None:
    while True:
        time.sleep(SECONDS)
        if (found := owner(sys._current_frames().get(thread))) is not None:
            counts[found] += 1


if __name__ == "__main__":
    counts: Counter[str] = Counter()
    threading.Thread(target=watch, args=(counts, threading.get_ident()), daemon=True).start()
    try:
        main()
    finally:
        if "serve" in sys.argv:
            Path(os.environ["BENCH_PROFILE"]).write_text(json.dumps(counts))
