"""message.append writes by one way where all is new and allowed, and by another where something is not: what it says and writes is the same."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest

from server.message import store as rooms
from server.message.store import Draft, Written
from server.protocol import commands as c
from tests.booking.stage import Evening, Stage

pytestmark = pytest.mark.anyio
KEY = uuid4()
EVENT = 4_000_000


def said(evening: Evening, body: str = "ただいま", **more: int) -> Draft:
    return Draft(evening.room, evening.guest.account, KEY, "text", body, more=more or None)


CASES: dict[str, tuple[str, bool, Callable[[Evening], Draft]]] = {
    "fresh": ("f", False, lambda e: Draft(e.room, e.cast.account, uuid4(), "text", "おかえり")),
    "of the house": ("f", False, lambda e: Draft(e.room, None, None, "notice", event=EVENT + 1)),
    "a repetition": ("d", False, said),
    "a repetition, blocked": ("d", True, said),
    "a key with other words": ("k", False, lambda e: said(e, "さようなら")),
    "a key with more to it": ("k", False, lambda e: said(e, reply_to=1)),
    "an event once more": ("d", False, lambda e: Draft(e.room, None, None, "notice", event=EVENT)),
    "an event of another kind": ("k", False, lambda e: Draft(e.room, None, None, "seal", event=EVENT)),
    "a stranger": ("x", False, lambda e: Draft(e.room, uuid4(), KEY, "text", "…")),
    "no such room": ("x", False, lambda e: Draft(uuid4(), e.cast.account, uuid4(), "text", "…")),
    "blocked": ("b", True, lambda e: Draft(e.room, e.cast.account, uuid4(), "text", "…")),
    "the house, blocked": ("f", True, lambda e: Draft(e.room, None, None, "notice", event=EVENT + 1)),
    "a deletion, blocked": ("f", True, lambda e: Draft(e.room, e.guest.account, uuid4(), "delete", target=1)),
    "a reply": ("f", False, lambda e: Draft(e.room, e.cast.account, uuid4(), "text", "はい", more={"reply_to": 1})),
    "a reply to nothing": ("r", False, lambda e: Draft(e.room, e.cast.account, uuid4(), "text", "?", more={"reply_to": 9})),
    "a reply to an edit": ("r", False, lambda e: Draft(e.room, e.cast.account, uuid4(), "text", "?", more={"reply_to": 2})),
}  # fmt: skip


async def append(stage: Stage, *drafts: Draft) -> list[Written]:
    async with stage.work() as work:
        return await rooms.append(work.connection, drafts)


async def prepared(stage: Stage, blocked: bool) -> Evening:
    """A room with the words of KEY, an edit of them and the notice of EVENT."""
    evening = await Evening.begin(stage)
    await stage.rows("delete from message.entries where event >= %s", EVENT)
    for draft in (
        said(evening),
        Draft(evening.room, evening.guest.account, uuid4(), "edit", "ただいま！", target=1),
        Draft(evening.room, None, None, "notice", event=EVENT),
    ):
        assert [w.verdict for w in await append(stage, draft)] == ["f"]
    if blocked:
        await stage.run(evening.cast, c.AddBlock(account=evening.guest.account))
    return evening


async def left(stage: Stage, evening: Evening) -> list[tuple[object, ...]]:
    """The log, without what differs by chance; and where the head is."""
    entries = await stage.rows(
        "select seq, by is not null, kind, body, target, event, more from message.entries where room = %s order by seq",
        evening.room,
    )
    return [*entries, *await stage.rows("select head from message.rooms where id = %s", evening.room)]


@pytest.mark.parametrize("company", ["something new", "a repetition"])
@pytest.mark.parametrize("case", CASES)
async def test_whoever_comes_along_changes_nothing(stage: Stage, case: str, company: str) -> None:
    verdict, blocked, draft = CASES[case]
    evening = await prepared(stage, blocked)
    alone = await append(stage, draft(evening))
    assert [w.verdict for w in alone] == [verdict]
    log = await left(stage, evening)
    again = await prepared(stage, blocked)
    elsewhere = await Evening.begin(stage)
    mate = Draft(elsewhere.room, elsewhere.cast.account, uuid4(), "text", "…")
    if company == "a repetition":
        assert [w.verdict for w in await append(stage, mate)] == ["f"]
    among = await append(stage, draft(again), mate)
    assert [w.verdict for w in among] == [verdict, "f" if company == "something new" else "d"]
    assert among[0].seq == alone[0].seq
    assert among[1].seq == 1
    assert await left(stage, again) == log
    assert (await left(stage, elsewhere))[-1] == (1,)


async def test_several_of_several_rooms_are_numbered_in_the_order_they_came(stage: Stage) -> None:
    rooms = [await Evening.begin(stage) for _ in range(3)]
    order = [2, 0, 2, 1, 0, 2]
    drafts = [Draft(rooms[n].room, rooms[n].cast.account, uuid4(), "text", f"{i}") for i, n in enumerate(order)]
    written = await append(stage, *drafts)
    assert [w.seq for w in written] == [1, 1, 2, 1, 2, 3]
    again = await append(stage, *drafts, Draft(rooms[1].room, rooms[1].guest.account, uuid4(), "text", "と"))
    assert [w.verdict for w in again] == ["d"] * 6 + ["f"]
    assert [(w.seq, w.at) for w in again[:6]] == [(w.seq, w.at) for w in written]
    assert again[6].seq == 2
    for n, evening in enumerate(rooms):
        said = await stage.rows("select body from message.entries where room = %s order by seq", evening.room)
        assert [body for (body,) in said] == [f"{i}" for i, m in enumerate(order) if m == n] + ["と"] * (n == 1)


async def test_two_processes_that_write_into_the_same_rooms_at_once_both_write_all(stage: Stage) -> None:
    rooms = [await Evening.begin(stage) for _ in range(8)]

    async def write(evenings: list[Evening]) -> list[Written]:
        written = []
        for _ in range(20):
            drafts = [Draft(one.room, one.cast.account, uuid4(), "text", "同時") for one in evenings]
            written += await append(stage, *drafts)
        return written

    one, other = await asyncio.gather(write(rooms), write(rooms[::-1]))
    assert {w.verdict for w in one + other} == {"f"}
    for evening in rooms:
        log = await stage.rows("select seq, at from message.entries where room = %s order by seq", evening.room)
        assert [seq for seq, _ in log] == list(range(1, 41))
        assert [at for _, at in log] == sorted(at for _, at in log)
