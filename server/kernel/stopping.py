"""The end of a process: what SIGTERM and Ctrl-C mean in each phase of its life, and one budget of time for the whole stop."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

log = logging.getLogger("fuuro")
SECONDS = 4.5
"""s from the first signal to the end of the process, PostgreSQL of its own included; promised are 5."""


class Asked(SystemExit):
    """The process was asked to end while it was starting: raised wherever it then stood. Its exit code is a shell's: a
    command that was cut short has not succeeded. For a server, which is asked to end anyway, `serve` makes it 0."""


class ServingFailed(Exception):
    """A sentence; the reason is in the log."""


class Stop:
    """While starting, a signal raises Asked; while serving, it calls what `serving` was given; after that it changes nothing.
    `left` says what remains of the budget; when all is used up, `last` is called and the process ends on the spot."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.asked = False
        self.failed = False
        self.last: Callable[[], None] = lambda: None
        self._seconds = seconds
        self._deadline: float | None = None
        self._end: Callable[[], None] | None = None

    def listen(self) -> None:
        """From now on signals are ours, until the process is gone: the last steps must not be cut short. A terminal that is closed asks
        too (SIGHUP), unless whoever started us said that it should not matter (nohup)."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._signalled)

    def serving(self, end: Callable[[], None]) -> None:
        """The start is over: a signal calls `end`, once."""
        self._end = end
        if self.asked:
            end()

    def fail(self) -> None:
        """The process ends as if it had been asked to, but has not done its duty: whoever started it should start it again. What dies once it
        was asked is no failure."""
        if self.asked:
            return
        self.failed = True
        os.kill(os.getpid(), signal.SIGTERM)

    def begin(self) -> None:
        """The stop begins, unless it has: the clock runs, and no signal interrupts any more."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._seconds
            threading.Thread(target=self._watch, daemon=True, name="stop").start()

    def left(self, keep: float = 0.0) -> float:
        """s that may still be used where `keep` are to remain for what comes after; never below 0."""
        deadline = time.monotonic() + self._seconds if self._deadline is None else self._deadline
        return max(0.0, deadline - keep - time.monotonic())

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        first, self.asked = not self.asked and self._deadline is None, True
        self.begin()
        if not first:
            return
        if self._end is None:
            raise Asked(128 + number)
        self._end()

    def _watch(self) -> None:
        """What has not ended by itself is ended: whatever was acknowledged is in the database."""
        assert self._deadline is not None
        time.sleep(max(0.0, self._deadline - time.monotonic()))
        log.error("not everything ended within %s s: leaving it", self._seconds)
        try:
            self.last()
        finally:
            os._exit(0 if self.asked and not self.failed else 1)
