"""A guest on the train: looks who is in, asks, gets a letter, presses, and sometimes loses the connection in a tunnel."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import UNSET

from loadtests.scenarios.person import HELD, Person
from server.protocol import commands as c
from server.protocol import events
from server.protocol.values import CastProfile, Entry, Reservation

ROOMS = 4
"""casts that one guest talks to."""
WISHES: tuple[dict[str, str], ...] = ({}, {}, {"status": "tonight"}, {"q": "夜"}, {"price_max": "20000"})
TUNNEL = (0.2, 3.0)
"""s without a connection."""


class Guest(Person):
    STEPS = {"browse": 4, "talk": 8, "ask": 2, "answer": 10, "vanish": 1, "give_up": 1}  # noqa: RUF012
    WORDS = ("今夜はいらっしゃいますか", "少し遅れるかもしれません", "先日はありがとうございました", "21時ごろ伺えます")

    def arrive(self) -> None:
        self.known: dict[UUID, CastProfile] = {}
        self.letters: dict[UUID, Reservation] = {}
        self.pledged: dict[UUID, float] = {}
        super().arrive()
        for reservation in self.reads.reservations("draft"):
            self.letters[reservation.id] = reservation

    def browse(self) -> None:
        found = self.reads.casts(**self.chance.choice(WISHES))
        if not found:
            return
        profile = self.reads.profile(self.chance.choice(found).account.id)
        if profile is None:
            return
        if profile.plans:
            now = datetime.now(UTC)
            self.reads.slots(profile.account.id, profile.plans[0].id, now, now + timedelta(days=3))
        if profile.account.id not in self.known and len(self.known) < ROOMS:
            self.phone.insist(c.OpenRoom(with_=profile.account.id))
            self.known[profile.account.id] = profile
            self.phone.insist(c.AddFollow(cast=profile.account.id, push=False))

    def talk(self) -> None:
        if (room := self._room()) is None:
            return self.browse()
        if self.chance.random() < 0.3:
            self.tell(c.TypeInRoom(room=room, typing=True))
        if self.chance.random() < 0.3 and (seq := self.phone.cursors.get(room, 0)):
            self.phone.insist(c.ReadRoom(room=room, seq=seq))
        return self.say(room)

    def ask(self) -> None:
        if (room := self._room()) is None:
            return self.browse()
        return self.phone.insist(c.AskInvitation(room=room, note="今夜お願いできますか"))

    def answer(self) -> None:
        """A letter is declined, let go of too soon, pledged, or pledged after a tunnel."""
        if not self.letters:
            return self.talk()
        id, letter = self.letters.popitem()
        mood = self.chance.random()
        if mood < 0.15:
            return self.phone.insist(c.DeclineInvitation(reservation=id))
        pressed = self.phone.ask(c.PressReservation(reservation=id))
        if mood < 0.25:
            self.letters[id] = letter
            return self.tell(c.ReleaseReservation(reservation=id))
        if mood < 0.30:
            self.letters[id] = letter
            return self.vanish()
        time.sleep(pressed.hold_ms / 1000 + HELD)
        self.pledged[id] = time.perf_counter()
        return self.phone.insist(c.PledgeReservation(reservation=id, terms_version=letter.plan.terms_version))

    def give_up(self) -> None:
        """What was pledged is cancelled in time, or late and meant."""
        if not self.pledged or self.chance.random() < 0.5:
            return self.talk()
        id, _ = self.pledged.popitem()
        return self.phone.insist(c.CancelReservation(reservation=id, late=True))

    def vanish(self) -> None:
        self.phone.vanish()
        time.sleep(self.chance.uniform(*TUNNEL))
        self.phone.connect()

    def _room(self) -> UUID | None:
        """With a cast whose profile was looked at."""
        rooms = [card.room for card in self.phone.cards.values() if card.with_.id in self.known]
        return self.chance.choice(rooms) if rooms else None

    def entry(self, entry: Entry) -> None:
        if entry.reservation is UNSET:
            return
        if entry.kind == "invitation" and entry.reservation.status == "draft":
            self.letters[entry.reservation.id] = entry.reservation
        elif entry.kind == "seal" and (began := self.pledged.get(entry.reservation.id)):
            self.report("SEEN", "seal", time.perf_counter() - began, None)

    def reservation(self, event: events.ReservationChanged) -> None:
        if event.reservation.status != "draft":
            self.letters.pop(event.reservation.id, None)
