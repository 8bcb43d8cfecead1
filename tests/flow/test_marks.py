"""What became of a reservation, on the wire."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.flow.conftest import Pair
from tests.tools.clones import audited_house, rows, shift
from tests.tools.house import House, Socket

pytestmark = pytest.mark.anyio
MINUTE = 1 / 1_440
"""d"""


@pytest.fixture(scope="module")
def house(cluster: str, template: str) -> Iterator[House]:
    """One whose clock the tests move."""
    with audited_house(cluster, template) as one:
        yield one


async def booked(pair: Pair, cast: Socket, guest: Socket) -> str:
    """A reservation that both have signed, in an hour."""
    ((now,),) = await rows(pair.cast.house, "select kernel.moment()")
    start = now + timedelta(hours=1)
    await cast.ask("schedule.add", starts_at=start.isoformat(), ends_at=(start + timedelta(hours=3)).isoformat())
    sent = await cast.ask("invitation.send", room=pair.room, plan=pair.plan, starts_at=start.isoformat())
    id = str(sent["reservation"]["id"])
    pressed = await guest.ask("reservation.press", reservation=id)
    await shift(pair.cast.house, pressed["hold_ms"] / 86_400_000)
    await guest.ask("reservation.pledge", reservation=id, terms_version=1)
    return id


async def at(house: House, reservation: str, minutes: float) -> None:
    """So many minutes after its start."""
    query = "select extract(epoch from lower(span) - kernel.moment()) / 86400.0 from booking.reservations where id = %s"
    ((days,),) = await rows(house, query, reservation)
    await shift(house, float(days) + minutes * MINUTE)


async def seen(guest: Socket, status: str, said: dict[str, Any]) -> None:
    """By the other side: the change, and a notice of nobody's in the room."""
    assert (await guest.next("reservation.changed", status=status))["reservation"] == said
    notice = (await guest.next("room.entry", kind="notice", status=status))["entry"]
    assert (notice["status"], notice["by"]) == (status, None)


@pytest.mark.covers("reservation.arrive", "reservation.complete")
async def test_who_arrives_is_marked_and_the_evening_completed(house: House, pair: Pair) -> None:
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        id = await booked(pair, cast, guest)
        assert await guest.refused("reservation.arrive", reservation=id) == "forbidden"
        assert await cast.refused("reservation.complete", reservation=id) == "too_early"
        await at(house, id, 5)
        for version, (mark, status) in enumerate({"arrive": "arrived", "complete": "completed"}.items(), start=3):
            said = (await cast.ask(f"reservation.{mark}", reservation=id))["reservation"]
            assert (said["status"], said["version"]) == (status, version)
            await seen(guest, status, said)


@pytest.mark.covers("reservation.no_show", "reservation.dispute")
async def test_who_did_not_come_is_marked_and_may_disagree(house: House, pair: Pair) -> None:
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        id = await booked(pair, cast, guest)
        assert await cast.refused("reservation.no_show", reservation=id) == "too_early"
        assert await guest.refused("reservation.dispute", reservation=id, note="来ました") == "wrong_state"
        await at(house, id, 20)
        marked = (await cast.ask("reservation.no_show", reservation=id, note="来店なし"))["reservation"]
        assert (marked["status"], marked["ended"]["reason"]) == ("no_show", "来店なし")
        await seen(guest, "no_show", marked)
        assert await guest.refused("reservation.dispute", reservation=id, note=" ") == "invalid"
        disputed = (await guest.ask("reservation.dispute", reservation=id, note="来ました"))["reservation"]
        assert (disputed["status"], disputed["version"]) == ("disputed", 4)
        await seen(cast, "disputed", disputed)
