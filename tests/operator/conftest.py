"""A house with an operator in it, made and signed in as in life."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.tools.clones import open_house
from tests.tools.house import House, Person
from tests.trust.people import Pair, pairs


@pytest.fixture(scope="module")
def house(cluster: str, template: str) -> Iterator[House]:
    with open_house(cluster, template) as one:
        yield one


@pytest.fixture
async def pair(house: House) -> AsyncIterator[Pair]:
    async with pairs(house, 1) as (one,):
        yield one


@pytest.fixture(scope="module")
async def operator(house: House) -> AsyncIterator[Person]:
    """One for the house: nobody can suspend them."""
    person = await signed_in(house)
    yield person
    await person.http.aclose()


async def signed_in(house: House) -> Person:
    """By a number of its own: codes are not sent to one number every second."""
    phone = f"+8170{next(Person.numbers)}"
    await asyncio.to_thread(house.run, "operator", "--phone", phone, "--name", "番台")
    person = Person(house)
    person._signed_in(await person.verify(phone))
    return person
