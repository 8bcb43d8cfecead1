"""One coroutine per event of other contexts that concerns Identity."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from server.identity import store
from server.kernel.work import Work
from server.protocol.domain_events import AccountChanged, PortraitChanged


async def show_portrait(work: Work, event: PortraitChanged, event_id: int) -> None:
    """Every Account bears the photo: a copy, so that rooms and reservations show it whether Portfolio answers or not."""
    if await store.set_photo(work, event.account, event.photo):
        work.emit(AccountChanged(event.account))


REACTIONS: Mapping[Any, Callable[[Work, Any, int], Awaitable[None]]] = {PortraitChanged: show_portrait}
