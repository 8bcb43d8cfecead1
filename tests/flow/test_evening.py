"""The flow all of it exists for, on the wire: chat, invitation, press, pledge, seal."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.flow.conftest import Pair

pytestmark = pytest.mark.anyio


def tomorrow(hour: int) -> str:
    day = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    return day.replace(hour=hour).isoformat().replace("+00:00", "Z")


async def works_tomorrow(pair: Pair) -> None:
    answer = await pair.cast.command("schedule.add", starts_at=tomorrow(0), ends_at=tomorrow(20))
    assert answer["status_code"] == 200, answer


@pytest.mark.covers(
    "message.send", "room.entry", "invitation.send", "reservation.press", "reservation.pledge", "reservation.pressing"
)
async def test_from_the_first_word_to_the_seal(pair: Pair) -> None:
    await works_tomorrow(pair)
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        said = await guest.ask("message.send", room=pair.room, body="  今夜は?  ")
        heard = await cast.next("room.entry", kind="text")
        assert heard["entry"]["body"] == "今夜は?"
        assert heard["entry"]["seq"] == said["seq"] == 1

        invited = await cast.ask(
            "invitation.send", room=pair.room, plan=pair.plan, starts_at=tomorrow(12), valid_s=1800
        )
        card = (await guest.next("room.entry", kind="invitation"))["entry"]["reservation"]
        assert card == invited["reservation"]
        assert (card["status"], card["version"], card["plan"]["price"]) == (
            "draft",
            1,
            {"amount": 18000, "currency": "JPY"},
        )

        pressed = await guest.ask("reservation.press", reservation=card["id"])
        warm = await cast.next("reservation.pressing", pressed=True)
        assert warm["reservation"] == card["id"]
        assert await guest.refused("reservation.pledge", reservation=card["id"], terms_version=1) == "not_held"
        await held(pressed["hold_ms"])
        pledged = await guest.ask("reservation.pledge", reservation=card["id"], terms_version=1)
        assert pledged["reservation"]["status"] == "confirmed"
        for side in (cast, guest):
            seal = (await side.next("room.entry", kind="seal"))["entry"]
            assert seal["by"] is None
            assert seal["reservation"]["status"] == "confirmed"
            assert seal["seq"] == 3


async def held(hold_ms: int) -> None:
    """The finger stays where it is: the hold is real time, by the database's clock."""
    passed = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(hold_ms / 1000 + 0.05, passed.set_result, None)
    await passed


async def test_a_replay_answers_identically_and_has_no_second_effect(pair: Pair) -> None:
    await works_tomorrow(pair)
    async with pair.cast.socket() as cast:
        key = str(uuid4())
        first = await cast.ask("message.send", key=key, room=pair.room, body="いち")
        assert await cast.ask("message.send", key=key, room=pair.room, body="いち") == first
        assert await cast.refused("message.send", key=key, room=pair.room, body="に") == "key_reused"
        key = str(uuid4())
        wanted = {"room": pair.room, "plan": pair.plan, "starts_at": tomorrow(3)}
        first = await cast.ask("invitation.send", key=key, **wanted)
        assert await cast.ask("invitation.send", key=key, **wanted) == first
        wanted["starts_at"] = tomorrow(8)
        assert await cast.refused("invitation.send", key=key, **wanted) == "key_reused"


async def test_a_held_slot_is_taken_and_a_free_hour_is_not_a_shift(pair: Pair) -> None:
    await works_tomorrow(pair)
    async with pair.cast.socket() as cast:
        await cast.ask("invitation.send", room=pair.room, plan=pair.plan, starts_at=tomorrow(12))
        assert (
            await cast.refused("invitation.send", room=pair.room, plan=pair.plan, starts_at=tomorrow(13))
            == "slot_taken"
        )
        late = tomorrow(22)
        assert (
            await cast.refused("invitation.send", room=pair.room, plan=pair.plan, starts_at=late) == "outside_schedule"
        )


async def test_a_move_overlaps_what_it_replaces_and_ends_it_with_the_pledge(pair: Pair) -> None:
    await works_tomorrow(pair)
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        first = (await cast.ask("invitation.send", room=pair.room, plan=pair.plan, starts_at=tomorrow(12)))[
            "reservation"
        ]
        await pledge(guest, first["id"])
        moved = await cast.ask(
            "invitation.send", room=pair.room, plan=pair.plan, starts_at=tomorrow(13), replaces=first["id"]
        )
        await pledge(guest, moved["reservation"]["id"])
        notice = (await guest.next("room.entry", kind="notice", status="cancelled"))["entry"]
        assert notice["reservation"]["id"] == first["id"]
    listed = (await pair.guest.http.get("/api/reservations", params={"status": "confirmed"})).json()["items"]
    assert [r["id"] for r in listed] == [moved["reservation"]["id"]]


async def pledge(guest: object, reservation: str) -> None:
    pressed = await guest.ask("reservation.press", reservation=reservation)  # type: ignore[attr-defined]
    await held(pressed["hold_ms"])
    await guest.ask("reservation.pledge", reservation=reservation, terms_version=1)  # type: ignore[attr-defined]


async def test_only_the_invited_guest_can_pledge(pair: Pair) -> None:
    await works_tomorrow(pair)
    async with pair.cast.socket() as cast:
        held_by = (await cast.ask("invitation.send", room=pair.room, plan=pair.plan, starts_at=tomorrow(12)))[
            "reservation"
        ]
        assert await cast.refused("reservation.pledge", reservation=held_by["id"], terms_version=1) == "forbidden"
        assert await cast.refused("reservation.pledge", reservation=str(uuid4()), terms_version=1) == "not_found"


async def test_who_was_away_gets_every_entry_once_and_in_order(pair: Pair) -> None:
    async with pair.cast.socket() as cast:
        for n in range(5):
            await cast.ask("message.send", room=pair.room, body=f"{n}")
        async with pair.guest.socket(rooms={pair.room: 2}) as guest:
            missed = guest.opened["missed"][pair.room]
            assert [e["seq"] for e in missed["entries"]] == [3, 4, 5]
            assert missed["more"] is False and missed["reset"] is False
            await cast.ask("message.send", room=pair.room, body="5")
            assert (await guest.next("room.entry"))["entry"]["seq"] == 6
        async with pair.guest.socket(rooms={pair.room: 99}) as guest:
            assert guest.opened["missed"][pair.room]["reset"] is True
        async with pair.guest.socket(rooms={pair.room: 2}, epoch=str(uuid4())) as guest:
            assert guest.opened["missed"][pair.room]["reset"] is True


async def test_edits_are_folded_and_a_deleted_text_leaves_the_log(pair: Pair) -> None:
    async with pair.cast.socket() as cast:
        await cast.ask("message.send", room=pair.room, body="まちがい")
        await cast.ask("message.edit", room=pair.room, seq=1, body="なおした")
        folded = await cast.ask("room.history", room=pair.room)
        assert [(e["seq"], e["body"]) for e in folded["entries"]] == [(1, "なおした")]
        await cast.ask("message.delete", room=pair.room, seq=1)
        log = await cast.ask("room.since", room=pair.room, after=0)
        assert "まちがい" not in str(log) and "なおした" not in str(log)
        assert [e["kind"] for e in log["entries"]] == ["text", "edit", "delete"]
        assert await cast.refused("message.edit", room=pair.room, seq=1, body="x") == "wrong_state"


async def test_unread_is_derived_and_reading_only_ever_rises(pair: Pair) -> None:
    async with pair.cast.socket() as cast:
        for n in range(3):
            await cast.ask("message.send", room=pair.room, body=f"{n}")
    async with pair.guest.socket() as guest:
        assert guest.opened["rooms"][0]["unread"] == 3
        assert await guest.ask("room.read", room=pair.room, seq=2) == {"read": 2}
        assert await guest.ask("room.read", room=pair.room, seq=1) == {"read": 2}
        assert await guest.refused("room.read", room=pair.room, seq=4) == "invalid"
    async with pair.guest.socket() as guest:
        assert guest.opened["rooms"][0]["unread"] == 1
