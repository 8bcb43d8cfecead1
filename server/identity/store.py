"""Identity's queries, typed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, to_builtins
from msgspec.structs import asdict
from psycopg.types.json import Jsonb

from server.identity.jobs import SendText
from server.identity.model import Language
from server.kernel import queries
from server.kernel.connection import Soon
from server.kernel.statement import Answer
from server.kernel.work import Work
from server.protocol import limits
from server.protocol.values import Account, Photo, Role, Settings

SQL = queries.load("identity")


class Tried(Struct, frozen=True):
    """A challenge that was tried; `account`: whose number it shall become, None: to sign in."""

    lookup: bytes
    sealed: bytes
    code_hash: bytes
    account: UUID | None


class Proven(Struct, frozen=True):
    lookup: bytes
    sealed: bytes


class Rotated(Struct, frozen=True):
    account: UUID
    generation: int


class PhoneChange(Struct, frozen=True):
    account: UUID
    lookup: bytes
    sealed: bytes
    last_four: str
    effective_at: datetime


class Ending(Struct, frozen=True):
    id: UUID
    role: Role


class QueuedText(Struct, frozen=True):
    id: int
    payload: SendText


class _Queued(Struct, frozen=True):
    id: int
    payload: dict[str, str]


class Device(Struct, frozen=True):
    id: UUID
    name: str
    created_at: datetime
    seen_at: datetime


class Text(Struct, frozen=True):
    recipient: str
    body: str
    at: datetime


class _Session(Struct, frozen=True):
    id: UUID


async def seconds_since_text(work: Work, lookup: bytes) -> float | None:
    """Under a lock of the number, held to the end of the transaction."""
    await work.value(SQL.lock_number, lookup=lookup)
    seconds: float | None = await work.value(SQL.last_text, lookup=lookup)
    return seconds


async def add_challenge(
    work: Work, id: UUID, lookup: bytes, sealed: bytes, code_hash: bytes, account: UUID | None
) -> None:
    """A new challenge for a number ends its older ones."""
    await work.execute(SQL.end_challenges, lookup=lookup)
    await work.execute(
        SQL.add_challenge,
        id=id,
        lookup=lookup,
        sealed=sealed,
        code_hash=code_hash,
        seconds=limits.CODE_SECONDS,
        account=account,
    )


async def language(work: Work, lookup: bytes | None, account: UUID | None) -> Language:
    """What the account, or who has the number, wants to be written to in; Japanese for strangers."""
    found: Language | None = await work.value(SQL.language, lookup=lookup, account=account)
    return found or "ja"


async def sealed_number(work: Work, account: UUID) -> bytes | None:
    found: bytes | None = await work.value(SQL.sealed_number, account=account)
    return found


async def last_four(work: Work, account: UUID) -> str | None:
    found: str | None = await work.value(SQL.last_four, account=account)
    return found


async def add_phone_change(work: Work, change: PhoneChange, now: datetime) -> None:
    """Takes the place of one that waits."""
    await work.execute(SQL.add_phone_change, asked_at=now, **asdict(change))


async def phone_change(work: Work, account: UUID) -> PhoneChange | None:
    return await work.one(SQL.phone_change, PhoneChange, account=account)


async def due_phone_changes(work: Work, lookup: bytes | None = None) -> list[PhoneChange]:
    """Locked to the end of the transaction; with `lookup`, those from or to this number, waited for."""
    if lookup is None:
        return await work.all(SQL.due_phone_changes, PhoneChange)
    return await work.all(SQL.due_phone_changes_of, PhoneChange, lookup=lookup)


async def change_phone(work: Work, change: PhoneChange) -> bool:
    """Whether the number was free for it."""
    return await work.execute(SQL.change_phone, **asdict(change)) == 1


async def drop_phone_change(work: Work, account: UUID) -> bool:
    """Whether one waited."""
    return await work.execute(SQL.drop_phone_change, account=account) == 1


async def try_challenge(work: Work, id: UUID) -> Tried | None:
    return await work.one(SQL.try_challenge, Tried, id=id, most=limits.CODE_TRIES)


async def verify_challenge(work: Work, id: UUID, registration_hash: bytes | None) -> bool:
    return await work.execute(SQL.verify_challenge, id=id, registration_hash=registration_hash) == 1


async def use_registration(work: Work, hash: bytes) -> Proven | None:
    return await work.one(SQL.use_registration, Proven, hash=hash, seconds=limits.REGISTRATION_SECONDS)


async def by_number(work: Work, lookup: bytes) -> Account | None:
    return _account(await work.value(SQL.by_number, lookup=lookup))


def account(work: Work, id: UUID) -> Soon[Account | None]:
    return work.soon(SQL.account, Answer.value, id=id).then(_account)


async def set_photo(work: Work, account: UUID, photo: Photo | None) -> bool:
    """Whether that changed anything."""
    document = None if photo is None else Jsonb(to_builtins(photo))
    return await work.execute(SQL.set_photo, account=account, photo=document) > 0


def _account(document: dict[str, Any] | None) -> Account | None:
    return None if document is None else convert(document, Account)


def settings(work: Work, id: UUID) -> Soon[Settings | None]:
    return work.soon(SQL.settings, lambda answer: answer.one(Settings), id=id)


async def locked_settings(work: Work, id: UUID) -> Settings | None:
    """The same, held to the end of the transaction."""
    await work.value(SQL.lock_account, id=id)
    return await settings(work, id)


async def save_settings(work: Work, id: UUID, settings: Settings) -> None:
    await work.execute(SQL.save_settings, id=id, **asdict(settings))


class Logged(Struct, frozen=True):
    at: datetime
    event: str
    address: str | None


async def history(work: Work, account: UUID) -> list[Logged]:
    """What was written down of an account's sign-ins, the oldest first."""
    return await work.all(SQL.history, Logged, account=account)


async def birth_date(work: Work, account: UUID) -> date | None:
    found: date | None = await work.value(SQL.birth_date, account=account)
    return found


async def is_twenty(work: Work, account: UUID) -> bool:
    """As far as the date of birth says."""
    return bool(await work.value(SQL.is_twenty, account=account))


async def has_standing(work: Work, account: UUID) -> bool:
    """Whether a reservation is confirmed, or under way; waits for what the account is just signing, so that what it signs next is refused."""
    work.later(SQL.lock_standing, id=account)
    return bool(await work.value(SQL.has_standing, account=account))


async def end_account(work: Work, account: UUID) -> datetime:
    """When it will be erased."""
    ends_at: datetime = await work.value(SQL.end_account, id=account, days=limits.ACCOUNT_GRACE_DAYS)
    return ends_at


async def restore_account(work: Work, account: UUID) -> bool:
    """Whether it was about to end."""
    return await work.execute(SQL.restore_account, id=account) == 1


async def due_ends(work: Work, lookup: bytes | None = None) -> list[Ending]:
    """Locked to the end of the transaction; with `lookup`, who has this number, waited for."""
    if lookup is None:
        return await work.all(SQL.due_ends, Ending)
    return await work.all(SQL.due_ends_of, Ending, lookup=lookup)


async def erase(work: Work, account: UUID) -> None:
    """Everything that identity has of an account, but for a stub without a name."""
    for statement in (
        SQL.erase_phone,
        SQL.drop_phone_change,
        SQL.erase_challenges,
        SQL.erase_sessions,
        SQL.erase_addresses,
        SQL.erase_answers,
        SQL.erase_events,
        SQL.erase_account,
    ):
        await work.execute(statement, account=account)


async def erase_number(work: Work, lookup: bytes, number: str) -> None:
    await work.execute(SQL.erase_number_challenges, lookup=lookup)
    await work.execute(SQL.erase_inbox, number=number)


async def texts_queued(work: Work, kind: str) -> list[QueuedText]:
    """Texts that wait or are dead."""
    rows = await work.all(SQL.texts_queued, _Queued, kind=kind)
    return [QueuedText(row.id, convert(row.payload, SendText)) for row in rows]


async def drop_text(work: Work, id: int) -> None:
    await work.execute(SQL.drop_text, id=id)


async def add_account(work: Work, role: Role, display_name: str, birth_date: date | None) -> UUID:
    id: UUID = await work.value(SQL.add_account, role=role, display_name=display_name, birth_date=birth_date)
    return id


async def add_casts(work: Work, names: Sequence[str], birth_date: date) -> list[UUID]:
    """Accounts without a number, for a house that is furnished by hand; no event tells of them."""
    return [row.id for row in await work.all(SQL.add_casts, _Session, names=list(names), birth_date=birth_date)]


async def add_phone(work: Work, account: UUID, lookup: bytes, sealed: bytes, last_four: str) -> None:
    await work.execute(SQL.add_phone, account=account, lookup=lookup, sealed=sealed, last_four=last_four)


async def add_cast_code(work: Work, hash: bytes) -> None:
    await work.execute(SQL.add_cast_code, hash=hash)


async def use_cast_code(work: Work, hash: bytes, account: UUID) -> bool:
    return await work.execute(SQL.use_cast_code, hash=hash, account=account) == 1


async def add_session(work: Work, id: UUID, account: UUID, name: str | None) -> None:
    await work.execute(SQL.add_session, id=id, account=account, name=name, days=limits.REFRESH_DAYS)


async def rotate(work: Work, id: UUID, generation: int) -> Rotated | None:
    """The next generation; within the grace the same one again; None otherwise."""
    rotated = await work.one(SQL.rotate, Rotated, id=id, generation=generation, days=limits.REFRESH_DAYS)
    return rotated or await work.one(
        SQL.just_rotated, Rotated, id=id, generation=generation, grace=limits.REFRESH_GRACE_SECONDS
    )


async def end_session(work: Work, id: UUID, account: UUID | None = None) -> bool:
    """Whether it lived; with `account`, only one of theirs."""
    return await work.execute(SQL.end_session, id=id, account=account) == 1


async def end_sessions(work: Work, account: UUID) -> list[UUID]:
    """All that lived."""
    return [row.id for row in await work.all(SQL.end_sessions, _Session, account=account)]


async def devices(work: Work, account: UUID) -> Sequence[Device]:
    return await work.all(SQL.devices, Device, account=account)


async def session_live(work: Work, id: UUID, account: UUID) -> bool:
    return bool(await work.value(SQL.session_live, id=id, account=account))


async def ended_since(work: Work, since: datetime) -> list[UUID]:
    return [row.id for row in await work.all(SQL.ended_since, _Session, since=since)]


async def log(work: Work, event: str, account: UUID | None, session: UUID | None, address: str | None) -> None:
    await work.execute(SQL.log, event=event, account=account, session=session, address=address)


async def keep_text(work: Work, recipient: str, body: str) -> None:
    await work.execute(SQL.keep_text, recipient=recipient, body=body)
    await work.execute(SQL.trim_inbox)


async def inbox(work: Work) -> list[Text]:
    return await work.all(SQL.inbox, Text)
