"""What operators do to accounts: codes for casts, suspensions, checked ages. Each deed stands in the audit log, in its own commit."""

import secrets
from functools import partial
from uuid import UUID

from server.identity import model, standings, store
from server.identity.desk import Desk
from server.kernel import audit
from server.kernel.crypto import Keyring
from server.kernel.dispatch import Handlers
from server.kernel.work import SessionEnded, Work
from server.protocol import commands as c
from server.protocol.domain_events import AccountSuspended
from server.protocol.errors import Refusal, invalid, not_found
from server.protocol.results import CastCode, StandingNow

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def handlers(keyring: Keyring) -> Handlers:
    return {
        c.MintCastCode: partial(mint, keyring),
        c.SuspendAccount: suspend,
        c.RestoreAccount: restore,
        c.AgeCheckedAccount: age_checked,
    }


async def mint(keyring: Keyring, work: Work, command: c.MintCastCode) -> CastCode:
    await work.allow(command)
    return CastCode(await new_code(keyring, work, work.caller.account))


async def new_code(keyring: Keyring, work: Work, by: UUID | None) -> str:
    """A one-time code that lets a cast register, good for a week; only its MAC is kept."""
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
    await store.add_cast_code(work, keyring.mac("cast code", code.encode()))
    await audit.record(work, "cast_code.mint", by=by)
    return code


async def suspend(work: Work, command: c.SuspendAccount) -> StandingNow:
    """Waits for what the account is just signing; then nothing of it can be signed. Raises `not_found`, `invalid`, and
    `forbidden` for operators, who would lock each other out."""
    await work.allow(command)
    account = await _account(work, command.account)
    if account.role == "operator":
        raise Refusal("forbidden", "Operators cannot be suspended.")
    if command.until is not None and command.until <= await work.moment():
        raise invalid("until", "The time lies in the past.")
    await standings.suspend(work, account.id, command.until, command.reason)
    work.outdate(account.id)
    for session in await store.end_sessions(work, account.id):
        work.news.append(SessionEnded(session))
    work.emit(AccountSuspended(account.id))
    return await _done(work, "account.suspend", account.id, reason=command.reason, until=_text(command.until))


async def restore(work: Work, command: c.RestoreAccount) -> StandingNow:
    """Raises `wrong_state` where nobody is suspended."""
    await work.allow(command)
    account = await _account(work, command.account)
    if not await standings.restore(work, account.id):
        raise Refusal("wrong_state", "This account is not suspended.")
    work.outdate(account.id)
    return await _done(work, "account.restore", account.id)


async def age_checked(work: Work, command: c.AgeCheckedAccount) -> StandingNow:
    """A second time keeps the first moment."""
    await work.allow(command)
    account = await _account(work, command.account)
    await standings.age_checked(work, account.id)
    return await _done(work, "account.age_checked", account.id)


async def make(desk: Desk, phone: str, name: str) -> UUID:
    """The operator whose number is `phone`, made where there is none; they sign in by a text as everybody. Raises `invalid`, and
    `already_exists` where the number is a cast's or a guest's."""
    number, shown = model.e164(phone), model.display_name(name)
    async with desk.work() as work:
        known = await store.by_number(work, desk.lookup(number))
        if known is not None and known.role != "operator":
            raise Refusal(
                "already_exists", f"This number belongs to a {known.role}: an operator needs one of their own."
            )
        if known is not None:
            return known.id
        id = await store.add_account(work, "operator", shown, None)
        await store.add_phone(work, id, desk.lookup(number), desk.keyring.seal("number", number.encode()), number[-4:])
        await audit.record(work, "operator.make", id)
        return id


async def _account(work: Work, id: UUID) -> standings.StandingRow:
    found = await standings.locked_standing(work, id)
    if found is None:
        raise not_found("account")
    return found


async def _done(work: Work, action: str, account: UUID, **details: str | None) -> StandingNow:
    await audit.record(work, action, account, work.caller.account, **details)
    found = await standings.standing(work, account)
    assert found is not None
    return StandingNow(found.standing())


def _text(until: object) -> str | None:
    return None if until is None else str(until)
