"""`GET /api/casts` and `GET /api/tags` on the wire."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from server.web.paging import cursor_of
from tests.tools.clones import open_house
from tests.tools.house import House, Person

pytestmark = pytest.mark.anyio
NOBODY = "01900000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def house(cluster: str, template: str) -> Iterator[House]:
    """Furnished by the demo: sixty casts, forty of them with stories."""
    with open_house(cluster, template) as one:
        said = one.run("seed", "--demo", "--casts", "60", "--portraits", "1")
        assert "The house is furnished" in said
        yield one


@pytest.fixture(scope="module")
def signed_in() -> dict[str, Any]:
    """A number gets one code in half a minute: one sign-in serves all tests of this house."""
    return {}


@pytest.fixture
async def guest(house: House, signed_in: dict[str, Any]) -> AsyncIterator[Person]:
    one = Person(house)
    signed_in.update(signed_in or await one.verify("+819020001001"))
    one._signed_in(signed_in)
    yield one
    await one.http.aclose()


async def ask(guest: Person, **asked: Any) -> dict[str, Any]:
    answer = await guest.http.get("/api/casts", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def every(guest: Person, **asked: Any) -> list[dict[str, Any]]:
    page = await ask(guest, **asked)
    found = page["items"]
    while page["next"]:
        page = await ask(guest, **asked, cursor=page["next"])
        found += page["items"]
    return found


@pytest.mark.covers("GET /api/casts", "GET /api/tags")
async def test_filters_words_and_pages(guest: Person, house: House) -> None:
    vocabulary = httpx.get(f"{house.url}/api/tags").json()["items"]
    assert len(vocabulary) >= 150 and {"id", "ja", "en", "category"} == set(vocabulary[0])
    everybody = await every(guest)
    assert len(everybody) == len({one["account"]["id"] for one in everybody}) == 60
    assert len((await ask(guest))["items"]) == 30
    for tag in ("karaoke", "japanese"):
        bearing = await every(guest, tags=tag)
        expected = {o["account"]["id"] for o in everybody if tag in [t["id"] for t in o["tags"]]}
        assert {one["account"]["id"] for one in bearing} == expected
        rest = await every(guest, not_tags=tag)
        assert {one["account"]["id"] for one in rest} == {o["account"]["id"] for o in everybody} - expected
    sung = {one["account"]["id"] for one in await every(guest, q="karaoke")}
    assert sung == {one["account"]["id"] for one in await every(guest, q="からおけ")} and sung
    area = everybody[0]["area"]
    assert {one["area"] for one in await every(guest, area=area)} == {area}
    cheap = await every(guest, price_max=10_000)
    assert cheap and all(min(p["price"]["amount"] for p in one["plans"]) <= 10_000 for one in cheap)


async def test_who_is_free_is_who_shows_a_slot(guest: Person) -> None:
    never = {"from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z"}
    assert await every(guest, **never) == []
    begin = parsedate_to_datetime((await guest.http.get("/api/me")).headers["date"]) + timedelta(hours=1)
    span = {"from": begin.isoformat(), "to": (begin + timedelta(days=1)).isoformat()}
    free = {one["account"]["id"] for one in await every(guest, **span)}
    everybody = await every(guest)
    assert 0 < len(free) < len(everybody)
    for one in everybody[:15]:
        path = f"/api/casts/{one['account']['id']}/availability"
        shown = [
            (await guest.http.get(path, params={"plan": plan["id"], **span})).json()["slots"] for plan in one["plans"]
        ]
        assert any(shown) == (one["account"]["id"] in free)


async def test_an_answer_that_the_client_has_is_not_sent_again(guest: Person) -> None:
    first = await guest.http.get("/api/casts", params={"tags": "karaoke"})
    again = await guest.http.get(
        "/api/casts", params={"tags": "karaoke"}, headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    other = await guest.http.get(
        "/api/casts", params={"tags": "japanese"}, headers={"if-none-match": first.headers["etag"]}
    )
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"tags": "no-such-tag"}, "tags"), ({"not_tags": "karaoke,no-such-tag"}, "not_tags"), ({"tags": ""}, "tags"), ({"tags": "karaoke,,"}, "tags"),
        ({"tags": "'; drop table portfolio.tags; --"}, "tags"), ({"q": ""}, "q"), ({"q": " \u3000 "}, "q"), ({"q": "x" * 101}, "q"),
        ({"status": "asleep"}, "status"), ({"area": " "}, "area"), ({"price_max": -1}, "price_max"), ({"price_max": "free"}, "price_max"),
        ({"from": "tomorrow"}, "from"), ({"to": "2026-11-23T12:00:00"}, "to"), ({"from": "2030-01-02T00:00:00Z", "to": "2030-01-01T00:00:00Z"}, "to"),
        ({"from": "2030-01-01T00:00:00Z", "to": "2031-01-01T00:00:00Z"}, "to"), ({"cursor": ""}, "cursor"), ({"cursor": "AAAA"}, "cursor"),
        ({"cursor": cursor_of(["x", "", "1", "1", "1", NOBODY])}, "cursor"), ({"cursor": cursor_of(["a", "b", "c", "d", "e", "f"])}, "cursor"),
        ({"cursor": "🥂"}, "cursor"), ({"cursor": cursor_of([NOBODY])}, "cursor"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_by_its_field(guest: Person, asked: dict[str, str], field: str) -> None:
    answer = await guest.http.get("/api/casts", params=asked)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "invalid", field)


async def test_a_cursor_of_another_question_is_refused(guest: Person) -> None:
    cursor = (await ask(guest))["next"]
    assert (await guest.http.get("/api/casts", params={"cursor": cursor})).status_code == 200
    for asked in ({"tags": "karaoke"}, {"q": "酒"}, {"area": "銀座"}):
        answer = await guest.http.get("/api/casts", params={"cursor": cursor, **asked})
        assert (answer.json()["code"], answer.json()["field"]) == ("invalid", "cursor")


async def test_odd_words_are_words(guest: Person) -> None:
    for odd in ("🥂", "%", "_", "\\", "مرحبا", "' or 1=1", "\u202eabc", "ﾜｲﾝ"):
        assert (await guest.http.get("/api/casts", params={"q": odd})).status_code == 200


async def test_nobody_without_a_token_searches(house: House) -> None:
    answer = httpx.get(f"{house.url}/api/casts")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_the_demo_is_signed_in_to_and_has_rooms(guest: Person) -> None:
    async with guest.socket() as socket:
        cards = socket.opened["rooms"]
        assert len(cards) >= 5 and all(card["head"] >= 4 for card in cards)
    drafts = (await guest.http.get("/api/reservations", params={"status": "draft"})).json()["items"]
    assert drafts, "an invitation waits for its seal"


async def test_a_second_furnishing_says_so(house: House) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "seed", "--demo"], env=house.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "furnished before" in done.stderr
