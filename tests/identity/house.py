"""An identity service on a fresh database, and the few things that every test of it does."""

import re
from collections.abc import Mapping
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from server.identity.budgets import Budgets
from server.identity.service import Identity, Registration, SignedIn
from server.kernel.crypto import Keyring
from server.kernel.database import Database
from server.kernel.tokens import Tokens
from server.kernel.work import News

ADDRESS = "192.0.2.1"
NUMBER = "+81 90-1234-5678"
ADULT = date(1999, 4, 1)


class House:
    """`identity` with its inbox, and `news`: what it published. `development` False queues texts instead."""

    def __init__(
        self, database: Database, *, development: bool = True, factor: float = 1, redis_url: str | None = None
    ) -> None:
        self.database = database
        self.news: list[News] = []
        self.keyring = Keyring(b"a secret of thirty-two characters")
        self.tokens = Tokens(self.keyring)
        self.identity = Identity(
            database,
            self.keyring,
            self.tokens,
            Budgets(redis_url, factor),
            {"AccountRegistered": ["portfolio"]},
            self.news.extend,
            development=development,
            time_zone=ZoneInfo("Asia/Tokyo"),
        )

    async def code(self) -> str:
        """The code of the newest text."""
        text = (await self.identity.inbox())[0].body
        (code,) = re.findall(r"\d{6}", text)
        return str(code)

    async def challenge(self, phone: str = NUMBER) -> tuple[UUID, str]:
        challenge = await self.identity.otp(phone, ADDRESS)
        return challenge, await self.code()

    async def prove(self, phone: str = NUMBER) -> SignedIn | Registration:
        challenge, code = await self.challenge(phone)
        return await self.identity.verify(challenge, code, "a phone", ADDRESS)

    async def registration(self, phone: str = NUMBER) -> str:
        proven = await self.prove(phone)
        assert isinstance(proven, Registration)
        return proven.token

    async def guest(self, phone: str = NUMBER) -> SignedIn:
        return await self.identity.register(
            await self.registration(phone), "Aoi", ADULT, "guest", None, "a phone", ADDRESS
        )

    async def rows(self, query: bytes, values: Mapping[str, object] | None = None) -> list[tuple[object, ...]]:
        async with self.database.connection() as connection:
            return await (await connection.execute(query, values)).fetchall()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"
