"""What many ask at once, asked together: alone at once, a crowd by lots and in its order, and nobody for what is another's fault."""

import asyncio
from collections.abc import Sequence

import psycopg
import pytest

from server.kernel import together
from server.kernel.together import Together
from server.protocol.errors import Refusal

pytestmark = pytest.mark.anyio
MOST = 4


class Oracle:
    """Answers a lot once it may; in those that `fail` names it fails whole."""

    def __init__(self) -> None:
        self.lots: list[list[str]] = []
        self.fail: dict[str, Exception] = {}
        self.together = Together(self._answer, MOST)
        self._may = asyncio.Semaphore(0)

    def ask(self, *words: str) -> list[asyncio.Task[str]]:
        return [asyncio.create_task(self.together.ask(word)) for word in words]

    def may_answer(self, lots: int = 1) -> None:
        for _ in range(lots):
            self._may.release()

    async def _answer(self, words: Sequence[str]) -> list[str]:
        self.lots.append(list(words))
        await asyncio.wait_for(self._may.acquire(), 5)
        for word in words:
            if word in self.fail:
                raise self.fail[word]
        return [word.upper() for word in words]


async def settled() -> None:
    """Whatever can go on without anybody else has."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_is_alone_is_asked_for_at_once_and_those_who_come_meanwhile_go_together() -> None:
    oracle = Oracle()
    (first,) = oracle.ask("a")
    await settled()
    rest = oracle.ask(*"bcdefg")
    await settled()
    assert oracle.lots == [["a"]]
    oracle.may_answer(3)
    assert await asyncio.gather(first, *rest) == list("ABCDEFG")
    assert oracle.lots == [["a"], ["b", "c", "d", "e"], ["f", "g"]]


async def test_of_a_lot_that_fails_only_the_one_at_fault_hears_of_it() -> None:
    oracle = Oracle()
    oracle.fail["c"] = psycopg.errors.DataError("unreadable")
    oracle.ask("a")
    await settled()
    b, c, d = oracle.ask(*"bcd")
    oracle.may_answer(9)
    with pytest.raises(psycopg.errors.DataError):
        await c
    assert (await b, await d) == ("B", "D")
    assert oracle.lots == [["a"], ["b", "c", "d"], ["b"], ["c"], ["d"]]
    (after,) = oracle.ask("e")
    assert await after == "E"


@pytest.mark.parametrize("error", [psycopg.OperationalError("gone"), Refusal("unavailable", retry_after=1)])
async def test_what_is_nobody_s_fault_all_hear_at_once(error: Exception) -> None:
    oracle = Oracle()
    oracle.fail["b"] = error
    (first,) = oracle.ask("a")
    await settled()
    rest = oracle.ask(*"bc")
    oracle.may_answer(2)
    assert await first == "A"
    assert await asyncio.gather(*rest, return_exceptions=True) == [error, error]
    assert oracle.lots == [["a"], ["b", "c"]]


async def test_what_takes_long_keeps_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "LONG_SECONDS", 0.0)
    oracle = Oracle()
    (first,) = oracle.ask("a")
    (second,) = oracle.ask("b")
    async with asyncio.timeout(10):
        while len(oracle.lots) < 2:
            await asyncio.sleep(0)
    assert (oracle.lots, first.done()) == ([["a"], ["b"]], False)
    oracle.may_answer(2)
    assert (await first, await second) == ("A", "B")


async def test_who_gave_up_is_missed_by_nobody() -> None:
    oracle = Oracle()
    (first,) = oracle.ask("a")
    await settled()
    gone, stays = oracle.ask(*"bc")
    await settled()
    for leaving in (first, gone):
        leaving.cancel()
    oracle.may_answer(2)
    assert await asyncio.wait_for(stays, 10) == "C"
    assert (first.cancelled(), gone.cancelled()) == (True, True)
