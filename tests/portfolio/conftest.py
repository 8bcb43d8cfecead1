"""A house, a cast and a guest who know each other."""

from collections.abc import AsyncIterator

import pytest

from tests.flow.conftest import Pair, make_pair
from tests.flow.conftest import house as house
from tests.tools.house import House


@pytest.fixture
async def pair(house: House) -> AsyncIterator[Pair]:
    made = await make_pair(house)
    yield made
    await made.cast.http.aclose()
    await made.guest.http.aclose()
