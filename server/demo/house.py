"""A house to look at: casts with portraits, plans, a week of shifts over midnight, conversations, evenings past and to come."""

import sys
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from uuid import UUID

from server.demo import gallery, people
from server.demo.conversation import Cast, Conversation
from server.demo.evening import Evening, uuid
from server.demo.people import Figure
from server.identity import store as accounts
from server.kernel import ids
from server.kernel.database import Database
from server.kernel.settings import Settings
from server.kernel.work import Caller, Work
from server.offer import store as offers
from server.portfolio import documents, learning, search
from server.protocol import commands as c
from server.protocol.domain_events import AccountRegistered, ReviewsChanged
from server.protocol.values import Money, Role

SHOWN: Final = 40
"""casts with a portrait and conversations; further ones are for search alone."""
PAST_DAYS: Final = 9
DAYS_AHEAD: Final = 7
CHUNK: Final = 500
BORN: Final = date(1990, 4, 1)
CAST_PHONE: Final = "+8190100010{:02d}"
GUEST_PHONE: Final = "+8190200010{:02d}"
"""with their number. They may belong to somebody, hence: in a house whose texts stay in its inbox, or not at all."""


async def furnish(settings: Settings, conninfo: str, seed: int, count: int, drawn: int) -> None:
    """Fills the house with `count` casts, `drawn` of them with a portrait, whole or not at all, and prints how to sign in. Exits with a sentence where that is refused."""
    if not settings.development_inbox:
        sys.exit(
            "The demo is for a house whose texts stay in its own inbox: unset FUURO_SMS_URL, and serve on loopback."
        )
    database = Database(conninfo, 2)
    connection = await database.connect()
    async with connection, connection.transaction():
        now = await Work(connection, {}).moment()
        async with Evening.begin(settings, connection, now - timedelta(days=PAST_DAYS)) as evening:
            demo = Demo(evening, seed, now)
            if await accounts.by_number(evening.work, demo.lookup(CAST_PHONE.format(1))) is not None:
                sys.exit(
                    "This house has been furnished before: sign in as it said then, or begin with an empty FUURO_DATA."
                )
            await demo.fill(count, drawn)
    print(HOW_TO_SIGN_IN.format(casts=min(count, SHOWN), guests=len(people.GUESTS), all=count))


HOW_TO_SIGN_IN: Final = """The house is furnished: {all} casts, {casts} of them with conversations, and {guests} guests.
Start it (bin/dev), open it in a browser, and sign in with one of these numbers; the code arrives at /dev/inbox.
  a guest:  090-2000-1001 (to 090-2000-10{guests})   {guests} guests; the first has an open invitation
  a cast:   090-1000-1001 (to 090-1000-10{casts})   {casts} casts"""


class Demo:
    """Fills a house. The same for the same seed on the same day, but for ids."""

    def __init__(self, evening: Evening, seed: int, now: datetime) -> None:
        self.evening = evening
        self.seed = seed
        self.now = now
        self.midnight = datetime.combine(
            (now.astimezone(evening.server.settings.time_zone) - timedelta(hours=6)).date(),
            time(),
            evening.server.settings.time_zone,
        )

    def lookup(self, phone: str) -> bytes:
        return self.evening.server.keyring.mac("number", phone.encode())

    async def fill(self, count: int, drawn: int) -> None:
        work = self.evening.work
        terms = await search.vocabulary(work)
        tags = {term.id: term.tag() for term in terms.values()}
        figures = people.figures(self.seed, count, tags)
        casts = [await self._cast(number, figure) for number, figure in enumerate(figures[:SHOWN])]
        await self._profiles([(one.caller.account, one.figure) for one in casts])
        for start in range(SHOWN, count, CHUNK):
            await self._further(start, figures[start : start + CHUNK])
        guests = [await self._account("guest", n, name, GUEST_PHONE) for n, name in enumerate(people.GUESTS, 1)]
        await learning.learn(work)
        chance = Random(f"talk {self.seed}")
        for number, guest in enumerate(guests):
            known = self._acquaintances(chance, number, casts)
            for cast in known:
                kind = "open" if guest is guests[0] and cast is known[0] else None
                await Conversation(self.evening, self.now, chance, cast, guest, tags).play(kind)
        await self.evening.move(self.now)
        await self._portraits(casts[:drawn])
        await self._tonight(casts)
        for one in casts:
            work.emit(ReviewsChanged(one.caller.account))
        await self.evening.tidy()

    def _acquaintances(self, chance: Random, number: int, casts: Sequence[Cast]) -> list[Cast]:
        return chance.sample(list(casts), min(len(casts), 9 if number == 0 else chance.randint(4, 8)))

    async def _cast(self, number: int, figure: Figure) -> Cast:
        caller = await self._account("cast", number + 1, figure.name, CAST_PHONE)
        plans = [uuid((await self.evening.run(caller, plan))["id"]) for plan in _plans(figure)]
        shifts = self._nights(number)
        for begin, end in shifts:
            await self.evening.run(caller, c.AddShift(starts_at=begin, ends_at=end))
        return Cast(caller, figure, plans, shifts)

    async def _further(self, first: int, figures: Sequence[Figure]) -> None:
        """Casts for search alone: what they offer and who they are, written at once."""
        work = self.evening.work
        ids = await accounts.add_casts(work, [figure.name for figure in figures], BORN)
        offered = [
            offers.Entered(id, _plans(figure), self._nights(first + n))
            for n, (id, figure) in enumerate(zip(ids, figures, strict=True))
        ]
        await offers.enter(work, offered)
        await self._profiles(list(zip(ids, figures, strict=True)))

    def _nights(self, number: int) -> list[tuple[datetime, datetime]]:
        """Five nights a week, from 19:00–21:00 to 24:00–29:00."""
        chance, found = Random(f"cast {self.seed} {number}"), []
        for day in range(1 - PAST_DAYS, DAYS_AHEAD + 1):
            if chance.random() < 5 / 7:
                begin = self.midnight + timedelta(days=day, hours=chance.choice((19, 20, 20, 21)))
                found.append((begin, self.midnight + timedelta(days=day, hours=chance.choice((24, 25, 25, 26, 29)))))
        return found

    async def _profiles(self, casts: Sequence[tuple[UUID, Figure]]) -> None:
        entries = [documents.Entered(id, one.headline, one.about, one.tags, one.area) for id, one in casts]
        await documents.enter(self.evening.work, entries)

    async def _portraits(self, casts: Sequence[Cast]) -> None:
        owners = [(f"{self.seed} {number}", one.caller.account) for number, one in enumerate(casts)]
        hung = await gallery.hang(self.evening.server.objects, self.evening.work, owners)
        for one in casts:
            await self.evening.run(one.caller, c.SaveProfile(photos=[hung[one.caller.account]]))

    async def _tonight(self, casts: Sequence[Cast]) -> None:
        """About half of those who work this business night say so."""
        chance, ends = Random(f"tonight {self.seed}"), self.midnight + timedelta(hours=30)
        for one in casts:
            works = any(self.midnight + timedelta(hours=6) <= begin < ends for begin, _ in one.shifts)
            if works and chance.random() < 0.5:
                await self.evening.run(one.caller, c.SetStatus(tonight=True))

    async def _account(self, role: Role, number: int, name: str, phone: str) -> Caller:
        work, keyring = self.evening.work, self.evening.server.keyring
        id, session = await accounts.add_account(work, role, name, BORN), ids.new()
        work.emit(AccountRegistered(id, role, name))
        digits = phone.format(number)
        await accounts.add_phone(work, id, self.lookup(digits), keyring.seal("number", digits.encode()), digits[-4:])
        return Caller(id, role, session)


def _plans(figure: Figure) -> list[c.SavePlan]:
    """Prices in full; a longer evening costs a little less an hour."""
    terms = "総額（税・サービス料込）。開始3時間前まで無料で取り消せます。 / All included; free to cancel until 3 hours before."
    said = (
        ("はじめての60分 / First hour", 60, 1.0),
        ("ゆっくり90分 / An unhurried 90", 90, 1.45),
        ("夜のコース120分 / The long evening", 120, 1.85),
    )
    return [
        c.SavePlan(
            name=name,
            minutes=minutes,
            price=Money(round(figure.price * factor / 500) * 500, "JPY"),
            terms=terms,
            buffer_after=15,
            notice_minutes=30,
            cancel_minutes=180,
            waitlist=minutes == 90,
        )
        for name, minutes, factor in said
    ]
