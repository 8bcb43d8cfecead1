"""A cast at work: thirty conversations, an invitation for whoever asks, and at the door a mark who came."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import UNSET

from loadtests.scenarios.person import Person
from server.protocol import commands as c
from server.protocol import events, limits
from server.protocol.values import Entry, Money, Reservation

NIGHTS = 7
"""nights that she works from now on."""
MINUTES = 45
QUARTER = 15
"""min between two starts that she thinks of."""
ABSENT = 0.15
"""part of the guests who never come."""
ALIVE = ("draft", "confirmed", "arrived")


class Cast(Person):
    STEPS = {"reply": 8, "invite": 8, "door": 3, "withdraw": 1, "look": 1}  # noqa: RUF012
    WORDS = ("こんばんは", "今夜は20時からおります", "またお会いできてうれしいです", "お席をご用意しておきます")

    def arrive(self) -> None:
        self.waiting: list[UUID] = []
        self.asked: list[UUID] = []
        self.bookings: dict[UUID, Reservation] = {}
        super().arrive()
        plans = [plan for plan in self.reads.plans() if not plan.archived]
        self.plan = plans[0].id if plans else self._open_shop()
        for reservation in self.reads.reservations(",".join(ALIVE)):
            self.bookings[reservation.id] = reservation

    def _open_shop(self) -> UUID:
        """A plan, nights to work, a profile to be found by."""
        now = self._now()
        price = Money(self.chance.randrange(12_000, 30_000, 1_000))
        plan = self.phone.insist(
            c.SavePlan(
                name="45分", minutes=MINUTES, price=price, terms="総額。", buffer_after=self.chance.choice((0, 15))
            )
        )
        for night in range(NIGHTS):
            begin = now + timedelta(days=night)
            self.phone.insist(c.AddShift(starts_at=begin, ends_at=begin + timedelta(hours=10)))
        self.phone.insist(c.SaveProfile(headline="夜の便り", about="静かな夜に。", area="銀座", published=True))
        self.phone.insist(c.SetStatus(tonight=True))
        return UUID(str(plan.id))

    def reply(self) -> None:
        if not self.waiting:
            return
        room = self.waiting.pop(0)
        if seq := self.phone.cursors.get(room, 0):
            self.phone.insist(c.ReadRoom(room=room, seq=seq))
        self.say(room)

    def invite(self) -> None:
        """Whoever asked first, else whoever talks; some of the times she thinks of are taken."""
        if not (rooms := self.asked or self.waiting):
            return
        room = rooms.pop(0)
        steps = int(60 / QUARTER) * 9
        start = self._now() + timedelta(minutes=20) + timedelta(minutes=QUARTER * self.chance.randrange(steps))
        start = start.replace(minute=start.minute // QUARTER * QUARTER, second=0, microsecond=0)
        start += timedelta(days=self.chance.choice((0, 0, 0, *range(NIGHTS))))
        command = c.SendInvitation(room=room, plan=self.plan, starts_at=start, valid_s=limits.VALID_SECONDS[0])
        sent = self.phone.insist(command)
        self.bookings[sent.reservation.id] = sent.reservation

    def door(self) -> None:
        """Who has begun is marked: here, or not come where that can be said already."""
        now = self._now()
        for reservation in list(self.bookings.values()):
            if reservation.status == "confirmed" and reservation.starts_at <= now:
                late = now >= reservation.starts_at + timedelta(minutes=limits.NO_SHOW_MINUTES)
                if late and self.chance.random() < ABSENT:
                    self._step(c.MarkNoShow(reservation=reservation.id))
                else:
                    self._step(c.ArriveReservation(reservation=reservation.id))
                return

    def withdraw(self) -> None:
        drafts = [r.id for r in self.bookings.values() if r.status == "draft"]
        if len(drafts) > 3:
            self._step(c.WithdrawInvitation(reservation=drafts[0]))

    def look(self) -> None:
        """What she has tonight, as her list shows it."""
        for reservation in self.reads.reservations(",".join(ALIVE)):
            self.bookings[reservation.id] = reservation

    def _step(self, command: c.WithdrawInvitation | c.ArriveReservation | c.MarkNoShow) -> None:
        self.bookings.pop(command.reservation, None)
        self.phone.insist(command)

    def _now(self) -> datetime:
        """By the house's clock."""
        return self.phone.ask(c.PingSession()).server_time  # type: ignore[no-any-return]

    def entry(self, entry: Entry) -> None:
        if entry.by is None or entry.by == self.phone.account:
            return
        wanted = self.asked if entry.kind == "request" else self.waiting if entry.kind == "text" else None
        if wanted is not None and entry.room not in wanted:
            wanted.append(entry.room)
        if entry.reservation is not UNSET:
            self.bookings[entry.reservation.id] = entry.reservation

    def reservation(self, event: events.ReservationChanged) -> None:
        now = event.reservation
        if now.status in ALIVE:
            self.bookings[now.id] = now
        else:
            self.bookings.pop(now.id, None)
