"""Reads and the smaller commands, on the wire: what one did is what one finds."""

import pytest

from tests.flow.conftest import Pair
from tests.flow.test_evening import held, tomorrow, works_tomorrow
from tests.tools.house import Person

pytestmark = pytest.mark.anyio


async def items(person: Person, path: str) -> list[dict[str, object]]:
    answer = await person.http.get(path)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


@pytest.mark.covers("room.open", "GET /api/rooms", "GET /api/rooms/{id}/entries")
async def test_rooms_and_their_entries_page_by_page(pair: Pair) -> None:
    again = await pair.guest.command("room.open", **{"with": pair.cast.id})
    assert again["result"]["room"] == pair.room, "there is one room of the two"
    for n in range(1, 6):
        await pair.guest.command("message.send", room=pair.room, body=f"{n}")
    [card] = await items(pair.cast, "/api/rooms")
    assert (card["room"], card["head"], card["unread"]) == (pair.room, 5, 5)
    path = f"/api/rooms/{pair.room}/entries"
    newest = (await pair.cast.http.get(path, params={"limit": 2})).json()
    assert ([e["body"] for e in newest["entries"]], newest["more"], newest["head"]) == (["4", "5"], True, 5)
    before = (await pair.cast.http.get(path, params={"before": 4})).json()
    assert ([e["body"] for e in before["entries"]], before["more"]) == (["1", "2", "3"], False)
    since = (await pair.cast.http.get(path, params={"after": 3})).json()
    assert [e["body"] for e in since["entries"]] == ["4", "5"]
    for wrong in ({"limit": 0}, {"limit": 101}, {"before": 0}, {"after": -1}):
        refused = await pair.cast.http.get(path, params=wrong)
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
            400,
            "invalid",
            next(iter(wrong)),
        )


@pytest.mark.covers("plan.save", "plan.archive", "GET /api/plans")
async def test_plans_are_changed_by_their_whole_and_archived(pair: Pair) -> None:
    whole = {"name": "60分", "minutes": 60, "price": {"amount": 12_000, "currency": "JPY"}, "terms": "総額。"}
    made = (await pair.cast.command("plan.save", **whole))["result"]
    assert (made["terms_version"], made["archived"], made["buffer_after"]) == (1, False, 0)
    renamed = (await pair.cast.command("plan.save", plan=made["id"], **whole | {"name": "早い時間"}))["result"]
    assert (renamed["name"], renamed["terms_version"]) == ("早い時間", 1)
    dearer = (await pair.cast.command("plan.save", plan=made["id"], **whole | {"price": {"amount": 15_000}}))["result"]
    assert dearer["terms_version"] == 2
    assert (await pair.cast.command("plan.archive", plan=made["id"]))["result"]["archived"] is True
    assert (await pair.cast.command("plan.archive", plan=pair.room))["code"] == "not_found"
    kept = {plan["id"]: plan["archived"] for plan in await items(pair.cast, "/api/plans")}
    assert kept == {pair.plan: False, made["id"]: True}


@pytest.mark.covers(
    "invitation.ask",
    "invitation.send",
    "invitation.withdraw",
    "invitation.decline",
    "reservation.press",
    "reservation.release",
    "reservation.pledge",
    "reservation.cancel",
    "reservation.changed",
    "GET /api/casts/{id}/availability",
    "GET /api/reservations",
    "GET /api/reservations/{id}",
)
async def test_every_way_that_an_invitation_can_go(pair: Pair) -> None:
    await works_tomorrow(pair)
    query = {"plan": pair.plan, "from": tomorrow(0), "to": tomorrow(20)}
    path = f"/api/casts/{pair.cast.id}/availability"
    assert (await pair.guest.http.get(path, params=query)).json() == {
        "slots": [{"from": tomorrow(0), "to": tomorrow(18).replace(":00:00Z", ":30:00Z")}]
    }
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        await guest.ask("invitation.ask", room=pair.room, plan=pair.plan, starts_at=tomorrow(3), note="窓際で")
        asked = (await cast.next("room.entry", kind="request"))["entry"]
        assert (asked["plan"], asked["starts_at"], asked["note"]) == (pair.plan, tomorrow(3), "窓際で")
        invitation = {"room": pair.room, "plan": pair.plan, "starts_at": tomorrow(3)}
        first = (await cast.ask("invitation.send", **invitation))["reservation"]["id"]
        assert await cast.refused("invitation.send", **invitation) == "slot_taken"
        await cast.ask("invitation.withdraw", reservation=first, reason="間違えました")
        second = (await cast.ask("invitation.send", **invitation))["reservation"]["id"]
        await guest.ask("invitation.decline", reservation=second)
        third = (await cast.ask("invitation.send", **invitation))["reservation"]["id"]
        await guest.ask("reservation.press", reservation=third)
        assert await guest.ask("reservation.release", reservation=third) == {}
        assert (await cast.next("reservation.pressing", pressed=False))["reservation"] == third
        pressed = await guest.ask("reservation.press", reservation=third)
        await held(pressed["hold_ms"])
        await guest.ask("reservation.pledge", reservation=third, terms_version=1)
        assert (await cast.next("reservation.changed", status="confirmed"))["reservation"]["id"] == third
        await guest.ask("reservation.cancel", reservation=third, reason="急用です", late=True)
    ended = {"withdrawn": first, "declined": second, "cancelled": third}
    assert {r["status"]: r["id"] for r in await items(pair.guest, "/api/reservations")} == ended
    [declined] = await items(pair.cast, "/api/reservations?status=declined")
    assert declined["id"] == second
    one = (await pair.cast.http.get(f"/api/reservations/{third}")).json()
    assert (one["ended"]["by"], one["ended"]["reason"]) == (pair.guest.id, "急用です")


async def test_reservations_of_no_status_there_is_are_not_looked_for(pair: Pair) -> None:
    assert await items(pair.guest, "/api/reservations?status=draft,expired") == []
    for wrong in ("bogus", "", "draft,,", "draft, expired", "\0"):
        refused = await pair.guest.http.get("/api/reservations", params={"status": wrong})
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (400, "invalid", "status")


@pytest.mark.covers("push.subscribe", "push.unsubscribe", "GET /api/push/key")
async def test_a_browser_subscribes_and_takes_it_back(pair: Pair) -> None:
    key = (await pair.guest.http.get("/api/push/key")).json()["key"]
    assert len(key) == 87
    endpoint = "https://fcm.googleapis.com/fcm/send/abc"
    keys = {"p256dh": key, "auth": "AAAAAAAAAAAAAAAAAAAAAA"}
    assert (await pair.guest.command("push.subscribe", endpoint=endpoint, keys=keys))["result"] == {}
    assert (await pair.guest.command("push.unsubscribe", endpoint=endpoint))["result"] == {}
    for wrong in ("http://fcm.googleapis.com/x", "https://127.0.0.1/x", "https://example.org/x"):
        refused = await pair.guest.command("push.subscribe", endpoint=wrong, keys=keys)
        assert (refused["code"], refused["field"]) == ("invalid", "endpoint")


@pytest.mark.covers("GET /health/live", "GET /health/ready", "GET /metrics")
async def test_operators_see_that_it_lives(pair: Pair) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = await pair.guest.http.get(path)
        assert (answer.status_code, answer.text) == (200, "ok")
    lines = (await pair.guest.http.get("/metrics")).text.splitlines()
    figures = dict(line.split() for line in lines if not line.startswith("#"))
    assert {"# TYPE fuuro_messages_total counter", "# TYPE fuuro_sockets gauge"} <= set(lines)
    assert all(any(line.startswith(f"# HELP {name} ") for line in lines) for name in figures)
    assert float(figures["fuuro_dead_letters"]) == 0
    assert "fuuro_messages_total" in figures
