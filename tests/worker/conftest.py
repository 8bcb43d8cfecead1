"""A push service that decrypts what it gets, and a sender that knows it."""

from collections.abc import AsyncIterator

import pytest

from server.worker.push import PushSender, VapidKey
from tests.tools.push_service import PushService
from tests.worker.pushes import SUBJECT


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as service:
        yield service


@pytest.fixture
async def sender(service: PushService) -> AsyncIterator[PushSender]:
    async with PushSender(VapidKey.generate(), SUBJECT, frozenset({service.host})) as sender:
        yield sender
