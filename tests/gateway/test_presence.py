"""Who has a socket open is known to the database: from the first to the last of an account."""

import pytest

from tests.flow.conftest import Pair
from tests.tools.clones import rows
from tests.tools.house import until

pytestmark = pytest.mark.anyio
HERE = "select account::text from kernel.presence where account = any(%s::uuid[]) and until > kernel.moment() order by account"


async def test_an_account_is_here_from_its_first_socket_to_its_last(pair: Pair) -> None:
    ids = [str(pair.cast.id), str(pair.guest.id)]

    async def here() -> set[str]:
        return {account for (account,) in await rows(pair.cast.house, HERE, ids)}

    async def are_here(*accounts: str) -> bool:
        return await here() == set(accounts)

    cast, guest = ids
    assert await here() == set()
    async with pair.guest.socket() as first:
        await until(lambda: are_here(guest))
        async with pair.guest.socket():
            async with pair.cast.socket():
                await until(lambda: are_here(cast, guest))
                await first.raw.close()
            await until(lambda: are_here(guest))
    await until(lambda: are_here())
