"""Who goes first when there is more to do than hands. A guest whose finger is on the seal waits for nobody: what else is asked meanwhile begins later.
Without it all that comes at once is begun at once, and each takes as long as all of them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from server.kernel.database import POOL, WAIT_SECONDS
from server.protocol.errors import Refusal

Done = TypeVar("Done")
TOGETHER = 6
"""commands that a process carries out at once before others begin."""
OTHERS = 2
"""of those that do not go first, so many are carried out whatever goes first: they get on, too."""
LONG_SECONDS = 0.25
"""s after which a command counts no more: it waits for somebody's lock, and keeps nobody's processor busy."""
MOST = POOL - 4
"""of those that do not go first, however long they take: four connections are never theirs."""


class Turns:
    """One a process. What goes `first` begins at once; the others in the order in which they came."""

    def __init__(self) -> None:
        self._first = 0
        self._others = 0
        self._late = 0
        """of the others, so many that count no more."""
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def run(self, work: Callable[[], Awaitable[Done]], first: bool) -> Done:
        """What `work` comes to, in its turn. Raises `unavailable` where that does not come within WAIT_SECONDS."""
        if first:
            self._first += 1
        else:
            await self._turn()
        turn = _Turn(self, first)
        try:
            return await work()
        finally:
            turn.end()

    async def _turn(self) -> None:
        if self._free() and not self._waiting:
            self._others += 1
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await mine
        except BaseException as error:
            if mine.done() and not mine.cancelled():
                self.ended(first=False, late=False)
            if isinstance(error, TimeoutError):
                raise Refusal("unavailable", retry_after=1) from None
            raise

    def takes_long(self, first: bool) -> None:
        if first:
            self._first -= 1
        else:
            self._late += 1
        self._go_on()

    def ended(self, first: bool, late: bool) -> None:
        if not first:
            self._others -= 1
            self._late -= late
        elif not late:
            self._first -= 1
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and self._free():
            longest = self._waiting.popleft()
            if not longest.done():
                self._others += 1
                longest.set_result(None)

    def _free(self) -> bool:
        others = self._others - self._late
        return self._others < MOST and (others < OTHERS or others + self._first < TOGETHER)


class _Turn:
    """Of a command, until it ends. It may come to count no more before that."""

    __slots__ = ("_first", "_late", "_timer", "_turns")

    def __init__(self, turns: Turns, first: bool) -> None:
        self._turns, self._first, self._late = turns, first, False
        self._timer = asyncio.get_running_loop().call_later(LONG_SECONDS, self._takes_long)

    def _takes_long(self) -> None:
        self._late = True
        self._turns.takes_long(self._first)

    def end(self) -> None:
        self._timer.cancel()
        self._turns.ended(self._first, self._late)
