import asyncio
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from server.identity.jobs import SEND_TEXT, SendText
from server.identity.service import Registration, SignedIn
from server.kernel.database import Database
from server.protocol import limits
from server.protocol.errors import Refusal
from tests.identity.house import ADDRESS, NUMBER, House, wrong

pytestmark = pytest.mark.anyio


async def test_a_new_number_gets_a_registration_and_a_known_one_is_signed_in(database: Database, clock: Any) -> None:
    house = House(database)
    first = await house.guest()
    await clock.shift(limits.CODE_RESEND_SECONDS)
    again = await house.prove()
    assert isinstance(again, SignedIn)
    assert again.account == first.account
    assert again.refresh != first.refresh


async def test_a_code_is_good_once(database: Database) -> None:
    house = House(database)
    challenge, code = await house.challenge()
    assert isinstance(await house.identity.verify(challenge, code, None, ADDRESS), Registration)
    with pytest.raises(Refusal, match="code_expired"):
        await house.identity.verify(challenge, code, None, ADDRESS)


async def test_two_at_once_with_the_right_code_and_one_gets_in(database: Database) -> None:
    house = House(database)
    challenge, code = await house.challenge()
    outcomes = await asyncio.gather(
        *(house.identity.verify(challenge, code, None, ADDRESS) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(o, Registration) for o in outcomes) == 1
    assert {o.code for o in outcomes if isinstance(o, Refusal)} == {"code_expired"}


async def test_after_five_wrong_codes_the_right_one_is_worth_nothing(database: Database) -> None:
    house = House(database)
    challenge, code = await house.challenge()
    for _ in range(limits.CODE_TRIES):
        with pytest.raises(Refusal, match="code_wrong"):
            await house.identity.verify(challenge, wrong(code), None, ADDRESS)
    with pytest.raises(Refusal, match="code_expired"):
        await house.identity.verify(challenge, code, None, ADDRESS)


async def test_guesses_at_once_get_no_more_tries_than_guesses_in_turn(database: Database) -> None:
    house = House(database)
    challenge, code = await house.challenge()
    outcomes = await asyncio.gather(
        *(house.identity.verify(challenge, wrong(code), None, ADDRESS) for _ in range(12)), return_exceptions=True
    )
    codes = [o.code for o in outcomes if isinstance(o, Refusal)]
    assert (codes.count("code_wrong"), codes.count("code_expired")) == (limits.CODE_TRIES, 12 - limits.CODE_TRIES)


async def test_a_code_expires_after_five_minutes(database: Database, clock: Any) -> None:
    house = House(database)
    challenge, code = await house.challenge()
    await clock.shift(limits.CODE_SECONDS)
    with pytest.raises(Refusal, match="code_expired"):
        await house.identity.verify(challenge, code, None, ADDRESS)


async def test_a_new_code_ends_the_older_one_of_that_number_alone(database: Database, clock: Any) -> None:
    house = House(database)
    other, other_code = await house.challenge("+81 80 1234 5678")
    old, old_code = await house.challenge()
    await clock.shift(limits.CODE_RESEND_SECONDS)
    new, new_code = await house.challenge()
    with pytest.raises(Refusal, match="code_expired"):
        await house.identity.verify(old, old_code, None, ADDRESS)
    assert isinstance(await house.identity.verify(new, new_code, None, ADDRESS), Registration)
    assert isinstance(await house.identity.verify(other, other_code, None, ADDRESS), Registration)


async def test_a_code_answers_its_own_challenge_only(database: Database) -> None:
    house = House(database)
    _, code = await house.challenge()
    other, other_code = await house.challenge("+81 80 1234 5678")
    if code != other_code:
        with pytest.raises(Refusal, match="code_wrong"):
            await house.identity.verify(other, code, None, ADDRESS)
    with pytest.raises(Refusal, match="code_expired"):
        await house.identity.verify(uuid4(), code, None, ADDRESS)


async def test_the_same_code_for_two_challenges_is_kept_as_two_hashes(database: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr("server.identity.service.secrets.randbelow", lambda _: 123_456)
    house = House(database)
    await house.challenge("+81 90 1234 5678")
    await house.challenge("+81 80 1234 5678")
    assert await house.rows(b"select count(*), count(distinct code_hash) from identity.challenges") == [(2, 2)]


async def test_a_second_text_within_thirty_seconds_is_refused_with_the_wait(database: Database, clock: Any) -> None:
    house = House(database)
    await house.challenge()
    await clock.shift(10)
    with pytest.raises(Refusal, match="rate_limited") as refused:
        await house.challenge()
    assert refused.value.retry_after is not None and 1 <= refused.value.retry_after <= 20
    assert len(await house.identity.inbox()) == 1


async def test_two_requests_for_one_number_at_once_send_one_text(database: Database) -> None:
    house = House(database)
    outcomes = await asyncio.gather(*(house.identity.otp(NUMBER, ADDRESS) for _ in range(2)), return_exceptions=True)
    assert [o.code for o in outcomes if isinstance(o, Refusal)] == ["rate_limited"]
    assert len(await house.identity.inbox()) == 1


async def test_the_sixth_text_of_an_hour_to_a_number_is_refused(database: Database, clock: Any) -> None:
    house = House(database)
    for _ in range(limits.CODES_PER_NUMBER.most):
        await house.challenge()
        await clock.shift(limits.CODE_RESEND_SECONDS)
    with pytest.raises(Refusal, match="rate_limited") as refused:
        await house.challenge()
    assert refused.value.retry_after is not None and refused.value.retry_after > 60
    await house.challenge("+81 80 1234 5678")


async def test_an_address_that_is_refused_uses_up_nobody_elses_budget(database: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "CODES_PER_ADDRESS", limits.Budget(2, 3_600))
    monkeypatch.setattr(limits, "CODES_IN_ALL", limits.Budget(3, 3_600))
    house = House(database)
    outcomes = [await _code(house, f"+81 90 1234 56{n}", "192.0.2.7") for n in range(10, 20)]
    assert outcomes == ["sent"] * 2 + ["rate_limited"] * 8
    assert await _code(house, "+81 90 1234 5620", "192.0.2.8") == "sent"
    assert await _code(house, "+81 90 1234 5621", "192.0.2.9") == "rate_limited"


async def test_a_block_of_numbers_shares_a_budget(database: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "CODES_PER_PREFIX", limits.Budget(2, 3_600))
    house = House(database)
    outcomes = [await _code(house, f"+81 90 1234 56{n}", f"192.0.2.{n}") for n in range(10, 13)]
    assert outcomes == ["sent", "sent", "rate_limited"]
    assert await _code(house, "+81 90 1234 6610", "192.0.2.1") == "sent"


async def test_the_factor_on_limits_reaches_the_budgets(database: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "CODES_IN_ALL", limits.Budget(1, 3_600))
    house = House(database, factor=3)
    outcomes = [await _code(house, f"+81 90 1234 56{n}", ADDRESS) for n in range(10, 14)]
    assert outcomes == ["sent"] * 3 + ["rate_limited"]


async def test_an_address_may_try_a_hundred_codes_an_hour(database: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "VERIFIES_PER_ADDRESS", limits.Budget(1, 3_600))
    house = House(database)
    challenge, code = await house.challenge()
    with pytest.raises(Refusal, match="code_wrong"):
        await house.identity.verify(challenge, wrong(code), None, "192.0.2.7")
    with pytest.raises(Refusal, match="rate_limited"):
        await house.identity.verify(challenge, code, None, "192.0.2.7")
    assert isinstance(await house.identity.verify(challenge, code, None, "192.0.2.8"), Registration)


async def test_with_a_provider_the_text_is_queued_sealed_and_the_inbox_stays_empty(database: Database) -> None:
    house = House(database, development=False)
    await house.identity.otp(NUMBER, ADDRESS)
    ((kind, payload, seconds),) = await house.rows(
        b"select kind, payload, extract(epoch from expires_at - kernel.moment())::float8 from kernel.jobs"
    )
    assert kind == SEND_TEXT
    to, text = msgspec.convert(payload, SendText).opened(house.keyring)
    assert to == "+819012345678" and "認証コード" in text
    assert "9012345678" not in str(payload)
    assert isinstance(seconds, float) and 0 < seconds <= limits.CODE_SECONDS
    assert await house.identity.inbox() == []


async def test_neither_number_nor_code_can_be_read_in_the_tables(database: Database) -> None:
    house = House(database, development=False)
    await house.identity.otp(NUMBER, ADDRESS)
    assert await house.rows(b"select from identity.challenges c where c::text like '%%9012345678%%'") == []
    assert await house.rows(b"select from identity.challenges") != []


async def _code(house: House, phone: str, address: str) -> str:
    try:
        await house.identity.otp(phone, address)
    except Refusal as refusal:
        return refusal.code
    return "sent"
