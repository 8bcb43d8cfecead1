"""Another number for an account: proven by a code to the new one, told to the old one, in effect after a delay.

The old number stays the key of the account until then: whoever holds it can sign in with it and stop the change."""

from datetime import datetime, timedelta
from uuid import UUID

from server.identity import model, store
from server.identity.desk import Desk
from server.identity.store import PhoneChange
from server.kernel.work import Caller, Work
from server.protocol import limits
from server.protocol.errors import Refusal, invalid, not_found

LASTING = limits.PHONE_CHANGE_HOURS * 3_600
"""s after which a word to the old number is of no use."""


class Phones:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ask(self, caller: Caller, phone: str, address: str) -> UUID:
        """Sends a code to the new number; the challenge it answers. The same for numbers that others have."""
        number = model.e164(phone)
        async with self._desk.work() as work:
            await _live(work, caller)
            await _owner(work, caller, self._desk.lookup(number))
        return await self._desk.send_code(number, address, caller.account)

    async def prove(self, caller: Caller, challenge: UUID, code: str, address: str) -> datetime:
        """When the change takes effect. A later change takes the place of one that waits. Raises `code_wrong`, `code_expired`,
        and `already_exists` for a number that somebody else has."""
        tried = await self._desk.try_code(challenge, code, address, caller.account)
        async with self._desk.work() as work:
            await _live(work, caller)
            if await _owner(work, caller, tried.lookup) is not None:
                raise Refusal("already_exists", "This number belongs to another account.", field="phone")
            if not await store.verify_challenge(work, challenge, None):
                raise Refusal("code_expired", field="code")
            now = await work.moment()
            number = self._desk.number(tried.sealed)
            effective_at = now + timedelta(hours=limits.PHONE_CHANGE_HOURS)
            change = PhoneChange(caller.account, tried.lookup, tried.sealed, number[-4:], effective_at)
            await store.add_phone_change(work, change, now)
            await self._desk.tell(work, caller.account, model.text_of_change, LASTING)
            await store.log(work, "phone_change_asked", caller.account, caller.session, address)
        return effective_at

    async def stop(self, caller: Caller) -> None:
        """The number stays as it is. Raises `not_found` where no change waits."""
        async with self._desk.work() as work:
            await _live(work, caller)
            if not await store.drop_phone_change(work, caller.account):
                raise not_found()
            await store.log(work, "phone_change_stopped", caller.account, caller.session, None)

    async def apply_due(self, work: Work) -> int:
        """Changes whose delay is over; how many. For the schedule; no sign-in waits for it."""
        return await self._apply(work, await store.due_phone_changes(work))

    async def apply_due_of(self, work: Work, lookup: bytes) -> None:
        """The same for a number that somebody signs in with, old or new, at once."""
        await self._apply(work, await store.due_phone_changes(work, lookup))

    async def _apply(self, work: Work, due: list[PhoneChange]) -> int:
        for change in due:
            if await store.change_phone(work, change):
                await store.log(work, "phone_changed", change.account, None, None)
            else:
                await self._desk.tell(work, change.account, model.text_of_void_change, LASTING)
                await store.log(work, "phone_change_void", change.account, None, None)
            await store.drop_phone_change(work, change.account)
        return len(due)


async def _live(work: Work, caller: Caller) -> None:
    """A token outlives its session by minutes; nobody changes the number with one."""
    if not await store.session_live(work, caller.session, caller.account):
        raise Refusal("unauthenticated")


async def _owner(work: Work, caller: Caller, lookup: bytes) -> UUID | None:
    """Whose number it is. Raises `invalid` where it is the caller's own."""
    found = await store.by_number(work, lookup)
    if found is not None and found.id == caller.account:
        raise invalid("phone", "This is your number already.")
    return None if found is None else found.id
