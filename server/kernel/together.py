"""What many ask the database at once, asked together: group commit for questions. Whoever comes while others are being asked for goes with the next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from server.kernel import failures
from server.protocol.errors import Refusal

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")
LONG_SECONDS = 0.25
"""s after which the next begin although others are still being asked for: PostgreSQL may be silent on one connection, and not on another."""
OF_ALL = (Refusal, *failures.GONE)
"""What is no fault of one of them: each would hear the same."""


class _Question(NamedTuple, Generic[Asked, Answered]):
    asked: Asked
    answer: "asyncio.Future[Answered]"


class Together(Generic[Asked, Answered]):
    """`ask_all` gets what up to `most` ask, in the order in which they came, and gives what each is answered."""

    def __init__(self, ask_all: Callable[[Sequence[Asked]], Awaitable[Sequence[Answered]]], most: int) -> None:
        self._ask_all = ask_all
        self._most = most
        self._waiting: deque[_Question[Asked, Answered]] = deque()
        self._under_way: list[_Question[Asked, Answered]] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, asked: Asked) -> Answered:
        """At once where nobody else is being asked for. Where `ask_all` fails because of one of several, that one alone hears of it."""
        mine = _Question[Asked, Answered](asked, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        self._go_on()
        return await mine.answer

    def _go_on(self) -> None:
        if self._under_way is not None or not self._waiting:
            return
        batch = self._under_way = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        task = asyncio.get_running_loop().create_task(self._carry_out(batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, batch: list[_Question[Asked, Answered]]) -> None:
        late = asyncio.get_running_loop().call_later(LONG_SECONDS, self._make_way, batch)
        try:
            await self._settle(batch)
        finally:
            late.cancel()
            self._make_way(batch)

    def _make_way(self, batch: list[_Question[Asked, Answered]]) -> None:
        if self._under_way is batch:
            self._under_way = None
            self._go_on()

    async def _settle(self, batch: Sequence[_Question[Asked, Answered]]) -> None:
        try:
            answers = await self._ask_all([one.asked for one in batch])
        except OF_ALL as error:
            self._fail(batch, error)
        except Exception as error:
            if len(batch) == 1:
                self._fail(batch, error)
            else:
                for one in batch:
                    await self._settle([one])
        else:
            for one, answer in zip(batch, answers, strict=True):
                if not one.answer.done():
                    one.answer.set_result(answer)

    def _fail(self, batch: Sequence[_Question[Asked, Answered]], error: Exception) -> None:
        for one in batch:
            if not one.answer.done():
                one.answer.set_exception(error)
