"""What a worker is woken for."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress


class Wake:
    """Consumers of events and kinds of job, by name, for whom something was committed. Never a promise: behind it stands a poll."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._rung = asyncio.Event()

    def ring(self, names: Iterable[str]) -> None:
        self._names.update(names)
        self._rung.set()

    async def heard(self, seconds: float | None = None) -> set[str]:
        """Those rung for since the last time; empty where nobody has rung for so many seconds, if any are named."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        self._rung.clear()
        names, self._names = self._names, set()
        return names
