"""A coroutine that starts before it is awaited: what it gives, raises and is told is as if it had not."""

import asyncio

import pytest

from server.kernel.eager import Eager

pytestmark = pytest.mark.anyio


async def after(bell: asyncio.Event, said: list[str]) -> str:
    said.append("begun")
    await bell.wait()
    said.append("rung")
    await asyncio.sleep(0)
    return "done"


async def test_it_runs_to_its_first_wait_at_once_and_to_its_end_when_awaited() -> None:
    bell, said = asyncio.Event(), list[str]()
    one = Eager(after(bell, said))
    assert said == ["begun"]
    bell.set()
    await asyncio.sleep(0)
    assert said == ["begun"]
    assert await one == "done"
    assert said == ["begun", "rung"]


async def test_it_waits_on_where_the_bell_rings_only_then() -> None:
    bell, said = asyncio.Event(), list[str]()
    one = Eager(after(bell, said))
    asyncio.get_running_loop().call_soon(bell.set)
    assert await one == "done"


async def test_what_never_waits_has_its_value_kept() -> None:
    async def at_once() -> int:
        return 7

    assert await Eager(at_once()) == 7


async def test_what_it_raises_before_its_first_wait_is_raised_where_it_is_awaited() -> None:
    async def failing() -> None:
        raise ValueError("no such room")

    one = Eager(failing())
    with pytest.raises(ValueError, match="no such room"):
        await one


async def test_a_cancellation_reaches_it() -> None:
    said: list[str] = []

    async def long() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            said.append("cancelled")
            await asyncio.sleep(0)
            said.append("cleaned up")
            raise

    async def waiting() -> None:
        await Eager(long())

    task = asyncio.create_task(waiting())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said == ["cancelled", "cleaned up"]
