"""What Message writes about reservations: all that is due at once, in rooms into which others write meanwhile."""

import asyncio

import pytest
from msgspec import UNSET

from server.kernel.work import Appended
from server.message.reactions import write_steps
from server.protocol import commands as c
from server.protocol.domain_events import ReservationStepped
from tests.booking.stage import Evening, Stage, waiting
from tests.tools.house import until

pytestmark = pytest.mark.anyio
LOCK = "select from message.rooms where id = %s for no key update"


async def evenings(stage: Stage, count: int) -> list[Evening]:
    """In order of their rooms."""
    return sorted([await Evening.begin(stage) for _ in range(count)], key=lambda evening: evening.room)


async def test_the_rooms_of_a_step_are_locked_in_the_order_in_which_the_writer_locks_them(stage: Stage) -> None:
    """Otherwise two who hold one room each and want the other's would wait until PostgreSQL ends one of them."""
    first, last = await evenings(stage, 2)
    for evening in (last, first):
        await stage.run(evening.guest, c.DeclineInvitation(reservation=await evening.invite()))
    async with stage.work() as other:
        await other.connection.execute(LOCK.encode(), [first.room])
        delivering = asyncio.create_task(stage.deliver())
        await until(lambda: waiting(stage))
        await stage.rows(f"{LOCK} nowait", last.room)
    assert await delivering == 2
    for evening in (first, last):
        assert [entry.kind for entry in await stage.log(evening.room)] == ["invitation", "notice"]


async def test_steps_that_come_together_get_an_entry_each_and_those_that_come_again_none(stage: Stage) -> None:
    one, other = await evenings(stage, 2)
    guest = one.guest.account
    ids = [await one.invite(), await one.invite(120), await other.invite()]

    def step(n: int, evening: Evening, status: str, reason: str | None = None) -> ReservationStepped:
        cast, guest = evening.cast.account, evening.guest.account
        return ReservationStepped(ids[n], 2, status, evening.room, cast, guest, guest, reason, evening.start)  # type: ignore[arg-type]

    steps = {
        4_000_001: step(0, one, "confirmed"),
        4_000_002: step(2, other, "declined", "また今度"),
        4_000_003: step(1, one, "withdrawn"),
    }
    async with stage.work() as work:
        await write_steps(work, {4_000_002: steps[4_000_002]})
    async with stage.work() as work:
        await write_steps(work, steps)
        news = [told for told in work.news if isinstance(told, Appended)]
    assert [(told.room, told.guest, told.entry.kind) for told in news] == [
        (one.room, guest, "seal"),
        (one.room, guest, "notice"),
    ]
    said = [(e.seq, e.kind, e.status, e.reservation and e.reservation.id) for e in (await stage.log(one.room))[2:]]
    assert [(seq, kind) for seq, kind, *_ in said] == [(3, "seal"), (4, "notice")]
    assert [id for *_, id in said] == ids[:2]
    assert [told.entry for told in news] == (await stage.log(one.room))[2:], "who is there gets what others read"
    (notice,) = (await stage.log(other.room))[1:]
    assert (notice.kind, notice.status, notice.reason) == ("notice", "declined", "また今度")


async def test_of_a_seal_in_a_blocked_room_nobody_is_told_how_far_it_has_come(stage: Stage) -> None:
    """A pledge and a block at the same moment: both stand."""
    evening = await Evening.begin(stage)
    id, cast, guest = await evening.invite(), evening.cast.account, evening.guest.account
    step = ReservationStepped(id, 2, "confirmed", evening.room, cast, guest, guest, None, evening.start)
    await stage.rows("update message.rooms set blocked = true where id = %s", evening.room)
    async with stage.work() as work:
        await write_steps(work, {4_000_001: step})
        (told,) = [told.entry for told in work.news if isinstance(told, Appended)]
    assert (told.kind, told.delivery) == ("seal", UNSET)
    assert [told] == (await stage.log(evening.room))[1:]
