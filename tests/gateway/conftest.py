"""Two who talk where nobody meets a limit, and two in a house whose limits are those of a real evening."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.flow.conftest import Pair, make_pair
from tests.tools.clones import open_house
from tests.tools.house import House


@pytest.fixture(scope="module")
def strict_house(cluster: str, template: str) -> Iterator[House]:
    """The limits as they are."""
    with open_house(cluster, template, FUURO_LIMITS="1") as one:
        yield one


@pytest.fixture(scope="module")
async def pair(house: House) -> AsyncIterator[Pair]:
    made = await make_pair(house)
    yield made
    await made.cast.http.aclose()
    await made.guest.http.aclose()


@pytest.fixture(scope="module")
async def strict_pair(strict_house: House) -> AsyncIterator[Pair]:
    made = await make_pair(strict_house)
    yield made
    await made.cast.http.aclose()
    await made.guest.http.aclose()
