"""Every way in which a frame can be wrong gets the code that the contract names, and the socket carries on."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.flow.conftest import Pair
from tests.tools.house import House

pytestmark = pytest.mark.anyio

NOWHERE = "01990000-0000-7000-8000-00000000dead"


def frame(**members: Any) -> str:
    return json.dumps({"id": 900_001, "key": str(uuid4()), **members})


def command(type: str, **fields: Any) -> str:
    return frame(command={"type": type, **fields})


SEND = {"type": "message.send", "room": NOWHERE, "body": "x"}
MALFORMED = {
    "an id of zero": (frame(id=0, command=SEND), None, "bad_frame", "id"),
    "a negative id": (frame(id=-1, command=SEND), None, "bad_frame", "id"),
    "an id beyond 2^53": (frame(id=2**53, command=SEND), None, "bad_frame", "id"),
    "an id that is text": (frame(id="7", command=SEND), None, "bad_frame", "id"),
    "an id that is a fraction": (frame(id=7.5, command=SEND), None, "bad_frame", "id"),
    "no command": (json.dumps({"id": 900_001}), 900_001, "bad_frame", "command"),
    "a command that is a list": (frame(command=[]), 900_001, "bad_frame", "command"),
    "a command that is null": (frame(command=None), 900_001, "bad_frame", "command"),
    "a command without a type": (frame(command={"room": NOWHERE}), 900_001, "bad_frame", "type"),
    "a type that is a number": (frame(command={"type": 7}), 900_001, "bad_frame", "type"),
    "another member": (frame(command=SEND, more=1), 900_001, "bad_frame", "more"),
    "a number that JSON has not": (
        '{"id": 900001, "command": {"type": "room.read", "seq": NaN}}',
        900_001,
        "bad_frame",
        None,
    ),
    "half a surrogate": ('{"id": 900001, "command": {"type": "\\ud800"}}', 900_001, "bad_frame", None),
    "an unknown command": (command("message.shout"), 900_001, "unknown_command", "type"),
    "a command of the other direction": (command("room.entry"), 900_001, "unknown_command", "type"),
    "no key": (json.dumps({"id": 900_001, "command": SEND}), 900_001, "key_required", "key"),
    "a key that is null": (frame(key=None, command=SEND), 900_001, "key_required", "key"),
    "a key that is no UUID": (frame(key="once", command=SEND), 900_001, "invalid", "key"),
    "a key that is a number": (frame(key=1, command=SEND), 900_001, "invalid", "key"),
}
INVALID = {
    "a field of another command": ("message.send", {"room": NOWHERE, "body": "x", "plan": NOWHERE}, "plan"),
    "a room that is no UUID": ("message.send", {"room": "here", "body": "x"}, "room"),
    "no room": ("message.send", {"body": "x"}, "room"),
    "a body that is a number": ("message.send", {"room": NOWHERE, "body": 7}, "body"),
    "no body": ("message.send", {"room": NOWHERE}, "body"),
    "a blank body": ("message.send", {"room": NOWHERE, "body": " \u3000\n"}, "body"),
    "a body that shows nothing": (
        "message.send",
        {"room": NOWHERE, "body": "\u200b\u200d\u2060\ufeff \u2800"},
        "body",
    ),
    "a NUL": ("message.send", {"room": NOWHERE, "body": "a\0b"}, "body"),
    "a NUL in a list": ("profile.save", {"tags": ["jazz", "a\0b"]}, "tags"),
    "a NUL in a thing": ("push.subscribe", {"endpoint": "x", "keys": {"p256dh": "\0", "auth": "x"}}, "keys"),
    "a NUL in an address": ("push.unsubscribe", {"endpoint": "https://example.org/\0"}, "endpoint"),
    "a NUL in a name": ("delivery.replay", {"source": "job", "handler": "\0", "id": 1}, "handler"),
    "4,001 characters": ("message.send", {"room": NOWHERE, "body": "あ" * 4_001}, "body"),
    "a reply to nothing": ("message.send", {"room": NOWHERE, "body": "x", "reply_to": 0}, "reply_to"),
    "a seq below zero": ("room.read", {"room": NOWHERE, "seq": -1}, "seq"),
    "a page of nothing": ("room.history", {"room": NOWHERE, "limit": 0}, "limit"),
    "a page beyond the limit": ("room.history", {"room": NOWHERE, "limit": 101}, "limit"),
    "a longer log than allowed": ("room.since", {"room": NOWHERE, "after": 0, "limit": 201}, "limit"),
    "typing that is text": ("room.typing", {"room": NOWHERE, "typing": "yes"}, "typing"),
    "a time without a zone": ("room.mute", {"room": NOWHERE, "until": "2030-01-01T00:00:00"}, "until"),
    "a time that is none": ("room.mute", {"room": NOWHERE, "until": "tomorrow"}, "until"),
    "a year nobody lives in": ("room.mute", {"room": NOWHERE, "until": "9999-01-01T00:00:00Z"}, "until"),
    "a year that has passed over there": (
        "room.mute",
        {"room": NOWHERE, "until": "2999-12-31T23:59:59-14:00"},
        "until",
    ),
    "a year beyond the calendar": ("room.mute", {"room": NOWHERE, "until": "9999-12-31T23:59:59-14:00"}, "until"),
    "a price with more to it": (
        "plan.save",
        {"name": "x", "minutes": 60, "terms": "x", "price": {"amount": 1, "tax": 0}},
        "tax",
    ),
    "terms of version zero": ("reservation.pledge", {"reservation": NOWHERE, "terms_version": 0}, "terms_version"),
}


@pytest.mark.parametrize("fault", MALFORMED)
async def test_a_malformed_frame_is_refused_and_the_socket_carries_on(pair: Pair, fault: str) -> None:
    text, id, code, field = MALFORMED[fault]
    async with pair.guest.socket() as guest:
        said = await guest.say(text)
        assert (said["id"], said["error"]["code"], said["error"]["field"]) == (id, code, field)
        assert said["error"]["temporary"] is False
        assert said["error"]["message"]
        assert "server_time" in await guest.ask("session.ping")


@pytest.mark.parametrize("fault", INVALID)
async def test_a_value_that_cannot_be_used_is_named(pair: Pair, fault: str) -> None:
    type, fields, field = INVALID[fault]
    async with pair.guest.socket() as guest:
        said = await guest.frame(type, **fields)
        assert (said["error"]["code"], said["error"]["field"]) == ("invalid", field)
        assert "server_time" in await guest.ask("session.ping")


@pytest.mark.parametrize(
    ("type", "fields"),
    [
        ("plan.save", {"minutes": 14}),
        ("plan.save", {"minutes": 721}),
        ("plan.save", {"minutes": 90.5}),
        ("plan.save", {"price": {"amount": -1}}),
        ("plan.save", {"price": {"amount": 1, "currency": "yen"}}),
        ("plan.save", {"price": {"amount": 1, "currency": "JPY\n"}}),
        ("plan.save", {"price": 18_000}),
        ("plan.save", {"buffer_after": -1}),
        ("plan.save", {"notice_minutes": 10**9}),
    ],
)
async def test_a_number_out_of_range_is_refused_and_never_clamped(
    pair: Pair, type: str, fields: dict[str, Any]
) -> None:
    whole = {"name": "90分", "minutes": 90, "price": {"amount": 1}, "terms": "総額。"} | fields
    async with pair.cast.socket() as cast:
        said = await cast.frame(type, **whole)
        assert said["error"]["code"] == "invalid"
        assert said["error"]["field"] in (*fields, "amount", "currency")


@pytest.mark.parametrize("text", ["", "{", "7", "null", "[]", '"hello"', "nonsense", "[" * 30_000, '{"id": 1} {}'])
async def test_what_is_no_json_object_ends_the_socket(pair: Pair, text: str) -> None:
    async with pair.guest.socket() as guest, pair.cast.socket() as cast:
        await guest.raw.send(text)
        assert (await guest.closed())[0] == 4501
        assert "server_time" in await cast.ask("session.ping")


async def test_objects_nested_without_end_are_refused(pair: Pair) -> None:
    async with pair.guest.socket() as guest:
        await guest.raw.send('{"id":1,"command":' * 3_000)
        assert (await guest.closed())[0] == 4501


async def test_the_longest_text_passes_whole(pair: Pair) -> None:
    async with pair.guest.socket() as guest, pair.cast.socket() as cast:
        body = "𠮷" * 4_000
        await guest.ask("message.send", room=pair.room, body=body)
        assert (await cast.next("room.entry"))["entry"]["body"] == body


async def test_what_only_looks_like_a_nul_passes(pair: Pair) -> None:
    async with pair.guest.socket() as guest, pair.cast.socket() as cast:
        await guest.ask("message.send", room=pair.room, body="\\u0000")
        assert (await cast.next("room.entry"))["entry"]["body"] == "\\u0000"


async def test_a_refused_frame_without_an_id_is_answered_by_none_or_null(pair: Pair) -> None:
    async with pair.guest.socket() as guest:
        await guest.raw.send(json.dumps({"key": str(uuid4()), "command": SEND}))
        await guest.raw.send(json.dumps({"command": {"type": "nothing"}}))
        await guest.ask("session.ping")
        while not guest.unasked.empty():
            assert guest.unasked.get_nowait()["id"] is None


async def test_a_frame_without_an_id_takes_effect_and_is_not_answered(pair: Pair) -> None:
    async with pair.guest.socket() as guest, pair.cast.socket() as cast:
        said = {"key": str(uuid4()), "command": {"type": "message.send", "room": pair.room, "body": "x"}}
        await guest.raw.send(json.dumps(said))
        entry = (await cast.next("room.entry"))["entry"]
        assert entry["key"] == said["key"]
        assert (await guest.next("room.entry"))["entry"] == entry
        assert guest.unasked.empty()


async def test_refusals_come_in_the_contracts_order(pair: Pair, house: House) -> None:
    """`key_required` before `invalid`, `invalid` before `not_found`, `not_found` before `forbidden`."""
    async with pair.guest.socket() as guest:
        said = await guest.say(json.dumps({"id": 900_001, "command": {"type": "invitation.send", "room": 7}}))
        assert said["error"]["code"] == "key_required"
        plan = {"plan": pair.plan, "starts_at": "2030-01-01T12:00:00Z"}
        assert await guest.refused("invitation.send", room=7, **plan) == "invalid"
        assert await guest.refused("invitation.send", room=NOWHERE, **plan) == "not_found"
        assert await guest.refused("invitation.send", room=pair.room, **plan) == "forbidden"
        assert await guest.refused(
            "schedule.add", starts_at="2030-01-01T12:00:00Z", ends_at="2030-01-01T13:00:00Z"
        ) == ("forbidden")
    async with pair.cast.socket() as cast:
        assert await cast.refused("reservation.press", reservation=NOWHERE) == "not_found"
        assert await cast.refused("invitation.ask", room=NOWHERE) == "not_found"
        assert await cast.refused("invitation.ask", room=pair.room) == "forbidden"
