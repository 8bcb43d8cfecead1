"""Who is let in when all come at once, after a restart above all: newcomers wait, in their order, until those before them have their snapshot.
Otherwise the handshakes of all would come before the first snapshot, and thousands would have theirs at the very end, or give up and begin anew."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from server.gateway.resume import TOGETHER

SIGNING_IN = 2 * TOGETHER
"""sockets that are being signed in while newcomers are let in: those who are asked for, and as many for the next time."""
A_TURN = 8
"""newcomers let in during one turn of the loop, so that those let in before can say who they are."""


class Admission:
    """One a process. A socket that says nothing takes nobody's place."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._signing_in = 0
        self._left = A_TURN

    async def turn(self) -> None:
        """Returns when a newcomer may come in; at once in quiet times."""
        if self._left and self._signing_in < SIGNING_IN and not self._waiting:
            self._come_in()
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        await mine

    @contextmanager
    def signing_in(self) -> Iterator[None]:
        """Around what a sign-in takes of the database."""
        self._signing_in += 1
        try:
            yield
        finally:
            self._signing_in -= 1
            self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._left and self._signing_in < SIGNING_IN:
            first = self._waiting.popleft()
            if not first.done():
                self._come_in()
                first.set_result(None)

    def _come_in(self) -> None:
        if self._left == A_TURN:
            asyncio.get_running_loop().call_soon(self._next_turn)
        self._left -= 1

    def _next_turn(self) -> None:
        self._left = A_TURN
        self._let_in()
