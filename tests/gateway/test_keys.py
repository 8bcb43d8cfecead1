"""A key is one intent: the same command again gets the same answer, another command is refused, and who is not party learns nothing."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.flow.conftest import Pair, make_pair
from tests.flow.test_evening import tomorrow, works_tomorrow
from tests.tools.clones import rows
from tests.tools.house import House

pytestmark = pytest.mark.anyio


async def test_a_repeated_message_gets_its_first_answer_and_is_there_once(pair: Pair) -> None:
    key = str(uuid4())
    async with pair.guest.socket() as guest:
        first = await guest.ask("message.send", key=key, room=pair.room, body="once")
        await guest.ask("message.send", room=pair.room, body="another in between")
        again = await asyncio.gather(
            *(guest.ask("message.send", key=key, room=pair.room, body=" once ") for _ in range(8))
        )
        assert again == [first] * 8
        by_http = await pair.guest.command("message.send", key=key, room=pair.room, body="once")
        assert by_http["result"] == first
        log = await guest.ask("room.since", room=pair.room, after=first["seq"] - 1)
        assert [entry["body"] for entry in log["entries"]] == ["once", "another in between"]


async def test_one_key_for_two_messages_is_refused(pair: Pair) -> None:
    key = str(uuid4())
    async with pair.guest.socket() as guest:
        sent = await guest.ask("message.send", key=key, room=pair.room, body="one")
        assert await guest.refused("message.send", key=key, room=pair.room, body="two") == "key_reused"
        assert await guest.refused("message.edit", key=key, room=pair.room, seq=sent["seq"], body="two") == "key_reused"
        assert await guest.ask("message.send", key=key, room=pair.room, body="one") == sent


async def test_two_people_may_choose_the_same_key(pair: Pair) -> None:
    key = str(uuid4())
    async with pair.guest.socket() as guest, pair.cast.socket() as cast:
        mine = await guest.ask("message.send", key=key, room=pair.room, body="the guest's")
        theirs = await cast.ask("message.send", key=key, room=pair.room, body="the cast's")
        assert theirs["seq"] == mine["seq"] + 1


async def test_a_refusal_is_not_remembered(pair: Pair) -> None:
    key = str(uuid4())
    async with pair.cast.socket() as cast:
        invitation: dict[str, Any] = {"room": pair.room, "plan": pair.plan, "starts_at": tomorrow(15)}
        assert await cast.refused("invitation.send", key=key, **invitation) == "outside_schedule"
        await works_tomorrow(pair)
        sent = await cast.ask("invitation.send", key=key, **invitation)
        assert await cast.ask("invitation.send", key=key, **invitation) == sent
        assert await cast.refused("invitation.send", key=key, **invitation | {"valid_s": 900}) == "key_reused"
        await cast.ask("invitation.withdraw", reservation=sent["reservation"]["id"])
        assert await cast.ask("invitation.send", key=key, **invitation) == sent, "the first answer, as it was"


@pytest.mark.parametrize(
    ("type", "fields"),
    [
        ("room.history", {}),
        ("room.since", {"after": 0}),
        ("room.read", {"seq": 0}),
        ("room.typing", {"typing": True}),
        ("room.mute", {"until": None}),
        ("message.send", {"body": "x"}),
        ("message.edit", {"seq": 1, "body": "x"}),
        ("message.delete", {"seq": 1}),
        ("invitation.ask", {}),
    ],
)
async def test_a_room_of_others_does_not_exist(pair: Pair, house: House, type: str, fields: dict[str, Any]) -> None:
    async with pair.guest.socket() as guest:
        await guest.ask("message.send", room=pair.room, body="theirs")
    strangers = await make_pair(house)
    async with strangers.guest.socket() as stranger, pair.cast.socket() as cast:
        there = await stranger.frame(type, room=pair.room, **fields)
        nowhere = await stranger.frame(type, room=str(uuid4()), **fields)
        assert there["error"]["code"] == "not_found"
        assert there["error"] == nowhere["error"], "no hint that it exists"
        assert "server_time" in await stranger.ask("session.ping")
        assert cast.heard("room.", "reservation.") == []
    for person in (strangers.cast, strangers.guest):
        await person.http.aclose()


@pytest.mark.parametrize(
    ("role", "type", "fields"),
    [
        ("cast", "invitation.withdraw", {}),
        ("guest", "invitation.decline", {}),
        ("guest", "reservation.press", {}),
        ("guest", "reservation.release", {}),
        ("guest", "reservation.pledge", {"terms_version": 1}),
        ("guest", "reservation.cancel", {}),
        ("cast", "reservation.cancel", {}),
    ],
)
async def test_a_reservation_of_others_does_not_exist(
    pair: Pair, house: House, role: str, type: str, fields: dict[str, Any]
) -> None:
    strangers = await make_pair(house)
    await works_tomorrow(strangers)
    sent = await strangers.cast.command(
        "invitation.send", room=strangers.room, plan=strangers.plan, starts_at=tomorrow(15)
    )
    reservation = sent["result"]["reservation"]["id"]
    async with (pair.cast if role == "cast" else pair.guest).socket() as one:
        assert await one.refused(type, reservation=reservation, **fields) == "not_found"
    seen = await strangers.cast.http.get(f"/api/reservations/{reservation}")
    assert (seen.json()["status"], seen.json()["version"]) == ("draft", 1)
    for person in (strangers.cast, strangers.guest):
        await person.http.aclose()


async def test_a_page_that_was_read_is_remembered_nowhere(pair: Pair) -> None:
    """Or words that were deleted would live on in it."""
    key = str(uuid4())
    async with pair.guest.socket() as guest:
        said = await guest.ask("message.send", room=pair.room, body="秘密の言葉")
        before = await guest.ask("room.since", key=key, room=pair.room, after=said["seq"] - 1)
        assert before["entries"][0]["body"] == "秘密の言葉"
        await guest.ask("message.delete", room=pair.room, seq=said["seq"])
        for type, place in (("room.since", {"after": said["seq"] - 1}), ("room.history", {"limit": 1})):
            again = await guest.ask(type, key=key, room=pair.room, **place)
            assert again["entries"][0]["deleted"] and "body" not in again["entries"][0]
    assert await rows(pair.cast.house, "select key from kernel.commands where key = %s", key) == []
