"""The demo: a house that shows no drift, with portraits and somebody in tonight; the same seed makes the same house."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.tools.clones import open_house, rows
from tests.tools.house import House

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(400)]
SAME = {
    "accounts": "select role, display_name from identity.accounts order by role, display_name",
    "profiles": "select a.display_name, p.headline, p.about, p.area, p.tags, cardinality(p.photos), p.tonight_until is not null"
    " from portfolio.profiles p join identity.accounts a on a.id = p.cast_id order by 1",
    "plans": "select a.display_name, p.name, p.minutes, p.amount, p.terms from offer.plans p join identity.accounts a on a.id = p.cast_id"
    " order by 1, 2",
    "shifts": "select a.display_name, c.shifts::text from offer.calendars c join identity.accounts a on a.id = c.cast_id order by 1",
    "follows": "select g.display_name, k.display_name from portfolio.follows f join identity.accounts g on g.id = f.guest"
    " join identity.accounts k on k.id = f.cast_id order by 1, 2",
}
"""What does not hang on the minute in which the house is furnished."""


@pytest.fixture(scope="module")
def houses(cluster: str, template: str) -> Iterator[list[House]]:
    with open_house(cluster, template) as one, open_house(cluster, template) as other:
        for house in (one, other):
            house.run("seed", "--demo", "--casts", "44", "--portraits", "2", "--seed", "7")
        yield [one, other]


async def test_the_same_seed_makes_the_same_house(houses: list[House]) -> None:
    for name, query in SAME.items():
        one, other = [await rows(house, query) for house in houses]
        assert one and one == other, name
    assert painted(houses[0]) == painted(houses[1]) and len(painted(houses[0])) == 6


def painted(house: House) -> list[str]:
    """What the files of the photos hold, whatever they are called."""
    files = Path(house.env["FUURO_DATA"], "photos").rglob("*.webp")
    return sorted(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


async def test_a_demo_shows_no_drift_its_portraits_can_be_seen_and_somebody_is_in_tonight(houses: list[House]) -> None:
    house = houses[0]
    assert house.run("audit") == ""
    ((photos,),) = await rows(house, "select count(*) from portfolio.photos")
    names: list[tuple[Any, ...]] = await rows(house, "select name from portfolio.photos")
    async with httpx.AsyncClient(base_url=house.url) as http:
        answers = [await http.get(f"/photos/{name}-320.webp") for (name,) in names]
    assert photos == 2 and all(answer.headers["content-type"] == "image/webp" for answer in answers)
    ((tonight,),) = await rows(house, "select count(*) from portfolio.statuses where tonight")
    assert 0 < tonight < 40
    kinds = dict(await rows(house, "select status, count(*) from booking.reservations group by 1"))
    assert {"completed", "confirmed", "draft"} <= kinds.keys()
