"""Whether an account may act: suspended or not, its age checked or not. What the gate says holds to the end of its transaction."""

from collections.abc import Awaitable
from functools import partial
from uuid import UUID

from server.identity import store
from server.identity.store import StandingRow
from server.kernel.dispatch import Gate
from server.kernel.work import Caller, Work
from server.protocol.errors import Refusal

UNCHECKED = "The house has not checked your age yet: show it a proof, then try again."


def gate(age_check: bool) -> Gate:
    """For asking, inviting and pledging: not while suspended, and with `age_check` not before the house has seen a proof."""
    return partial(_barred, age_check)


def _barred(age_check: bool, work: Work) -> Awaitable[str | None]:
    return store.held_standing(work, work.caller.account).then(partial(_why, age_check))


def _why(age_check: bool, found: StandingRow | None) -> str | None:
    if found is None:
        return None
    if found.suspended:
        return sentence(found)
    return UNCHECKED if age_check and found.age_checked_at is None else None


async def check(work: Work, account: UUID) -> None:
    """Raises `forbidden` with a sentence for a suspended account; a suspension that comes now waits for this transaction."""
    _refuse(await store.held_standing(work, account))


async def check_live(work: Work, caller: Caller) -> None:
    """The session of a token lives still. Raises `forbidden` with a sentence for a suspended account, else `unauthenticated`."""
    if not await store.session_live(work, caller.session, caller.account):
        _refuse(await store.standing(work, caller.account))
        raise Refusal("unauthenticated")


def _refuse(found: StandingRow | None) -> None:
    if found is not None and found.suspended:
        raise Refusal("forbidden", sentence(found))


def sentence(found: StandingRow) -> str:
    until = (
        "until further notice" if found.suspended_until is None else f"until {found.suspended_until:%Y-%m-%d %H:%M} UTC"
    )
    return f"This account is suspended {until}: write to the house."
