"""Serving processes over one PostgreSQL and one Redis, and a pair of people whose tokens are good in each."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.flow.conftest import Pair, make_pair
from tests.tools.house import SECONDS, House, Person
from tests.tools.redis import RedisServer

SECRET = "a secret that all of these processes share, 32 bytes"


class Street:
    """Starts processes of one house; ends them all."""

    def __init__(self, folder: Path, conninfo: str, redis: RedisServer) -> None:
        self._folder = folder
        self.env = {"DATABASE_URL": conninfo, "REDIS_URL": redis.url, "FUURO_SECRET_KEY": SECRET}
        self.houses: list[House] = []

    async def open(self, **env: str) -> House:
        house = House(self._folder / f"{len(self.houses)}", **self.env, **env)
        self.houses.append(house)
        await asyncio.to_thread(house.start)
        return house

    async def close(self) -> None:
        for house in self.houses:
            assert await asyncio.to_thread(house.stop) == 0, house.log.read_text()


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fuuro-", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o711)
        yield Path(name)


@pytest.fixture
async def street(folder: Path, conninfo: str, redis: RedisServer) -> AsyncIterator[Street]:
    one = Street(folder, conninfo, redis)
    try:
        yield one
    finally:
        await one.close()


@asynccontextmanager
async def a_pair(house: House) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as ends:
        pair = await make_pair(house)
        for person in (pair.cast, pair.guest):
            ends.push_async_callback(person.http.aclose)
        yield pair


@asynccontextmanager
async def elsewhere(person: Person, house: House) -> AsyncIterator[Person]:
    """The same person, the same session, at another process."""
    there = Person(house)
    await there.http.aclose()
    there.token, there.account = person.token, person.account
    headers = {"authorization": f"Bearer {person.token}"}
    async with httpx.AsyncClient(base_url=house.url, timeout=SECONDS, headers=headers) as http:
        there.http = http
        yield there
