"""message.append writes one entry by other statements than several: what it says and writes is the same."""

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


@pytest.mark.parametrize("case", CASES)
async def test_one_alone_is_written_and_refused_as_in_company(stage: Stage, case: str) -> None:
    verdict, blocked, draft = CASES[case]
    evening = await prepared(stage, blocked)
    alone = await append(stage, draft(evening))
    assert [w.verdict for w in alone] == [verdict]
    log = await left(stage, evening)
    again = await prepared(stage, blocked)
    elsewhere = await Evening.begin(stage)
    company = Draft(elsewhere.room, elsewhere.cast.account, uuid4(), "text", "…")
    among = await append(stage, draft(again), company)
    assert [w.verdict for w in among] == [verdict, "f"]
    assert [w.seq for w in among[:1]] == [w.seq for w in alone]
    assert await left(stage, again) == log
