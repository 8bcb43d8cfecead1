"""What every step of sign-in stands on: a transaction, a text, a code that is good for one purpose."""

import hmac
import math
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from server.identity import model, store
from server.identity.budgets import Budgets
from server.identity.jobs import SEND_TEXT, SendText
from server.identity.store import Tried
from server.kernel import failures, ids
from server.kernel.crypto import Keyring
from server.kernel.database import Database
from server.kernel.work import Consumers, News, Work
from server.protocol import limits
from server.protocol.errors import Refusal


class Desk:
    """`development`: texts stay in the house's inbox instead of going to a provider."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        budgets: Budgets,
        consumers: Consumers,
        publish: Callable[[list[News]], None],
        *,
        development: bool,
    ) -> None:
        self.keyring = keyring
        self.development = development
        self._database = database
        self._budgets = budgets
        self._consumers = consumers
        self._publish = publish

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """A transaction of its own; its news are told after the commit."""
        try:
            async with self._database.connection() as connection, connection.transaction():
                work = Work(connection, self._consumers)
                yield work
                work.flush()
        except failures.ANY as error:
            if (refusal := failures.refusal(error)) is not None:
                raise refusal from error
            raise
        self._publish(work.news)

    def lookup(self, number: str) -> bytes:
        """What a number (E.164) is found by."""
        return self.keyring.mac("number", number.encode())

    def number(self, sealed: bytes) -> str:
        """What was sealed, E.164."""
        return self.keyring.unseal("number", bytes(sealed)).decode()

    async def send_code(self, number: str, address: str, account: UUID | None = None) -> UUID:
        """Sends a code to `number` (E.164); the challenge it answers. With `account` it is good only for making the number
        theirs, without only for signing in. Raises `rate_limited`."""
        lookup = self.lookup(number)
        challenge, code = ids.new(), f"{secrets.randbelow(1_000_000):06}"
        async with self.work() as work:
            await self._check_resend(work, lookup)
        prefix = self.keyring.mac("number", model.prefix(number).encode())
        await self._budgets.text(model.network(address), lookup.hex(), prefix.hex())
        async with self.work() as work:
            await self._check_resend(work, lookup)  # Again, under the lock that lasts: of two at once one is refused.
            sealed = self.keyring.seal("number", number.encode())
            await store.add_challenge(work, challenge, lookup, sealed, self._code_hash(challenge, code), account)
            language = await store.language(work, lookup, account)
            await self.text(work, number, model.text_for(code, language), limits.CODE_SECONDS)
            await store.log(work, "code_sent", account, None, address)
        return challenge

    async def try_code(self, challenge: UUID, code: str, address: str, account: UUID | None = None) -> Tried:
        """What `challenge` proves when `code` is its code and it was sent for this purpose. Raises `code_wrong`, or
        `code_expired` when the challenge is used up; a try counts before it is judged."""
        await self._budgets.attempt(model.network(address))
        async with self.work() as work:
            tried = await store.try_challenge(work, challenge)
        if tried is None:
            raise Refusal("code_expired", field="code")
        right = hmac.compare_digest(bytes(tried.code_hash), self._code_hash(challenge, code))
        if not right or tried.account != account:
            raise Refusal("code_wrong", field="code")
        return tried

    async def text(self, work: Work, number: str, text: str, seconds: float) -> None:
        """Sends `text` to `number`, if this transaction commits; of no use after `seconds`."""
        if self.development:
            await store.keep_text(work, number, text)
            return
        expires_at = await work.moment() + timedelta(seconds=seconds)
        work.enqueue(SEND_TEXT, SendText.sealed(self.keyring, number, text), expires_at=expires_at)

    async def tell(self, work: Work, account: UUID, text: model.Notice, seconds: float) -> None:
        """Sends `text`, in their language, to the number of `account`, if they have one; of no use after `seconds`."""
        sealed = await store.sealed_number(work, account)
        if sealed is not None:
            language = await store.language(work, None, account)
            await self.text(work, self.number(sealed), text(language), seconds)

    async def _check_resend(self, work: Work, lookup: bytes) -> None:
        since = await store.seconds_since_text(work, lookup)
        if since is not None and since < limits.CODE_RESEND_SECONDS:
            raise Refusal("rate_limited", retry_after=max(1, math.ceil(limits.CODE_RESEND_SECONDS - since)))

    def _code_hash(self, challenge: UUID, code: str) -> bytes:
        return self.keyring.mac("code", challenge.bytes + code.encode())
