"""One coroutine per event of other contexts that concerns Identity."""

from server.identity import store
from server.kernel.reactions import Reactions, each
from server.kernel.work import Work
from server.protocol.domain_events import AccountChanged, PortraitChanged


async def show_portrait(work: Work, event: PortraitChanged) -> None:
    """Every Account bears the photo: a copy, so that rooms and reservations show it whether Portfolio answers or not."""
    if await store.set_photo(work, event.account, event.photo):
        work.emit(AccountChanged(event.account))


REACTIONS: Reactions = {PortraitChanged: each(show_portrait)}
