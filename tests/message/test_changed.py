"""Rooms in which something was written lately: found by what is known of their pages, which costs the writing of them next to nothing."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from server.message import store as rooms
from server.message.store import Draft
from tests.booking.stage import Evening, Stage
from tests.conftest import Clock

pytestmark = pytest.mark.anyio
MANY = """insert into message.rooms (id, cast_id, guest_id, changed_at)
  select uuidv7(), uuidv7(), uuidv7(), kernel.moment() - interval '1 day' from generate_series(1, 2000) returning 1"""
SUMMARIZE = "select brin_summarize_new_values('message.rooms_changed'::regclass)"
ON_THEIR_PAGE = "select pg_stat_get_xact_tuples_updated(r), pg_stat_get_xact_tuples_hot_updated(r) from (select 'message.rooms'::regclass::oid as r) rooms"


async def changed(stage: Stage, seconds: float) -> set[UUID]:
    async with stage.work() as work:
        return {room.id for room in await rooms.heads_since(work, await work.moment() - timedelta(seconds=seconds))}


async def test_a_room_is_found_among_thousands_that_are_silent(stage: Stage, evening: Evening, clock: Clock) -> None:
    await stage.rows(MANY)
    await stage.rows(SUMMARIZE)
    await clock.shift(600)
    assert await changed(stage, 60) == set()
    async with stage.work() as work:
        await rooms.append(work.connection, [Draft(evening.room, evening.cast.account, uuid4(), "text", "こんばんは")])
    assert await changed(stage, 60) == {evening.room}
    await clock.shift(120)
    assert await changed(stage, 60) == set(), "a page that was busy once is not for ever"
    assert await changed(stage, 180) == {evening.room}


async def test_writing_in_a_room_leaves_it_on_its_page(stage: Stage, evening: Evening) -> None:
    """Otherwise each message would write all indexes of its room."""
    async with stage.work() as work:
        for number in range(3):
            draft = Draft(evening.room, evening.cast.account, uuid4(), "text", f"{number}")
            await rooms.append(work.connection, [draft])
        updated, in_place = await (await work.connection.execute(ON_THEIR_PAGE.encode())).fetchone()  # type: ignore[misc]
    assert (updated, in_place) == (3, 3)
