"""A server without a network for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.booking.stage import Stage, open_stage


@pytest.fixture
async def stage(conninfo: str) -> AsyncIterator[Stage]:
    async with open_stage(conninfo) as opened:
        yield opened
