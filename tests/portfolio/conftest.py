"""A cast and a guest who know each other; a town of many casts."""

from collections.abc import AsyncIterator

import pytest

from tests.booking.stage import open_stage
from tests.flow.conftest import pair
from tests.portfolio.town import Town, build

__all__ = ["pair"]


@pytest.fixture
async def town(conninfo: str) -> AsyncIterator[Town]:
    async with open_stage(conninfo) as stage:
        yield await build(stage, 60)
