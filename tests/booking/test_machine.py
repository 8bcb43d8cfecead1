"""Reservations against a naive model: invitations, pledges, moves, marks, disputes, waiting and suspensions in any order, while the
clock skips and nobody sweeps unless the test says so."""

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from server import booking
from server.app import REACTIONS
from server.audit import drift
from server.kernel.work import Caller
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.commands import Command
from server.protocol.errors import Refusal
from tests.booking.naive import AFTER, DAY, FREE_CANCEL, LIVE, MINUTES, NIGHT, NIGHTS, Booking, Naive, Wait, at
from tests.booking.stage import OVERLAPS, Stage, open_stage

FROZEN = """
create table kernel.test_frozen (at timestamptz not null);
insert into kernel.test_frozen values ('2027-05-14 00:00+00');
create or replace function kernel.moment() returns timestamptz language sql volatile as 'select at from kernel.test_frozen'"""
GUEST = st.integers(0, 2)
NEAR = st.integers(-4, 4).map(lambda n: n * 15)
VALID = st.sampled_from([15, 60, 600])
START = st.builds(lambda night, n: night + n * 15, st.sampled_from((*NIGHTS, 0)), st.integers(-2, 24))


class BookingMachine(RuleBasedStateMachine, Naive):
    """One cast, one plan, three guests with rooms of their own; `stage` and `runner` are those of the test."""

    stage: Stage
    runner: asyncio.Runner
    conninfo: str

    def do(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    @initialize(agreed=st.lists(st.tuples(GUEST, START, st.lists(NEAR, max_size=2)), min_size=1, max_size=4))
    def begin(self, agreed: list[tuple[int, int, list[int]]]) -> None:
        Naive.__init__(self)

        async def set_up() -> None:
            await self._set_clock()
            await self.stage.rows("delete from booking.waits")  # those of the run before: their house is another
            self.cast, self.operator = await self.stage.account("cast"), await self.stage.account("operator", "番頭")
            self.guests = [await self.stage.account("guest", name) for name in "健誠翔"]
            self.rooms = [await self.stage.talk(self.cast, guest) for guest in self.guests]
            for night in NIGHTS:
                await self.stage.works(self.cast, at(night), at(night + NIGHT))
            self.plan = await self.stage.plan(
                self.cast, minutes=MINUTES, buffer_after=AFTER, cancel_minutes=FREE_CANCEL, waitlist=True
            )

        self.do(set_up())
        for guest, start, moves in agreed:
            self.agree(guest, start)
            for n, by in enumerate(moves):
                self.move_last(by, stays_open=n == 1)

    async def _set_clock(self) -> None:
        await self.stage.rows("update kernel.test_frozen set at = %s", at(self.now))

    def say(self, caller: Caller, command: Command) -> Any:
        """The result, or the code of the refusal."""
        try:
            return self.do(self.stage.run(caller, command))
        except Refusal as refusal:
            return refusal.code

    # ── the model ───────────────────────────────────────────────────────────────────────────────────────────────────
    # ── what people do ──────────────────────────────────────────────────────────────────────────────────────────────
    @rule(guest=GUEST, start=START, valid=VALID)
    def invite(self, guest: int, start: int, valid: int) -> None:
        self.invite_one(guest, start, valid, None)

    @rule(guest=GUEST, start=START)
    def agree(self, guest: int, start: int) -> None:
        """An invitation that is pledged to, where it can be."""
        self.invite_one(guest, start, 60, None)
        if self.all:
            self.pledge_one(self.all[-1], 2.0, 1)

    def move_last(self, by: int, stays_open: bool) -> None:
        """What was agreed last is moved by so many minutes; pledged to, or left open."""
        if self.all:
            self.invite_one(self.all[-1].guest, self.all[-1].start + by, 600, self.all[-1])
            if not stays_open:
                self.pledge_one(self.all[-1], 2.0, 1)

    @precondition(lambda self: self.all)
    @rule(data=st.data(), start=START, valid=VALID, stranger=st.sampled_from([0, 0, 0, 1]), agreed=st.booleans())
    def propose_a_move(self, data: st.DataObject, start: int, valid: int, stranger: int, agreed: bool) -> None:
        """Mostly of what can be moved, often by an hour or less; `agreed`: it is pledged to at once."""
        moved = [b for b in self.all if b.status == "confirmed"] or self.all
        b = data.draw(st.sampled_from(moved) | self.any_of())
        start = data.draw(st.just(start) | NEAR.map(lambda n: b.start + n))
        self.invite_one((b.guest + stranger) % 3, start, valid, b)
        if agreed:
            self.pledge_one(self.all[-1], 2.0, 1)

    def invite_one(self, guest: int, start: int, valid: int, replaced: Booking | None) -> None:
        command = c.SendInvitation(
            room=self.rooms[guest],
            plan=self.plan,
            starts_at=at(start),
            valid_s=valid * 60,
            replaces=replaced.id if replaced else None,
        )
        answer = self.say(self.cast, command)
        expected = self.why_no_invitation(guest, start, replaced)
        if expected:
            assert answer == expected
        else:
            assert isinstance(answer, dict), answer
            self.hold(UUID(answer["reservation"]["id"]), guest, start, valid, replaced)

    def any_of(self) -> st.SearchStrategy[Booking]:
        """Often one of the last."""
        return st.sampled_from(self.all) | st.sampled_from(self.all[-2:])

    @precondition(lambda self: self.all)
    @rule(data=st.data(), lift=st.sampled_from([False, False, True]))
    def press(self, data: st.DataObject, lift: bool) -> None:
        b = data.draw(self.any_of())
        if lift:
            assert self.say(self.guests[b.guest], c.ReleaseReservation(reservation=b.id)) == {}
            return
        answer = self.say(self.guests[b.guest], c.PressReservation(reservation=b.id))
        if b.status == "draft":
            assert answer["hold_ms"] == limits.HOLD_MS
        else:
            assert answer == ("hold_expired" if b.status == "expired" else "wrong_state")

    @precondition(lambda self: self.all)
    @rule(data=st.data(), seconds=st.sampled_from([1.0, 1.2, 5.0, 60.0, 61.0]), terms=st.sampled_from([1, 1, 1, 2]))
    def pledge(self, data: st.DataObject, seconds: float, terms: int) -> None:
        self.pledge_one(data.draw(self.any_of()), seconds, terms)

    def pledge_one(self, b: Booking, seconds: float, terms: int) -> None:
        """After holding for so long."""
        self.say(self.guests[b.guest], c.PressReservation(reservation=b.id))
        self.skip(seconds / 60)
        answer = self.say(self.guests[b.guest], c.PledgeReservation(reservation=b.id, terms_version=terms))
        expected = self.why_no_pledge(b, seconds, terms)
        if expected:
            assert answer == expected
            return
        assert answer["reservation"]["status"] == "confirmed"
        if old := self.replaced_by(b):
            self.move(old, "cancelled")
        self.move(b, "confirmed")

    @precondition(lambda self: self.all)
    @rule(data=st.data(), late=st.booleans())
    def end(self, data: st.DataObject, late: bool) -> None:
        """By withdrawing, declining or cancelling."""
        b = data.draw(self.any_of())
        guest = self.guests[b.guest]
        caller, command, to = data.draw(
            st.sampled_from(
                [
                    (self.cast, c.WithdrawInvitation(reservation=b.id), "withdrawn"),
                    (guest, c.DeclineInvitation(reservation=b.id), "declined"),
                    (guest, c.CancelReservation(reservation=b.id, reason="急用", late=late), "cancelled"),
                    (self.cast, c.CancelReservation(reservation=b.id, reason="急用", late=late), "cancelled"),
                ]
            )
        )
        answer = self.say(caller, command)
        expected = self.why_not_ended(b, to, late)
        if expected:
            assert answer == expected
        else:
            ended = answer["reservation"]["ended"]
            assert ended["late"] == (to == "cancelled" and self.now > b.start - FREE_CANCEL)
            self.move(b, to)

    @precondition(lambda self: self.all)
    @rule(data=st.data(), kind=st.sampled_from([c.ArriveReservation, c.MarkNoShow, c.CompleteReservation]))
    def mark(self, data: st.DataObject, kind: type[Any]) -> None:
        b = data.draw(self.any_of())
        self.mark_one(b, kind)

    @precondition(lambda self: any(b.status in ("confirmed", "arrived", "no_show") for b in self.all))
    @rule(
        data=st.data(),
        minutes=st.sampled_from([-60, 0, 14, 15, 40, 59, 60, 90]),
        kinds=st.lists(
            st.sampled_from([c.ArriveReservation, c.MarkNoShow, c.CompleteReservation]), min_size=1, max_size=3
        ),
    )
    def mark_at(self, data: st.DataObject, minutes: int, kinds: list[type[Any]]) -> None:
        """So long after the start, where that is still to come."""
        b = data.draw(st.sampled_from([b for b in self.all if b.status in ("confirmed", "arrived", "no_show")]))
        self.skip(max(0, b.start + minutes - self.now))
        for kind in kinds:
            self.mark_one(b, kind)
            self.skip(3)

    def mark_one(self, b: Booking, kind: type[Any]) -> None:
        over = b.status == "completed" and self.is_unswept(b)
        answer = self.say(self.cast, kind(reservation=b.id))
        expected = self.why_no_mark(b, kind, over)
        if expected:
            assert answer == expected
            return
        to = {c.ArriveReservation: "arrived", c.MarkNoShow: "no_show", c.CompleteReservation: "completed"}[kind]
        assert answer["reservation"]["status"] == to
        if over:
            b.version -= 1  # the clock's step was never written: hers stands in its place
        self.move(b, to)
        self.tick()  # who is marked arrived after the end has been there and is through

    def is_unswept(self, b: Booking) -> bool:
        ((status,),) = self.do(self.stage.rows("select status from booking.reservations where id = %s", b.id))
        return bool(status != "completed")

    @precondition(lambda self: any(b.status in ("no_show", "disputed") for b in self.all))
    @rule(data=st.data(), outcome=st.sampled_from(["upheld", "cleared"]))
    def dispute(self, data: st.DataObject, outcome: Any) -> None:
        b = data.draw(self.any_of())
        answer = self.say(self.guests[b.guest], c.DisputeNoShow(reservation=b.id, note="行きました"))
        if b.status == "no_show" and self.now < b.stepped + 7 * DAY:
            assert answer["reservation"]["status"] == "disputed"
            self.move(b, "disputed")
        else:
            assert answer == {"no_show": "too_late", "expired": "hold_expired"}.get(b.status, "wrong_state")
        b = data.draw(self.any_of())
        answer = self.say(self.operator, c.SettleDispute(reservation=b.id, outcome=outcome, note="記録による"))
        if b.status == "disputed":
            assert answer["reservation"]["status"] == outcome
            self.move(b, outcome)
        else:
            assert answer == ("hold_expired" if b.status == "expired" else "wrong_state")

    @rule(guest=GUEST, from_=st.integers(-4, 24).map(lambda n: n * 15), length=st.sampled_from([0, 30, 120, 400]))
    def wait(self, guest: int, from_: int, length: int) -> None:
        to = from_ + length
        command = c.JoinWaitlist(cast=self.cast.account, plan=self.plan, from_=at(from_), to=at(to))
        answer = self.say(self.guests[guest], command)
        mine = [w for w in self.waits if w.guest == guest]
        if guest in self.suspended:
            assert answer == "forbidden"
        elif to <= self.now:
            assert answer == "invalid"
        elif any(w.from_ <= to and from_ <= w.to for w in mine):
            assert answer == "already_exists"
        elif self.first_start(from_, to) is not None:
            assert answer == "wrong_state"
        else:
            before = [w for w in self.waits if w.from_ <= to and from_ <= w.to]
            assert answer["place"] == len(before) + 1
            self.waits.append(Wait(UUID(answer["waitlist"]), guest, from_, to))

    @rule()
    def serve(self) -> None:
        """The line is served until nobody is."""
        serve = partial(booking.waitlist.serve, self.stage.server._invite, self.stage.server._schedule)
        served = 0
        while count := self.do(self.stage.worker.transact(serve)):
            served += count
        self.drop_void_waits()
        expected = []
        for wait in [w for w in self.waits if w.served is None]:
            start = self.first_start(wait.from_, wait.to)
            if start is not None:
                ((id,),) = self.do(self.stage.rows("select reservation from booking.waits where id = %s", wait.id))
                self.hold(id, wait.guest, start, limits.WAITED_SECONDS / 60)
                wait.served = id
                expected.append(wait.id)
        assert served == len(expected)

    @precondition(lambda self: self.waits)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        wait = data.draw(st.sampled_from(self.waits))
        assert self.say(self.guests[wait.guest], c.LeaveWaitlist(waitlist=wait.id)) == {}
        self.waits.remove(wait)

    @rule(guest=GUEST)
    def suspend_or_restore(self, guest: int) -> None:
        account = self.guests[guest].account
        if guest in self.suspended:
            self.say(self.operator, c.RestoreAccount(account=account))
            self.suspended.discard(guest)
            return
        self.say(self.operator, c.SuspendAccount(account=account, until=None, reason="調査"))
        self.suspended.add(guest)
        self.deliver()
        for b in self.all:
            if b.guest == guest and b.status in ("draft", "confirmed") and b.start > self.now:
                self.move(b, "withdrawn" if b.status == "draft" else "cancelled")

    # ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def skip(self, minutes: float) -> None:
        self.now += minutes
        self.do(self._set_clock())
        self.tick()

    @rule(minutes=st.sampled_from([0.05, 5, 15, 20, 60, 120]))
    def time_passes(self, minutes: float) -> None:
        self.skip(minutes)

    @rule(days=st.sampled_from([1, 1, 2, 3, 7]))
    def days_pass(self, days: int) -> None:
        """Seldom of use before there is something to outlive."""
        if any(b.status not in ("draft", "expired", "withdrawn", "declined") for b in self.all):
            self.skip(days * DAY)

    @rule()
    def sweep(self) -> None:
        self.do(self.stage.tidy())

    def deliver(self) -> None:
        async def all_of_it() -> None:
            for consumer in REACTIONS:
                while await self.stage.worker.deliver(consumer, list(range(limits.SHARDS))):
                    pass

        self.do(all_of_it())

    # ── what must hold ──────────────────────────────────────────────────────────────────────────────────────────────
    @invariant()
    def every_reservation_is_where_the_model_has_it(self) -> None:
        if not hasattr(self, "plan"):
            return
        rows = self.do(
            self.stage.rows(
                "select r.id, r.status, r.version, lower(r.span), (select count(*) from booking.steps s where s.reservation = r.id)"
                " from booking.reservations r where cast_id = %s",
                self.cast.account,
            )
        )
        found = {id: (status, version, start) for id, status, version, start, _ in rows}
        assert found.keys() == {b.id for b in self.all}
        for b in self.all:
            status, version, start = found[b.id]
            swept = (status, version) == (b.status, b.version)
            unswept = b.status in ("expired", "completed") and status in LIVE and version == b.version - 1
            assert (swept or unswept) and start == at(b.start), (status, version, b)
        assert all(version == steps for _, _, version, _, steps in rows), "each step has its record"

    @invariant()
    def no_two_live_ones_overlap(self) -> None:
        if hasattr(self, "plan"):
            assert self.do(self.stage.rows(OVERLAPS)) == []
            live = [b for b in self.all if b.status in LIVE]
            pairs = [(a, b) for a in live for b in live if a.chain != b.chain]
            assert not any(a.start < b.end + AFTER and b.start < a.end + AFTER for a, b in pairs)

    def teardown(self) -> None:
        """When everything is delivered there is a seal for each confirmation, and nothing that differs from its source."""
        if not hasattr(self, "plan"):
            return
        self.deliver()
        seals = "select count(*) from message.entries where kind = 'seal' and room = any(%s)"
        confirmed = (
            "select count(*) from booking.steps s join booking.reservations r on r.id = s.reservation"
            " where s.status = 'confirmed' and r.cast_id = %s"
        )
        ((sealed,),) = self.do(self.stage.rows(seals, self.rooms))
        assert [(sealed,)] == self.do(self.stage.rows(confirmed, self.cast.account))
        assert self.do(drift(self.conninfo)) == []


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_reservations_do_what_a_naive_model_does(conninfo: str, runner: asyncio.Runner) -> None:
    opened = open_stage(conninfo)
    BookingMachine.stage, BookingMachine.runner = runner.run(opened.__aenter__()), runner
    BookingMachine.conninfo = conninfo
    try:
        runner.run(BookingMachine.stage.rows(FROZEN))
        run_state_machine_as_test(
            BookingMachine,
            settings=settings(
                max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
    finally:
        runner.run(opened.__aexit__(None, None, None))
