"""The snapshot of `session.open`: what it takes of the database, and what of a room it shows to whom."""

from datetime import timedelta
from uuid import uuid4

import pytest

from server.kernel.connection import Connection
from server.kernel.tokens import Pass
from server.kernel.work import Caller
from server.message import store as rooms
from server.message.store import Draft
from server.protocol import commands as c
from server.protocol.errors import Refusal
from server.protocol.results import SessionOpened
from tests.booking.stage import Evening, Stage

pytestmark = pytest.mark.anyio


async def opened(stage: Stage, by: Caller, command: c.OpenSession) -> SessionOpened:
    until = await stage.now() + timedelta(minutes=5)
    return (await stage.server.gateway.resume.open(Pass(by, until), command)).result


async def talk(stage: Stage, evening: Evening) -> None:
    for body in ("今夜は", "空いています"):
        async with stage.work() as work:
            await rooms.append(work.connection, [Draft(evening.room, evening.cast.account, uuid4(), "text", body)])


async def test_all_of_it_is_one_way_to_the_database(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    evening = await Evening.begin(stage)
    await talk(stage, evening)
    until, waited, wait = await stage.now() + timedelta(minutes=5), [], Connection.wait
    monkeypatch.setattr(Connection, "wait", lambda self, gen, *more: waited.append(self) or wait(self, gen, *more))
    command = c.OpenSession(token="", rooms={evening.room: 1})
    result = (await stage.server.gateway.resume.open(Pass(evening.guest, until), command)).result
    assert len(waited) == 1
    last = result.rooms[0].last
    assert last is not None
    assert (last.seq, last.body) == (2, "空いています")
    assert [e.seq for e in result.missed[evening.room].entries] == [2]


async def test_a_room_in_which_nothing_was_said_has_no_last_entry(stage: Stage) -> None:
    evening = await Evening.begin(stage)
    result = await opened(stage, evening.guest, c.OpenSession(token="", rooms={evening.room: 0}))
    assert [(card.room, card.head, card.last) for card in result.rooms] == [(evening.room, 0, None)]
    assert result.missed[evening.room].entries == []


async def test_a_stranger_s_cursor_brings_nothing(stage: Stage) -> None:
    evening, stranger = await Evening.begin(stage), await stage.account("guest", "涼")
    await talk(stage, evening)
    result = await opened(stage, stranger, c.OpenSession(token="", rooms={evening.room: 0, uuid4(): 0}))
    assert (result.rooms, result.missed) == ([], {})
    async with stage.work() as work:
        for who, seqs in {stranger: [], evening.guest: [1, 2], evening.cast: [1, 2]}.items():
            found = await rooms.since_each_as_member(work, who.account, {evening.room: 0}, 10)
            assert [e.seq for e in found[evening.room]] == seqs


async def test_after_a_refusal_the_connection_serves_the_next(stage: Stage) -> None:
    evening = await Evening.begin(stage)
    gone = Caller(evening.guest.account, "guest", uuid4())
    for _ in range(20):
        with pytest.raises(Refusal, match="unauthenticated"):
            await opened(stage, gone, c.OpenSession(token=""))
    assert [card.room for card in (await opened(stage, evening.guest, c.OpenSession(token=""))).rooms] == [evening.room]
    left = "select pid from pg_stat_activity where datname = current_database() and state like 'idle in %%' and pid <> pg_backend_pid()"
    assert await stage.rows(left) == []
