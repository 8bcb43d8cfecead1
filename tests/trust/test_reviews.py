"""Reviews on the wire: of completed evenings alone, once a side, blind until both are in or 14 days have passed."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.tools.clones import open_house, rows, shift
from tests.tools.house import House
from tests.trust.people import SCORES, Pair, pairs

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def house(cluster: str, template: str) -> Iterator[House]:
    """One whose clock moves by weeks."""
    with open_house(cluster, template) as one:
        yield one


async def listed(pair: Pair) -> list[str]:
    """The ids of the reviews that the world sees of the cast."""
    page = (await pair.guest.http.get(f"/api/casts/{pair.cast.id}/reviews")).json()
    return [review["id"] for review in page["items"]]


@pytest.mark.covers("review.write", "GET /api/casts/{id}/reviews")
async def test_neither_sees_the_others_before_both_are_in(pair: Pair) -> None:
    evening = await pair.evening()
    async with pair.guest.socket() as guest:
        written = await guest.ask("review.write", reservation=evening, scores=SCORES, comment=" 楽しい夜でした ")
    mine = written["review"]
    assert (mine["by"], mine["about"], mine["scores"], mine["comment"]) == (
        pair.guest.id,
        pair.cast.id,
        SCORES,
        "楽しい夜でした",
    )
    assert await listed(pair) == []
    assert (await pair.cast.http.get("/api/reviews")).json()["items"] == []
    assert [r["id"] for r in (await pair.guest.http.get("/api/reviews")).json()["items"]] == [mine["id"]]

    theirs = (await pair.cast.command("review.write", reservation=evening, comment="またお待ちしています"))["result"][
        "review"
    ]
    assert "scores" not in theirs
    assert await listed(pair) == [mine["id"]], "casts' words about guests are no part of a profile"
    for person in (pair.cast, pair.guest):
        seen = (await person.http.get("/api/reviews")).json()["items"]
        assert [r["id"] for r in seen] == [theirs["id"], mine["id"]]


async def test_after_fourteen_days_it_is_seen_alone(pair: Pair) -> None:
    evening = await pair.evening()
    review = (await pair.guest.command("review.write", reservation=evening, scores=SCORES))["result"]["review"]
    await shift(pair.house, 13.99)
    assert await listed(pair) == []
    await shift(pair.house, 0.02)
    assert await listed(pair) == [review["id"]]


async def test_both_at_once_see_each_other(pair: Pair) -> None:
    for days in (1, 2, 3, 4):
        evening = await pair.evening(days_ago=days)
        answers = await asyncio.gather(
            pair.guest.command("review.write", reservation=evening, scores=SCORES),
            pair.cast.command("review.write", reservation=evening, comment="ありがとう"),
        )
        assert [a["status_code"] for a in answers] == [200, 200]
    assert len(await listed(pair)) == 4


async def test_a_second_review_of_one_side_is_refused_but_its_key_repeats_the_first_answer(pair: Pair) -> None:
    evening, key = await pair.evening(), str(uuid4())
    first = await pair.guest.command("review.write", key=key, reservation=evening, scores=SCORES)
    assert await pair.guest.command("review.write", key=key, reservation=evening, scores=SCORES) == first
    again = await pair.guest.command("review.write", reservation=evening, scores=SCORES)
    assert again["code"] == "already_exists"
    both = await asyncio.gather(
        *(pair.cast.command("review.write", reservation=evening, comment="どうも") for _ in range(4))
    )
    assert sorted(str(a.get("code", "ok")) for a in both) == ["already_exists"] * 3 + ["ok"]


async def test_a_stranger_cannot_review_and_does_not_learn_that_there_is_something(pair: Pair, house: House) -> None:
    evening = await pair.evening()
    async with pairs(house, 1) as (stranger,):
        for command in (
            stranger.guest.command("review.write", reservation=evening, scores=SCORES),
            stranger.cast.command("review.write", reservation=evening, comment="?"),
            stranger.guest.command("review.write", reservation=str(uuid4()), scores=SCORES),
        ):
            assert (await command)["code"] == "not_found"


@pytest.mark.parametrize("status", ["draft", "confirmed", "arrived", "cancelled", "no_show", "disputed", "cleared"])
async def test_only_a_completed_evening_can_be_reviewed(pair: Pair, status: str) -> None:
    evening = await pair.evening(status, days_ago=-1)
    answer = await pair.guest.command("review.write", reservation=evening, scores=SCORES)
    assert (answer["code"], answer["version"]) == ("wrong_state", 3)


async def test_scores_are_the_guests_and_whole(pair: Pair) -> None:
    evening = await pair.evening()
    wrong = [
        await pair.guest.command("review.write", reservation=evening, comment="だけ"),
        await pair.guest.command("review.write", reservation=evening, scores={"conversation": 5}),
        await pair.guest.command("review.write", reservation=evening, scores=SCORES | {"style": 6}),
        await pair.guest.command("review.write", reservation=evening, scores=SCORES | {"style": 0}),
        await pair.guest.command("review.write", reservation=evening, scores=SCORES | {"beauty": 5}),
        await pair.cast.command("review.write", reservation=evening, scores=SCORES),
    ]
    assert [answer["code"] for answer in wrong] == ["invalid"] * 6
    assert wrong[0]["field"] == wrong[5]["field"] == "scores"
    blank = await pair.guest.command("review.write", reservation=evening, scores=SCORES, comment="  ")
    assert (blank["code"], blank["field"]) == ("invalid", "comment")
    assert await rows(pair.house, "select 1 from trust.reviews where reservation = %s", evening) == []


async def test_the_reviews_of_a_cast_come_in_pages(pair: Pair) -> None:
    for days in range(1, 53):
        evening = await pair.evening(days_ago=days)
        await rows(
            pair.house,
            "insert into trust.reviews (reservation, by, about, conversation, attentiveness, style, punctuality, reunion, at, visible_at)"
            " values (%s, %s, %s, 5, 5, 5, 5, 5, now() - interval '20 days', kernel.moment() - make_interval(mins => %s))",
            evening,
            pair.guest.id,
            pair.cast.id,
            days // 10,
        )
    first = (await pair.guest.http.get(f"/api/casts/{pair.cast.id}/reviews")).json()
    second = (await pair.guest.http.get(f"/api/casts/{pair.cast.id}/reviews", params={"cursor": first["next"]})).json()
    seen = [r["id"] for r in first["items"] + second["items"]]
    assert (len(first["items"]), len(seen), len(set(seen)), second["next"]) == (50, 52, 52, None)
    times = [r["visible_at"] for r in first["items"] + second["items"]]
    assert times == sorted(times, reverse=True)


async def test_there_are_no_reviews_of_who_is_no_cast(pair: Pair) -> None:
    for id in (pair.guest.id, str(uuid4()), "nobody"):
        assert (await pair.guest.http.get(f"/api/casts/{id}/reviews")).status_code == 404


async def test_a_block_takes_them_out_of_sight(pair: Pair) -> None:
    await pair.cast.command("block.add", account=pair.guest.id)
    assert (await pair.guest.http.get(f"/api/casts/{pair.cast.id}/reviews")).status_code == 404
