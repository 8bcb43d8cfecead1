"""Photos in the conversation: one's own alone, edited and deleted like words, gone with the account that showed them."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import UNSET

from server.kernel.work import Caller
from server.message.erasure import forget_account
from server.protocol import commands as c
from server.protocol.domain_events import AccountErased
from tests.booking.stage import Evening, Stage
from tests.flow.conftest import Pair
from tests.portfolio.pictures import upload

pytestmark = pytest.mark.anyio


async def taken_in(stage: Stage, owner: Caller) -> UUID:
    """A photo of `owner`, without its files."""
    query = "insert into portfolio.photos (owner, name, width, height, at) values (%s, %s, 3, 4, now()) returning id"
    return UUID(str((await stage.rows(query, owner.account, uuid4().hex))[0][0]))


async def show(stage: Stage, by: Caller, evening: Evening, photo: UUID, **fields: Any) -> int:
    return int((await stage.run(by, c.SendMessage(room=evening.room, photo=photo, **fields)))["seq"])


async def test_only_one_s_own_photo_can_be_sent_and_only_in_one_s_own_room(stage: Stage, evening: Evening) -> None:
    hers, his = await taken_in(stage, evening.cast), await taken_in(stage, evening.guest)
    stranger = await stage.account("guest", "涼")
    for by, photo in ((evening.guest, hers), (evening.cast, his), (evening.cast, uuid4())):
        assert await stage.said(by, c.SendMessage(room=evening.room, photo=photo)) == "not_found"
    theirs = await taken_in(stage, stranger)
    assert await stage.said(stranger, c.SendMessage(room=evening.room, photo=theirs)) == "not_found"
    assert await stage.log(evening.room) == []
    await show(stage, evening.cast, evening, hers)
    assert [e.kind for e in await stage.log(evening.room)] == ["photo"]


async def test_the_same_key_again_is_the_same_photo_and_another_is_refused(stage: Stage, evening: Evening) -> None:
    first, other = await taken_in(stage, evening.cast), await taken_in(stage, evening.cast)
    key = uuid4()
    said = await stage.run(evening.cast, c.SendMessage(room=evening.room, photo=first), key)
    assert await stage.run(evening.cast, c.SendMessage(room=evening.room, photo=first), key) == said
    for another in (
        c.SendMessage(room=evening.room, photo=other),
        c.SendMessage(room=evening.room, photo=first, body="これ"),
    ):
        with pytest.raises(Exception, match="key_reused"):
            await stage.run(evening.cast, another, key)
    await stage.run(evening.cast, c.DeleteMessage(room=evening.room, seq=said["seq"]))
    assert await stage.run(evening.cast, c.SendMessage(room=evening.room, photo=first), key) == said


async def test_a_deleted_photo_leaves_the_log_whole(stage: Stage, evening: Evening) -> None:
    photo = await taken_in(stage, evening.cast)
    seq = await show(stage, evening.cast, evening, photo, body="新作です")
    await stage.run(evening.cast, c.EditMessage(room=evening.room, seq=seq, body="なおした"))
    await stage.run(evening.cast, c.DeleteMessage(room=evening.room, seq=seq))
    log = await stage.log(evening.room)
    assert [(e.kind, e.deleted) for e in log] == [("photo", True), ("edit", True), ("delete", UNSET)]
    assert [(e.photo, e.body) for e in log] == [(UNSET, UNSET)] * 3
    rows = str(await stage.rows("select body, more from message.entries"))
    assert str(photo) not in rows and "新作" not in rows


async def test_a_blocked_room_takes_no_photo(stage: Stage, evening: Evening) -> None:
    photo = await taken_in(stage, evening.cast)
    await stage.run(evening.guest, c.AddBlock(account=evening.cast.account))
    assert await stage.said(evening.cast, c.SendMessage(room=evening.room, photo=photo)) == "blocked"


async def test_photos_go_with_their_account_and_words_beside_them_stay(stage: Stage, evening: Evening) -> None:
    mine, hers = await taken_in(stage, evening.guest), await taken_in(stage, evening.cast)
    await show(stage, evening.guest, evening, mine)
    await show(stage, evening.guest, evening, mine, body="このあたり")
    await show(stage, evening.cast, evening, hers)
    async with stage.work() as work:
        await forget_account(work, AccountErased(evening.guest.account, "guest"))
    log = await stage.log(evening.room)
    assert [(e.photo is UNSET, e.body, e.deleted) for e in log] == [
        (True, UNSET, True),
        (True, "このあたり", UNSET),
        (False, UNSET, UNSET),
    ]


@pytest.mark.covers("message.send", "POST /api/photos", "room.entry", "room.history", "message.edit", "message.delete")
async def test_on_the_wire_a_photo_comes_with_its_sizes_in_order_with_words(pair: Pair) -> None:
    photo = await upload(pair.cast)
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        assert (await cast.ask("message.send", room=pair.room, body="見て"))["seq"] == 1
        assert (await cast.ask("message.send", room=pair.room, photo=photo["id"], body="新作です"))["seq"] == 2
        assert (await cast.ask("message.send", room=pair.room, body="どう?", reply_to=2))["seq"] == 3
        heard = [(await guest.next("room.entry"))["entry"] for _ in range(3)]
        assert [(e["seq"], e["kind"]) for e in heard] == [(1, "text"), (2, "photo"), (3, "text")]
        assert (heard[1]["photo"], heard[1]["body"]) == (photo, "新作です")
        assert (await pair.guest.http.get(photo["sizes"]["320"])).status_code == 200
        assert await guest.refused("message.send", room=pair.room, photo=photo["id"]) == "not_found"
        await cast.ask("message.edit", room=pair.room, seq=2, body="新しいのです")
        folded = await guest.ask("room.history", room=pair.room)
        assert [e["body"] for e in folded["entries"]] == ["見て", "新しいのです", "どう?"]
        assert folded["entries"][1]["photo"] == photo
        await cast.ask("message.delete", room=pair.room, seq=2)
        folded = await guest.ask("room.history", room=pair.room)
        assert "photo" not in folded["entries"][1] and folded["entries"][1]["deleted"] is True
    async with pair.guest.socket() as again:
        assert again.opened["rooms"][0]["unread"] == 2, "a deleted photo calls for nothing"


async def test_photos_and_words_of_one_socket_keep_their_order(pair: Pair) -> None:
    photo = await upload(pair.cast)
    async with pair.cast.socket() as cast:
        said = [{"body": f"{n}"} if n % 3 else {"photo": photo["id"]} for n in range(12)]
        answers = await asyncio.gather(*(cast.ask("message.send", room=pair.room, **fields) for fields in said))
    assert [a["seq"] for a in answers] == list(range(1, 13))
