"""Sockets without a network: what reaches an account is kept, for whoever asks."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from server.gateway.connection import Connection
from server.gateway.hub import Hub
from server.gateway.session import Session
from server.kernel.work import Caller
from tests.booking.stage import cancelled


class Ear:
    """A signed-in socket of `account`, whose rooms were all empty when it had its snapshot: at once, or when the test has it `opened`."""

    def __init__(self, hub: Hub, account: UUID, *, opened: bool = True) -> None:
        self.frames: list[bytes] = []
        self.connection = Connection(Session(0.0, 1.0), self, hub.on_gap)  # type: ignore[arg-type]
        self.connection.caller = Caller(account, "guest", uuid4())
        hub.enter(self.connection)
        if opened:
            self.opened()

    def opened(self) -> None:
        self.connection.opened({})

    def push(self, frame: bytes) -> None:
        self.frames.append(frame)

    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(frame)["event"] for frame in self.frames]

    def seqs(self) -> list[int]:
        return [event["entry"]["seq"] for event in self.heard()]


@asynccontextmanager
async def running(*coroutines: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """For as long as the block lasts, and none of them ends before it does."""
    tasks = [asyncio.create_task(one) for one in coroutines]
    try:
        yield
        assert not [task for task in tasks if task.done()], "it was to run for as long as the process lives"
    finally:
        for task in tasks:
            await cancelled(task)
