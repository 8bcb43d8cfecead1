"""What a guest and a cast have in common: a phone, a way to read, chance, and sentences with the time in them."""

import time
from collections.abc import Callable
from random import Random
from uuid import UUID

from msgspec import UNSET

from loadtests.client import Dropped, Phone, Refused, Unreachable
from loadtests.journal import Journal
from loadtests.reads import Reads
from server.protocol import commands as c
from server.protocol import events
from server.protocol.commands import Command
from server.protocol.values import Entry

Report = Callable[[str, str, float, Exception | None], None]
MARK = " @"
"""between a sentence and the time it was written, in ns of this machine's clock."""
HELD = 0.05
"""s beyond `hold_ms` that a finger stays, so that the server's clock agrees."""


class Person:
    """Steps are methods without arguments; `STEPS` says how often each is taken, as weights."""

    STEPS: dict[str, int] = {}  # noqa: RUF012 - a constant of each kind of person
    WORDS: tuple[str, ...] = ()

    def __init__(
        self, url: str, account: UUID, token: str, journal: Journal, reads: Reads, report: Report, chance: Random
    ) -> None:
        self.phone = Phone(url, account, token, journal, report, self._heard)
        self.reads, self.report, self.chance = reads, report, chance

    def arrive(self) -> None:
        """The phone comes out of the pocket."""
        self.phone.connect()

    def step(self) -> None:
        """One thing, at random; a refusal that can happen to anybody is an answer like another."""
        names = list(self.STEPS)
        name = self.chance.choices(names, [self.STEPS[n] for n in names])[0]
        try:
            if not self.phone.connected:
                self.phone.connect()
            getattr(self, name)()
        except Unreachable as error:
            self.report("WS", "session.open", 0.0, error)
        except (Refused, Dropped):
            return

    def leave(self) -> None:
        """Looks once more whether everything came, and puts the phone away."""
        if self.phone.connected and (late := self.phone.caught_up()):
            self.phone.complain(f"{late} entries were not delivered to an open socket")
        self.phone.close()

    def say(self, room: UUID) -> None:
        body = f"{self.chance.choice(self.WORDS)}{MARK}{time.time_ns()}"
        self.phone.insist(c.SendMessage(room=room, body=body))

    def tell(self, command: Command) -> None:
        """A command of no consequence: sent once."""
        self.phone.ask(command)

    def _heard(self, event: events.Event, live: bool) -> None:
        if isinstance(event, events.RoomEntry):
            if live and event.entry.by != self.phone.account:
                self._time(event.entry)
            self.entry(event.entry)
        elif isinstance(event, events.ReservationChanged):
            self.reservation(event)

    def _time(self, entry: Entry) -> None:
        """How long a sentence took from thumb to eye."""
        if entry.kind == "text" and entry.body is not UNSET and MARK in entry.body:
            written = int(entry.body.rpartition(MARK)[2])
            self.report("SEEN", "message.send", (time.time_ns() - written) / 1e9, None)

    def entry(self, entry: Entry) -> None:
        """Somebody's entry, oneself included, in one of one's rooms. Called by the reader: no waiting here."""

    def reservation(self, event: events.ReservationChanged) -> None:
        """Called by the reader, too."""
