"""Settings: what is said is kept, told to one's own devices, and followed."""

from typing import Any
from uuid import uuid4

import pytest

from server.identity import store
from server.kernel.database import Database
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.values import Settings
from tests.booking.conftest import stage
from tests.booking.stage import Stage
from tests.conftest import Clock
from tests.flow.conftest import Pair, pair
from tests.identity.house import House

__all__ = ["pair", "stage"]
pytestmark = pytest.mark.anyio
FRESH = {"quiet_from": None, "quiet_to": None, "private_receipts": False, "language": "ja"}


@pytest.mark.covers("settings.save", "settings.changed", "GET /api/me")
async def test_settings_are_kept_and_told_to_one_s_own_devices(pair: Pair) -> None:
    async with pair.guest.socket() as here, pair.guest.socket() as there, pair.cast.socket() as cast:
        assert here.opened["settings"] == FRESH
        saved = FRESH | {"quiet_from": "22:00", "quiet_to": "07:30", "language": "en"}
        asked = {"quiet_from": "22:00", "quiet_to": "07:30", "language": "en"}
        assert await here.ask("settings.save", **asked) == {"settings": saved}
        assert await there.next("settings.changed") == {"type": "settings.changed", "settings": saved}
        assert await here.ask("settings.save", private_receipts=True) == {
            "settings": saved | {"private_receipts": True}
        }
        assert await here.ask("settings.save") == {"settings": saved | {"private_receipts": True}}
        assert (await pair.guest.http.get("/api/me")).json()["settings"] == saved | {"private_receipts": True}
        assert (await cast.next("room.changed"))["card"]["their_read"] is None
    async with pair.guest.socket() as again:
        assert again.opened["settings"] == saved | {"private_receipts": True}
        cleared = await again.ask("settings.save", quiet_from=None, quiet_to=None)
        assert (cleared["settings"]["quiet_from"], cleared["settings"]["quiet_to"]) == (None, None)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"quiet_from": "22:00"}, "quiet_to"),
        ({"quiet_to": "22:00"}, "quiet_from"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "quiet_to"),
        ({"quiet_from": "24:00", "quiet_to": "22:00"}, "quiet_from"),
        ({"quiet_from": "9:00", "quiet_to": "22:00"}, "quiet_from"),
        ({"quiet_from": "", "quiet_to": "22:00"}, "quiet_from"),
        ({"quiet_from": "22:00\n", "quiet_to": "23:00"}, "quiet_from"),
        ({"quiet_from": "22:0٣", "quiet_to": "23:00"}, "quiet_from"),
        ({"language": "fr"}, "language"),
        ({"private_receipts": None}, "private_receipts"),
        ({"theme": "dark"}, "theme"),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_its_field(pair: Pair, said: dict[str, Any], field: str) -> None:
    refused = await pair.guest.command("settings.save", **said)
    assert (refused["status_code"], refused["code"], refused["field"]) == (400, "invalid", field)
    assert (await pair.guest.http.get("/api/me")).json()["settings"] == FRESH


@pytest.mark.covers("settings.save", "room.read")
async def test_private_receipts_tell_nobody_how_far_one_has_read(pair: Pair) -> None:
    async with pair.cast.socket() as cast, pair.guest.socket() as guest, pair.guest.socket() as mine:
        for _ in range(2):
            await cast.ask("message.send", room=pair.room, body="こんばんは")
        await guest.ask("room.read", room=pair.room, seq=1)
        assert (await cast.next("room.read"))["seq"] == 1
        await guest.ask("settings.save", private_receipts=True)
        assert (await cast.next("room.changed"))["card"]["their_read"] is None
        await guest.ask("room.read", room=pair.room, seq=2)
        assert (await mine.next("room.read", seq=2))["by"] == pair.guest.id, "one's own devices still hear of it"
        async with pair.cast.socket() as fresh:
            assert fresh.opened["rooms"][0]["their_read"] is None
        await guest.ask("settings.save", private_receipts=False)
        opened = await cast.next("room.changed")
        assert opened["card"]["their_read"] == 2
        heard = [e for e in list(cast.events._queue) if e["type"] == "room.read"]  # type: ignore[attr-defined]
        assert heard == []


async def test_the_same_again_tells_nobody(stage: Stage) -> None:
    me = await stage.account("guest")
    await stage.run(me, c.SaveSettings(language="en"))
    outcome = await stage.server.dispatcher.run(me, c.SaveSettings(language="en"), uuid4())
    assert outcome.news == []
    async with stage.work() as work:
        assert await store.settings(work, me.account) == Settings(language="en")


async def test_the_text_with_a_code_speaks_the_language_of_the_account(database: Database, clock: Clock) -> None:
    house = House(database)
    signed = await house.guest()
    async with house.identity._work() as work:
        await store.save_settings(work, signed.account.id, Settings(language="en"))
    await clock.shift(limits.CODE_RESEND_SECONDS)
    await house.challenge()
    assert "Your code" in (await house.identity.inbox())[0].body
    await house.challenge("+81 80 1234 5678")
    assert "認証コード" in (await house.identity.inbox())[0].body
