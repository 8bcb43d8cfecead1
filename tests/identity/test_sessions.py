import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.identity import store
from server.identity.model import RefreshToken
from server.kernel.database import Database
from server.kernel.work import Caller, SessionEnded, Work
from server.protocol import limits
from server.protocol.errors import Refusal
from tests.identity.house import ADDRESS, House

pytestmark = pytest.mark.anyio


async def test_a_refresh_rotates_the_cookie_and_keeps_the_session(database: Database) -> None:
    house = House(database)
    first = await house.guest()
    second = await house.identity.refresh(first.refresh, ADDRESS)
    third = await house.identity.refresh(second.refresh, ADDRESS)
    assert len({first.refresh, second.refresh, third.refresh}) == 3
    assert house.tokens.verify(third.access).caller == house.tokens.verify(first.access).caller


async def test_the_previous_cookie_yields_the_same_successor_for_thirty_seconds(database: Database, clock: Any) -> None:
    house = House(database)
    first = await house.guest()
    second = await house.identity.refresh(first.refresh, ADDRESS)
    await clock.shift(limits.REFRESH_GRACE_SECONDS - 5)
    assert (await house.identity.refresh(first.refresh, ADDRESS)).refresh == second.refresh
    assert not any(isinstance(news, SessionEnded) for news in house.news)


async def test_tabs_that_refresh_at_once_all_get_the_same_successor(database: Database) -> None:
    house = House(database)
    first = await house.guest()
    outcomes = await asyncio.gather(*(house.identity.refresh(first.refresh, ADDRESS) for _ in range(6)))
    assert len({o.refresh for o in outcomes}) == 1


async def test_the_previous_cookie_after_its_grace_ends_the_whole_family(database: Database, clock: Any) -> None:
    house = House(database)
    first = await house.guest()
    second = await house.identity.refresh(first.refresh, ADDRESS)
    await clock.shift(limits.REFRESH_GRACE_SECONDS)
    with pytest.raises(Refusal, match="unauthenticated"):
        await house.identity.refresh(first.refresh, ADDRESS)
    assert house.news[-1:] == [SessionEnded(_session(house, first.access))]
    with pytest.raises(Refusal, match="unauthenticated"):
        await house.identity.refresh(second.refresh, ADDRESS)


async def test_a_cookie_two_generations_old_has_no_grace(database: Database) -> None:
    house = House(database)
    first = await house.guest()
    second = await house.identity.refresh(first.refresh, ADDRESS)
    third = await house.identity.refresh(second.refresh, ADDRESS)
    with pytest.raises(Refusal, match="unauthenticated"):
        await house.identity.refresh(first.refresh, ADDRESS)
    with pytest.raises(Refusal, match="unauthenticated"):
        await house.identity.refresh(third.refresh, ADDRESS)


async def test_a_cookie_that_nobody_here_made_ends_nothing(database: Database) -> None:
    house = House(database)
    first = await house.guest()
    for forged in ("", first.refresh[:-4] + "AAAA", RefreshToken(uuid4(), 1).text(house.keyring)):
        with pytest.raises(Refusal, match="unauthenticated"):
            await house.identity.refresh(forged, ADDRESS)
    await house.identity.refresh(first.refresh, ADDRESS)


async def test_a_session_that_is_not_refreshed_for_sixty_days_is_over(database: Database, clock: Any) -> None:
    house = House(database)
    first = await house.guest()
    caller = house.tokens.verify(first.access).caller
    await clock.shift(limits.REFRESH_DAYS * 86_400)
    assert not await house.identity.live(caller)
    with pytest.raises(Refusal, match="unauthenticated"):
        await house.identity.refresh(first.refresh, ADDRESS)


async def test_a_logout_ends_the_session_and_tells_its_sockets_once(database: Database) -> None:
    house = House(database)
    first = await house.guest()
    caller = house.tokens.verify(first.access).caller
    house.news.clear()
    assert await house.identity.live(caller)
    await house.identity.logout(caller)
    await house.identity.logout(caller)
    assert house.news == [SessionEnded(caller.session)]
    assert not await house.identity.live(caller)
    with pytest.raises(Refusal, match="unauthenticated"):
        await house.identity.refresh(first.refresh, ADDRESS)
    assert await house.rows(b"select ended_at is not null from identity.public_sessions") == [(True,)]


async def test_the_poll_finds_what_ended_since_a_moment(database: Database) -> None:
    house = House(database)
    kept = house.tokens.verify((await house.guest("090-1234-5678")).access).caller
    ended = house.tokens.verify((await house.guest("080-1234-5678")).access).caller
    async with database.connection() as connection:
        work = Work(connection, {})
        before = await work.moment()
        await house.identity.logout(ended)
        assert await store.ended_since(work, before) == [ended.session]
        assert await store.ended_since(work, await work.moment()) == []
        assert await store.session_live(work, kept.session, kept.account)
        assert not await store.session_live(work, kept.session, ended.account)


async def test_a_device_ends_another_of_the_same_account(database: Database, clock: Any) -> None:
    house = House(database)
    phone = house.tokens.verify((await house.guest()).access).caller
    await clock.shift(limits.CODE_RESEND_SECONDS)
    laptop = await house.prove()
    devices = await house.identity.devices(phone)
    assert [d.name for d in devices] == ["a phone", "a phone"]
    (other,) = [d.id for d in devices if d.id != phone.session]
    house.news.clear()
    await house.identity.end_device(phone, other)
    assert house.news == [SessionEnded(other)]
    assert [d.id for d in await house.identity.devices(phone)] == [phone.session]
    with pytest.raises(Refusal, match="unauthenticated"):
        await house.identity.refresh(laptop.refresh, ADDRESS)  # type: ignore[union-attr]


async def test_nobody_ends_a_device_of_another_account(database: Database) -> None:
    house = House(database)
    mine = house.tokens.verify((await house.guest("090-1234-5678")).access).caller
    theirs = house.tokens.verify((await house.guest("080-1234-5678")).access).caller
    house.news.clear()
    with pytest.raises(Refusal, match="not_found"):
        await house.identity.end_device(mine, theirs.session)
    await house.identity.logout(Caller(mine.account, "guest", theirs.session))
    assert house.news == []
    assert await house.identity.live(theirs)


def _session(house: House, access: str) -> UUID:
    return house.tokens.verify(access).caller.session
