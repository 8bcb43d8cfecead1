"""Waiting for a time, and one's reservations in a calendar app, on the wire."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from tests.flow.conftest import Pair, make_pair
from tests.flow.test_evening import held, tomorrow, works_tomorrow
from tests.tools.house import House

pytestmark = pytest.mark.anyio


@pytest.mark.covers("waitlist.join", "waitlist.leave", "GET /api/waitlist")
async def test_a_guest_waits_and_is_held_a_place(pair: Pair, house: House) -> None:
    other = await make_pair(house)
    plan = {"name": "一晩", "minutes": 720, "price": {"amount": 90_000}, "terms": "総額。", "waitlist": True}
    plan_id = (await pair.cast.command("plan.save", **plan))["result"]["id"]
    await pair.cast.command("schedule.add", starts_at=tomorrow(0), ends_at=tomorrow(12))
    sent = await pair.cast.command("invitation.send", room=pair.room, plan=plan_id, starts_at=tomorrow(0))
    async with other.guest.socket() as guest:
        wish = {"cast": pair.cast.id, "plan": plan_id, "from": tomorrow(0), "to": tomorrow(1)}
        joined = await guest.ask("waitlist.join", **wish)
        assert joined["place"] == 1
        [shown] = (await other.guest.http.get("/api/waitlist")).json()["items"]
        assert (shown["waitlist"], shown["cast"]["id"], shown["reservation"]) == (
            joined["waitlist"],
            pair.cast.id,
            None,
        )
        [for_her] = (await pair.cast.http.get("/api/waitlist")).json()["items"]
        assert for_her["guest"]["id"] == other.guest.id
        await pair.guest.command("invitation.decline", reservation=sent["result"]["reservation"]["id"])
        card = (await guest.next("room.entry", kind="invitation"))["entry"]
        assert card["by"] == pair.cast.id
        assert card["reservation"]["starts_at"] == tomorrow(0)
        assert (await other.guest.http.get("/api/waitlist")).json()["items"][0]["reservation"] == card["reservation"][
            "id"
        ]
        assert await guest.ask("waitlist.leave", waitlist=joined["waitlist"]) == {}
        assert await guest.refused("waitlist.leave", waitlist=joined["waitlist"]) == "not_found"


@pytest.mark.covers("calendar.link", "calendar.revoke", "GET /api/calendar/{token}.ics")
async def test_a_calendar_app_sees_what_is_confirmed_and_what_is_cancelled_and_no_name(pair: Pair) -> None:
    await works_tomorrow(pair)
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        sent = await cast.ask("invitation.send", room=pair.room, plan=pair.plan, starts_at=tomorrow(12))
        id = sent["reservation"]["id"]
        address = (await guest.ask("calendar.link"))["url"]
        assert await events(pair, address) == [], "a draft is not in it"
        pressed = await guest.ask("reservation.press", reservation=id)
        await held(pressed["hold_ms"])
        await guest.ask("reservation.pledge", reservation=id, terms_version=1)
        [event] = await events(pair, address)
        assert (event["status"], event["sequence"]) == ("CONFIRMED", 2)
        start = event["dtstart"]
        assert start.params["TZID"] == "Asia/Tokyo"
        assert start.dt == datetime.fromisoformat(tomorrow(12)).astimezone(ZoneInfo("Asia/Tokyo"))
        await cast.ask("reservation.cancel", reservation=id, reason="体調", late=True)
        [again] = await events(pair, address)
        assert (again["uid"], again["status"], again["sequence"]) == (event["uid"], "CANCELLED", 3)
        text = (await pair.guest.http.get(address)).text
        assert (await pair.guest.http.head(address)).status_code == 200
        assert not any(name in text for name in ("紗夜", "健", "体調"))
        assert "BEGIN:VTIMEZONE" in text
        newer = (await guest.ask("calendar.link"))["url"]
        assert (await pair.guest.http.get(address)).status_code == 404
        assert await guest.ask("calendar.revoke") == {}
        assert (await pair.guest.http.get(newer)).status_code == 404
    assert (await pair.guest.http.get("/api/calendar/x.ics")).status_code == 404


async def events(pair: Pair, address: str) -> list[Calendar]:
    del pair.guest.http.headers["authorization"]
    answer = await pair.guest.http.get(address)
    pair.guest.http.headers["authorization"] = f"Bearer {pair.guest.token}"
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))
