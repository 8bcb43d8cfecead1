"""One coroutine per event of other contexts that concerns Portfolio."""

from server.kernel.reactions import Reactions, each
from server.kernel.work import Work
from server.portfolio import documents, store
from server.portfolio.jobs import DROP_PHOTO, DropPhoto
from server.protocol.domain_events import AccountErased, AccountRegistered


async def begin_profile(work: Work, event: AccountRegistered) -> None:
    if event.role == "cast":
        await store.begin_profile(work, event.account)
        await documents.write(work, [event.account])
        work.outdate(event.account)


async def forget_account(work: Work, event: AccountErased) -> None:
    """Whom they followed, who followed them, how they showed themselves."""
    await store.forget_follows(work, event.account)
    await store.forget_profile(work, event.account)
    await documents.forget(work, event.account)
    for name in await store.take_photos(work, event.account):
        work.enqueue(DROP_PHOTO, DropPhoto(name))
    work.outdate(event.account)


REACTIONS: Reactions = {AccountRegistered: each(begin_profile), AccountErased: each(forget_account)}
