"""The card of a guest: derived from reservations as they are, with what counts no more left out."""

from typing import Any

import pytest

from tests.tools.clones import rows
from tests.tools.house import House
from tests.trust.people import Pair, pairs

pytestmark = pytest.mark.anyio

FIGURES = ("visits", "cancellations", "late_cancellations", "no_shows")


async def card(pair: Pair) -> dict[str, Any]:
    answer = await pair.cast.http.get(f"/api/guests/{pair.guest.id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def figures(pair: Pair) -> tuple[int, ...]:
    found = await card(pair)
    return tuple(found[name] for name in FIGURES)


@pytest.mark.covers("GET /api/guests/{id}")
async def test_it_says_what_the_reservations_say(pair: Pair) -> None:
    assert (await card(pair))["last_visit"] is None
    await pair.evening("completed", 30)
    latest = await pair.evening("completed", 2)
    await pair.evening("cancelled", 3, ended_by=pair.guest.id)
    await pair.evening("cancelled", 4, ended_by=pair.guest.id, late=True)
    await pair.evening("cancelled", 5, ended_by=pair.cast.id)
    await pair.evening("cancelled", 6)
    await pair.evening("no_show", 7)
    await pair.evening("upheld", 8)
    await pair.evening("disputed", 9)
    await pair.evening("cleared", 10)
    await pair.evening("expired", 11)
    found = await card(pair)
    assert tuple(found[name] for name in FIGURES) == (2, 2, 1, 2)
    assert found["account"] == {"id": pair.guest.id, "role": "guest", "display_name": found["account"]["display_name"]}
    assert found["account"]["display_name"].startswith("ゲスト ")
    assert found["following"] is True
    by_id = {r["id"]: r for r in found["reservations"]}
    assert len(by_id) == 11
    assert found["reservations"][0]["status"] == "expired", "the newest comes first, and their ids are as old ones are"
    assert found["last_visit"] == by_id[latest]["starts_at"]
    assert by_id[latest]["plan"]["price"]["amount"] == 18000


async def test_what_is_older_than_a_year_counts_no_more_but_visits_stay(pair: Pair) -> None:
    await pair.evening("completed", 400)
    await pair.evening("no_show", 366)
    await pair.evening("cancelled", 366, ended_by=pair.guest.id, late=True)
    assert await figures(pair) == (1, 0, 0, 0)
    await pair.evening("no_show", 364)
    await pair.evening("cancelled", 364, ended_by=pair.guest.id, late=True)
    assert await figures(pair) == (1, 1, 1, 1)


async def test_a_correction_takes_the_no_show_away_again(pair: Pair) -> None:
    evening = await pair.evening("no_show", 1)
    assert await figures(pair) == (0, 0, 0, 1)
    for status, counted in (("disputed", 0), ("cleared", 0), ("upheld", 1), ("completed", 0)):
        await rows(pair.house, "update booking.reservations set status = %s where id = %s", status, evening)
        assert (await figures(pair))[3] == counted, status


async def test_a_move_is_no_cancellation(pair: Pair) -> None:
    moved = await pair.evening("cancelled", 2, ended_by=pair.guest.id)
    assert await figures(pair) == (0, 1, 0, 0)
    await pair.evening("confirmed", 1, replaces=moved)
    assert await figures(pair) == (0, 0, 0, 0)


async def test_another_cast_hears_of_no_shows_but_not_of_visits(pair: Pair, house: House) -> None:
    await pair.evening("completed", 2)
    await pair.evening("no_show", 1)
    async with pairs(house, 1) as (other,):
        assert (await other.cast.http.get(f"/api/guests/{pair.guest.id}")).status_code == 404
        await pair.guest.command("room.open", **{"with": other.cast.id})
        found = (await other.cast.http.get(f"/api/guests/{pair.guest.id}")).json()
    assert tuple(found[name] for name in FIGURES) == (0, 0, 0, 1)
    assert (found["last_visit"], found["reservations"], found["following"]) == (None, [], False)


async def test_casts_have_no_card(pair: Pair) -> None:
    for id in (pair.cast.id, "nobody"):
        assert (await pair.cast.http.get(f"/api/guests/{id}")).status_code == 404
