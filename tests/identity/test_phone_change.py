"""Another number: proven by a code of its own, told to the old one, stopped by it, in effect after a day."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from server.identity.service import Registration, SignedIn
from server.kernel.database import Database
from server.kernel.work import Caller
from server.protocol import limits
from server.protocol.errors import Refusal
from tests.identity.house import ADDRESS, NUMBER, House
from tests.identity.test_http import bearer, browser, register

pytestmark = pytest.mark.anyio
OLD, NEW = "+819012345678", "+818012349876"
DELAY = limits.PHONE_CHANGE_HOURS * 3_600


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(database) as client:
        yield client


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


async def change(house: House, signed: SignedIn, phone: str = NEW) -> datetime:
    caller = as_caller(house, signed)
    challenge = await house.identity.phones.ask(caller, phone, ADDRESS)
    return await house.identity.phones.prove(caller, challenge, await house.code(), ADDRESS)


def as_caller(house: House, signed: SignedIn) -> Caller:
    return house.tokens.verify(signed.access).caller


async def newest(client: httpx.AsyncClient) -> dict[str, str]:
    return dict((await client.get("/dev/inbox.json")).json()["items"][0])


@pytest.mark.covers("POST /api/auth/phone", "POST /api/auth/phone/verify", "GET /api/me")
async def test_a_change_answers_tells_the_old_number_and_takes_effect_after_its_delay(
    client: httpx.AsyncClient, clock: Any
) -> None:
    me = bearer(await register(client))
    asked = await client.post("/api/auth/phone", json={"phone": "080-1234-9876"}, headers=me)
    assert asked.status_code == 202
    assert asked.json() == {"challenge": asked.json()["challenge"], "expires_in": 300, "resend_in": 30}
    sent = await newest(client)
    assert sent["to"] == NEW
    proof = {"challenge": asked.json()["challenge"], "code": re.findall(r"\d{6}", sent["text"])[0]}
    proven = await client.post("/api/auth/phone/verify", json=proof, headers=me)
    assert proven.status_code == 202
    told = await newest(client)
    assert told["to"] == OLD and "24時間後" in told["text"] and not re.findall(r"\d{6}", told["text"])
    phone = (await client.get("/api/me", headers=me)).json()["phone"]
    assert phone == {"last_four": "5678", "change": {"last_four": "9876"} | proven.json()}
    at = datetime.fromisoformat(proven.json()["effective_at"])
    now = datetime.fromisoformat(told["at"])
    assert timedelta(hours=23, minutes=59) < at - now <= timedelta(hours=24)


@pytest.mark.covers("POST /api/auth/phone")
async def test_without_a_bearer_nobody_changes_a_number(client: httpx.AsyncClient) -> None:
    answers = [
        await client.post("/api/auth/phone", json={"phone": NEW}),
        await client.post("/api/auth/phone/verify", json={"challenge": "0" * 32, "code": "000000"}),
        await client.delete("/api/auth/phone"),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(401, "unauthenticated")] * 3


async def test_any_signed_in_device_stops_it(client: httpx.AsyncClient, clock: Any) -> None:
    me = bearer(await register(client))
    asked = await client.post("/api/auth/phone", json={"phone": NEW}, headers=me)
    code = re.findall(r"\d{6}", (await newest(client))["text"])[0]
    await client.post("/api/auth/phone/verify", json={**challenge_of(asked), "code": code}, headers=me)
    assert (await client.delete("/api/auth/phone", headers=me)).status_code == 204
    assert (await client.delete("/api/auth/phone", headers=me)).status_code == 404
    assert (await client.get("/api/me", headers=me)).json()["phone"]["change"] is None


def challenge_of(answer: httpx.Response) -> dict[str, str]:
    return {"challenge": answer.json()["challenge"]}


async def test_until_then_the_old_number_signs_in_and_after_it_the_new_one_without_any_worker(
    house: House, clock: Any
) -> None:
    signed = await house.guest()
    await change(house, signed)
    await clock.shift(DELAY - 60)
    before = await house.prove()
    assert isinstance(before, SignedIn) and before.account == signed.account
    await clock.shift(61)
    after = await house.prove(NEW)
    assert isinstance(after, SignedIn) and after.account == signed.account
    assert isinstance(await house.prove(NUMBER), Registration)
    assert await house.rows(b"select count(*) from identity.phone_changes") == [(0,)]


async def test_the_old_number_is_nobody_s_at_once_though_no_worker_ran(house: House, clock: Any) -> None:
    await change(house, await house.guest())
    await clock.shift(DELAY + 1)
    assert isinstance(await house.prove(NUMBER), Registration)


async def test_the_worker_makes_the_change_when_nobody_signs_in(house: House, clock: Any) -> None:
    signed = await house.guest()
    await change(house, signed)
    async with house.identity._work() as work:
        assert await house.identity.phones.apply_due(work) == 0
    await clock.shift(DELAY)
    async with house.identity._work() as work:
        assert await house.identity.phones.apply_due(work) == 1
    assert isinstance(await house.prove(NEW), SignedIn)


async def test_a_code_of_another_purpose_is_wrong_both_ways(house: House, clock: Any) -> None:
    signed = await house.guest()
    caller = as_caller(house, signed)
    to_sign_in, code = await house.challenge(NEW)
    with pytest.raises(Refusal, match="code_wrong"):
        await house.identity.phones.prove(caller, to_sign_in, code, ADDRESS)
    await clock.shift(limits.CODE_RESEND_SECONDS)
    to_change = await house.identity.phones.ask(caller, NEW, ADDRESS)
    with pytest.raises(Refusal, match="code_wrong"):
        await house.identity.verify(to_change, await house.code(), None, ADDRESS)


async def test_a_code_of_somebody_else_s_change_is_wrong(house: House) -> None:
    one, other = await house.guest(), await house.guest("+81 70 1234 5678")
    challenge = await house.identity.phones.ask(as_caller(house, one), NEW, ADDRESS)
    with pytest.raises(Refusal, match="code_wrong"):
        await house.identity.phones.prove(as_caller(house, other), challenge, await house.code(), ADDRESS)


async def test_a_number_that_somebody_has_is_refused_only_to_who_holds_it(house: House, clock: Any) -> None:
    one, _ = await house.guest(), await house.guest(NEW)
    await clock.shift(limits.CODE_RESEND_SECONDS)
    challenge = await house.identity.phones.ask(as_caller(house, one), NEW, ADDRESS)
    with pytest.raises(Refusal, match="already_exists"):
        await house.identity.phones.prove(as_caller(house, one), challenge, await house.code(), ADDRESS)


async def test_a_number_that_somebody_registers_meanwhile_stays_theirs(house: House, clock: Any) -> None:
    one = await house.guest()
    await change(house, one)
    await clock.shift(limits.CODE_RESEND_SECONDS)
    other = await house.guest(NEW)
    await clock.shift(DELAY)
    again = await house.prove(NEW)
    assert isinstance(again, SignedIn) and again.account == other.account
    texts = await house.identity.inbox()
    assert any(t.recipient == OLD and "行われませんでした" in t.body for t in texts)
    mine = await house.prove(NUMBER)
    assert isinstance(mine, SignedIn) and mine.account == one.account


async def test_one_s_own_number_is_no_change_in_any_writing(house: House) -> None:
    signed = await house.guest()
    for writing in ("090-1234-5678", "+81 90 1234 5678", "090 1234 5678"):
        with pytest.raises(Refusal, match="invalid"):
            await house.identity.phones.ask(as_caller(house, signed), writing, ADDRESS)


async def test_a_session_that_has_ended_changes_nothing_though_its_token_is_good(house: House) -> None:
    caller = as_caller(house, await house.guest())
    challenge = await house.identity.phones.ask(caller, NEW, ADDRESS)
    await house.identity.logout(caller)
    with pytest.raises(Refusal, match="unauthenticated"):
        await house.identity.phones.prove(caller, challenge, await house.code(), ADDRESS)
    with pytest.raises(Refusal, match="unauthenticated"):
        await house.identity.phones.ask(caller, NEW, ADDRESS)


async def test_a_second_change_takes_the_place_of_the_first(house: House, clock: Any) -> None:
    signed = await house.guest()
    await change(house, signed)
    await clock.shift(3_600)
    later = await change(house, signed, "+81 70 1234 5678")
    await clock.shift(DELAY - 3_599)
    async with house.identity._work() as work:
        assert await house.identity.phones.apply_due(work) == 0, f"the delay begins anew: {later}"
    await clock.shift(3_600)
    assert isinstance(await house.prove("+81 70 1234 5678"), SignedIn)
