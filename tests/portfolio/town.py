"""A town of casts drawn by chance, and what a naive reader would find among them."""

import random
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from server.demo import tastes
from server.kernel.work import Caller
from server.portfolio import learning, search, store, text
from server.portfolio.search import Criteria, Place
from server.protocol import commands as c
from server.protocol.values import Money
from tests.booking.stage import Stage

AREAS = ["銀座", "六本木", "Ｓｈｉｂｕｙａ", None]
ABOUTS = [
    "静かなお酒が好きです。",
    "カラオケで歌います！",
    "Let's talk about films.",
    "ワインとジャズの夜",
    "猫🐈と暮らす",
    "مرحبا بك",
    "",
]


class Cast(msgspec.Struct):
    caller: Caller
    name: str
    tags: list[str]
    area: str | None
    about: str
    published: bool
    price: int
    shift: tuple[datetime, datetime] | None
    status: frozenset[str] = frozenset()

    def document(self, terms: dict[str, search.Term]) -> text.Document:
        said = [w for tag in self.tags for w in (terms[tag].ja, terms[tag].en, *terms[tag].synonyms)]
        return text.document(self.name, self.about, self.area or "", *said)


class Town:
    """A stage with casts drawn by chance, and what a naive reader would find among them."""

    def __init__(self, stage: Stage, guest: Caller, casts: list[Cast], terms: dict[str, search.Term]) -> None:
        self.stage, self.guest, self.casts, self.terms = stage, guest, casts, terms

    async def all_pages(self, criteria: Criteria, limit: int = 7) -> list[UUID]:
        found: list[UUID] = []
        after: Place | None = None
        while True:
            async with self.stage.work() as work:
                page, after = await search.page(work, self.guest.account, criteria, after, 1, limit)
            found += page
            assert len(page) == limit or after is None, "a page is never shorter than what exists"
            if after is None:
                return found

    def naive(self, criteria: Criteria) -> set[UUID]:
        return {one.caller.account for one in self.casts if self._holds(one, criteria)}

    def _holds(self, one: Cast, criteria: Criteria) -> bool:
        bearing = set(one.tags)
        return (
            one.published
            and set(criteria.tags) <= bearing
            and not bearing & set(criteria.not_tags)
            and (criteria.area is None or (one.area is not None and text.fold(one.area) == criteria.area))
            and text.matches(one.document(self.terms), list(criteria.words))
            and (criteria.price_max is None or one.price <= criteria.price_max)
            and (criteria.status is None or criteria.status in one.status)
            and (criteria.from_ is None or self._free(one, criteria.from_, criteria.to))
        )

    def _free(self, one: Cast, begin: datetime, end: datetime | None) -> bool:
        """Plans here last 60 minutes: a start from the shift's begin to an hour before its end."""
        assert end is not None
        return one.shift is not None and max(begin, one.shift[0]) <= min(end, one.shift[1] - timedelta(hours=1))


async def build(stage: Stage, count: int, seed: int = 5) -> Town:
    chance, moods = random.Random(seed), random.Random(seed + 1)
    async with stage.work() as work:
        terms = await search.vocabulary(work)
    vocabulary, start = sorted(terms), await stage.hour()
    by_taste = tastes.weights(vocabulary)
    casts = []
    for number in range(count):
        name = chance.choice(["紗夜", "さよ", "Mei", "ユキ"]) + str(number)
        caller = await stage.account("cast", name)
        shift = None
        if chance.random() < 0.6:
            begin = start + timedelta(hours=chance.randint(0, 40))
            shift = (begin, begin + timedelta(hours=chance.randint(1, 8)))
            await stage.works(caller, *shift)
        one = Cast(
            caller, name, sorted(tastes.tags(chance, tastes.mixture(chance), vocabulary, by_taste)), chance.choice(AREAS),
            chance.choice(ABOUTS), chance.random() < 0.9, chance.choice([8_000, 12_000, 18_000, 30_000]), shift,
        )  # fmt: skip
        await stage.plan(caller, minutes=60, price=Money(one.price, "JPY"))
        await save(stage, one)
        one.status = await shows(stage, caller, moods)
        casts.append(one)
    await stage.worker.transact(learning.learn)
    return Town(stage, await stage.account("guest", "健"), casts, terms)


async def shows(stage: Stage, cast: Caller, moods: random.Random) -> frozenset[str]:
    """Whether she is there, in tonight, wants not to be seen: by chance; and what of that can be seen."""
    online, tonight, invisible = (moods.random() < share for share in (0.4, 0.4, 0.3))
    if online:
        present = "insert into kernel.presence (account, process, until) values (%s, %s, kernel.moment() + interval '1 day') returning account"
        await stage.rows(present, cast.account, cast.session)
    await stage.run(cast, c.SetStatus(tonight=tonight, invisible=invisible))
    async with stage.work() as work:
        seen = await store.status(work, cast.account)
    assert (seen.online, seen.tonight) == (online and not invisible, tonight)
    return frozenset(name for name, shown in (("online", seen.online), ("tonight", seen.tonight)) if shown)


async def save(stage: Stage, one: Cast) -> None:
    said = c.SaveProfile(about=one.about, tags=one.tags, area=one.area, published=one.published)
    await stage.run(one.caller, said)
