import asyncio
from datetime import date
from typing import Any

import pytest

from server.identity.service import SignedIn
from server.kernel.database import Database
from server.protocol import limits
from server.protocol.errors import Refusal
from tests.identity.house import ADDRESS, ADULT, House

pytestmark = pytest.mark.anyio


async def test_a_guest_registers_and_the_others_hear_of_it(database: Database) -> None:
    house = House(database)
    signed = await house.guest()
    assert (signed.account.role, signed.account.display_name) == ("guest", "Aoi")
    caller = house.tokens.verify(signed.access).caller
    assert (caller.account, caller.role) == (signed.account.id, "guest")
    assert await house.rows(b"select type, key from kernel.events") == [("AccountRegistered", str(signed.account.id))]
    assert await house.rows(b"select consumer from kernel.deliveries") == [("portfolio",)]
    assert await house.identity.account(signed.account.id) == signed.account


async def test_a_cast_code_is_good_for_one_cast(database: Database) -> None:
    house = House(database)
    code = await house.identity.mint_cast_code()
    first, second = await house.registration("+81 90 1234 5678"), await house.registration("+81 80 1234 5678")
    signed = await house.identity.register(first, "Ren", ADULT, "cast", f" {code.lower()} ", None, ADDRESS)
    assert signed.account.role == "cast"
    with pytest.raises(Refusal) as refused:
        await house.identity.register(second, "Mio", ADULT, "cast", code, None, ADDRESS)
    assert (refused.value.code, refused.value.field) == ("invalid", "cast_code")
    assert await house.rows(b"select display_name from identity.accounts") == [("Ren",)]


@pytest.mark.parametrize("cast_code", [None, "", "AAAA-BBBB-CCCC"])
async def test_nobody_becomes_a_cast_without_a_code(database: Database, cast_code: str | None) -> None:
    house = House(database)
    token = await house.registration()
    with pytest.raises(Refusal) as refused:
        await house.identity.register(token, "Ren", ADULT, "cast", cast_code, None, ADDRESS)
    assert refused.value.field == "cast_code"
    assert (await house.identity.register(token, "Ren", ADULT, "guest", None, None, ADDRESS)).account.role == "guest"


async def test_two_casts_with_one_code_at_once_and_one_gets_in(database: Database) -> None:
    house = House(database)
    code = await house.identity.mint_cast_code()
    tokens = [await house.registration(f"+81 {p} 1234 5678") for p in ("70", "80", "90")]
    outcomes = await asyncio.gather(
        *(house.identity.register(t, "Ren", ADULT, "cast", code, None, ADDRESS) for t in tokens), return_exceptions=True
    )
    assert sum(isinstance(o, SignedIn) for o in outcomes) == 1
    assert [o.field for o in outcomes if isinstance(o, Refusal)] == ["cast_code"] * 2


async def test_a_child_is_refused_and_can_correct_a_slip_with_the_same_token(database: Database) -> None:
    house = House(database)
    token = await house.registration()
    (today,) = (await house.rows(b"select (kernel.moment() at time zone 'Asia/Tokyo')::date"))[0]
    assert isinstance(today, date)
    with pytest.raises(Refusal) as refused:
        await house.identity.register(token, "Aoi", date(today.year - 17, 1, 1), "guest", None, None, ADDRESS)
    assert (refused.value.code, refused.value.field) == ("invalid", "birth_date")
    await house.identity.register(token, "Aoi", ADULT, "guest", None, None, ADDRESS)


async def test_a_registration_token_is_good_once_and_for_fifteen_minutes(database: Database, clock: Any) -> None:
    house = House(database)
    used, late = await house.registration("+81 90 1234 5678"), await house.registration("+81 80 1234 5678")
    await house.identity.register(used, "Aoi", ADULT, "guest", None, None, ADDRESS)
    with pytest.raises(Refusal, match="code_expired"):
        await house.identity.register(used, "Aoi", ADULT, "guest", None, None, ADDRESS)
    await clock.shift(limits.REGISTRATION_SECONDS)
    with pytest.raises(Refusal, match="code_expired"):
        await house.identity.register(late, "Aoi", ADULT, "guest", None, None, ADDRESS)
    with pytest.raises(Refusal, match="code_expired"):
        await house.identity.register("no token of ours", "Aoi", ADULT, "guest", None, None, ADDRESS)


async def test_two_registrations_of_one_number_at_once_and_the_second_already_exists(
    database: Database, clock: Any
) -> None:
    house = House(database)
    first = await house.registration()
    await clock.shift(limits.CODE_RESEND_SECONDS)
    second = await house.registration()
    outcomes = await asyncio.gather(
        *(house.identity.register(t, "Aoi", ADULT, "guest", None, None, ADDRESS) for t in (first, second)),
        return_exceptions=True,
    )
    assert sum(isinstance(o, SignedIn) for o in outcomes) == 1
    assert [o.code for o in outcomes if isinstance(o, Refusal)] == ["already_exists"]
    assert await house.rows(b"select count(*) from identity.accounts") == [(1,)]
