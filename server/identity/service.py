"""Sign-in, step by step: code, account, session, refresh. Each call is one transaction of its own."""

import secrets
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from server.identity import model, operators, standing, store
from server.identity.budgets import Budgets
from server.identity.desk import Desk
from server.identity.ends import Ends
from server.identity.model import RefreshToken
from server.identity.phones import Phones
from server.kernel import ids
from server.kernel.crypto import Keyring
from server.kernel.database import Database
from server.kernel.tokens import Tokens
from server.kernel.work import Caller, Consumers, News, SessionEnded, Work
from server.protocol.domain_events import AccountRegistered
from server.protocol.errors import Refusal, invalid, not_found
from server.protocol.values import Account, Role


class SignedIn(Struct, frozen=True):
    """`refresh` goes into the cookie, the rest into the answer."""

    access: str
    refresh: str
    account: Account


class Registration(Struct, frozen=True):
    """The number is new: `token` is good for one registration, for 15 minutes."""

    token: str


class Identity:
    """`development`: texts stay in the house's inbox instead of going to a provider."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        tokens: Tokens,
        budgets: Budgets,
        consumers: Consumers,
        publish: Callable[[list[News]], None],
        *,
        development: bool,
        time_zone: ZoneInfo,
    ) -> None:
        self._desk = Desk(database, keyring, budgets, consumers, publish, development=development)
        self._work = self._desk.work
        self._keyring = keyring
        self._budgets = budgets
        self._tokens = tokens
        self._time_zone = time_zone
        self.phones = Phones(self._desk)
        self.ends = Ends(self._desk)

    async def remind(self, work: Work, account: UUID, starts_at: datetime) -> None:
        """Texts `account` that something begins then; of no use afterwards."""
        seconds = (starts_at - await work.moment()).total_seconds()
        there = starts_at.astimezone(self._time_zone)
        await self._desk.tell(work, account, partial(model.text_of_reminder, starts_at=there), seconds)

    async def otp(self, phone: str, address: str) -> UUID:
        """Sends a code to `phone`; the challenge it answers. The same for known and unknown numbers."""
        number = model.e164(phone)
        async with self._work() as work:
            await self.ends.erase_due_of(work, self._desk.lookup(number))
        return await self._desk.send_code(number, address)

    async def verify(self, challenge: UUID, code: str, device: str | None, address: str) -> SignedIn | Registration:
        """Raises `code_wrong`, also for a code of another purpose, or `code_expired` when the challenge is used up."""
        tried = await self._desk.try_code(challenge, code, address)
        async with self._work() as work:
            await self.phones.apply_due_of(work, tried.lookup)
            await self.ends.erase_due_of(work, tried.lookup)
            account = await store.by_number(work, tried.lookup)
            token = secrets.token_urlsafe(32) if account is None else None
            if not await store.verify_challenge(work, challenge, self._registration_hash(token)):
                raise Refusal("code_expired", field="code")
            if account is not None:
                await self.ends.restore(work, account.id, address)
                return await self._sign_in(work, account, device, address, "signed_in")
        assert token is not None
        return Registration(token)

    async def register(
        self,
        token: str,
        display_name: str,
        birth_date: date,
        role: str,
        cast_code: str | None,
        device: str | None,
        address: str,
    ) -> SignedIn:
        """A new account for a proven number. Raises `code_expired` for a token that is used or old, `invalid` with its field,
        `already_exists` for a number that somebody registered meanwhile."""
        name, chosen = model.display_name(display_name), model.signup_role(role)
        async with self._work() as work:
            today = (await work.moment()).astimezone(self._time_zone).date()
            model.check_age(birth_date, today)
            proven = await store.use_registration(work, self._registration_hash(token) or b"")
            if proven is None:
                raise Refusal(
                    "code_expired", "The registration has expired: ask for a new code.", field="registration_token"
                )
            account = await self._add_account(work, chosen, name, birth_date, cast_code)
            number = self._desk.number(proven.sealed)
            await store.add_phone(work, account.id, proven.lookup, proven.sealed, number[-4:])
            return await self._sign_in(work, account, device, address, "registered")

    async def _add_account(
        self, work: Work, role: Role, name: str, birth: date | None, cast_code: str | None
    ) -> Account:
        id = await store.add_account(work, role, name, birth)
        if role == "cast":
            hashed = self._keyring.mac("cast code", (cast_code or "").strip().upper().encode())
            if not await store.use_cast_code(work, hashed, id):
                raise invalid("cast_code", "This code is not known or has been used: ask the house for a new one.")
        work.emit(AccountRegistered(id, role, name))
        return Account(id, role, name)

    async def _sign_in(self, work: Work, account: Account, device: str | None, address: str, event: str) -> SignedIn:
        await standing.check(work, account.id)
        session = ids.new()
        await store.add_session(work, session, account.id, model.device_name(device))
        await store.log(work, event, account.id, session, address)
        access = self._tokens.sign(Caller(account.id, account.role, session), await work.moment())
        return SignedIn(access, RefreshToken(session, 1).text(self._keyring), account)

    async def refresh(self, cookie: str, address: str) -> SignedIn:
        """A new access token and the next cookie. An old cookie after its grace ends the family, and `unauthenticated`."""
        token = RefreshToken.read(cookie, self._keyring)
        async with self._work() as work:
            rotated = await store.rotate(work, token.session, token.generation)
            if rotated is None:
                if await store.end_session(work, token.session):
                    work.news.append(SessionEnded(token.session))
                    await store.log(work, "refresh_reused", None, token.session, address)
            else:
                account = await store.account(work, rotated.account)
                now = await work.moment()
        if rotated is None or account is None:
            raise Refusal("unauthenticated")
        access = self._tokens.sign(Caller(account.id, account.role, token.session), now)
        return SignedIn(access, RefreshToken(token.session, rotated.generation).text(self._keyring), account)

    async def logout(self, caller: Caller) -> None:
        """Ends the caller's own session; a second time does nothing."""
        async with self._work() as work:
            if await store.end_session(work, caller.session, caller.account):
                work.news.append(SessionEnded(caller.session))
                await store.log(work, "signed_out", caller.account, caller.session, None)

    async def end_device(self, caller: Caller, session: UUID) -> None:
        """Ends one of the caller's sessions: its sockets close within a second. Raises `not_found`."""
        async with self._work() as work:
            if not await store.end_session(work, session, caller.account):
                raise not_found("id")
            work.news.append(SessionEnded(session))
            await store.log(work, "device_ended", caller.account, session, None)

    async def devices(self, caller: Caller) -> list[store.Device]:
        async with self._work() as work:
            return list(await store.devices(work, caller.account))

    async def account(self, id: UUID) -> Account:
        """Raises `not_found`."""
        async with self._work() as work:
            found = await store.account(work, id)
        if found is None:
            raise not_found()
        return found

    async def live(self, caller: Caller) -> bool:
        """Whether the session of a token still lives."""
        async with self._work() as work:
            return await store.session_live(work, caller.session, caller.account)

    async def check_live(self, caller: Caller) -> None:
        """The session of a token lives still. Raises `forbidden` with a sentence for a suspended account, else `unauthenticated`."""
        async with self._work() as work:
            await standing.live_account(work, caller)

    async def mint_cast_code(self) -> str:
        """A one-time code that lets a cast register, good for a week."""
        async with self._work() as work:
            return await operators.new_code(self._keyring, work, None)

    async def make_operator(self, phone: str, name: str) -> UUID:
        """Who runs the house; see `operators.make`."""
        return await operators.make(self._desk, phone, name)

    async def inbox(self) -> list[store.Text]:
        """The texts of the development inbox, newest first."""
        async with self._work() as work:
            return await store.inbox(work)

    async def count_export(self, caller: Caller) -> None:
        """Raises `rate_limited`."""
        await self._budgets.export(str(caller.account))

    def number(self, sealed: bytes) -> str:
        """A sealed number in clear (E.164): for its owner."""
        return self._desk.number(sealed)

    @property
    def has_inbox(self) -> bool:
        return self._desk.development

    def _registration_hash(self, token: str | None) -> bytes | None:
        return None if token is None else self._keyring.mac("registration", token.encode())
