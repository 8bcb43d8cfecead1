"""Who goes first: what is urgent at once, the others a few at a time and in order, and nobody is forgotten."""

import asyncio

import pytest

from server.kernel import turns
from server.kernel.turns import MOST, OTHERS, TOGETHER, Turns
from server.protocol.errors import Refusal

pytestmark = pytest.mark.anyio


class Deeds:
    """Commands under way, each until it is told to end."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.begun: list[str] = []
        self.tasks: dict[str, asyncio.Task[str]] = {}
        self._ends: dict[str, asyncio.Event] = {}

    async def ask(self, *names: str, first: bool = False) -> None:
        for name in names:
            end = self._ends[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self.turns.run(lambda n=name, e=end: self._do(n, e), first))  # type: ignore[misc]
        await settled()

    async def _do(self, name: str, end: asyncio.Event) -> str:
        self.begun.append(name)
        await end.wait()
        return name

    async def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()
            assert await self.tasks[name] == name
        await settled()


async def settled() -> None:
    """Whatever can go on without anybody else has."""
    for _ in range(5):
        await asyncio.sleep(0)


def named(count: int) -> list[str]:
    return [f"{n}" for n in range(count)]


async def test_so_many_begin_at_once_and_the_others_in_order() -> None:
    deeds, names = Deeds(), named(TOGETHER + 3)
    await deeds.ask(*names)
    assert deeds.begun == names[:TOGETHER]
    await deeds.end(names[4])
    assert deeds.begun == names[: TOGETHER + 1]
    await deeds.end(names[0], names[1])
    assert deeds.begun == names


async def test_what_is_urgent_begins_at_once_and_the_others_make_room_for_it() -> None:
    deeds, names, pledges = Deeds(), named(TOGETHER + 2), [f"pledge {n}" for n in range(2 * TOGETHER)]
    await deeds.ask(*names)
    await deeds.ask(*pledges, first=True)
    assert deeds.begun == names[:TOGETHER] + pledges
    await deeds.end(*names[: TOGETHER - OTHERS])
    assert deeds.begun == names[:TOGETHER] + pledges
    await deeds.end(names[TOGETHER - 1])
    assert deeds.begun[len(names[:TOGETHER] + pledges) :] == [names[TOGETHER]]
    await deeds.end(*pledges)
    assert deeds.begun[-1] == names[-1]


async def test_what_takes_long_keeps_nobody_up_but_leaves_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONG_SECONDS", 0.0)
    deeds, names = Deeds(), named(MOST + 1)
    await deeds.ask("pledge", first=True)
    await deeds.ask(*names)
    while len(deeds.begun) <= MOST:
        await settled()
    assert deeds.begun == ["pledge", *names[:MOST]]
    await deeds.end(names[0])
    assert deeds.begun == ["pledge", *names]
    monkeypatch.undo()
    await deeds.end("pledge", *names[1:])
    again = [f"again {n}" for n in range(TOGETHER + 1)]
    await deeds.ask(*again)
    assert deeds.begun[len(names) + 1 :] == again[:TOGETHER]


async def test_whose_turn_does_not_come_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.0)
    deeds, names = Deeds(), named(TOGETHER)
    await deeds.ask(*names)
    await deeds.ask("late")
    with pytest.raises(Refusal, match="unavailable"):
        await deeds.tasks["late"]
    monkeypatch.undo()
    await deeds.ask("next")
    await deeds.end(names[0])
    assert deeds.begun == [*names, "next"]


async def test_who_gives_up_takes_nobodys_turn() -> None:
    deeds, names = Deeds(), named(TOGETHER)
    await deeds.ask(*names)
    await deeds.ask("gone", "gone as its turn came", "next")
    deeds.tasks["gone"].cancel()
    await settled()
    deeds._ends[names[0]].set()
    while not deeds.tasks[names[0]].done():
        await asyncio.sleep(0)
    deeds.tasks["gone as its turn came"].cancel()
    await settled()
    assert deeds.begun == [*names, "next"]


async def test_what_fails_ends_its_turn() -> None:
    async def fails() -> None:
        raise Refusal("too_late")

    deeds = Deeds()
    for _ in range(TOGETHER + 1):
        with pytest.raises(Refusal, match="too_late"):
            await deeds.turns.run(fails, first=False)
    await deeds.ask(*named(TOGETHER))
    assert len(deeds.begun) == TOGETHER
