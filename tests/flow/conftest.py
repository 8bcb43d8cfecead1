"""Two people who know each other."""

from collections.abc import AsyncIterator

import pytest

from tests.tools.house import House, Person


class Pair:
    """A cast and a guest with a room, a plan and a shift that lasts all of tomorrow."""

    def __init__(self, cast: Person, guest: Person, room: str, plan: str) -> None:
        self.cast = cast
        self.guest = guest
        self.room = room
        self.plan = plan


async def make_pair(house: House) -> Pair:
    cast = await Person(house).register("cast", "紗夜")
    guest = await Person(house).register("guest", "健")
    opened = await guest.command("room.open", **{"with": cast.id})
    plan = await cast.command(
        "plan.save",
        name="90分",
        minutes=90,
        price={"amount": 18000, "currency": "JPY"},
        terms="総額。当日の変更はトークで。",
    )
    return Pair(cast, guest, opened["result"]["room"], plan["result"]["id"])


@pytest.fixture
async def pair(house: House) -> AsyncIterator[Pair]:
    made = await make_pair(house)
    yield made
    await made.cast.http.aclose()
    await made.guest.http.aclose()
