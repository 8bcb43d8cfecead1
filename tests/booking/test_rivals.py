"""Many want one slot, and one gets it; and the constraint has the last word whoever asks."""

import asyncio
import random
from uuid import UUID, uuid4

import psycopg
import pytest

from server.booking import steps, store
from server.kernel import failures
from server.kernel.work import Caller
from server.offer.handlers import Schedule
from server.protocol import commands as c
from tests.booking.stage import HELD, OVERLAPS, Deadlocks, Evening, Stage, open_stage, pledge
from tests.conftest import Clock

pytestmark = pytest.mark.anyio
RIVALS = 20
ENDED = {"decline": "declined", "withdraw": "withdrawn"}


async def test_of_many_invitations_for_overlapping_times_one_holds_the_slot(
    stage: Stage, evening: Evening, deadlocks: Deadlocks
) -> None:
    rooms = [await stage.talk(evening.cast, await stage.account("guest", f"{n}")) for n in range(RIVALS)]
    said = await asyncio.gather(
        *(stage.said(evening.cast, evening.invitation(n, room=room)) for n, room in enumerate(rooms))
    )
    assert sorted(said) == ["ok"] + ["slot_taken"] * (RIVALS - 1)
    assert deadlocks.since() == 0


async def test_one_pledge_given_many_times_at_once_is_one_step(stage: Stage, evening: Evening, clock: Clock) -> None:
    id, key = await evening.invite(), uuid4()
    await evening.press(id)
    await clock.shift(HELD)
    with_one_key = [stage.run(evening.guest, pledge(id), key) for _ in range(8)]
    first, *others = await asyncio.gather(*with_one_key)
    assert all(other == first for other in others)
    assert [await stage.said(evening.guest, pledge(id)) for _ in range(2)] == ["wrong_state"] * 2
    assert (await stage.reservation(id)).version == 2


@pytest.mark.parametrize("rival", ENDED)
async def test_a_pledge_and_an_end_at_the_same_time_do_not_both_happen(
    stage: Stage, evening: Evening, clock: Clock, rival: str
) -> None:
    for minutes in range(0, 600, 100):
        id = await evening.invite(minutes)
        await evening.press(id)
        await clock.shift(HELD)
        end = (
            stage.said(evening.guest, c.DeclineInvitation(reservation=id))
            if rival == "decline"
            else stage.said(evening.cast, c.WithdrawInvitation(reservation=id))
        )
        said = await asyncio.gather(stage.said(evening.guest, pledge(id)), end)
        assert sorted(said) == ["ok", "wrong_state"]
        assert (await stage.reservation(id)).status == ("confirmed" if said[0] == "ok" else ENDED[rival])


async def test_a_crowd_on_two_servers_leaves_no_instant_sold_twice(
    conninfo: str, stage: Stage, evening: Evening, clock: Clock, deadlocks: Deadlocks
) -> None:
    """Invitations, pledges, refusals and cancellations of one cast's time, all at once, through two pools."""
    guests = [await stage.account("guest", f"{n}") for n in range(RIVALS)]
    rooms = [await stage.talk(evening.cast, guest) for guest in guests]
    async with open_stage(conninfo) as second:
        said = await asyncio.gather(
            *(
                _night(each, evening, guest, room, clock)
                for each in (stage, second)
                for guest, room in zip(guests, rooms, strict=True)
            )
        )
    assert await stage.rows(OVERLAPS) == []
    codes = {code for night in said for code in night}
    assert codes <= {"ok", "slot_taken", "outside_schedule", "not_held", "wrong_state", "hold_expired", "too_late"}
    assert {"ok", "slot_taken"} <= codes
    assert await stage.rows("select id from booking.reservations where status = 'confirmed'"), "some were kept"
    assert deadlocks.since() == 0


async def _night(stage: Stage, evening: Evening, guest: Caller, room: UUID, clock: Clock) -> list[str]:
    """What one guest and the cast do to each other, and what each of it was answered."""
    chance, said = random.Random(f"{guest.account}"), []
    for _ in range(4):
        asked = evening.invitation(chance.randrange(0, 660, 15), room=room)
        code = await stage.said(evening.cast, asked)
        said.append(code)
        mine = await stage.rows("select id from booking.reservations where room = %s and status = 'draft'", room)
        for (id,) in mine[:1]:
            said.append(await stage.said(guest, c.PressReservation(reservation=id)))
            await clock.shift(HELD)
            said.append(await stage.said(guest, pledge(id)))
            end = chance.choice([c.DeclineInvitation, c.CancelReservation, None])
            said.append(await stage.said(guest, end(reservation=id)) if end else "ok")
    return said


async def test_the_constraint_stands_as_it_was_decided(stage: Stage) -> None:
    """Without it the calendar's lock alone would keep rivals apart; without the lock the constraint would, with deadlocks."""
    found = await stage.rows(
        "select conname, pg_get_constraintdef(oid), convalidated from pg_constraint "
        "where conrelid = 'booking.reservations'::regclass and contype in ('x', 'c') order by 1"
    )
    kept = {name: (definition, validated) for name, definition, validated in found}
    assert kept["reservations_no_overlap"] == (
        "EXCLUDE USING gist (cast_id WITH =, chain WITH <>, blocked WITH &&) "
        "WHERE ((status = ANY (ARRAY['draft'::text, 'confirmed'::text, 'arrived'::text])))",
        True,
    )
    assert kept["reservations_sound"] == ("CHECK (booking.is_sound(status, span, blocked))", True)


ROW = """insert into booking.reservations
  (cast_id, guest_id, room, plan, span, blocked, chain, status, expires_at, cancel_until, hold_ms)
values (%s, gen_random_uuid(), gen_random_uuid(), '{}', %s::tstzrange, %s::tstzrange, %s, %s, '2029-01-01', '2029-01-01', 1200)"""
NIGHT = "[2030-01-01 20:00+00, 2030-01-01 22:00+00)"


async def put(conninfo: str, cast: UUID, span: str, chain: UUID | None = None, status: str = "draft") -> None:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute(ROW.encode(), [cast, span, span, chain or uuid4(), status])


@pytest.mark.parametrize(
    ("span", "blocked", "status"),
    [
        (NIGHT, NIGHT, "pencilled"),
        ("empty", NIGHT, "draft"),
        ("[2030-01-01 20:00+00,)", "[2030-01-01 20:00+00,)", "draft"),
        ("(,2030-01-01 22:00+00)", "(,2030-01-01 22:00+00)", "draft"),
        (NIGHT, "empty", "draft"),
        (NIGHT, "[2030-01-01 20:30+00, 2030-01-01 22:00+00)", "draft"),
        (NIGHT, "[2030-01-01 20:00+00,)", "draft"),
        (NIGHT, "(,2030-01-01 22:00+00)", "draft"),
    ],
)
async def test_no_row_is_of_no_state_or_of_no_time(conninfo: str, span: str, blocked: str, status: str) -> None:
    await put(conninfo, uuid4(), NIGHT)
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.CheckViolation, match="reservations_sound"):
            await connection.execute(ROW.encode(), [uuid4(), span, blocked, uuid4(), status])
        with pytest.raises(psycopg.errors.CheckViolation, match="reservations_sound"):
            await connection.execute(
                b"update booking.reservations set span = %s::tstzrange, blocked = %s::tstzrange, status = %s",
                [span, blocked, status],
            )


@pytest.mark.parametrize("live", ["draft", "confirmed", "arrived"])
async def test_the_constraint_itself_refuses_an_overlap(conninfo: str, live: str) -> None:
    cast = uuid4()
    await put(conninfo, cast, "[2030-01-01 20:00+00, 2030-01-01 22:00+00)", status=live)
    with pytest.raises(psycopg.errors.ExclusionViolation) as refused:
        await put(conninfo, cast, "[2030-01-01 21:59+00, 2030-01-01 23:00+00)")
    assert refused.value.sqlstate == "23P01"
    assert refused.value.diag.constraint_name == "reservations_no_overlap"
    await put(conninfo, cast, "[2030-01-01 22:00+00, 2030-01-01 23:00+00)")
    await put(conninfo, uuid4(), "[2030-01-01 20:00+00, 2030-01-01 22:00+00)")


async def test_a_chain_has_one_draft_and_one_confirmed(conninfo: str) -> None:
    cast, chain, span = uuid4(), uuid4(), "[2030-01-01 20:00+00, 2030-01-01 22:00+00)"
    await put(conninfo, cast, span, chain)
    await put(conninfo, cast, span, chain, "confirmed")
    for status in ("draft", "confirmed", "arrived"):
        with pytest.raises(psycopg.errors.UniqueViolation):
            await put(conninfo, cast, span, chain, status)
    await put(conninfo, cast, span, chain, "cancelled")


@pytest.mark.parametrize("span", ["empty", "[2030-01-01 20:00+00,)", "(,2030-01-01 20:00+00)"])
async def test_a_reservation_has_a_beginning_and_an_end(conninfo: str, span: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        await put(conninfo, uuid4(), span)


async def test_a_step_from_what_is_not_so_any_more_is_refused_by_the_record(stage: Stage, evening: Evening) -> None:
    """Who came without waiting for the lock: the number of the step is there already."""
    id = await evening.invite()
    async with stage.work() as work:
        seen = await store.lock_whole(work, id, evening.cast.account)
    assert seen is not None
    await stage.run(evening.guest, c.DeclineInvitation(reservation=id))
    after = await stage.reservation(id)
    with pytest.raises(psycopg.errors.UniqueViolation) as late:
        async with stage.work() as work:
            steps.step(Schedule(), work, seen, "withdrawn", evening.cast.account, None)
    refused = failures.refusal(late.value)
    assert refused is not None
    assert refused.code == "wrong_state"
    assert await stage.reservation(id) == after


NO_LOCK = "delete from offer.calendars"
NOTHING_TAKEN = """create or replace view booking.public_blocked as
  select cast_id, chain, blocked, span from booking.reservations where false"""
ALWAYS_AT_WORK = """create or replace function offer.working(p_casts uuid[], p_from timestamptz, p_to timestamptz)
  returns table (cast_id uuid, working tstzmultirange) language sql as $$ select c, tstzmultirange(tstzrange(null, null)) from unnest(p_casts) c $$"""


async def test_rivals_that_take_no_lock_meet_the_constraint(stage: Stage, evening: Evening) -> None:
    """With the calendar's lock and the check taken out, the constraint still answers, by its own name: `slot_taken`. Rivals without a lock run
    into deadlocks; who loses them too often is told to try again, and does, alone."""
    for taken_out in (NO_LOCK, NOTHING_TAKEN, ALWAYS_AT_WORK):
        await stage.rows(taken_out)
    said = await asyncio.gather(*(stage.said(evening.cast, evening.invitation(n)) for n in range(6)))
    for n, code in enumerate(said):
        if code == "unavailable":
            said[n] = await stage.said(evening.cast, evening.invitation(n))
    assert sorted(said) == ["ok"] + ["slot_taken"] * 5
    assert await stage.rows(OVERLAPS) == []


async def test_without_the_constraint_and_the_lock_this_suite_would_be_red(stage: Stage, evening: Evening) -> None:
    """The look for overlaps sees one where there is one: dropped, the rivals all win."""
    await stage.rows("alter table booking.reservations drop constraint reservations_no_overlap")
    await stage.rows(NOTHING_TAKEN)
    said = await asyncio.gather(*(stage.said(evening.cast, evening.invitation(n)) for n in range(3)))
    assert said == ["ok"] * 3
    assert len(await stage.rows(OVERLAPS)) == 3
