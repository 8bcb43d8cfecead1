"""One coroutine per event of other contexts that concerns Portfolio."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from server.kernel.work import Work
from server.portfolio import documents, store
from server.portfolio.jobs import DROP_PHOTO, DropPhoto
from server.protocol.domain_events import AccountErased, AccountRegistered


async def begin_profile(work: Work, event: AccountRegistered, event_id: int) -> None:
    if event.role == "cast":
        await store.begin_profile(work, event.account)
        await documents.write(work, [event.account])
        work.outdate(event.account)


async def forget_account(work: Work, event: AccountErased, event_id: int) -> None:
    """Whom they followed, who followed them, how they showed themselves."""
    await store.forget_follows(work, event.account)
    await store.forget_profile(work, event.account)
    await documents.forget(work, event.account)
    for name in await store.take_photos(work, event.account):
        work.enqueue(DROP_PHOTO, DropPhoto(name))
    work.outdate(event.account)


REACTIONS: Mapping[Any, Callable[[Work, Any, int], Awaitable[None]]] = {
    AccountRegistered: begin_profile,
    AccountErased: forget_account,
}
