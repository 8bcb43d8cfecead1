"""What time has ended is shown as ended, whether or not anybody has written it down."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from server.booking import store
from server.protocol import commands as c
from tests.booking.stage import Evening, Stage
from tests.conftest import Clock

pytestmark = pytest.mark.anyio
ENDS = {
    "draft": ("expired", timedelta(0)),
    "confirmed": ("completed", timedelta(hours=48)),
    "arrived": ("completed", timedelta(0)),
}


async def shown(stage: Stage, evening: Evening) -> list[dict[str, Any]]:
    """The reservation of the evening wherever its guest meets it."""
    me = evening.guest.account
    async with stage.work() as work:
        [listed] = await store.reservations(work, me, None, None, 9)
        alone = await store.reservation_for(work, listed.id, me)
    folded = await stage.run(evening.guest, c.RoomHistory(room=evening.room))
    log = await stage.run(evening.guest, c.RoomSince(room=evening.room, after=0))
    return [
        *msgspec.to_builtins([listed, alone], str_keys=True),
        folded["entries"][0]["reservation"],
        log["entries"][0]["reservation"],
    ]


async def listed(stage: Stage, evening: Evening, status: str) -> list[UUID]:
    async with stage.work() as work:
        return [one.id for one in await store.reservations(work, evening.guest.account, [status], None, 9)]


@pytest.mark.parametrize("status", ENDS)
async def test_what_time_has_ended_is_shown_so_before_it_is_written(
    stage: Stage, evening: Evening, clock: Clock, status: str
) -> None:
    id = await evening.invite()
    if status != "draft":
        await evening.pledge(id, clock)
    if status == "arrived":
        await clock.shift((evening.start - await stage.now()).total_seconds())
        await stage.run(evening.cast, c.ArriveReservation(reservation=id))
    before = await stage.reservation(id)
    becomes, later = ENDS[status]
    ends = (before.expires_at if status == "draft" else before.ends_at) + later
    await clock.shift((ends - await stage.now()).total_seconds() - 60)
    assert {one["status"] for one in await shown(stage, evening)} == {status}
    await clock.shift(60)
    for one in await shown(stage, evening):
        assert (one["status"], one["version"]) == (becomes, before.version)
        assert msgspec.convert(one["ended"]["at"], type(ends)) == ends
    assert (await listed(stage, evening, status), await listed(stage, evening, becomes)) == ([], [id])
    await stage.tidy()
    after = await stage.reservation(id)
    assert (after.status, after.version) == (becomes, before.version + 1)


async def test_a_step_starts_from_what_has_been_written(stage: Stage, evening: Evening, clock: Clock) -> None:
    """What is read a moment after the clock by which a pledge is judged could say that it has expired since."""
    id = await evening.invite(valid_s=900)
    await clock.shift(900)
    async with stage.work() as work:
        state = await store.lock_whole(work, id, evening.guest.account)
        assert state is not None
        assert (state.current, state.document.status) == ("expired", "draft")
        assert state.after("confirmed", evening.guest.account, None, False).ended is None
