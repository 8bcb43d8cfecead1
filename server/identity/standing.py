"""Whether an account may act: suspended, leaving, its age checked or not. What the gate says holds to the end of its transaction."""

from collections.abc import Awaitable
from functools import partial
from uuid import UUID

from msgspec import convert

from server.identity import standings
from server.identity.standings import HeldStandingRow, LiveStandingRow, StandingRow
from server.kernel.connection import Soon
from server.kernel.dispatch import Gate
from server.kernel.work import Caller, Work
from server.protocol.errors import Refusal
from server.protocol.values import Account

LEAVING = "This account is about to end: sign in again to keep it."
UNCHECKED = "The house has not checked your age yet: show it a proof, then try again."


def gate(age_check: bool) -> Gate:
    """For asking, inviting and pledging: not while suspended or leaving, and with `age_check` not before the house has seen a proof."""
    return partial(_barred, age_check)


def _barred(age_check: bool, work: Work) -> Awaitable[str | None]:
    return standings.held_standing(work, work.caller.account).then(partial(_why, age_check))


def _why(age_check: bool, found: HeldStandingRow | None) -> str | None:
    if found is None:
        return None
    if found.suspended:
        return sentence(found)
    if found.leaving:
        return LEAVING
    return UNCHECKED if age_check and found.age_checked_at is None else None


async def check(work: Work, account: UUID) -> None:
    """Raises `forbidden` with a sentence for a suspended account; a suspension that comes now waits for this transaction."""
    _refuse(await standings.held_standing(work, account))


def live_account(work: Work, caller: Caller) -> Soon[Account]:
    """Whose session lives still. Awaiting it raises `forbidden` with a sentence for a suspended account, else `unauthenticated`."""
    return standings.live_standing(work, caller.account, caller.session).then(_live)


def _live(found: LiveStandingRow | None) -> Account:
    if found is None or not found.live:
        _refuse(found)
        raise Refusal("unauthenticated")
    return convert(found.account, Account)


def _refuse(found: StandingRow | None) -> None:
    if found is not None and found.suspended:
        raise Refusal("forbidden", sentence(found))


def sentence(found: StandingRow) -> str:
    until = (
        "until further notice" if found.suspended_until is None else f"until {found.suspended_until:%Y-%m-%d %H:%M} UTC"
    )
    return f"This account is suspended {until}: write to the house."
