"""Search against a naive Python: every filter on random data, pages under change, words, cursors, bad paths."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.audit import Drift
from server.demo import tastes
from server.kernel.work import Caller
from server.portfolio import documents, learning, search, store, text
from server.portfolio.search import Criteria, Place
from server.protocol import commands as c
from server.protocol.errors import Refusal
from server.protocol.values import Money
from tests.booking.stage import Stage, open_stage

pytestmark = pytest.mark.anyio
AREAS = ["銀座", "六本木", "Ｓｈｉｂｕｙａ", None]
COPIES = """with copies as (
  insert into portfolio.search_documents (cast_id, published, tags) select gen_random_uuid(), mod(n, 10) <> 0, %s::text[] from generate_series(1, 1500) n
  returning cast_id)
insert into portfolio.search_texts (cast_id, plain, latin, grams, source) select cast_id, %s, %s, %s, 'a copy' from copies"""
BEARERS = """with copies as (
  insert into portfolio.search_documents (cast_id, published, tags)
  select gen_random_uuid(), mod(n, 10) <> 0, array(select id from portfolio.tags where id = 'jazz' or mod(hashtext(id || n), 20) = 0)
  from generate_series(1, 1400) n
  returning cast_id)
insert into portfolio.search_texts (cast_id, plain, latin, grams, source) select cast_id, %s, %s, %s, 'a copy' from copies"""
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


@pytest.fixture
async def town(conninfo: str) -> AsyncIterator[Town]:
    async with open_stage(conninfo) as stage:
        yield await build(stage, 60)


async def test_every_hard_filter_holds_on_random_data_and_nobody_is_missing(town: Town) -> None:
    """Hypothesis draws the questions; one town answers all of them, since none changes it."""
    loop = asyncio.get_running_loop()
    start = await town.stage.hour()
    tags = sorted({tag for one in town.casts for tag in one.tags})

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        wanted=st.lists(st.sampled_from(tags), max_size=2, unique=True),
        unwanted=st.lists(st.sampled_from(tags), max_size=4, unique=True),
        query=st.none()
        | st.sampled_from(
            [
                "ワイン",
                "わいん",
                "wain",
                "さよ",
                "sayo",
                "紗夜1",
                "カラオケ",
                "films",
                "好き",
                "猫🐈",
                "酒",
                "夜 ジャズ",
                "مرحبا",
                "shibuya",
                "zzz",
            ]
        ),
        area=st.none() | st.sampled_from(["銀座", "shibuya", "六本木", "nowhere"]),
        price=st.none() | st.sampled_from([0, 7_999, 8_000, 12_000, 20_000, 50_000]),
        span=st.none() | st.tuples(st.integers(-30, 48 * 60), st.integers(0, 600)),
        status=st.sampled_from([None, None, "online", "tonight"]),
    )
    def ask(
        wanted: list[str],
        unwanted: list[str],
        query: str | None,
        area: str | None,
        price: int | None,
        span: tuple[int, int] | None,
        status: Literal["online", "tonight"] | None,
    ) -> None:
        words = () if query is None else tuple(text.words(query))
        begin = None if span is None else start + timedelta(minutes=span[0])
        criteria = Criteria(
            tags=tuple(sorted(wanted)),
            not_tags=tuple(sorted(unwanted)),
            words=words,
            area=area,
            price_max=price,
            from_=begin,
            to=None if begin is None or span is None else begin + timedelta(minutes=span[1]),
            wish=search.wished(wanted, words, town.terms),
            status=status,
        )
        found = asyncio.run_coroutine_threadsafe(town.all_pages(criteria), loop).result(30)
        assert len(found) == len(set(found))
        assert set(found) == town.naive(criteria)

    await asyncio.to_thread(ask)


async def test_pages_under_change_neither_repeat_nor_lose_a_cast_who_stays(town: Town) -> None:
    chance = random.Random(3)
    for criteria in (
        Criteria(),
        Criteria(words=tuple(text.words("ワイン")), wish=("red-wine", "white-wine")),
        Criteria(wish=("karaoke",)),
    ):
        stays = town.naive(criteria)
        found: list[UUID] = []
        after: Place | None = None
        while True:
            async with town.stage.work() as work:
                page, after = await search.page(work, town.guest.account, criteria, after, 1, 4)
            found += page
            for one in chance.sample(town.casts, 2):
                stays.discard(one.caller.account)
                one.tags = chance.sample(sorted(town.terms), 6)
                one.published = not one.published
                await save(town.stage, one)
            if after is None:
                break
        assert stays, "somebody must have stayed"
        assert [id for id in found if id in stays and found.count(id) > 1] == [], "nobody who stayed is shown twice"
        assert stays <= set(found), "nobody who stayed is missing"


async def test_a_listing_goes_on_in_the_vectors_it_began_with(town: Town) -> None:
    criteria = Criteria(wish=("red-wine",))
    whole = await town.all_pages(criteria, limit=50)
    async with town.stage.work() as work:
        first, after = await search.page(work, town.guest.account, criteria, None, 1, 5)
    assert after is not None
    await town.stage.worker.transact(learning.learn)
    for one in town.casts[::2]:
        await save(town.stage, one)
    async with town.stage.work() as work:
        rest, _ = await search.page(work, town.guest.account, criteria, after, 2, 100)
    assert first + rest == whole


async def test_a_listing_of_vectors_that_are_kept_no_more_is_refused(town: Town) -> None:
    criteria = Criteria(wish=("red-wine",))
    async with town.stage.work() as work:
        _, after = await search.page(work, town.guest.account, criteria, None, 1, 5)
    for _ in range(2):
        await town.stage.worker.transact(learning.learn)
    with pytest.raises(Refusal) as refused:
        async with town.stage.work() as work:
            await search.page(work, town.guest.account, criteria, after, 1, 5)
    assert (refused.value.code, refused.value.field) == ("invalid", "cursor")


async def test_without_a_wish_the_order_is_the_days_and_the_same_for_all(town: Town) -> None:
    other = await town.stage.account("guest", "誠")
    orders = []
    for account, day in ((town.guest, 1), (other, 1), (town.guest, 2)):
        async with town.stage.work() as work:
            page, _ = await search.page(work, account.account, Criteria(), None, day, 100)
        orders.append(page)
    assert orders[0] == orders[1]
    assert orders[0] != orders[2] and set(orders[0]) == set(orders[2])


async def test_who_bears_the_wish_comes_before_who_does_not_and_the_near_before_the_far(town: Town) -> None:
    wish = ("red-wine",)
    found = await town.all_pages(Criteria(wish=wish), limit=100)
    bearing = {one.caller.account for one in town.casts if "red-wine" in one.tags and one.published}
    places = [place for place, id in enumerate(found) if id in bearing]
    assert places and places[-1] < len(found) / 2


async def test_blocked_ones_find_each_other_no_more(town: Town) -> None:
    one = next(o for o in town.casts if o.published)
    assert one.caller.account in await town.all_pages(Criteria())
    await town.stage.run(one.caller, c.AddBlock(account=town.guest.account))
    assert one.caller.account not in await town.all_pages(Criteria())
    await town.stage.run(one.caller, c.RemoveBlock(account=town.guest.account))
    assert one.caller.account in await town.all_pages(Criteria())


async def test_a_document_that_was_passed_by_is_mended(town: Town) -> None:
    one = next(o for o in town.casts if o.published)
    await town.stage.rows("update portfolio.profiles set about = '満月の話' where cast_id = %s", one.caller.account)
    moon = Criteria(words=tuple(text.words("満月")))
    assert await town.all_pages(moon) == []
    assert await town.stage.worker.transact(documents.mend) == 1
    assert await town.all_pages(moon) == [one.caller.account]
    assert await town.stage.worker.transact(documents.mend) == 0


async def test_the_index_of_grams_is_used_and_loses_nothing(town: Town) -> None:
    for one in town.casts:
        for word in ("ワイン", "夜", "Let's"):
            words = text.words(word)
            found = text.matches(one.document(town.terms), words)
            rows = await town.stage.rows(
                "select grams @> %s::text[] from portfolio.search_texts where cast_id = %s",
                text.needed(words),
                one.caller.account,
            )
            assert rows[0][0] or not found


async def test_words_that_most_casts_have_are_found_by_their_index(town: Town) -> None:
    """More hits than are named one by one in the pass over the documents; who has the letters and not the word is not found."""
    for said in ("静かなお酒が好きです。", "静か、かな。"):
        copy = text.document(said)
        await town.stage.rows(COPIES, [], copy.plain, copy.latin, copy.grams)
    words = text.words("静かな")
    having = "select cardinality(portfolio.having(%s::text[], null))"
    assert (await town.stage.rows(having, text.needed(words)))[0][0] > 2_000
    bearing = "select cast_id from portfolio.search_documents join portfolio.search_texts using (cast_id) where published and strpos(plain, %s) > 0"
    wanted = {cast for (cast,) in await town.stage.rows(bearing, words[0].plain)}
    found = await town.all_pages(Criteria(words=tuple(words)), limit=500)
    assert len(found) == len(wanted) > 1_000
    assert set(found) == wanted


async def test_a_large_house_is_looked_at_in_parts_and_says_the_same(town: Town) -> None:
    """Pages in the order of one look at all: some lots at a time, those who bear the wish before the others."""
    silent, musical = text.document("静かなお酒が好きです。"), text.document("音楽")
    for copy, tags in ((silent, []), (silent, ["jazz"]), (musical, ["jazz", "sake"])):
        await town.stage.rows(COPIES, tags, copy.plain, copy.latin, copy.grams)
    await town.stage.rows("analyze portfolio.search_documents")
    ((documents,),) = await town.stage.rows("select reltuples from pg_class where relname = 'search_documents'")
    assert documents > 4_000, "so many that parts are worth it"
    words = tuple(text.words("静かな"))
    for criteria in (
        Criteria(),
        Criteria(words=words),
        Criteria(words=words, not_tags=("jazz",)),
        Criteria(area=text.fold(AREAS[0])),
        Criteria(words=tuple(text.words("音楽")), wish=("jazz",)),
        Criteria(words=words, wish=("jazz", "sake")),
        Criteria(tags=("jazz",), wish=("jazz", "sake")),
    ):
        at_once = await town.all_pages(criteria, limit=100_000)
        assert at_once
        assert await town.all_pages(criteria, limit=300) == at_once


async def test_a_tag_that_many_bear_is_looked_at_by_the_nearest_first_and_says_the_same(town: Town) -> None:
    copy, jazz = text.document("ジャズの夜"), tuple(text.words("jazz"))
    await town.stage.rows(BEARERS, copy.plain, copy.latin, copy.grams)
    await town.stage.worker.transact(learning.learn)
    nearest = """select n.casts, n.bound from portfolio.next_bearers('jazz', (select max(version) from portfolio.vector_versions), null, 60) n"""
    ((casts, bound),) = await town.stage.rows(nearest)
    assert (len(casts), bound > 501_000) == (60, True), "so many that a page is found among them"
    for criteria in (
        Criteria(words=jazz, wish=("jazz",)),
        Criteria(tags=("jazz",), wish=("jazz",)),
        Criteria(tags=("jazz",), not_tags=("sake", "coffee"), wish=("jazz",)),
        Criteria(tags=("jazz",), words=tuple(text.words("さよ")), wish=("jazz",)),
        Criteria(tags=("jazz",), price_max=12_000, wish=("jazz",)),
    ):
        at_once = await town.all_pages(criteria, limit=100_000)
        assert at_once
        assert await town.all_pages(criteria, limit=70) == at_once
        assert await town.all_pages(criteria, limit=9) == at_once
    bearing = "select count(*) from portfolio.search_documents where published and 'jazz' = any(tags)"
    found = await town.all_pages(Criteria(tags=("jazz",), wish=("jazz",)), limit=40)
    assert len(found) == (await town.stage.rows(bearing))[0][0]


async def test_of_many_who_are_as_near_the_days_order_says_who_is_first(town: Town) -> None:
    copy, jazz = text.document("ジャズの夜"), Criteria(tags=("jazz",), wish=("jazz",))
    await town.stage.rows(COPIES, ["jazz"], copy.plain, copy.latin, copy.grams)
    await town.stage.worker.transact(learning.learn)
    assert await town.all_pages(jazz, limit=60) == await town.all_pages(jazz, limit=100_000)


async def astray(town: Town) -> list[str]:
    """Who is noted as near and is not, or the other way round."""
    async with town.stage.work() as work:
        return [drift.line for drift in await work.all(documents.SQL.drift_nearest, Drift)]


async def test_the_nearest_of_a_tag_are_kept_in_step(town: Town) -> None:
    assert (await town.stage.rows("select count(*) > 100 from portfolio.nearest_bearers"))[0][0]
    assert await astray(town) == []
    copy = text.document("ジャズの夜")
    await town.stage.rows(BEARERS, copy.plain, copy.latin, copy.grams)
    await town.stage.worker.transact(learning.learn)
    floored = "select count(*) from portfolio.tag_vectors where floor > 0"
    assert (await town.stage.rows(floored))[0][0] == 1, "those of one tag alone are not all among the nearest"
    assert await astray(town) == []
    chance = random.Random(4)
    for one in chance.sample(town.casts, 20):
        one.tags = ["jazz", *chance.sample(sorted(town.terms.keys() - {"jazz"}), 3)]
        await save(town.stage, one)
    async with town.stage.work() as work:
        await documents.forget(work, town.casts[0].caller.account)
    assert await astray(town) == []


async def test_learning_is_due_once_a_night_or_when_much_has_changed(town: Town) -> None:
    now = await town.stage.now()
    last = learning.Learning(1, now, {"a": 100})
    later = now + timedelta(hours=21)
    assert learning.due(None, {"a": 1}, now) and not learning.due(None, {}, now)
    assert not learning.due(last, {"a": 100}, later) and learning.due(last, {"a": 101}, later)
    assert not learning.due(last, {"a": 101}, now + timedelta(hours=1))
    assert learning.due(last, {"a": 150}, now + timedelta(hours=1))
    assert not learning.due(last, {"a": 150}, now + timedelta(minutes=1))
    assert await town.stage.worker.transact(learning.learn_when_due) == 0
