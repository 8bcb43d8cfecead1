"""Search against a naive Python: every filter on random data, pages under change, words, cursors, bad paths."""

import asyncio
import random
import threading
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.portfolio import documents, learning, search, text
from server.portfolio.search import Criteria, Place
from server.portfolio.vectors import Meaning
from server.protocol import commands as c
from server.protocol.errors import Refusal
from tests.portfolio.town import Town, save

pytestmark = pytest.mark.anyio


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


async def test_nobody_waits_for_a_learning_that_is_written(town: Town) -> None:
    one = next(o for o in town.casts if o.published)
    moon = Criteria(words=tuple(text.words("満月")))
    async with town.stage.work() as work:
        await work.execute(documents.SQL.lock_learning, alone=True)
        assert await town.stage.said(one.caller, c.SaveProfile(about="満月の話")) == "ok"
        assert await town.stage.worker.transact(documents.mend) == 0
    assert await town.stage.worker.transact(documents.mend) == 1
    assert await town.all_pages(moon) == [one.caller.account]


async def test_profiles_change_while_a_learning_is_worked_out(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, factored = threading.Event(), threading.Event(), learning._factored

    def slowly(*arguments: Any) -> Meaning:
        begun.set()
        go_on.wait()
        return factored(*arguments)

    monkeypatch.setattr(learning, "_factored", slowly)
    one = next(o for o in town.casts if o.published)
    task = asyncio.create_task(town.stage.worker.transact(learning.learn))
    try:
        await asyncio.to_thread(begun.wait)
        one.about, one.tags = "満月の話", sorted(town.terms)[:6]
        await save(town.stage, one)
        assert await town.all_pages(Criteria(words=tuple(text.words("満月")))) == [one.caller.account]
    finally:
        go_on.set()
    await task
    drawn = "select vector::text from portfolio.search_documents where cast_id = %s"
    learned = await town.stage.rows(drawn, one.caller.account)
    await save(town.stage, one)
    assert await town.stage.rows(drawn, one.caller.account) == learned, "the new version knows what she changed"


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
