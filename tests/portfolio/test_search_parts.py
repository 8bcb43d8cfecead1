"""Search in a large house: it looks at a part first, and the pages are those of one look at all."""

import random

import pytest

from server.audit import Drift
from server.portfolio import documents, learning, text
from server.portfolio.search import Criteria
from tests.portfolio.town import AREAS, Town, save

pytestmark = pytest.mark.anyio
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
