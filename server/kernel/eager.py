"""A coroutine that starts at once, as tasks of Python 3.12 can, in the task that makes it: its question is on the way before anything else is done."""

from collections.abc import Coroutine, Generator
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Eager(Generator[Any, Any, T]):
    """Runs `coroutine` up to its first wait; await it, once and in the same task, for the rest and for what it returns or raises. What it
    waits for first must not lean on the task it runs in, as asyncio's timeouts do."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._waits: Any = None
        self._end: BaseException | None = None
        try:
            self._waits = coroutine.send(None)
        except BaseException as end:
            self._end = end

    def __await__(self) -> Self:
        return self

    def send(self, value: Any) -> Any:
        if self._end is not None:
            raise self._end
        if self._waits is not None:
            waits, self._waits = self._waits, None
            return waits
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()
