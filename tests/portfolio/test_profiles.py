"""What a cast shows of herself, and what guests see of it."""

from typing import Any

import pytest

from tests.flow.conftest import Pair
from tests.portfolio.pictures import upload
from tests.tools.house import Person

pytestmark = pytest.mark.anyio


async def seen(viewer: Person, cast: Person) -> dict[str, Any]:
    answer = await viewer.http.get(f"/api/casts/{cast.id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def tags(person: Person, count: int) -> list[str]:
    found = [tag["id"] for tag in (await person.http.get("/api/tags")).json()["items"]]
    assert len(found) >= count
    return found[:count]


@pytest.mark.covers("GET /api/casts/{id}")
async def test_a_new_cast_is_there_with_her_name_alone(pair: Pair) -> None:
    profile = await seen(pair.guest, pair.cast)
    assert profile["account"] == {"id": pair.cast.id, "role": "cast", "display_name": "紗夜"}
    assert (profile["headline"], profile["about"], profile["tags"], profile["photos"]) == ("", "", [], [])
    assert profile["area"] is None
    assert profile["published"] is True
    assert profile["radar"] is None
    assert profile["following"] is False
    assert profile["status"] == {"online": False, "tonight": False, "tonight_until": None}
    assert [plan["name"] for plan in profile["plans"]] == ["90分"]


@pytest.mark.covers("profile.save", "GET /api/tags")
async def test_what_is_left_out_stays_and_what_is_emptied_goes(pair: Pair) -> None:
    wanted = await tags(pair.cast, 3)
    async with pair.cast.socket() as cast:
        saved = await cast.ask(
            "profile.save",
            headline="  静かに飲む夜に ",
            about="はじめまして。\n夜は長いです。",
            tags=wanted,
            area="銀座",
        )
        assert saved | {"status": None} == await seen(pair.guest, pair.cast) | {"status": None}, (
            "she may just have come in"
        )
        assert (saved["headline"], saved["area"]) == ("静かに飲む夜に", "銀座")
        assert [tag["id"] for tag in saved["tags"]] == wanted
        assert all({"id", "ja", "en", "category"} == tag.keys() for tag in saved["tags"])
        saved = await cast.ask("profile.save", headline="", area=None)
        assert (saved["headline"], saved["area"]) == ("", None)
        assert saved["about"].startswith("はじめまして")
        assert len(saved["tags"]) == 3


async def test_an_unpublished_profile_is_hers_alone_and_the_talk_goes_on(pair: Pair) -> None:
    await pair.cast.command("profile.save", published=False)
    answer = await pair.guest.http.get(f"/api/casts/{pair.cast.id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await seen(pair.cast, pair.cast))["published"] is False
    said = await pair.guest.command("message.send", room=pair.room, body="まだ話せますか")
    assert said["status_code"] == 200
    await pair.cast.command("profile.save", published=True)
    assert (await seen(pair.guest, pair.cast))["published"] is True


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"headline": "あ" * 81}, "headline"),
        ({"about": "あ" * 10_000}, "about"),
        ({"about": "a\0b"}, "about"),
        ({"area": " "}, "area"),
        ({"area": "a" * 41}, "area"),
        ({"tags": ["there-is-no-such-tag"]}, "tags"),
        ({"tags": ["x"] * 2}, "tags"),
        ({"tags": [f"t{n}" for n in range(21)]}, "tags"),
        ({"photos": ["not an id"]}, "photos"),
        ({"published": "yes"}, "published"),
        ({"name": "x"}, "name"),
    ],
)
async def test_a_profile_that_cannot_be_is_refused_whole(pair: Pair, fields: dict[str, Any], field: str) -> None:
    before = await seen(pair.cast, pair.cast)
    said = await pair.cast.command("profile.save", **{"headline": "neu"} | fields)
    assert (said["status_code"], said["code"], said["field"]) == (400, "invalid", field)
    assert await seen(pair.cast, pair.cast) == before


@pytest.mark.parametrize("about", ["🥂🎷👩‍❤️‍👩", "\u202eשלום\u202c العربية", "𠮷野家", "<script>alert(1)</script>"])
async def test_any_script_comes_back_as_it_was_written(pair: Pair, about: str) -> None:
    await pair.cast.command("profile.save", about=about)
    assert (await seen(pair.guest, pair.cast))["about"] == about


async def test_guests_have_no_profile(pair: Pair) -> None:
    assert (await pair.guest.command("profile.save", headline="x"))["code"] == "forbidden"
    assert (await pair.guest.http.get(f"/api/casts/{pair.guest.id}")).status_code == 404


async def test_photos_of_others_do_not_exist(pair: Pair) -> None:
    theirs = await upload(pair.guest)
    said = await pair.cast.command("profile.save", photos=[theirs["id"]])
    assert (said["code"], said["field"]) == ("not_found", "photos")


async def test_photos_stand_in_the_order_given_and_the_first_is_the_portrait(pair: Pair) -> None:
    one, two = await upload(pair.cast), await upload(pair.cast)
    await pair.cast.command("profile.save", photos=[two["id"], one["id"]])
    profile = await seen(pair.guest, pair.cast)
    assert profile["photos"] == [two, one]
    assert profile["account"]["photo"] == two


async def test_who_has_a_profile_need_not_load_it_again(pair: Pair) -> None:
    path = f"/api/casts/{pair.cast.id}"
    first = await pair.guest.http.get(path)
    again = await pair.guest.http.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    weakened = await pair.guest.http.get(path, headers={"if-none-match": f'"older", W/{first.headers["etag"]}'})
    assert weakened.status_code == 304, "a proxy that compresses makes tags weak"
    await pair.cast.command("profile.save", headline="新しい言葉")
    changed = await pair.guest.http.get(path, headers={"if-none-match": first.headers["etag"]})
    assert changed.json()["headline"] == "新しい言葉"


@pytest.mark.covers("follow.add", "follow.remove", "GET /api/follows")
async def test_following_is_seen_in_the_profile_and_in_ones_list(pair: Pair) -> None:
    await pair.guest.command("follow.add", cast=pair.cast.id, push=False)
    assert (await seen(pair.guest, pair.cast))["following"] is True
    [followed] = (await pair.guest.http.get("/api/follows")).json()["items"]
    assert (followed["cast"]["account"]["id"], followed["push"]) == (pair.cast.id, False)
    await pair.guest.command("follow.remove", cast=pair.cast.id)
    assert (await pair.guest.http.get("/api/follows")).json()["items"] == []
    assert (await pair.cast.http.get("/api/follows")).json()["code"] == "forbidden"


async def test_the_vocabulary_is_for_everybody(pair: Pair) -> None:
    del pair.guest.http.headers["authorization"]
    answer = await pair.guest.http.get("/api/tags")
    assert answer.status_code == 200
    again = await pair.guest.http.get("/api/tags", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
