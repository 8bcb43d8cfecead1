"""People of its own for each test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.tools.clones import open_house
from tests.tools.house import House
from tests.trust.people import Pair, pairs


@pytest.fixture(scope="session")
def house(cluster: str, template: str) -> Iterator[House]:
    """Of trust's own: its evenings are rows that no booking wrote, which an audit would name."""
    with open_house(cluster, template) as one:
        yield one


@pytest.fixture
async def pair(house: House) -> AsyncIterator[Pair]:
    async with pairs(house, 1) as (one,):
        yield one
