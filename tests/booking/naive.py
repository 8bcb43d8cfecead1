"""Reservations in memory: what a reader of the contract would expect of them, by the clock alone; held against the house by test_machine."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from server.protocol import commands as c

BEGIN = datetime.fromisoformat("2027-05-14T12:00:00+00:00")
"""Instants are minutes from here; the cast works for `NIGHT` from each of `NIGHTS` on."""
NIGHT, MINUTES, AFTER, FREE_CANCEL = 360, 60, 15, 120
LIVE = {"draft", "confirmed", "arrived"}
HOUR, DAY = 60, 1_440
NIGHTS = (0, 3 * DAY, 6 * DAY)


class Booking(Struct):
    """A reservation as the model has it; `end` without the buffer, instants in minutes."""

    id: UUID
    guest: int
    start: int
    chain: UUID
    replaces: UUID | None
    expires: float
    status: str = "draft"
    version: int = 1
    stepped: float = 0
    marked: float | None = None

    @property
    def end(self) -> int:
        return self.start + MINUTES


class Wait(Struct):
    id: UUID
    guest: int
    from_: int
    to: int
    served: UUID | None = None


class Naive:
    """One cast, one plan, three guests. Instants are minutes; at each of them everything is as late as the clock says, swept or not."""

    def __init__(self) -> None:
        self.now: float = -4 * HOUR
        self.all: list[Booking] = []
        self.waits: list[Wait] = []
        self.suspended: set[int] = set()

    def tick(self) -> None:
        """What is over by the clock is over."""
        for b in self.all:
            if b.status == "draft" and self.now >= b.expires:
                self.move(b, "expired")
            elif (b.status == "arrived" and self.now >= b.end) or (
                b.status == "confirmed" and self.now >= b.end + 48 * HOUR
            ):
                self.move(b, "completed")

    def move(self, b: Booking, status: str) -> None:
        b.status, b.version, b.stepped = status, b.version + 1, self.now
        if status in ("arrived", "no_show") and b.marked is None:
            b.marked = self.now

    def is_free(self, start: float, chain: UUID | None = None) -> bool:
        taken = [b for b in self.all if b.status in LIVE and b.chain != chain]
        return not any(b.start < start + MINUTES + AFTER and start < b.end + AFTER for b in taken)

    def first_start(self, from_: int, to: int) -> int | None:
        """The first minute; what only the clock makes the first is put off to the next five minutes."""
        earliest = max(from_, int(self.now + 5) // 5 * 5)
        return next((start for start in range(earliest, to + 1) if works(start) and self.is_free(start)), None)

    def hold(self, id: UUID, guest: int, start: int, valid: float, replaced: Booking | None = None) -> None:
        chain, replaces = (replaced.chain, replaced.id) if replaced else (id, None)
        self.all.append(Booking(id, guest, start, chain, replaces, min(self.now + valid, start), stepped=self.now))

    def why_no_invitation(self, guest: int, start: int, replaced: Booking | None) -> str | None:
        chain = replaced.chain if replaced else None
        if replaced and replaced.guest != guest:
            return "not_found"
        if replaced and replaced.status != "confirmed":
            return "wrong_state"
        if start <= self.now:
            return "too_late"
        if not works(start):
            return "outside_schedule"
        if not self.is_free(start, chain):
            return "slot_taken"
        drafts = [b for b in self.all if b.chain == chain and b.status == "draft"]
        return "wrong_state" if drafts or guest in self.suspended else None

    def replaced_by(self, b: Booking) -> Booking | None:
        return next((o for o in self.all if o.id == b.replaces), None)

    def why_no_pledge(self, b: Booking, seconds: float, terms: int) -> str | None:
        """After a press of so many seconds."""
        old = self.replaced_by(b)
        if b.guest in self.suspended:
            return "forbidden"
        if b.status == "expired":
            return "hold_expired"
        if b.status != "draft":
            return "wrong_state"
        if terms != 1:
            return "terms_changed"
        if not 1.2 <= seconds <= 60:
            return "not_held"
        return "wrong_state" if old and old.status != "confirmed" else None

    def why_not_ended(self, b: Booking, to: str, late: bool) -> str | None:
        """Withdrawn, declined or cancelled."""
        if b.status == "expired":
            return "hold_expired"
        if b.status != ("confirmed" if to == "cancelled" else "draft"):
            return "wrong_state"
        too_late = self.now >= b.start or (self.now > b.start - FREE_CANCEL and not late)
        return "too_late" if to == "cancelled" and too_late else None

    def why_no_mark(self, b: Booking, kind: type[Any], over: bool) -> str | None:
        """`over`: completed by the clock alone; saying so once more is no mistake."""
        if b.status == "expired":
            return "hold_expired"
        late_fix = b.marked is not None and self.now >= max(b.marked, b.start + 15) + 30
        if kind is c.CompleteReservation:
            if over:
                return None
            if b.status not in ("confirmed", "arrived"):
                return "wrong_state"
            return "too_early" if self.now < b.start else None
        if kind is c.ArriveReservation:
            if b.status not in ("confirmed", "no_show"):
                return "wrong_state"
            if self.now < b.start - DAY:
                return "too_early"
            if b.status == "no_show" and late_fix:
                return "too_late"
            return self.why_no_time(b) if b.status == "no_show" else None
        if over and b.marked is None:
            return "too_late"
        if b.status not in ("confirmed", "arrived"):
            return "wrong_state"
        if self.now < b.start + 15:
            return "too_early"
        return "too_late" if b.status == "arrived" and late_fix else None

    def why_no_time(self, b: Booking) -> str | None:
        """Whoever was given up and comes after all takes the time again, if nobody else has it."""
        rivals = [o for o in self.all if o is not b and o.status in LIVE]
        if any(o.chain != b.chain and o.start < b.end + AFTER and b.start < o.end + AFTER for o in rivals):
            return "slot_taken"
        return "wrong_state" if any(o.chain == b.chain and o.status != "draft" for o in rivals) else None

    def drop_void_waits(self) -> None:
        ended = {b.id for b in self.all if b.status != "draft"}
        self.waits = [
            w for w in self.waits if w.to > self.now and w.served not in ended and w.guest not in self.suspended
        ]


def works(start: float) -> bool:
    return any(night <= start <= night + NIGHT - MINUTES for night in NIGHTS)


def at(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)
