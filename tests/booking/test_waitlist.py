"""Who waits is served in order, one at a time, with a card in their own room; and nobody is held twice."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from server import booking, offer
from server.kernel.work import Caller
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.values import Money
from tests.booking.stage import Evening, Stage, waiting
from tests.conftest import Clock
from tests.tools.house import until

pytestmark = pytest.mark.anyio


class Line:
    """An evening of exactly one slot, taken by somebody, and guests who wait for it."""

    def __init__(self, evening: Evening, held: UUID) -> None:
        self.evening, self.stage, self.held = evening, evening.stage, held

    @classmethod
    async def begin(cls, stage: Stage) -> "Line":
        evening = await Evening.begin(stage, minutes=720, waitlist=True)
        return cls(evening, await evening.invite(0))

    def wish(self, **fields: Any) -> c.JoinWaitlist:
        evening = self.evening
        said = {"cast": evening.cast.account, "plan": evening.plan, "from_": evening.at(-60), "to": evening.at(60)}
        return c.JoinWaitlist(**said | fields)

    async def join(self, guest: Caller) -> dict[str, Any]:
        return dict(await self.stage.run(guest, self.wish()))

    async def serve(self) -> int:
        return await self.stage.worker.transact(
            partial(booking.waitlist.serve, self.stage.server._invite, self.stage.server._schedule)
        )

    async def cards(self, guest: Caller) -> list[str]:
        """The states of the invitations that a guest was sent."""
        rows = await self.stage.rows(
            "select r.status from booking.reservations r where guest_id = %s order by created_at", guest.account
        )
        return [status for (status,) in rows]


@pytest.fixture
async def line(stage: Stage) -> Line:
    return await Line.begin(stage)


async def test_what_becomes_free_goes_to_the_first_in_line_and_then_to_the_next(line: Line, clock: Clock) -> None:
    guests = [await line.stage.account("guest", f"{n}") for n in range(3)]
    assert [(await line.join(guest))["place"] for guest in guests] == [1, 2, 3]
    assert await line.serve() == 0, "it is still held"
    await line.stage.run(line.evening.guest, c.DeclineInvitation(reservation=line.held))
    assert await line.serve() == 1
    assert await line.serve() == 0
    assert [await line.cards(guest) for guest in guests] == [["draft"], [], []]
    await clock.shift(1_801)
    assert await line.serve() == 1, "the first let it lapse"
    assert [await line.cards(guest) for guest in guests] == [["expired"], ["draft"], []]
    second = (await line.stage.rows("select id from booking.reservations where guest_id = %s", guests[1].account))[0][0]
    await line.stage.run(guests[1], c.PressReservation(reservation=second))
    await clock.shift(2)
    await line.stage.run(guests[1], c.PledgeReservation(reservation=second, terms_version=1))
    assert await line.serve() == 0
    assert await line.cards(guests[2]) == []
    waiting = await line.stage.rows("select guest_id from booking.waits")
    assert waiting == [(guests[2].account,)], "who was served waits no longer"


async def test_the_card_appears_in_their_own_room_in_the_cast_s_name(line: Line) -> None:
    guest = await line.stage.account("guest", "誠")
    await line.join(guest)
    await line.stage.run(line.evening.cast, c.WithdrawInvitation(reservation=line.held))
    await line.serve()
    [(room,)] = await line.stage.rows("select id from message.rooms where guest_id = %s", guest.account)
    [entry] = [entry for entry in await line.stage.log(room) if entry.kind == "invitation"]
    assert entry.by == line.evening.cast.account
    assert entry.reservation.guest.id == guest.account  # type: ignore[union-attr]


async def test_what_is_free_is_not_waited_for(line: Line) -> None:
    await line.stage.run(line.evening.cast, c.WithdrawInvitation(reservation=line.held))
    guest = await line.stage.account("guest")
    assert await line.stage.said(guest, line.wish()) == "wrong_state"


async def test_a_lapsed_hold_is_free_at_once_with_no_sweeper(line: Line, clock: Clock) -> None:
    await clock.shift(3_601)
    assert await line.stage.said(await line.stage.account("guest"), line.wish()) == "wrong_state"


async def test_waiting_that_cannot_be_is_refused(line: Line) -> None:
    stage, evening = line.stage, line.evening
    guest = await stage.account("guest")
    assert await stage.said(guest, line.wish()) == "ok"
    assert await stage.said(guest, line.wish(from_=evening.at(-30))) == "already_exists"
    assert await stage.said(guest, line.wish(cast=guest.account)) == "not_found"
    assert await stage.said(guest, line.wish(plan=guest.account)) == "not_found"
    assert await stage.said(evening.cast, line.wish()) == "forbidden"
    without = await stage.plan(evening.cast, waitlist=False)
    assert await stage.said(guest, line.wish(plan=without)) == "wrong_state"
    past = {"from_": evening.at(-60 * 48), "to": evening.at(-60 * 47)}
    assert await stage.said(guest, line.wish(**past)) == "invalid"


async def test_who_leaves_makes_room_and_a_stranger_cannot_take_another_s_place(line: Line) -> None:
    first, second = await line.stage.account("guest"), await line.stage.account("guest")
    place = UUID((await line.join(first))["waitlist"])
    assert (await line.join(second))["place"] == 2
    assert await line.stage.said(second, c.LeaveWaitlist(waitlist=place)) == "not_found"
    await line.stage.run(first, c.LeaveWaitlist(waitlist=place))
    await line.stage.run(line.evening.cast, c.WithdrawInvitation(reservation=line.held))
    await line.serve()
    assert [await line.cards(first), await line.cards(second)] == [[], ["draft"]]


async def test_a_block_ends_the_waiting(line: Line) -> None:
    guest, other = await line.stage.account("guest"), await line.stage.account("guest")
    await line.join(guest)
    await line.join(other)
    await line.stage.run(line.evening.cast, c.AddBlock(account=guest.account))
    await line.stage.run(line.evening.cast, c.WithdrawInvitation(reservation=line.held))
    await line.serve()
    assert [await line.cards(guest), await line.cards(other)] == [[], ["draft"]]
    assert await line.stage.said(guest, line.wish()) == "not_found"


async def test_who_is_suspended_neither_gives_nor_gets(line: Line) -> None:
    """Even before anybody has heard of the suspension."""
    stage, evening = line.stage, line.evening
    suspended, other = await stage.account("guest"), await stage.account("guest")
    await line.join(suspended)
    await line.join(other)
    await suspend(stage, suspended)
    await stage.run(evening.guest, c.DeclineInvitation(reservation=line.held))
    await line.serve()
    assert [await line.cards(suspended), await line.cards(other)] == [[], ["draft"]]
    third = await stage.account("guest")
    await line.join(third)
    await suspend(stage, evening.cast)
    [(held,)] = await stage.rows("select id from booking.reservations where guest_id = %s", other.account)
    await stage.run(other, c.DeclineInvitation(reservation=held))
    await line.serve()
    assert await line.cards(third) == []
    assert await stage.rows("select id from booking.waits") == [], "nobody waits for somebody who is not there"


async def suspend(stage: Stage, who: Caller) -> None:
    """As far as its own transaction goes: no reaction has run."""
    operator = await stage.account("operator", "番頭")
    await stage.run(operator, c.SuspendAccount(account=who.account, until=None, reason="調査"))


async def test_a_plan_that_knows_no_waiting_any_more_serves_nobody(line: Line) -> None:
    stage, evening, guest = line.stage, line.evening, await line.stage.account("guest")
    await line.join(guest)
    plan = {"name": "90分", "minutes": 720, "price": Money(18_000, "JPY"), "terms": "総額。"}
    await stage.run(evening.cast, c.SavePlan(plan=evening.plan, waitlist=False, **plan))
    await stage.run(evening.cast, c.WithdrawInvitation(reservation=line.held))
    assert await line.serve() == 0
    assert await line.cards(guest) == []


async def test_one_who_cannot_be_invited_does_not_stand_in_the_way_of_the_next(line: Line) -> None:
    """By PostgreSQL itself, in the middle of the invitation: what was written for them is undone, and told to nobody."""
    stage, evening = line.stage, line.evening
    first, second = await stage.account("guest"), await stage.account("guest")
    await line.join(first)
    await line.join(second)
    await stage.run(evening.cast, c.WithdrawInvitation(reservation=line.held))
    await stage.rows(
        f"""create function booking.no() returns trigger language plpgsql as $$ begin
          if new.guest_id = '{first.account}' then raise exclusion_violation using constraint = 'reservations_no_overlap'; end if;
          return new; end $$;
        create trigger no before insert on booking.reservations for each row execute function booking.no()"""
    )
    assert await line.serve() == 1
    assert [await line.cards(first), await line.cards(second)] == [[], ["draft"]]
    assert await stage.rows("select id from message.rooms where guest_id = %s", first.account) == []


async def test_waiting_for_what_is_taken_changes_no_calendar(line: Line) -> None:
    stage, cast = line.stage, line.evening.cast.account
    await line.join(await stage.account("guest"))
    await stage.worker.transact(offer.tell_changes)
    before = await stage.rows("select version, told from offer.calendars where cast_id = %s", cast)
    assert await line.serve() == 0
    assert await stage.rows("select version, told from offer.calendars where cast_id = %s", cast) == before
    assert await stage.worker.transact(offer.tell_changes) == 0


async def test_who_is_blocked_while_the_calendar_is_held_does_not_wait(line: Line) -> None:
    evening, stage = line.evening, line.stage
    guest = await stage.account("guest")
    await stage.talk(evening.cast, guest)
    async with stage.work() as holder:
        await holder.execute(b"select from offer.calendars where cast_id = %(c)s for update", c=evening.cast.account)
        blocking = asyncio.create_task(stage.said(evening.cast, c.AddBlock(account=guest.account)))
        await until(lambda: waiting(stage))
        joining = asyncio.create_task(stage.said(guest, line.wish()))
        await until(lambda: waiting(stage, 2))
    assert await blocking == "ok"
    assert await joining == "not_found"
    assert await stage.rows("select from booking.waits") == []


async def test_whoever_begins_to_wait_in_many_places_at_once_is_counted_too(stage: Stage) -> None:
    guest, start = await stage.account("guest"), await stage.hour()
    wishes = []
    for n in range(limits.WAITS_PER_GUEST + 5):
        cast = await stage.account("cast", f"{n}")
        plan = await stage.plan(cast, waitlist=True)
        wishes.append(c.JoinWaitlist(cast=cast.account, plan=plan, from_=start, to=start + timedelta(hours=1)))
    said = await asyncio.gather(*(stage.said(guest, wish) for wish in wishes))
    assert (said.count("ok"), said.count("invalid")) == (limits.WAITS_PER_GUEST, 5)
