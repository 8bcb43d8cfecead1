"""A server without a network for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.booking.stage import Deadlocks, Evening, Stage, open_stage


@pytest.fixture
async def stage(conninfo: str) -> AsyncIterator[Stage]:
    async with open_stage(conninfo) as opened:
        yield opened


@pytest.fixture
async def evening(stage: Stage) -> Evening:
    return await Evening.begin(stage)


@pytest.fixture
def deadlocks(cluster: str) -> Deadlocks:
    return Deadlocks(Path(str(conninfo_to_dict(cluster)["host"])).parent / "postgres.log")
