"""What the gateway does by the clock: no socket's time stands still because a poll waits or another socket fails."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.gateway import gateway as gateways
from server.gateway.gateway import Gateway
from server.gateway.session import Session
from server.gateway.socket import Conversation
from server.protocol import limits
from tests.booking.conftest import stage as stage
from tests.booking.stage import Stage, waiting
from tests.gateway.ears import running
from tests.tools.house import until

pytestmark = pytest.mark.anyio


class Line:
    """A wire without a network: what it was closed with."""

    def __init__(self) -> None:
        self.gone = self.full = False
        self.code: int | None = None

    def write_texts(self, texts: list[bytes]) -> None:
        pass

    def hang_up(self, code: int, reason: str = "") -> None:
        self.gone, self.code = True, code


@pytest.fixture
async def gateway(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    monkeypatch.setattr(limits, "ROOMS_POLL_SECONDS", 0.01)
    monkeypatch.setattr(gateways, "TICK_SECONDS", 0.01)
    async with running(*stage.server.gateway.coroutines()):
        yield stage.server.gateway


def silent(gateway: Gateway) -> Line:
    """A socket that has not said who it is, and whose time for that is up."""
    line: Any = Line()
    conversation = Conversation(gateway, line)
    conversation.session.due = time.monotonic()
    return line


async def test_a_socket_that_says_nothing_is_closed_while_a_poll_waits(stage: Stage, gateway: Gateway) -> None:
    async with stage.work() as holder:
        await holder.connection.execute(b"lock table message.rooms in access exclusive mode")
        await until(lambda: waiting(stage))
        line = silent(gateway)
        await until(lambda: line.code == 4004)


async def test_a_socket_whose_time_cannot_be_kept_is_closed_alone(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "tick", lambda *_: 1 / 0)
    faulty = silent(gateway)
    await until(lambda: faulty.code == 4000)
