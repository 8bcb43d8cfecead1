"""Who is found for a free time: who is there, and has a plan that is possible then as a whole, by its length, its notice and its price."""

from datetime import timedelta
from uuid import UUID

import pytest

from server.kernel.work import Caller
from server.portfolio.search import Criteria
from server.protocol import commands as c
from server.protocol.values import Money
from tests.booking.stage import Stage
from tests.portfolio.town import Town

pytestmark = pytest.mark.anyio


async def listed(stage: Stage, name: str) -> Caller:
    cast = await stage.account("cast", name)
    await stage.run(cast, c.SaveProfile(published=True))
    return cast


async def works_an_hour(stage: Stage, name: str = "紗夜") -> Caller:
    """Tomorrow, from a full hour on."""
    cast, begin = await listed(stage, name), await stage.hour()
    await stage.works(cast, begin, begin + timedelta(hours=1))
    return cast


async def found(stage: Stage, price: int | None = None) -> set[UUID]:
    """Around that hour, though the clock may have gone into the next meanwhile."""
    begin = await stage.hour()
    town = Town(stage, await stage.account("guest", "健"), [], {})
    criteria = Criteria(from_=begin - timedelta(minutes=90), to=begin + timedelta(hours=2), price_max=price)
    return set(await town.all_pages(criteria))


async def test_a_plan_that_is_longer_than_she_works_is_none(stage: Stage) -> None:
    fits, does_not = await works_an_hour(stage), await works_an_hour(stage, "Mei")
    await stage.plan(fits, minutes=60)
    await stage.plan(does_not, minutes=61)
    assert await found(stage) == {fits.account}


async def test_the_plan_that_is_possible_must_cost_no_more(stage: Stage) -> None:
    """What costs less lasts too long for that evening, and what fits costs more: she isn't found for the lower price."""
    cast = await works_an_hour(stage)
    await stage.plan(cast, name="長", minutes=120, price=Money(8_000, "JPY"))
    await stage.plan(cast, name="短", minutes=60, price=Money(20_000, "JPY"))
    assert await found(stage, 20_000) == {cast.account}
    assert await found(stage, 19_999) == set()


async def test_notice_that_reaches_beyond_the_span_leaves_no_start(stage: Stage) -> None:
    short, long = await works_an_hour(stage), await works_an_hour(stage, "Mei")
    await stage.plan(short, minutes=60, notice_minutes=60)
    await stage.plan(long, minutes=60, notice_minutes=7 * 24 * 60)
    assert await found(stage) == {short.account}


async def test_a_plan_that_is_offered_no_more_is_none(stage: Stage) -> None:
    cast = await works_an_hour(stage)
    plan = await stage.plan(cast, minutes=60)
    assert await found(stage) == {cast.account}
    await stage.run(cast, c.ArchivePlan(plan=plan))
    assert await found(stage) == set()


async def test_who_is_suspended_is_not_listed(stage: Stage) -> None:
    cast = await works_an_hour(stage)
    await stage.plan(cast, minutes=60)
    until = "update identity.accounts set suspended_until = kernel.moment() + interval '1 day' where id = %s"
    await stage.rows(until, cast.account)
    assert await found(stage) == set()


async def test_the_first_who_come_are_listed_though_many_before_them_are_not_free(stage: Stage) -> None:
    """More than are asked about at once, and only a few of them work: every page is whole, and no one is missed."""
    free = set()
    for number in range(110):
        working = number % 9 == 0
        cast = await (works_an_hour if working else listed)(stage, f"Mei{number}")
        await stage.plan(cast, minutes=60)
        if working:
            free.add(cast.account)
    assert await found(stage) == free
