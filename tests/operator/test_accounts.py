"""What operators do to accounts: the first one, codes for casts, suspensions, checked ages; and who may not."""

import asyncio
import subprocess
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.operator.conftest import signed_in
from tests.tools.clones import open_house, rows, shift
from tests.tools.house import SECONDS, House, Person
from tests.trust.people import Pair, pairs

pytestmark = pytest.mark.anyio

LATER = "2999-01-01T00:00:00Z"
COMMANDS: list[tuple[str, dict[str, Any]]] = [
    ("cast_code.mint", {}),
    ("report.settle", {"report": str(uuid4()), "outcome": "upheld"}),
    ("dispute.settle", {"reservation": str(uuid4()), "outcome": "upheld"}),
    ("account.suspend", {"account": str(uuid4()), "reason": "?"}),
    ("account.restore", {"account": str(uuid4())}),
    ("account.age_checked", {"account": str(uuid4())}),
    ("delivery.replay", {"source": "job", "handler": "push.send", "id": 1}),
]
READS = ["reports", "disputes", "deliveries", "audit", "accounts"]


async def invited(pair: Pair, hours: int = 24) -> str:
    """A draft of the two, some hours from now."""
    plan = (
        await pair.cast.command(
            "plan.save", name="90分", minutes=90, price={"amount": 18000, "currency": "JPY"}, terms="総額。"
        )
    )["result"]["id"]
    ((now,),) = await rows(pair.house, "select kernel.moment()")
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
    await pair.cast.command(
        "schedule.add", starts_at=start.isoformat(), ends_at=(start + timedelta(hours=3)).isoformat()
    )
    sent = await pair.cast.command("invitation.send", room=pair.room, plan=plan, starts_at=start.isoformat())
    assert sent["status_code"] == 200, sent
    return str(sent["result"]["reservation"]["id"])


async def pressed(pair: Pair, reservation: str) -> None:
    await pair.guest.command("reservation.press", reservation=reservation)
    await shift(pair.house, 1.3 / 86_400)


async def status(pair: Pair, reservation: str) -> str:
    return str((await rows(pair.house, "select status from booking.reservations where id = %s", reservation))[0][0])


async def test_whoever_is_no_operator_is_refused_before_anything_is_looked_at(pair: Pair) -> None:
    for person in (pair.cast, pair.guest):
        for type, fields in COMMANDS:
            answer = await person.command(type, **fields)
            assert (answer["code"], answer["status_code"]) == ("forbidden", 403), type
        for name in READS:
            assert (await person.http.get(f"/api/operator/{name}")).status_code == 403, name
    assert (await Person(pair.house).http.get("/api/operator/audit")).status_code == 401


async def test_operators_have_no_power_over_what_is_said_and_booked(pair: Pair, operator: Person) -> None:
    reservation = await invited(pair)
    for type, fields in [
        ("message.send", {"room": pair.room, "body": "?"}),
        ("invitation.withdraw", {"reservation": reservation}),
        ("reservation.pledge", {"reservation": reservation, "terms_version": 1}),
        ("memo.save", {"guest": pair.guest.id, "body": "?"}),
        ("review.write", {"reservation": reservation}),
    ]:
        assert (await operator.command(type, **fields))["code"] in ("not_found", "forbidden"), type
    for path in (f"/api/rooms/{pair.room}/entries", f"/api/guests/{pair.guest.id}", f"/api/reservations/{reservation}"):
        assert (await operator.http.get(path)).status_code == 404, path


async def test_the_first_operator_is_made_by_the_house_and_signs_in_as_everybody(house: House) -> None:
    phone = f"+8170{next(Person.numbers)}"
    made = await asyncio.to_thread(house.run, "operator", "--phone", phone)
    assert await asyncio.to_thread(house.run, "operator", "--phone", phone) == made, "a second time changes nothing"
    person = Person(house)
    person._signed_in(await person.verify(phone))
    assert (person.id, person.account["role"]) == (made, "operator")
    assert (await person.http.get("/api/me")).json()["account"]["role"] == "operator"
    guest = await Person(house).register("guest", "健")
    number = next(i["to"] for i in (await guest.http.get("/dev/inbox.json")).json()["items"])
    with pytest.raises(subprocess.CalledProcessError) as refused:
        await asyncio.to_thread(house.run, "operator", "--phone", number)
    assert "belongs to a guest" in refused.value.stderr


@pytest.mark.covers("cast_code.mint")
async def test_a_minted_code_lets_one_cast_in_and_lies_nowhere_in_clear(house: House, operator: Person) -> None:
    key = str(uuid4())
    minted = await operator.command("cast_code.mint", key=key)
    code = minted["result"]["code"]
    assert await operator.command("cast_code.mint", key=key) == minted, "the same key, the same code"
    kept = await rows(house, "select result from kernel.commands where key = %s", key)
    assert code.encode() not in bytes(kept[0][0])
    for expected in (200, 400):
        person = Person(house)
        verified = await person.verify(f"+8190{next(Person.numbers)}")
        form = {
            "registration_token": verified["registration_token"],
            "display_name": "紗夜",
            "birth_date": "1995-05-05",
            "role": "cast",
            "cast_code": code,
        }
        assert (await person.http.post("/api/auth/register", json=form)).status_code == expected


@pytest.mark.covers("account.suspend", "account.restore")
async def test_a_suspension_ends_sockets_drafts_and_confirmed_ones_with_notice(
    pair: Pair, house: House, operator: Person
) -> None:
    draft, confirmed = await invited(pair, 24), await invited(pair, 48)
    await pressed(pair, confirmed)
    await pair.guest.command("reservation.pledge", reservation=confirmed, terms_version=1)
    past = await pair.evening("completed")
    async with pair.cast.socket() as cast, pair.guest.socket() as guest, operator.socket() as house_:
        said = await house_.ask("account.suspend", account=pair.guest.id, reason="通報3件")
        assert (said["standing"]["suspended"], said["standing"]["suspended_until"]) == (True, None)
        await asyncio.wait_for(guest.raw.wait_closed(), SECONDS)
        assert guest.raw.close_code == 4502
        notices = {}
        for _ in range(2):
            entry = (await cast.next("room.entry", kind="notice"))["entry"]
            notices[entry["reservation"]["id"]] = (
                entry["status"],
                entry["reason"],
                entry["reservation"]["ended"]["late"],
            )
    assert notices == {draft: ("withdrawn", "house", False), confirmed: ("cancelled", "house", False)}
    assert await status(pair, past) == "completed"
    card = (await pair.cast.http.get(f"/api/guests/{pair.guest.id}")).json()
    assert card["cancellations"] == 0, "it was the house, not the guest"
    again = await operator.command("account.restore", account=pair.guest.id)
    assert again["result"]["standing"]["suspended"] is False
    assert (await operator.command("account.restore", account=pair.guest.id))["code"] == "wrong_state"


async def test_suspended_nobody_signs_in_pledges_or_opens_a_socket_and_a_sentence_says_why(
    pair: Pair, house: House, operator: Person
) -> None:
    phone = f"+8190{next(Person.numbers)}"
    guest = Person(house)
    verified = await guest.verify(phone)
    form = {
        "registration_token": verified["registration_token"],
        "display_name": "健",
        "birth_date": "1990-04-01",
        "role": "guest",
    }
    guest._signed_in((await guest.http.post("/api/auth/register", json=form)).json())
    await operator.command("account.suspend", account=guest.id, reason="?", until=LATER)
    refused = await guest.command("reservation.pledge", reservation=str(uuid4()), terms_version=1)
    assert (refused["code"], refused["status_code"]) == ("forbidden", 403)
    assert "suspended until 2999-01-01" in refused["message"]
    with pytest.raises(AssertionError, match="suspended until 2999-01-01"):
        async with guest.socket():
            pass
    await shift(house, 60 / 86_400)
    with pytest.raises(AssertionError, match="forbidden"):
        await guest.verify(phone)
    await operator.command("account.restore", account=guest.id)
    await shift(house, 60 / 86_400)
    assert (await guest.verify(phone))["status"] == "signed_in"


async def test_a_suspension_with_an_end_ends_by_itself(pair: Pair, operator: Person) -> None:
    ((now,),) = await rows(pair.house, "select kernel.moment()")
    until_ = (now + timedelta(hours=1)).isoformat()
    await operator.command("account.suspend", account=pair.cast.id, reason="休み", until=until_)
    listed = (await operator.http.get("/api/operator/accounts", params={"suspended": True})).json()["items"]
    assert pair.cast.id in [item["account"]["id"] for item in listed]
    await shift(pair.house, 1 / 24)
    (found,) = (await operator.http.get("/api/operator/accounts", params={"q": pair.cast.id})).json()["items"]
    assert (found["suspended"], found["suspended_until"], found["suspended_reason"]) == (False, None, None)


async def test_a_suspended_cast_is_found_by_nobody_until_she_is_restored(pair: Pair, operator: Person) -> None:
    cast, word = pair.cast.id, "しのぶれど"
    await pair.cast.command("profile.save", headline=word)

    async def shown() -> tuple[int, int, int, bool]:
        page = (await pair.guest.http.get("/api/casts", params={"q": word})).json()
        profile, reviews = [
            (await pair.guest.http.get(f"/api/casts/{cast}{part}")).status_code for part in ("", "/reviews")
        ]
        follow = await pair.guest.command("follow.add", cast=cast)
        return profile, reviews, follow["status_code"], cast in [found["account"]["id"] for found in page["items"]]

    assert await shown() == (200, 200, 200, True)
    await operator.command("account.suspend", account=cast, reason="?")
    assert await shown() == (404, 404, 404, False)
    await operator.command("account.restore", account=cast)
    assert await shown() == (200, 200, 200, True)


async def test_what_cannot_be_suspended_is_refused(pair: Pair, operator: Person) -> None:
    refused = [
        await operator.command("account.suspend", account=str(uuid4()), reason="?"),
        await operator.command("account.suspend", account=operator.id, reason="?"),
        await operator.command("account.suspend", account=pair.guest.id, reason="?", until="2001-01-01T00:00:00Z"),
        await operator.command("account.suspend", account=pair.guest.id, reason=" "),
        await operator.command("account.restore", account=str(uuid4())),
        await operator.command("account.age_checked", account=str(uuid4())),
    ]
    assert [a["code"] for a in refused] == ["not_found", "forbidden", "invalid", "invalid", "not_found", "not_found"]


@pytest.mark.covers("account.age_checked")
async def test_where_the_house_wants_it_only_checked_accounts_ask_invite_and_pledge(
    cluster: str, template: str
) -> None:
    with open_house(cluster, template, FUURO_AGE_CHECK="1") as house:
        operator = await signed_in(house)
        async with pairs(house, 1) as (pair,):
            with pytest.raises(AssertionError, match="has not checked your age"):
                await invited(pair)
            ask = await pair.guest.command("invitation.ask", room=pair.room, note="今夜は?")
            assert (ask["code"], ask["status_code"]) == ("forbidden", 403)
            checked = await operator.command("account.age_checked", account=pair.cast.id)
            assert checked["result"]["standing"]["age_checked_at"] is not None
            assert await operator.command("account.age_checked", account=pair.cast.id) == checked
            reservation = await invited(pair)
            await pressed(pair, reservation)
            refused = await pair.guest.command("reservation.pledge", reservation=reservation, terms_version=1)
            assert refused["code"] == "forbidden"
            assert (await pair.guest.command("message.send", room=pair.room, body="今夜は?"))["status_code"] == 200
            await operator.command("account.age_checked", account=pair.guest.id)
            assert (await pair.guest.command("invitation.ask", room=pair.room))["status_code"] == 200
            pledged = await pair.guest.command("reservation.pledge", reservation=reservation, terms_version=1)
            assert pledged["result"]["reservation"]["status"] == "confirmed"
        async with pairs(house, 1) as (stranger,):
            asked = await stranger.guest.command("invitation.ask", room=pair.room)
            assert asked["code"] == "not_found", "who is not party learns nothing, checked or not"
        await operator.http.aclose()


async def test_accounts_are_found_by_name_and_in_pages(house: House, operator: Person) -> None:
    async with pairs(house, 30):
        first = (await operator.http.get("/api/operator/accounts")).json()
        assert len(first["items"]) == 50
        second = (await operator.http.get("/api/operator/accounts", params={"cursor": first["next"]})).json()
        ids = [i["account"]["id"] for i in first["items"] + second["items"]]
        assert len(set(ids)) == len(ids)
        named = (await operator.http.get("/api/operator/accounts", params={"q": "キャスト 29"})).json()["items"]
        assert {i["account"]["display_name"] for i in named} == {"キャスト 29"}
