"""One cast and one guest: how they met, an evening that was or will be, and what they said of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from server.demo import talk
from server.demo.evening import Evening, uuid
from server.demo.people import Figure
from server.kernel.work import Caller
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.values import Scores, Tag

KINDS: Final = ("past", "coming", "open", "asked", "talk")
WEIGHTS: Final = (45, 25, 8, 8, 14)
HELD: Final = timedelta(milliseconds=limits.HOLD_MS + 300)
NIGHT_OUT: Final = timedelta(minutes=150)
"""from the earliest start to the last in a shift."""
OVER: Final = timedelta(hours=49)
"""after the end an evening that nobody marked has completed by itself."""


class Cast(Struct, frozen=True):
    caller: Caller
    figure: Figure
    plans: list[UUID]
    shifts: list[tuple[datetime, datetime]]


class Conversation:
    """`now` is when the demo is made; everything before it is played at its time."""

    def __init__(
        self, evening: Evening, now: datetime, chance: Random, cast: Cast, guest: Caller, tags: Mapping[str, Tag]
    ) -> None:
        self.evening = evening
        self.now = now
        self.chance = chance
        self.cast = cast
        self.guest = guest
        favourite = tags[cast.figure.tags[0]]
        self.words = {"tag": favourite.ja, "tag_en": favourite.en.lower(), "area": cast.figure.area}
        self.room = UUID(int=0)
        self.seq = 0
        self.at = now - timedelta(hours=chance.uniform(30, 200))

    async def play(self, kind: str | None = None) -> None:
        kind = kind or self.chance.choices(KINDS, WEIGHTS)[0]
        await self._meet()
        await self._say(talk.OPENINGS)
        match kind:
            case "past":
                await self._past()
            case "coming" | "open":
                await self._coming(open=kind == "open")
            case "asked":
                self.at = self.now - timedelta(minutes=self.chance.uniform(4, 90))
                await self._do(self.guest, c.AskInvitation(room=self.room, plan=self.cast.plans[0]))
        await self._read()

    async def _meet(self) -> None:
        await self._do(self.guest, c.AddFollow(cast=self.cast.caller.account))
        opened = await self._do(self.guest, c.OpenRoom(with_=self.cast.caller.account))
        assert opened is not None
        self.room = uuid(opened["room"])

    async def _say(self, scripts: tuple[tuple[talk.Line, ...], ...], **words: str) -> None:
        for who, line in talk.pick(self.chance, scripts, **self.words, **words):
            speaker = self.cast.caller if who == "c" else self.guest
            said = await self._do(speaker, c.SendMessage(room=self.room, body=line))
            assert said is not None
            self.seq = said["seq"]
            self.at += timedelta(seconds=self.chance.uniform(25, 400))

    async def _past(self) -> None:
        """Asked for, sealed, spent and spoken of; the earlier ones are complete by now."""
        nights = [begin for begin, end in self.cast.shifts if end < self.now - timedelta(hours=2) and begin > self.at]
        if not nights:
            return
        start = self.chance.choice(nights) + self._into_the_night()
        self.at = max(self.at, start - timedelta(hours=self.chance.uniform(3, 20)))
        reservation = await self._invite(start)
        if reservation is None or not await self._pledge(reservation):
            return
        self.at = start + timedelta(hours=self.chance.uniform(13, 17))
        if self.at < self.now:
            await self._say(talk.THANKS)
        self.at = start + NIGHT_OUT + OVER
        if self.at < self.now:
            await self._over(reservation)

    async def _over(self, reservation: UUID) -> None:
        await self.evening.move(self.at)
        await self.evening.tidy()
        scores = Scores(*(self.chance.choice((3, 4, 4, 5, 5)) for _ in range(5)))
        if self.chance.random() < 0.8:
            comment = self.chance.choice(talk.REVIEWS)
            await self._do(self.guest, c.WriteReview(reservation=reservation, scores=scores, comment=comment))
        if self.chance.random() < 0.8:
            await self._do(
                self.cast.caller, c.WriteReview(reservation=reservation, comment=self.chance.choice(talk.OF_GUESTS))
            )

    async def _coming(self, *, open: bool) -> None:
        """Sealed for one of the next nights; an open one waits for its seal still."""
        nights = [begin for begin, _ in self.cast.shifts if begin > self.now + timedelta(hours=1)]
        if not nights:
            return
        start = self.chance.choice(nights) + self._into_the_night()
        self.at = self.now - timedelta(minutes=self.chance.uniform(12, 40 if open else 600))
        reservation = await self._invite(start, valid_s=limits.VALID_SECONDS[1])
        if reservation is not None and not open:
            await self._pledge(reservation)

    async def _invite(self, start: datetime, valid_s: int = limits.VALID_SECONDS_DEFAULT) -> UUID | None:
        local = start.astimezone(self.evening.server.settings.time_zone)
        when = f"{local.month}月{local.day}日の{local:%H:%M}"
        await self._say(talk.BEFORE, when=when, when_en=f"{local:%A} at {local:%H:%M}")
        plan = self.chance.choice(self.cast.plans)
        sent = await self._do(
            self.cast.caller, c.SendInvitation(room=self.room, plan=plan, starts_at=start, valid_s=valid_s)
        )
        if sent is None:
            return None
        self.seq = sent["seq"]
        self.at += timedelta(seconds=self.chance.uniform(40, 500))
        return uuid(sent["reservation"]["id"])

    async def _pledge(self, reservation: UUID) -> bool:
        if self.chance.random() < 0.1:
            await self._do(
                self.guest, c.DeclineInvitation(reservation=reservation, reason="仕事が入ってしまいました。")
            )
            return False
        await self._do(self.guest, c.PressReservation(reservation=reservation))
        self.at += HELD
        done = await self._do(self.guest, c.PledgeReservation(reservation=reservation, terms_version=1))
        self.at += timedelta(seconds=self.chance.uniform(20, 200))
        if done is not None:
            await self._say(talk.AFTER)
        return done is not None

    async def _read(self) -> None:
        """The guest has seen it, mostly; the cast has one or two left, as on any evening."""
        for reader, likely in ((self.guest, 0.85), (self.cast.caller, 0.65)):
            if self.chance.random() < likely:
                await self._do(reader, c.ReadRoom(room=self.room, seq=self.seq))

    def _into_the_night(self) -> timedelta:
        return timedelta(minutes=30 * self.chance.randint(0, int(NIGHT_OUT.total_seconds() // 1800)))

    async def _do(self, who: Caller, command: c.Command) -> dict[str, Any] | None:
        """At its time, with what follows from it; None where the rules of the house are against it."""
        self.at = min(self.at, self.now)
        await self.evening.move(self.at)
        done = await self.evening.can(who, command)
        await self.evening.react()
        return done
