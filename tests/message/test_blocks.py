"""A block, effect by effect: whoever set it, at once, in one commit."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from server.kernel.work import Appended, Caller, Told
from server.message import push_what_waits, pushes
from server.message import store as rooms
from server.protocol import commands as c
from server.protocol.commands import Command
from server.protocol.errors import Refusal
from server.protocol.events import RoomChanged, RoomRead, RoomTyping
from tests.booking.stage import Evening, Stage, pledge
from tests.conftest import Clock
from tests.flow.conftest import Pair, make_pair
from tests.tools.house import House, Person

pytestmark = pytest.mark.anyio
SIDES = ["cast", "guest"]


def sides(evening: Evening, by: str) -> tuple[Caller, Caller]:
    return (evening.cast, evening.guest) if by == "cast" else (evening.guest, evening.cast)


async def block(stage: Stage, by: Caller, other: Caller) -> dict[str, Any]:
    return dict(await stage.run(by, c.AddBlock(account=other.account)))


async def news(stage: Stage, by: Caller, command: Command) -> list[Any]:
    """What the sockets are told."""
    return [n for n in (await stage.server.dispatcher.run(by, command, uuid4())).news if isinstance(n, Told)]


def say(evening: Evening, body: str = "今夜は?") -> c.SendMessage:
    return c.SendMessage(room=evening.room, body=body)


@pytest.mark.parametrize("by", SIDES)
async def test_nobody_of_the_two_can_send_edit_ask_or_invite(stage: Stage, evening: Evening, by: str) -> None:
    mine = [(p, (await stage.run(p, say(evening)))["seq"]) for p in (evening.cast, evening.guest)]
    await block(stage, *sides(evening, by))
    for person, seq in mine:
        assert await stage.said(person, say(evening)) == "blocked"
        assert await stage.said(person, c.EditMessage(room=evening.room, seq=seq, body="なおす")) == "blocked"
    assert await stage.said(evening.guest, c.AskInvitation(room=evening.room, note="9時に")) == "blocked"
    assert await stage.said(evening.cast, evening.invitation()) == "blocked"
    assert [e.kind for e in await stage.log(evening.room)] == ["text", "text"]
    assert await stage.rows("select id from booking.reservations") == [], "and nothing is held"


async def test_the_writer_s_own_routine_refuses_a_batch_s_blocked_room_alone(stage: Stage, evening: Evening) -> None:
    other = await Evening.begin(stage)
    await block(stage, evening.guest, evening.cast)
    drafts = [
        rooms.Draft(e.room, by.account, uuid4(), "text", "…") for e in (evening, other) for by in (e.cast, e.guest)
    ]
    async with stage.work() as work:
        written = await rooms.append(work.connection, drafts)
    assert [w.verdict for w in written] == ["b", "b", "f", "f"]


async def test_a_repetition_of_what_was_sent_before_gets_its_first_answer(stage: Stage, evening: Evening) -> None:
    key = uuid4()
    first = await stage.run(evening.guest, say(evening), key)
    await block(stage, evening.cast, evening.guest)
    assert await stage.run(evening.guest, say(evening), key) == first


@pytest.mark.parametrize("by", SIDES)
async def test_both_keep_the_history_and_may_take_their_own_words_out_of_it(
    stage: Stage, evening: Evening, by: str
) -> None:
    mine = [(p, (await stage.run(p, say(evening)))["seq"]) for p in (evening.cast, evening.guest)]
    await block(stage, *sides(evening, by))
    for person, seq in mine:
        assert await stage.said(person, c.DeleteMessage(room=evening.room, seq=seq)) == "ok"
    assert [e.kind for e in await stage.log(evening.room)] == ["text", "text", "delete", "delete"]


@pytest.mark.parametrize("by", SIDES)
async def test_drafts_between_the_two_end_in_the_same_commit_and_their_time_is_free(
    stage: Stage, evening: Evening, by: str
) -> None:
    id = await evening.invite()
    assert (await block(stage, *sides(evening, by)))["confirmed"] == []
    ended = await stage.reservation(id)
    assert (ended.status, ended.version) == ({"cast": "withdrawn", "guest": "declined"}[by], 2)
    assert ended.ended is not None and ended.ended.reason == "blocked"
    other = await stage.account("guest", "涼")
    room = await stage.talk(evening.cast, other)
    assert await stage.said(evening.cast, evening.invitation(room=room)) == "ok"
    assert await stage.deliver() == 1
    assert (await stage.log(evening.room))[-1].kind == "notice"


async def test_a_finger_on_the_seal_comes_too_late(stage: Stage, evening: Evening, clock: Clock) -> None:
    id = await evening.invite()
    await evening.press(id)
    await block(stage, evening.cast, evening.guest)
    await clock.shift(2)
    assert await stage.said(evening.guest, pledge(id)) == "wrong_state"
    assert await stage.said(evening.guest, c.PressReservation(reservation=id)) == "wrong_state"


async def test_drafts_with_others_stand(stage: Stage, evening: Evening) -> None:
    other = await stage.account("guest", "涼")
    sent = await stage.run(evening.cast, evening.invitation(room=await stage.talk(evening.cast, other)))
    await block(stage, evening.cast, evening.guest)
    assert (await stage.reservation(UUID(sent["reservation"]["id"]))).status == "draft"


@pytest.mark.parametrize("by", SIDES)
async def test_what_is_confirmed_stands_is_said_and_can_be_cancelled(
    stage: Stage, evening: Evening, clock: Clock, by: str
) -> None:
    id = await evening.invite()
    await evening.pledge(id, clock)
    said = await block(stage, *sides(evening, by))
    assert [(r["id"], r["status"]) for r in said["confirmed"]] == [(str(id), "confirmed")]
    assert (await stage.reservation(id)).status == "confirmed"
    assert await stage.said(evening.guest, c.CancelReservation(reservation=id)) == "ok"
    await stage.deliver()
    assert [e.kind for e in await stage.log(evening.room)] == ["invitation", "seal", "notice"]


@pytest.mark.parametrize("by", SIDES)
async def test_typing_and_reading_reach_nobody(stage: Stage, evening: Evening, by: str) -> None:
    await stage.run(evening.cast, say(evening))
    await block(stage, *sides(evening, by))
    assert await news(stage, evening.guest, c.TypeInRoom(room=evening.room, typing=True)) == []
    told = await news(stage, evening.guest, c.ReadRoom(room=evening.room, seq=1))
    assert [(t.accounts, type(t.event)) for t in told] == [((evening.guest.account,), RoomRead)]
    await stage.run(sides(evening, by)[0], c.RemoveBlock(account=sides(evening, by)[1].account))
    told = await news(stage, evening.guest, c.TypeInRoom(room=evening.room, typing=True))
    assert [(t.accounts, type(t.event)) for t in told] == [((evening.cast.account,), RoomTyping)]


@pytest.mark.parametrize("by", SIDES)
async def test_both_cards_say_so_and_count_nothing_as_unread(stage: Stage, evening: Evening, by: str) -> None:
    await stage.run(evening.cast, say(evening))
    me, other = sides(evening, by)
    told = await news(stage, me, c.AddBlock(account=other.account))
    cards = {t.accounts[0]: t.event.card for t in told if isinstance(t.event, RoomChanged)}
    assert cards.keys() == {evening.cast.account, evening.guest.account}
    for card in cards.values():
        assert (card.blocked, card.unread, card.their_read) == (True, 0, None)
    assert await news(stage, me, c.AddBlock(account=other.account)) == [], "a second time changes nothing"
    told = await news(stage, me, c.RemoveBlock(account=other.account))
    cards = {t.accounts[0]: t.event.card for t in told}
    assert [(cards[p.account].blocked, cards[p.account].unread) for p in (evening.cast, evening.guest)] == [
        (False, 0),
        (False, 1),
    ]


@pytest.mark.parametrize("by", SIDES)
async def test_no_push_goes_out_for_the_room(stage: Stage, evening: Evening, by: str) -> None:
    await subscribe(stage, evening.guest)
    await stage.run(evening.cast, say(evening))
    await block(stage, *sides(evening, by))
    await stage.worker.transact(push_what_waits)
    assert await stage.rows("select id from kernel.jobs") == []
    await stage.run(sides(evening, by)[0], c.RemoveBlock(account=sides(evening, by)[1].account))
    await stage.worker.transact(push_what_waits)
    assert len(await stage.rows("select id from kernel.jobs")) == 1, "the same words would have made one"


async def subscribe(stage: Stage, to: Caller) -> None:
    async with stage.work() as work:
        subscription = pushes.Subscription(f"https://push.example.org/{uuid4()}", "p", "a")
        await pushes.subscribe(work, to.account, to.session, subscription)


async def test_each_side_s_block_is_their_own(stage: Stage, evening: Evening) -> None:
    await block(stage, evening.cast, evening.guest)
    await block(stage, evening.guest, evening.cast)
    await stage.run(evening.cast, c.RemoveBlock(account=evening.guest.account))
    assert await stage.said(evening.cast, say(evening)) == "blocked"
    await stage.run(evening.guest, c.RemoveBlock(account=evening.cast.account))
    assert await stage.said(evening.cast, say(evening)) == "ok"


async def test_a_room_that_is_not_there_yet_is_not_made(stage: Stage) -> None:
    cast, guest = await stage.account("cast"), await stage.account("guest")
    await block(stage, cast, guest)
    assert await stage.said(guest, c.OpenRoom(with_=cast.account)) == "blocked"
    await stage.run(cast, c.RemoveBlock(account=guest.account))
    assert await stage.said(guest, c.OpenRoom(with_=cast.account)) == "ok"


async def test_one_blocks_whom_one_could_talk_to_and_nobody_else(stage: Stage, evening: Evening) -> None:
    colleague = await stage.account("cast", "凛")
    for other in (colleague.account, evening.cast.account, uuid4()):
        assert await stage.said(evening.cast, c.AddBlock(account=other)) == "not_found"
        assert await stage.said(evening.cast, c.RemoveBlock(account=other)) == "not_found"


async def test_a_block_and_an_invitation_at_once_leave_no_draft(stage: Stage, evening: Evening) -> None:
    for n in range(8):
        sent, _ = await asyncio.gather(
            stage.said(evening.cast, evening.invitation(n * 60)), block(stage, evening.guest, evening.cast)
        )
        assert sent in ("ok", "blocked")
        assert await stage.rows("select id from booking.reservations where status = 'draft'") == []
        await stage.run(evening.guest, c.RemoveBlock(account=evening.cast.account))


async def test_a_block_and_a_first_word_at_once_end_in_a_blocked_room_or_none(stage: Stage) -> None:
    for _ in range(8):
        cast, guest = await stage.account("cast"), await stage.account("guest")
        await asyncio.gather(stage.said(guest, c.OpenRoom(with_=cast.account)), block(stage, cast, guest))
        made = await stage.rows("select blocked from message.rooms where guest_id = %s", guest.account)
        assert made in ([], [(True,)])


async def test_blocks_and_messages_at_once_deadlock_nobody(stage: Stage, evening: Evening, deadlocks: Any) -> None:
    async def both(me: Caller, other: Caller) -> None:
        for _ in range(10):
            await block(stage, me, other)
            await stage.said(me, say(evening))
            await stage.run(me, c.RemoveBlock(account=other.account))

    await asyncio.gather(both(evening.cast, evening.guest), both(evening.guest, evening.cast))
    assert deadlocks.since() == 0
    assert await stage.rows("select blocked from message.rooms") == [(False,)]


async def test_what_the_system_writes_reaches_both_still(stage: Stage, evening: Evening, clock: Clock) -> None:
    await evening.pledge(await evening.invite(), clock)
    await block(stage, evening.guest, evening.cast)
    told: list[Any] = []
    stage.worker._publish = told.extend
    await stage.deliver()
    assert [t.entry.kind for t in told if isinstance(t, Appended)] == ["seal"]


@pytest.mark.covers("block.add", "block.remove", "room.changed", "GET /api/casts/{id}", "follow.add")
async def test_on_the_wire_it_is_at_once_and_everywhere(pair: Pair) -> None:
    seen = f"/api/casts/{pair.cast.id}"
    free = f"{seen}/availability?plan={pair.plan}"
    async with pair.guest.socket() as guest, pair.cast.socket() as cast:
        assert [(await pair.guest.http.get(path)).status_code for path in (seen, free)] == [200, 200]
        assert await cast.ask("block.add", account=pair.guest.id) == {"confirmed": []}
        for socket in (cast, guest):
            assert (await socket.next("room.changed"))["card"]["blocked"] is True
        assert await guest.refused("message.send", room=pair.room, body="もしもし") == "blocked"
        assert await cast.refused("message.send", room=pair.room, body="もしもし") == "blocked"
        assert [(await pair.guest.http.get(path)).status_code for path in (seen, free)] == [404, 404]
        listed = (await pair.guest.http.get("/api/casts")).json()["items"]
        assert pair.cast.id not in [one["account"]["id"] for one in listed]
        assert await guest.refused("follow.add", cast=pair.cast.id) == "not_found"
        by_http = await pair.guest.command("message.send", room=pair.room, body="もしもし")
        assert (by_http["status_code"], by_http["code"]) == (403, "blocked")
    async with pair.guest.socket() as again:
        (card,) = again.opened["rooms"]
        assert card["blocked"] is True
        assert (await pair.cast.command("block.remove", account=pair.guest.id))["result"] == {}
        assert (await again.next("room.changed"))["card"]["blocked"] is False
        assert (await again.ask("message.send", room=pair.room, body="もしもし"))["seq"] == 1


@pytest.mark.parametrize("by", SIDES)
async def test_her_coming_and_going_is_told_to_the_other_no_more(pair: Pair, house: House, by: str) -> None:
    other = await make_pair(house)
    for guest in (pair.guest, other.guest):
        assert (await guest.command("follow.add", cast=pair.cast.id))["status_code"] == 200
    me, parted = (pair.cast, pair.guest) if by == "cast" else (pair.guest, pair.cast)
    assert (await me.command("block.add", account=parted.id))["status_code"] == 200
    async with pair.guest.socket() as blocked, other.guest.socket() as friend:
        assert (await pair.cast.command("status.set", tonight=True))["status_code"] == 200
        assert (await friend.next("status.changed", cast=pair.cast.id))["status"]["tonight"] is True
        await blocked.ask("session.ping")
        assert blocked.heard("status.") == []


async def test_a_refusal_leaves_nothing(stage: Stage, evening: Evening) -> None:
    await block(stage, evening.cast, evening.guest)
    with pytest.raises(Refusal, match="blocked"):
        await stage.run(evening.guest, say(evening))
    assert await stage.rows("select head from message.rooms") == [(0,)]


@pytest.mark.covers("GET /api/blocks")
async def test_one_sees_whom_one_has_blocked_oneself_with_or_without_a_room(pair: Pair, house: House) -> None:
    async def listed(person: Person) -> list[str]:
        items = (await person.http.get("/api/blocks")).json()["items"]
        assert all(item.keys() == {"account", "at"} for item in items)
        return [item["account"]["id"] for item in items]

    stranger = await Person(house).register("cast", "凛")
    assert await listed(pair.guest) == []
    for cast in (pair.cast, stranger):
        await pair.guest.command("block.add", account=cast.id)
    assert await listed(pair.guest) == [stranger.id, pair.cast.id], "the last first"
    assert await listed(pair.cast) == await listed(stranger) == [], "nobody is told who has blocked them"
    await pair.guest.command("block.remove", account=stranger.id)
    assert await listed(pair.guest) == [pair.cast.id]
    assert (await house_answer(house, "/api/blocks")) == 401
    await stranger.http.aclose()


async def house_answer(house: House, path: str) -> int:
    async with httpx.AsyncClient(base_url=house.url) as nobody:
        return (await nobody.get(path)).status_code
