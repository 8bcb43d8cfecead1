"""The snapshot of `session.open`: what it takes of the database, and what of a room it shows to whom."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from server.kernel.connection import Connection
from server.kernel.tokens import Pass
from server.kernel.work import Caller
from server.message import reads
from server.message import store as rooms
from server.message.store import Draft
from server.protocol import commands as c
from server.protocol import limits
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


async def test_those_who_come_meanwhile_are_asked_for_together_and_each_is_shown_their_own(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    evenings = [await Evening.begin(stage) for _ in range(3)]
    for evening in evenings[1:]:
        await talk(stage, evening)
    ended = Caller(evenings[0].guest.account, "guest", uuid4())
    everybody = [evenings[0].cast, evenings[1].guest, ended, evenings[2].cast]
    cursors = [{evening.room: 1} for evening in (evenings[0], evenings[1], evenings[0], evenings[2])]
    waited, wait = [], Connection.wait
    monkeypatch.setattr(Connection, "wait", lambda self, gen, *more: waited.append(self) or wait(self, gen, *more))
    until = await stage.now() + timedelta(minutes=5)
    waited.clear()
    opening = [
        stage.server.gateway.resume.open(Pass(who, until), c.OpenSession(token="", rooms=rooms))
        for who, rooms in zip(everybody, cursors, strict=True)
    ]
    found = await asyncio.gather(*opening, return_exceptions=True)
    assert len(waited) == 2, "the first alone, then all others"
    said: list[Any] = []
    for who, one in zip(everybody, found, strict=True):
        if isinstance(one, Refusal):
            said.append(one.code)
            continue
        assert not isinstance(one, BaseException)
        ((room, missed),) = one.result.missed.items()
        assert (one.result.account.id, one.result.rooms[0].room) == (who.account, room)
        said.append((room, [entry.seq for entry in missed.entries], missed.reset))
    first, second, third = (evening.room for evening in evenings)
    assert said == [(first, [], True), (second, [2], False), "unauthenticated", (third, [2], False)]


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
            found = await rooms.since_each_as_member(work, who.account, {evening.room: 0}, 10, 1_000)
            assert [e.seq for e in found[evening.room]] == seqs


async def test_once_enough_was_missed_further_rooms_are_the_client_s_to_ask_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, quiet, last = [await Evening.begin(stage) for _ in range(3)]
    rooms_of_one = {evening.room: 0 for evening in (first, last, quiet)}
    for evening in (quiet, last):
        query = "update message.rooms set guest_id = %s where id = %s returning id"
        await stage.rows(query, first.guest.account, evening.room)
    for evening in (first, last):
        await talk(stage, evening)
    monkeypatch.setattr(limits, "MISSED_BYTES", 1)
    missed = (await opened(stage, first.guest, c.OpenSession(token="", rooms=rooms_of_one))).missed
    said = [([e.seq for e in missed[room].entries], missed[room].more, missed[room].reset) for room in rooms_of_one]
    assert said == [([1, 2], False, False), ([], True, False), ([], False, False)]
    rest = await stage.run(first.guest, c.RoomSince(room=last.room, after=0))
    assert ([e["seq"] for e in rest["entries"]], rest["more"]) == ([1, 2], False)


async def test_what_was_missed_is_not_read_further_than_a_snapshot_can_show(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening = await Evening.begin(stage)
    await talk(stage, evening)
    monkeypatch.setattr(reads, "READ_BYTES", 1)
    missed = (await opened(stage, evening.guest, c.OpenSession(token="", rooms={evening.room: 0}))).missed[evening.room]
    assert (missed.entries, missed.more, missed.reset) == ([], True, False)
    missed = (await opened(stage, evening.guest, c.OpenSession(token="", rooms={evening.room: 2}))).missed[evening.room]
    assert (missed.entries, missed.more) == ([], False)


async def test_a_page_of_history_ends_where_its_bytes_do_and_the_next_goes_on(stage: Stage) -> None:
    evening, body = await Evening.begin(stage), "あ" * limits.BODY_CHARACTERS
    async with stage.work() as work:
        drafts = [Draft(evening.room, evening.cast.account, uuid4(), "text", body) for _ in range(30)]
        await rooms.append(work.connection, drafts)
    newest = await stage.run(evening.guest, c.RoomHistory(room=evening.room))
    first = newest["entries"][0]["seq"]
    assert len(msgspec.json.encode(newest["entries"])) <= limits.PAGE_BYTES
    assert (first > 1, newest["entries"][-1]["seq"], newest["more"]) == (True, 30, True)
    older = await stage.run(evening.guest, c.RoomHistory(room=evening.room, before=first))
    assert ([e["seq"] for e in older["entries"]], older["more"]) == (list(range(1, first)), False)


async def test_after_a_refusal_the_connection_serves_the_next(stage: Stage) -> None:
    evening = await Evening.begin(stage)
    gone = Caller(evening.guest.account, "guest", uuid4())
    for _ in range(20):
        with pytest.raises(Refusal, match="unauthenticated"):
            await opened(stage, gone, c.OpenSession(token=""))
    assert [card.room for card in (await opened(stage, evening.guest, c.OpenSession(token=""))).rooms] == [evening.room]
    left = "select pid from pg_stat_activity where datname = current_database() and state like 'idle in %%' and pid <> pg_backend_pid()"
    assert await stage.rows(left) == []
