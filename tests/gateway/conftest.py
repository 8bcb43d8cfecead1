"""A house whose limits are those of a real evening, so that they can be met, and one where nobody meets them."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.flow.conftest import Pair, make_pair
from tests.tools.house import House


def _house(**env: str) -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="fuuro-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o711)
        one = House(Path(folder) / "data", **env).start()
        try:
            yield one
        finally:
            assert one.stop() == 0


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """Limits a thousandfold: no test meets one by accident."""
    yield from _house()


@pytest.fixture(scope="module")
def strict_house() -> Iterator[House]:
    """The limits as they are."""
    yield from _house(FUURO_LIMITS="1")


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
