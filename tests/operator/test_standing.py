"""A pledge and a suspension never pass each other unseen, whichever comes first."""

import asyncio
from pathlib import Path

import pytest

from server.app import REACTIONS
from server.identity import standings
from server.kernel.settings import WrongSetting, from_environment
from server.kernel.work import Caller
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.errors import Refusal
from tests.booking.stage import HELD, Evening, Stage, open_stage, pledge, waiting
from tests.conftest import Clock
from tests.tools.house import until

pytestmark = pytest.mark.anyio


async def ready(stage: Stage, clock: Clock) -> tuple[Evening, Caller]:
    """A seal held long enough, and an operator."""
    evening = await Evening.begin(stage)
    return evening, await stage.account("operator", "番台")


async def test_a_suspension_waits_for_a_pledge_under_way_and_then_cancels_it(conninfo: str, clock: Clock) -> None:
    async with open_stage(conninfo) as stage:
        evening, operator = await ready(stage, clock)
        id = await evening.invite()
        await evening.press(id)
        await clock.shift(HELD)
        suspend = c.SuspendAccount(account=evening.guest.account, reason="?")
        async with stage.work() as work:
            await standings.held_standing(work, evening.guest.account)
            suspending = asyncio.create_task(stage.run(operator, suspend))
            await until(lambda: waiting(stage))
            await stage.run(evening.guest, pledge(id))
            assert not suspending.done()
        await suspending
        assert (await stage.reservation(id)).status == "confirmed"
        for consumer in REACTIONS:
            await stage.worker.deliver(consumer, list(range(limits.SHARDS)))
        ended = await stage.reservation(id)
        assert (ended.status, ended.ended and ended.ended.by) == ("cancelled", None)


async def test_a_pledge_waits_for_a_suspension_under_way_and_is_then_refused(conninfo: str, clock: Clock) -> None:
    async with open_stage(conninfo) as stage:
        evening, _ = await ready(stage, clock)
        id = await evening.invite()
        await evening.press(id)
        await clock.shift(HELD)
        async with stage.work() as work:
            await standings.locked_standing(work, evening.guest.account)
            await standings.suspend(work, evening.guest.account, None, "?")
            pledging = asyncio.create_task(stage.run(evening.guest, pledge(id)))
            await until(lambda: waiting(stage))
        with pytest.raises(Refusal, match="suspended until further notice"):
            await pledging
        assert (await stage.reservation(id)).status == "draft"


@pytest.mark.parametrize("side", ["cast", "guest"])
async def test_what_has_begun_or_is_over_stands(conninfo: str, clock: Clock, side: str) -> None:
    async with open_stage(conninfo) as stage:
        evening, operator = await ready(stage, clock)
        begun, ahead = await evening.invite(), await evening.invite(200)
        for id in (begun, ahead):
            await evening.pledge(id, clock)
        await clock.shift((evening.at(10) - await stage.now()).total_seconds())
        account = evening.cast.account if side == "cast" else evening.guest.account
        await stage.run(operator, c.SuspendAccount(account=account, reason="?"))
        for consumer in REACTIONS:
            await stage.worker.deliver(consumer, list(range(limits.SHARDS)))
        assert [(await stage.reservation(id)).status for id in (begun, ahead)] == ["confirmed", "cancelled"]


def test_the_setting_is_a_switch(tmp_path: Path) -> None:
    env = {"FUURO_DATA": str(tmp_path)}
    assert [
        from_environment(env | said).age_check for said in ({}, {"FUURO_AGE_CHECK": "0"}, {"FUURO_AGE_CHECK": "1"})
    ] == [
        False,
        False,
        True,
    ]
    with pytest.raises(WrongSetting, match="FUURO_AGE_CHECK"):
        from_environment(env | {"FUURO_AGE_CHECK": "yes"})
