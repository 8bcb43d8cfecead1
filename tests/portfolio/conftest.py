"""A cast and a guest who know each other; a town of many casts."""

import pytest

from tests.booking.conftest import stage
from tests.booking.stage import Stage
from tests.flow.conftest import pair
from tests.portfolio.town import Town, build

__all__ = ["pair", "stage"]


@pytest.fixture
async def town(stage: Stage) -> Town:
    return await build(stage, 60)
