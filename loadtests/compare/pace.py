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
from types import TracebackType
from typing import IO, Self

from msgspec import Struct

from loadtests.compare.servers import ROOT

TRACK = 20_000
"""additions: half a millisecond of a processor of 2.8 GHz."""
PAUSE_SECONDS = 0.4


class Lap(Struct, frozen=True):
    """`at` is monotonic time, s; `took` is processor time, s: waiting for a processor is not in it."""

    at: float
    took: float


class Pace:
    """The runner, for as long as the block lasts."""

    def __init__(self) -> None:
        self._written: IO[str] = tempfile.TemporaryFile("w+")

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "loadtests.compare.pace"]
        self._runner = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=self._written, start_new_session=True
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        assert self._runner.stdin is not None
        self._runner.stdin.close()
        self._runner.wait()
        self._written.close()

    def laps(self) -> list[Lap]:
        """Of all the time since the block began. What is being written just now is not among them."""
        self._written.seek(0)
        whole = self._written.read().rpartition("\n")[0]
        return [Lap(*map(float, line.split())) for line in whole.splitlines()]


def slowness(laps: list[Lap], begun: float, ended: float) -> float | None:
    """How many times as long as the fastest of `laps` took those between two moments, at the median. None: there were none."""
    between = [lap.took for lap in laps if begun <= lap.at <= ended]
    return statistics.median(between) / min(lap.took for lap in laps) if between else None


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
