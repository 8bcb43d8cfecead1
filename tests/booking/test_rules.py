"""When an invitation may be sent, pledged, moved and cancelled, on a real database with a clock that tests can shift."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from server.kernel.connection import Connection
from server.protocol import commands as c
from server.protocol.errors import Refusal
from server.protocol.values import Money
from tests.booking.stage import HELD, Evening, Stage, pledge
from tests.conftest import Clock

pytestmark = pytest.mark.anyio


# ── the pledge ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_pledge_is_refused_for_the_first_reason_of_the_contract(evening: Evening, clock: Clock) -> None:
    id = await evening.invite(valid_s=900)
    said, guest = evening.stage.said, evening.guest
    assert await said(guest, pledge(id, terms_version=2)) == "terms_changed", "before the hold is looked at"
    assert await said(guest, pledge(id)) == "not_held", "nobody has pressed"
    await evening.press(id)
    assert await said(guest, pledge(id)) == "not_held", "not long enough"
    await clock.shift(HELD)
    assert await said(guest, pledge(id, terms_version=2)) == "terms_changed"
    await clock.shift(901)
    assert await said(guest, pledge(id, terms_version=2)) == "hold_expired", "before the terms are looked at"


async def test_a_refused_pledge_keeps_the_press(evening: Evening, clock: Clock) -> None:
    id = await evening.invite()
    await evening.press(id)
    assert await evening.stage.said(evening.guest, pledge(id)) == "not_held"
    await clock.shift(HELD)
    assert await evening.stage.said(evening.guest, pledge(id)) == "ok"


async def test_a_press_ends_by_itself_after_a_minute(evening: Evening, clock: Clock) -> None:
    id = await evening.invite()
    await evening.press(id)
    await clock.shift(61)
    assert await evening.stage.said(evening.guest, pledge(id)) == "not_held"
    await evening.pledge(id, clock)


async def test_a_lifted_finger_begins_anew(evening: Evening, clock: Clock) -> None:
    id = await evening.invite()
    await evening.press(id)
    await clock.shift(HELD)
    await evening.stage.run(evening.guest, c.ReleaseReservation(reservation=id))
    assert await evening.stage.said(evening.guest, pledge(id)) == "not_held"
    await evening.press(id)
    await clock.shift(HELD)
    await evening.press(id)
    assert await evening.stage.said(evening.guest, pledge(id)) == "not_held", "pressing again counts from there"


async def test_a_finger_is_put_down_and_lifted_by_a_statement_each(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, waited, wait = await evening.invite(), [], Connection.wait
    monkeypatch.setattr(Connection, "wait", lambda self, gen, *more: waited.append(self) or wait(self, gen, *more))
    await evening.stage.run(evening.guest, c.PressReservation(reservation=id))
    await evening.stage.run(evening.guest, c.ReleaseReservation(reservation=id))
    assert len(waited) == 2


async def test_a_press_with_a_key_counts_from_the_first_time(evening: Evening, clock: Clock) -> None:
    id, key = await evening.invite(), uuid4()
    first = await evening.stage.run(evening.guest, c.PressReservation(reservation=id), key)
    await clock.shift(HELD)
    assert await evening.stage.run(evening.guest, c.PressReservation(reservation=id), key) == first
    with pytest.raises(Refusal, match="key_reused"):
        await evening.stage.run(evening.guest, c.ReleaseReservation(reservation=id), key)
    assert await evening.stage.said(evening.guest, pledge(id)) == "ok"


AT_COMMIT = """create table public.at_commit (n int generated always as identity, waits text);
create function public.note() returns trigger language plpgsql as $$
begin
  insert into public.at_commit (waits) values (current_setting('synchronous_commit'));
  return null;
end $$;
create constraint trigger note after update on booking.reservations deferrable initially deferred for each row execute function public.note()"""


async def test_a_press_does_not_wait_for_the_disk_and_all_else_does(evening: Evening, clock: Clock) -> None:
    """As PostgreSQL has it at the end of each transaction. What the connection does next is not concerned."""
    id = await evening.invite()
    await evening.stage.rows(AT_COMMIT)
    await evening.press(id)
    await evening.stage.run(evening.guest, c.ReleaseReservation(reservation=id))
    await evening.pledge(id, clock)
    assert await evening.stage.rows("select waits from public.at_commit order by n") == [
        ("off",), ("on",), ("off",), ("on",)
    ]  # fmt: skip


async def test_only_the_guest_s_finger_counts_and_nobody_else_lifts_it(evening: Evening, clock: Clock) -> None:
    id, stranger = await evening.invite(), await evening.stage.account("guest", "涼")
    await evening.press(id)
    await clock.shift(HELD)
    for who, code in ((evening.cast, "forbidden"), (stranger, "not_found")):
        for command in (c.PressReservation(reservation=id), c.ReleaseReservation(reservation=id)):
            assert await evening.stage.said(who, command) == code
    assert await evening.stage.said(evening.guest, pledge(id)) == "ok"


async def test_a_pledge_s_replay_answers_identically_after_everything_has_changed(
    evening: Evening, clock: Clock
) -> None:
    id, key = await evening.invite(), uuid4()
    await evening.press(id)
    await clock.shift(HELD)
    first = await evening.stage.run(evening.guest, pledge(id), key)
    await evening.stage.run(evening.guest, c.CancelReservation(reservation=id))
    assert await evening.stage.run(evening.guest, pledge(id), key) == first
    assert (await evening.stage.reservation(id)).status == "cancelled"
    with pytest.raises(Refusal, match="key_reused"):
        await evening.stage.run(evening.guest, pledge(id, terms_version=2), key)


async def test_a_plan_that_changes_leaves_the_invitation_as_it_was_sent(evening: Evening, clock: Clock) -> None:
    id = await evening.invite()
    dearer: dict[str, Any] = {"name": "120分", "minutes": 120, "price": Money(30_000, "JPY"), "terms": "別の条件。"}
    saved = await evening.stage.run(evening.cast, c.SavePlan(plan=evening.plan, **dearer))
    assert saved["terms_version"] == 2
    same = await evening.stage.run(evening.cast, c.SavePlan(plan=evening.plan, description="写真あり", **dearer))
    assert same["terms_version"] == 2, "words beside the terms change no terms"
    assert await evening.stage.said(evening.guest, pledge(id, terms_version=2)) == "terms_changed"
    await evening.pledge(id, clock)
    kept = await evening.stage.reservation(id)
    assert (kept.plan.name, kept.plan.price.amount, kept.plan.terms_version) == ("90分", 18_000, 1)
    assert kept.ends_at - kept.starts_at == timedelta(minutes=90)


# ── the invitation ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_invitation_expires_after_its_time_or_at_the_start(stage: Stage) -> None:
    evening = await Evening.begin(stage)
    now = await stage.now()
    lasting = await stage.reservation(await evening.invite(valid_s=900))
    assert timedelta(seconds=900) <= lasting.expires_at - now < timedelta(seconds=960)
    soon = now + timedelta(minutes=30)
    await stage.works(evening.cast, now - timedelta(hours=1), now + timedelta(hours=3))
    short = await stage.reservation(await evening.invite(starts_at=soon, valid_s=86_400))
    assert short.expires_at == short.starts_at == soon


async def test_the_plan_s_notice_is_kept(stage: Stage, clock: Clock) -> None:
    evening = await Evening.begin(stage, notice_minutes=60)
    to_start = (evening.start - await stage.now()).total_seconds()
    await clock.shift(to_start - 3600 + 1)
    assert await stage.said(evening.cast, evening.invitation()) == "too_late"
    assert await stage.said(evening.cast, evening.invitation(1)) == "ok"


async def test_nobody_is_invited_into_the_past_or_beyond_the_horizon(evening: Evening) -> None:
    now = await evening.stage.now()
    for days, code in ((-1, "too_late"), (401, "invalid")):
        at = now + timedelta(days=days)
        assert await evening.stage.said(evening.cast, evening.invitation(starts_at=at)) == code


async def test_an_archived_plan_invites_nobody_and_ends_no_invitation(evening: Evening, clock: Clock) -> None:
    id = await evening.invite()
    await evening.stage.run(evening.cast, c.ArchivePlan(plan=evening.plan))
    assert await evening.stage.said(evening.cast, evening.invitation(200)) == "wrong_state"
    await evening.pledge(id, clock)


async def test_a_plan_of_another_cast_does_not_exist(evening: Evening) -> None:
    other = await evening.stage.account("cast")
    foreign = await evening.stage.plan(other)
    assert await evening.stage.said(evening.cast, evening.invitation(plan=foreign)) == "not_found"
    assert await evening.stage.said(other, evening.invitation()) == "not_found"
    assert await evening.stage.said(evening.guest, evening.invitation()) == "forbidden"


async def test_buffers_keep_others_away_and_may_overhang_the_shift(stage: Stage) -> None:
    evening = await Evening.begin(stage, buffer_before=30, buffer_after=15)
    await evening.invite(0)
    said = [(minutes, await stage.said(evening.cast, evening.invitation(minutes))) for minutes in (134, 135, 629, 630)]
    assert said == [(134, "slot_taken"), (135, "ok"), (629, "ok"), (630, "slot_taken")]
    assert await stage.said(evening.cast, evening.invitation(631)) == "outside_schedule"


async def test_reservations_touch_but_do_not_overlap(evening: Evening) -> None:
    await evening.invite(90)
    said = [(minutes, await evening.stage.said(evening.cast, evening.invitation(minutes))) for minutes in (1, 179, 0)]
    assert said == [(1, "slot_taken"), (179, "slot_taken"), (0, "ok")]
    assert await evening.stage.said(evening.cast, evening.invitation(180)) == "ok"


async def test_two_casts_have_two_calendars(stage: Stage) -> None:
    one, two = await Evening.begin(stage), await Evening.begin(stage)
    await one.invite()
    await two.invite()


# ── what gives the time back ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("end", ["decline", "withdraw", "cancel", "lapse"])
async def test_what_has_ended_frees_its_time(evening: Evening, clock: Clock, end: str) -> None:
    stage, id = evening.stage, await evening.invite(valid_s=900)
    assert await stage.said(evening.cast, evening.invitation(30)) == "slot_taken"
    match end:
        case "decline":
            await stage.run(evening.guest, c.DeclineInvitation(reservation=id, reason="また今度"))
        case "withdraw":
            await stage.run(evening.cast, c.WithdrawInvitation(reservation=id))
        case "cancel":
            await evening.pledge(id, clock)
            assert await stage.said(evening.cast, evening.invitation(30)) == "slot_taken"
            await stage.run(evening.cast, c.CancelReservation(reservation=id))
        case "lapse":
            await clock.shift(901)
    await evening.invite(30)
    assert (await stage.reservation(id)).status not in ("draft", "confirmed"), "whoever needed the time has ended it"


async def test_an_expiry_nobody_swept_is_told_by_whoever_needed_the_time(evening: Evening, clock: Clock) -> None:
    id = await evening.invite(valid_s=900)
    await clock.shift(901)
    await evening.invite(30)
    await evening.stage.deliver()
    told = [e for e in await evening.stage.log(evening.room) if e.kind == "notice"]
    assert [(e.status, e.reservation.id) for e in told] == [("expired", id)]


# ── cancelling ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_late_cancellation_must_be_meant_and_is_recorded(stage: Stage, clock: Clock) -> None:
    evening = await Evening.begin(stage, cancel_minutes=120)
    id, in_time = await evening.invite(0), await evening.invite(200)
    for each in (id, in_time):
        await evening.pledge(each, clock)
    await stage.run(evening.guest, c.CancelReservation(reservation=in_time, late=True))
    await clock.shift((evening.start - await stage.now()).total_seconds() - 7200 + 1)
    assert await stage.said(evening.guest, c.CancelReservation(reservation=id)) == "too_late"
    await stage.run(evening.guest, c.CancelReservation(reservation=id, late=True, reason="残業"))
    ended = [(await stage.reservation(each)).ended for each in (id, in_time)]
    assert [(e.by, e.late, e.reason) for e in ended if e] == [
        (evening.guest.account, True, "残業"),
        (evening.guest.account, False, None),
    ]


async def test_what_has_begun_cannot_be_cancelled(evening: Evening, clock: Clock) -> None:
    id = await evening.invite()
    await evening.pledge(id, clock)
    await clock.shift((evening.start - await evening.stage.now()).total_seconds() + 1)
    for caller in (evening.cast, evening.guest):
        assert await evening.stage.said(caller, c.CancelReservation(reservation=id, late=True)) == "too_late"


# ── moving ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_move_stands_beside_what_it_replaces_until_it_is_pledged(evening: Evening, clock: Clock) -> None:
    stage, old = evening.stage, await evening.invite(0)
    await evening.pledge(old, clock)
    new = await evening.invite(45, replaces=old)
    assert [(await stage.reservation(r)).status for r in (old, new)] == ["confirmed", "draft"]
    assert await stage.said(evening.cast, evening.invitation(0)) == "slot_taken", "the old one holds its time still"
    await evening.pledge(new, clock)
    assert [(await stage.reservation(r)).status for r in (old, new)] == ["cancelled", "confirmed"]
    await evening.pledge(await evening.invite(0, replaces=new), clock)
    assert (await stage.reservation(new)).status == "cancelled", "and so on"


async def test_a_move_overlaps_what_it_replaces_and_nobody_else(evening: Evening, clock: Clock) -> None:
    old, neighbour = await evening.invite(0), await evening.invite(180)
    for each in (old, neighbour):
        await evening.pledge(each, clock)
    assert await evening.stage.said(evening.cast, evening.invitation(91, replaces=old)) == "slot_taken"
    assert await evening.stage.said(evening.cast, evening.invitation(90, replaces=old)) == "ok"


async def test_one_reservation_has_one_move_at_a_time(evening: Evening, clock: Clock) -> None:
    stage, old = evening.stage, await evening.invite(0)
    await evening.pledge(old, clock)
    move = await evening.invite(200, replaces=old, valid_s=900)
    assert await stage.said(evening.cast, evening.invitation(400, replaces=old)) == "wrong_state"
    await clock.shift(901)
    await evening.pledge(await evening.invite(400, replaces=old), clock)
    assert [(await stage.reservation(r)).status for r in (old, move)] == ["cancelled", "expired"]


async def test_a_move_of_what_was_cancelled_meanwhile_cannot_be_pledged(evening: Evening, clock: Clock) -> None:
    stage, old = evening.stage, await evening.invite(0)
    await evening.pledge(old, clock)
    new = await evening.invite(45, replaces=old)
    await stage.run(evening.guest, c.CancelReservation(reservation=old))
    await evening.press(new)
    await clock.shift(HELD)
    assert await stage.said(evening.guest, pledge(new)) == "wrong_state"
    assert (await stage.reservation(new)).status == "draft"
    await stage.run(evening.guest, c.DeclineInvitation(reservation=new))


async def test_only_what_is_of_this_room_can_be_moved(evening: Evening, clock: Clock) -> None:
    stage, old = evening.stage, await evening.invite(0)
    await evening.pledge(old, clock)
    friend = await stage.account("guest")
    other = await stage.talk(evening.cast, friend)
    assert await stage.said(evening.cast, evening.invitation(200, room=other, replaces=old)) == "not_found"
    assert await stage.said(evening.cast, evening.invitation(200, replaces=uuid4())) == "not_found"


# ── what time does ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_sweeping_ends_lapsed_drafts_once_each_with_its_notice(evening: Evening, clock: Clock) -> None:
    stage = evening.stage
    lapsed = [await evening.invite(n * 100, valid_s=900) for n in range(3)]
    alive = await evening.invite(400, valid_s=86_000)
    await clock.shift(901)
    for _ in range(2):
        await stage.tidy()
        await stage.deliver()
    assert [(await stage.reservation(r)).status for r in (*lapsed, alive)] == ["expired"] * 3 + ["draft"]
    notices = [e.reservation.id for e in await stage.log(evening.room) if e.kind == "notice"]
    assert sorted(notices) == sorted(lapsed)
    ended = (await stage.reservation(lapsed[0])).ended
    assert ended is not None and ended.by is None


async def test_a_reservation_completes_by_itself_two_days_after_its_end(evening: Evening, clock: Clock) -> None:
    stage, id = evening.stage, await evening.invite()
    await evening.pledge(id, clock)
    over = (await stage.reservation(id)).ends_at + timedelta(hours=48)
    await clock.shift((over - await stage.now()).total_seconds() - 60)
    await stage.tidy()
    assert (await stage.reservation(id)).status == "confirmed"
    await clock.shift(61)
    await stage.tidy()
    assert (await stage.reservation(id)).status == "completed"


async def test_who_has_arrived_completes_at_the_end(evening: Evening, clock: Clock) -> None:
    stage, id = evening.stage, await evening.invite()
    await evening.pledge(id, clock)
    await stage.rows("update booking.reservations set status = 'arrived' where id = %s", id)
    await clock.shift(((await stage.reservation(id)).ends_at - await stage.now()).total_seconds() - 60)
    await stage.tidy()
    assert (await stage.reservation(id)).status == "arrived"
    await clock.shift(61)
    await stage.tidy()
    assert (await stage.reservation(id)).status == "completed"
