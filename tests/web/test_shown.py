"""Profiles and searches are kept in the process, and each change of them is seen by the very next reader."""

from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from server.protocol.values import CastProfile
from server.web.shown import FOLLOWED, UNFOLLOWED
from tests.flow.conftest import Pair, pair
from tests.tools.house import House, Person

__all__ = ["pair"]
pytestmark = pytest.mark.anyio


async def profile(viewer: Person, cast: Person) -> Any:
    """None where she is not there for the viewer."""
    answer = await viewer.http.get(f"/api/casts/{cast.id}")
    assert answer.status_code in (200, 404), answer.text
    return answer.json() if answer.status_code == 200 else None


def area(cast: Person) -> str:
    """One in which nobody else is, however many the house has."""
    return f"街{cast.id}"


async def found(viewer: Person, cast: Person) -> Any:
    """What a search in her area shows of her; None where it does not find her."""
    answer = await viewer.http.get("/api/casts", params={"area": area(cast)})
    assert answer.status_code == 200, answer.text
    return next((one for one in answer.json()["items"] if one["account"]["id"] == cast.id), None)


async def test_what_was_asked_once_is_answered_without_the_tables(pair: Pair, house: House) -> None:
    await pair.cast.command("profile.save", area=area(pair.cast), headline="今夜も")
    before = await profile(pair.guest, pair.cast), await found(pair.guest, pair.cast)
    assert before[0]["headline"] == before[1]["headline"] == "今夜も"
    other = await Person(house).register("guest", "涼")
    await profile(other, pair.cast)
    await pair.guest.command("follow.add", cast=pair.cast.id)
    assert (await profile(pair.guest, pair.cast))["following"] is True
    async with await psycopg.AsyncConnection.connect(house.env["DATABASE_URL"]) as connection:
        await connection.execute("lock table portfolio.profiles, portfolio.search_documents in access exclusive mode")
        kept = await profile(pair.guest, pair.cast), await found(pair.guest, pair.cast)
        assert kept == tuple(one | {"following": True} for one in before)
        assert await profile(other, pair.cast) == before[0], "one answer for all who look, but for whom they follow"
        again = await pair.guest.http.get(f"/api/casts/{pair.cast.id}")
        held = {"if-none-match": again.headers["etag"]}
        assert (await pair.guest.http.get(f"/api/casts/{pair.cast.id}", headers=held)).status_code == 304
        await connection.rollback()
    await other.http.aclose()


CHANGES: dict[str, tuple[str, dict[str, Any], Callable[[Any], bool]]] = {
    "a headline": ("profile.save", {"headline": "別の夜"}, lambda seen: seen["headline"] == "別の夜"),
    "nothing to see": ("profile.save", {"published": False}, lambda seen: seen is None),
    "to see again": ("profile.save", {"published": True}, lambda seen: seen is not None),
    "tonight": ("status.set", {"tonight": True}, lambda seen: seen["status"]["tonight"]),
    "a plan": (
        "plan.save",
        {"name": "一時間", "minutes": 60, "price": {"amount": 9000, "currency": "JPY"}, "terms": "総額。"},
        lambda seen: len(seen["plans"]) == 2,
    ),
}


async def test_every_change_of_hers_is_seen_by_the_next_reader(pair: Pair) -> None:
    await pair.cast.command("profile.save", area=area(pair.cast))
    for what, (type, fields, holds) in CHANGES.items():
        for read in (profile, found):
            await read(pair.guest, pair.cast)
        assert (await pair.cast.command(type, **fields))["status_code"] == 200
        for read in (profile, found):
            assert holds(await read(pair.guest, pair.cast)), (what, read.__name__)
    await pair.cast.command("plan.archive", plan=pair.plan)
    for read in (profile, found):
        assert len((await read(pair.guest, pair.cast))["plans"]) == 1


@pytest.mark.parametrize("by", ["cast", "guest"])
async def test_a_block_hides_what_was_kept_at_once_and_its_end_shows_it(pair: Pair, by: str) -> None:
    one, other = (pair.cast, pair.guest) if by == "cast" else (pair.guest, pair.cast)
    await pair.cast.command("profile.save", area=area(pair.cast))
    reads: tuple[Callable[..., Awaitable[Any]], ...] = (profile, found)
    for read in reads:
        assert await read(pair.guest, pair.cast) is not None
    await one.command("block.add", account=other.id)
    for read in reads:
        assert await read(pair.guest, pair.cast) is None
    await one.command("block.remove", account=other.id)
    for read in reads:
        assert await read(pair.guest, pair.cast) is not None


async def test_who_follows_sees_so_and_who_stops_sees_so(pair: Pair) -> None:
    await pair.cast.command("profile.save", area=area(pair.cast))
    for follows in (True, False, True):
        await pair.guest.command("follow.add" if follows else "follow.remove", cast=pair.cast.id)
        assert (await profile(pair.guest, pair.cast))["following"] is follows
        assert (await found(pair.guest, pair.cast))["following"] is follows


async def test_her_own_profile_is_hers_alone_while_it_is_not_published(pair: Pair) -> None:
    await pair.cast.command("profile.save", published=False)
    for _ in range(2):
        assert (await profile(pair.cast, pair.cast))["published"] is False
        assert await profile(pair.guest, pair.cast) is None


async def test_who_leaves_is_gone_for_the_next_reader(pair: Pair) -> None:
    await pair.cast.command("profile.save", area=area(pair.cast))
    assert await profile(pair.guest, pair.cast) is not None
    assert await found(pair.guest, pair.cast) is not None
    free = f"/api/casts/{pair.cast.id}/availability?plan={pair.plan}"
    assert (await pair.guest.http.get(free)).status_code == 200
    assert (await pair.cast.http.delete("/api/me")).status_code == 202
    assert (await pair.guest.http.get(free)).status_code == 404
    assert await profile(pair.guest, pair.cast) is None
    assert await found(pair.guest, pair.cast) is None


def test_following_is_the_last_word_of_a_profile() -> None:
    """What makes one kept answer serve those who follow and those who don't."""
    assert CastProfile.__struct_fields__[-1] == "following"
    assert (UNFOLLOWED, FOLLOWED) == (b"false}", b"true}")
