"""A reservation's end, on the wire."""

import pytest

from tests.flow.conftest import Pair
from tests.flow.test_evening import held, tomorrow, works_tomorrow

pytestmark = pytest.mark.anyio


@pytest.mark.covers("reservation.arrive", "reservation.complete", "reservation.no_show", "reservation.dispute")
async def test_what_became_of_a_reservation_is_said_and_seen(pair: Pair) -> None:
    await works_tomorrow(pair)
    async with pair.cast.socket() as cast, pair.guest.socket() as guest:
        sent = await cast.ask("invitation.send", room=pair.room, plan=pair.plan, starts_at=tomorrow(0))
        id = sent["reservation"]["id"]
        pressed = await guest.ask("reservation.press", reservation=id)
        await held(pressed["hold_ms"])
        await guest.ask("reservation.pledge", reservation=id, terms_version=1)
        assert await cast.refused("reservation.no_show", reservation=id) == "too_early"
        assert await guest.refused("reservation.dispute", reservation=id, note="来ました") == "wrong_state"
        assert await guest.refused("reservation.dispute", reservation=id, note=" ") == "invalid"
        assert await guest.refused("reservation.arrive", reservation=id) == "forbidden"
        assert await cast.refused("reservation.complete", reservation=id) == "too_early"
        for version, (mark, status) in enumerate({"arrive": "arrived", "complete": "completed"}.items(), start=3):
            said = (await cast.ask(f"reservation.{mark}", reservation=id))["reservation"]
            assert (said["status"], said["version"]) == (status, version)
            assert (await guest.next("reservation.changed", status=status))["reservation"] == said
            notice = (await guest.next("room.entry", kind="notice"))["entry"]
            assert (notice["status"], notice["by"]) == (status, None)
