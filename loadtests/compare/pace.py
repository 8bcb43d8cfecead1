"""How fast the machine is while something is measured. The processors of a shared machine take twice as long for the same work from one
moment to the next; without this a bad hour looks like bad code.

Run as a module it is the runner: a process of its own, that goes over the same short track some times a second (half a per cent of a core)
and writes down how long each time took, until its stdin ends.
"""

import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from loadtests.compare.servers import ROOT

TRACK = 20_000
"""additions"""
QUIET_MS = 0.5
"""What they take of a processor of 2.8 GHz that nobody else uses."""
PAUSE_SECONDS = 0.4


class Lap(Struct, frozen=True):
    """`at` is monotonic time, s; `took` is processor time, s: waiting for a processor is not in it."""

    at: float
    took: float


@contextmanager
def running() -> Iterator[Callable[[], list[Lap]]]:
    """The runner, for as long as the block lasts; what it gives tells the laps so far."""
    command = [sys.executable, "-m", "loadtests.compare.pace"]
    with (
        tempfile.NamedTemporaryFile() as written,
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=written, start_new_session=True),
    ):

        def laps() -> list[Lap]:
            whole = Path(written.name).read_text().rpartition("\n")[0]
            return [Lap(*map(float, line.split())) for line in whole.splitlines()]

        yield laps


def lap_ms(laps: list[Lap], begun: float, ended: float) -> float | None:
    """How long those between two moments took, at the median. None: there were none."""
    between = [1000 * lap.took for lap in laps if begun <= lap.at <= ended]
    return statistics.median(between) if between else None


def _lap() -> float:
    begun, total = time.thread_time(), 0
    for number in range(TRACK):
        total += number
    return time.thread_time() - begun


def main() -> None:
    while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
        _lap()  # the caches are cold after the pause
        print(time.monotonic(), _lap(), flush=True)


if __name__ == "__main__":
    main()
