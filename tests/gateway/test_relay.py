"""Hints between two processes, by PostgreSQL: whatever they bear, and whatever they cannot."""

import asyncio
from uuid import uuid4

import pytest

from server.gateway.hub import Hub
from server.gateway.relay import Relay
from server.kernel.database import Database
from server.kernel.kept import Kept
from server.kernel.wake import Wake
from server.kernel.work import Outdated, Told
from server.protocol.events import AvailabilityChanged
from tests.gateway.ears import Ear, running
from tests.gateway.test_writer import opened, room
from tests.tools.house import until

pytestmark = pytest.mark.anyio


class Listening(Kept):
    """It is cleared once the process listens."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()

    def clear(self) -> None:
        super().clear()
        self.begun.set()


@pytest.fixture
def here(database: Database) -> Relay:
    return Relay(database, Hub(database, 1.0), Kept(), Wake(), alone=False)


async def test_news_for_many_reaches_each_of_them_once_elsewhere(database: Database, here: Relay) -> None:
    hub, kept = Hub(database, 1.0), Listening()
    there = Relay(database, hub, kept, Wake(), alone=False)
    ears = [Ear(hub, uuid4()) for _ in range(700)]
    accounts = tuple(ear.connection.caller.account for ear in ears if ear.connection.caller is not None)
    changed = AvailabilityChanged(uuid4())
    async with running(here.send(), there.listen()):
        await kept.begun.wait()
        here.publish([Told(accounts, changed), Told(accounts[:1], changed)])
        await until(lambda: len(ears[0].frames) == 2)
        assert [len(ear.frames) for ear in ears] == [2, *[1] * 699]
        assert {event["cast"] for ear in ears for event in ear.heard()} == {str(changed.cast)}


async def test_what_is_too_long_for_a_hint_is_lost_and_nothing_else(
    database: Database, here: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    hub, kept = Hub(database, 1.0), Listening()
    there = Relay(database, hub, kept, Wake(), alone=False)
    ear = Ear(hub, account := uuid4())
    async with running(here.send(), there.listen()):
        await kept.begun.wait()
        here.publish([Outdated(tuple(uuid4() for _ in range(300))), Told((account,), AvailabilityChanged(uuid4()))])
        await until(lambda: ear.frames)
        assert "too long" in caplog.text


async def test_whom_a_room_has_that_was_opened_elsewhere_is_known_too(database: Database, here: Relay) -> None:
    hub, kept = Hub(database, 1.0), Listening()
    there, made = Relay(database, hub, kept, Wake(), alone=False), await room(database)
    ear = Ear(hub, made.guest)
    async with running(here.send(), there.listen()):
        await kept.begun.wait()
        here.publish([Told((made.guest,), opened(made))])
        await until(lambda: ear.frames)
        assert hub.members(made.id) == (made.cast, made.guest)
