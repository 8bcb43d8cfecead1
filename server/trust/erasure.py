"""What Trust erases with an account: a cast's memos with their key, what casts noted of a guest, the name in evidence. Reviews stay:
they are about visits, and show ids alone."""

from server.kernel.work import Work
from server.protocol.domain_events import AccountErased
from server.trust import store


async def forget_account(work: Work, event: AccountErased) -> None:
    await store.erase_memos(work, event.account)
    for cast in await store.casts_with_memo_of(work, event.account):
        await store.erase_memo(work, cast, event.account)
    await store.take_name_from_evidence(work, event.account)
