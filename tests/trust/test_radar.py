"""The radar: made whole from what can be seen, shown from three reviews on, told within seconds."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.tools.clones import open_house, rows, shift
from tests.tools.house import House, until
from tests.trust.people import SCORES, Pair, pairs

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def house(cluster: str, template: str) -> Iterator[House]:
    """One whose clock moves by weeks."""
    with open_house(cluster, template) as one:
        yield one


async def reviewed(pair: Pair, days_ago: float, both: bool = True, **scores: int) -> str:
    evening = await pair.evening(days_ago=days_ago)
    answer = await pair.guest.command("review.write", reservation=evening, scores=SCORES | scores)
    assert answer["status_code"] == 200, answer
    if both:
        assert (await pair.cast.command("review.write", reservation=evening))["status_code"] == 200
    return str(answer["result"]["review"]["id"])


async def radar(pair: Pair) -> Any:
    return (await pair.guest.http.get(f"/api/casts/{pair.cast.id}")).json()["radar"]


@pytest.mark.covers("radar.updated", "GET /api/casts/{id}")
async def test_it_appears_with_the_third_review_and_is_told_to_the_cast_and_her_followers(pair: Pair) -> None:
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        await reviewed(pair, 1, style=1)
        await reviewed(pair, 2, style=2)
        await until(
            lambda: rows(pair.house, "select 1 from trust.radars where cast_id = %s and reviews = 2", pair.cast.id)
        )
        assert await radar(pair) is None, "two reviews would name who wrote them"
        await reviewed(pair, 3, style=2)
        told = await cast.next("radar.updated")
        assert told == await guest.next("radar.updated")
    assert told["cast"] == pair.cast.id
    assert told["radar"] == await radar(pair)
    assert told["radar"]["reviews"] == 3
    assert told["radar"]["axes"] == {
        "conversation": 5.0,
        "attentiveness": 4.0,
        "style": 1.7,
        "punctuality": 5.0,
        "reunion": 4.0,
    }


async def test_a_review_that_is_still_blind_does_not_move_it(pair: Pair) -> None:
    for days in (1, 2, 3):
        await reviewed(pair, days)
    before = await until(lambda: radar(pair))
    blind = await reviewed(pair, 4, both=False, reunion=1)
    assert (await radar(pair)) == before
    await shift(pair.house, 14.01)
    after = await until(lambda: moved(pair, before))
    assert (after["reviews"], after["axes"]["reunion"]) == (4, 3.3)
    assert after["version"] > before["version"]
    assert await rows(pair.house, "select counted from trust.reviews where id = %s", blind) == [(True,)]


async def moved(pair: Pair, before: Any) -> Any:
    now = await radar(pair)
    return now if now != before else None


async def test_it_is_made_from_the_rows_and_not_from_what_it_was(pair: Pair) -> None:
    for days in (1, 2, 3):
        await reviewed(pair, days)
    right = await until(lambda: radar(pair))
    await rows(pair.house, "update trust.radars set reunion = 1, reviews = 99 where cast_id = %s", pair.cast.id)
    await reviewed(pair, 4)
    again = await until(lambda: moved_to(pair, 4))
    assert again["axes"] == right["axes"]


async def moved_to(pair: Pair, reviews: int) -> Any:
    now = await radar(pair)
    return now if now["reviews"] == reviews else None


async def test_nobody_else_is_told(pair: Pair, house: House) -> None:
    async with pairs(house, 1) as (stranger,), stranger.guest.socket() as elsewhere, pair.cast.socket() as cast:
        for days in (1, 2, 3):
            await reviewed(pair, days)
        await cast.next("radar.updated")
        await elsewhere.ask("session.ping")
        assert elsewhere.heard("radar.") == []
