"""The end of an account: signed out at once, restored by signing in during its grace, then erased for good.

Whoever leaves has no reservation before them: confirmed ones must be cancelled first, drafts end when Booking hears of it (`AccountEnded`), and
waiting with them. Whoever comes back in time finds conversations, profile, plans and shifts as they were, but no draft and no place in a line;
only who is back before Booking has heard keeps these, too.

What stays after the grace is a stub without a name or a number: the other side keeps the conversation. Other contexts erase what is theirs
when they hear of it (`AccountErased`)."""

from datetime import datetime
from uuid import UUID

from server.identity import store
from server.identity.desk import Desk
from server.identity.jobs import SEND_TEXT
from server.identity.store import Ending
from server.kernel.work import Caller, SessionEnded, Work
from server.protocol.domain_events import AccountEnded, AccountErased
from server.protocol.errors import Refusal


class Ends:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def end(self, caller: Caller, address: str) -> datetime:
        """When the account will be erased; every device is signed out now. Raises `wrong_state` where a reservation stands."""
        if caller.role == "operator":
            raise Refusal("forbidden", "An operator's account is ended by the house.")
        async with self._desk.work() as work:
            if not await store.session_live(work, caller.session, caller.account):
                raise Refusal("unauthenticated")
            if await store.has_standing(work, caller.account):
                raise Refusal("wrong_state", "Cancel your confirmed reservations first: somebody counts on you.")
            effective_at = await store.end_account(work, caller.account)
            work.outdate(caller.account)
            for session in await store.end_sessions(work, caller.account):
                work.news.append(SessionEnded(session))
            work.emit(AccountEnded(caller.account))
            await store.log(work, "account_ended", caller.account, caller.session, address)
        return effective_at

    async def restore(self, work: Work, account: UUID, address: str) -> None:
        """Whoever signs in during the grace stays."""
        if await store.restore_account(work, account):
            await store.log(work, "account_restored", account, None, address)
            work.outdate(account)

    async def erase_due(self, work: Work) -> int:
        """Accounts whose grace is over; how many. For the schedule."""
        return await self._erase(work, await store.due_ends(work))

    async def erase_due_of(self, work: Work, lookup: bytes) -> None:
        """The same for the number that somebody signs in with, at once: to them it is new again."""
        await self._erase(work, await store.due_ends(work, lookup))

    async def _erase(self, work: Work, due: list[Ending]) -> int:
        for account in due:
            sealed = await store.sealed_number(work, account.id)
            if sealed is not None:
                await self._erase_texts(work, self._desk.number(sealed))
            await store.erase(work, account.id)
            await store.log(work, "account_erased", account.id, None, None)
            work.emit(AccountErased(account.id, account.role))
        return len(due)

    async def _erase_texts(self, work: Work, number: str) -> None:
        """Codes for the number, and texts to it that are still on their way or could not be sent."""
        await store.erase_number(work, self._desk.lookup(number), number)
        for job in await store.texts_queued(work, SEND_TEXT):
            if job.payload.opened(self._desk.keyring)[0] == number:
                await store.drop_text(work, job.id)
