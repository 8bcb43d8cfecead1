"""Words in one's own rooms: found as they read now, by one letter or many, with the index and without."""

import unicodedata
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.kernel.work import Caller, Work
from server.message import index_at_leisure, index_words, search
from server.protocol import commands as c
from server.protocol.errors import Refusal
from server.web.paging import cursor_of
from tests.booking.stage import Evening, Stage
from tests.conftest import Clock
from tests.flow.conftest import Pair

pytestmark = pytest.mark.anyio


async def say(stage: Stage, by: Caller, room: UUID, body: str) -> int:
    return int((await stage.run(by, c.SendMessage(room=room, body=body)))["seq"])


async def find(stage: Stage, by: Caller, text: str, room: UUID | None = None, limit: int = 50) -> list[str]:
    async with stage.work() as work:
        asked = Work(work.connection, {}, by)
        return [str(e.body) for e in await search.find(asked, text, room, None, limit)]


async def indexed(stage: Stage) -> None:
    while await stage.worker.transact(index_words):
        pass


@pytest.fixture(params=["beyond the index", "in the index"])
def index(request: pytest.FixtureRequest) -> Any:
    """What to do after writing, so that the words are where the test wants them."""

    async def nothing(stage: Stage) -> None: ...

    return indexed if request.param == "in the index" else nothing


async def test_japanese_is_found_by_any_part_of_it(stage: Stage, evening: Evening, index: Any) -> None:
    for body in ("秋葉原で会いましょう", "秋の夜長", "ｱｷﾊﾞで", "Bar MOON の前", "100%です_ね"):
        await say(stage, evening.cast, evening.room, body)
    await index(stage)
    assert await find(stage, evening.guest, "秋葉") == ["秋葉原で会いましょう"]
    assert await find(stage, evening.guest, "秋") == ["秋の夜長", "秋葉原で会いましょう"]
    assert await find(stage, evening.guest, "アキバ") == ["ｱｷﾊﾞで"]
    assert await find(stage, evening.guest, "ｍｏｏｎ") == ["Bar MOON の前"]
    assert await find(stage, evening.guest, "%") == ["100%です_ね"]
    assert await find(stage, evening.guest, "で_") == []
    assert await find(stage, evening.guest, "す_ね") == ["100%です_ね"]
    assert await find(stage, evening.guest, "秋葉夜") == []


async def test_only_one_s_own_rooms_are_looked_through(stage: Stage, evening: Evening, index: Any) -> None:
    other = await stage.account("guest", "涼")
    room = await stage.talk(evening.cast, other)
    await say(stage, evening.cast, evening.room, "秋葉原 一")
    await say(stage, other, room, "秋葉原 二")
    await index(stage)
    assert await find(stage, evening.guest, "秋葉") == ["秋葉原 一"]
    assert await find(stage, other, "秋葉") == ["秋葉原 二"]
    assert await find(stage, evening.cast, "秋葉") == ["秋葉原 二", "秋葉原 一"]
    assert await find(stage, evening.cast, "秋葉", room) == ["秋葉原 二"]
    with pytest.raises(Refusal, match="not_found"):
        await find(stage, evening.guest, "秋葉", room)


async def test_an_edited_text_is_found_by_what_it_says_now(stage: Stage, evening: Evening, index: Any) -> None:
    seq = await say(stage, evening.cast, evening.room, "新宿で")
    await index(stage)
    await stage.run(evening.cast, c.EditMessage(room=evening.room, seq=seq, body="渋谷で"))
    for _ in range(2):
        assert await find(stage, evening.guest, "新宿") == []
        assert await find(stage, evening.guest, "渋谷") == ["渋谷で"]
        await index(stage)


async def test_a_deleted_text_is_not_found_and_leaves_nothing_to_find_it_by(
    stage: Stage, evening: Evening, index: Any
) -> None:
    seq = await say(stage, evening.cast, evening.room, "新宿で")
    await index(stage)
    await stage.run(evening.cast, c.DeleteMessage(room=evening.room, seq=seq))
    assert await find(stage, evening.guest, "新宿") == []
    await indexed(stage)
    assert await stage.rows("select * from message.words") == []


async def test_a_deletion_that_the_indexing_did_not_see_is_made_up_for(stage: Stage, evening: Evening) -> None:
    seq = await say(stage, evening.cast, evening.room, "新宿で")
    await stage.run(evening.cast, c.DeleteMessage(room=evening.room, seq=seq))
    await stage.rows("insert into message.words values (%s, %s, %s)", evening.room, seq, ["新宿"])
    await stage.rows("insert into message.indexed values (%s, %s)", evening.room, seq)
    assert await find(stage, evening.guest, "新宿") == []
    await indexed(stage)
    assert await stage.rows("select * from message.words") == []


async def test_the_index_alone_is_asked_for_what_it_knows(stage: Stage, evening: Evening) -> None:
    """Were entries looked through all the same, the index would be of no use."""
    await say(stage, evening.cast, evening.room, "新宿で")
    await indexed(stage)
    await stage.rows("delete from message.words")
    assert await find(stage, evening.guest, "新宿") == []


WORDS = st.text(alphabet="秋葉原あアaＡ% _", min_size=1, max_size=6).filter(lambda t: t.strip() != "")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(WORDS, min_size=1, max_size=5), wanted=WORDS)
def test_it_finds_what_contains_it_and_nothing_else(conninfo: str, bodies: list[str], wanted: str) -> None:
    def plain(text: str) -> str:
        return unicodedata.normalize("NFKC", text).lower()

    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(
            "select b from unnest(%s::text[]) b where message.grams(message.plain(b)) @> message.grams(message.plain(%s)) "
            "and strpos(message.plain(b), message.plain(%s)) > 0",
            [bodies, wanted, wanted],
        ).fetchall()
    assert sorted(b for (b,) in rows) == sorted(b for b in bodies if plain(wanted) in plain(b))


@pytest.mark.covers("GET /api/rooms/search")
async def test_on_the_wire_pages_follow_each_other(pair: Pair) -> None:
    async with pair.cast.socket() as cast:
        for n in range(60):
            await cast.ask("message.send", room=pair.room, body=f"秋葉原 {n}")
    path = "/api/rooms/search"
    first = (await pair.guest.http.get(path, params={"q": "葉原"})).json()
    assert [e["body"] for e in first["items"]] == [f"秋葉原 {n}" for n in range(59, 9, -1)]
    then = (await pair.guest.http.get(path, params={"q": "葉原", "cursor": first["next"], "room": pair.room})).json()
    assert [e["body"] for e in then["items"]] == [f"秋葉原 {n}" for n in range(9, -1, -1)]
    assert then["next"] is None
    assert then["items"][-1].keys() >= {"room", "seq", "at", "by", "kind", "key", "body"}
    far = cursor_of(["2026-11-23", str(pair.room), "9" * 30])
    for bad, field in (
        ({"q": " "}, "q"),
        ({"q": "x" * 101}, "q"),
        ({"q": "葉", "cursor": "x"}, "cursor"),
        ({"q": "葉", "cursor": far}, "cursor"),
        ({}, "q"),
    ):
        refused = await pair.guest.http.get(path, params=bad)
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (400, "invalid", field)
    nowhere = await pair.guest.http.get(path, params={"q": "葉", "room": pair.cast.id})
    assert nowhere.status_code == 404


async def test_a_busy_house_is_indexed_in_small_bites_and_a_quiet_one_in_large_ones(
    stage: Stage, evening: Evening, conninfo: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.message.search.BUSY", 1)
    for number in range(40):
        await say(stage, evening.cast, evening.room, f"秋葉原 {number}")
    behind = (
        b"select sum(r.head - coalesce(i.upto, 0)) from message.rooms r left join message.indexed i on i.room = r.id"
    )
    waiting = []
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for seconds in (0, 6):
            await clock.shift(seconds)
            assert await stage.worker.transact(index_at_leisure) == 0, "it rests, whatever is left"
            waiting.append(connection.execute(behind).fetchone())
    assert waiting == [(20,), (0,)]
    assert len(await find(stage, evening.guest, "秋葉", limit=100)) == 40
