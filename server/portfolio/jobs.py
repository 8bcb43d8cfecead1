"""What Portfolio does by the clock, and what it has done outside PostgreSQL."""

from typing import Final

from msgspec import Struct

from server.kernel.work import Work
from server.portfolio import store
from server.protocol import limits
from server.protocol.events import StatusChanged

DROP_PHOTO: Final = "portfolio.drop_photo"
SWEPT = 100
"""photos in one transaction."""


class DropPhoto(Struct, frozen=True):
    """A job: the files of a photo leave the store."""

    name: str


async def tell_status(work: Work) -> int:
    """Tells followers, and the cast herself, of every status that is another than they know: whoever came, went, fell silent with
    a server, or whose night is over."""
    changes = await store.take_status_changes(work)
    for change in changes:
        followers = [follower.guest for follower in await store.followers(work, change.cast_id)]
        work.tell(StatusChanged(change.cast_id, change.status), change.cast_id, *followers)
        work.outdate(change.cast_id)
    return len(changes)


async def sweep_photos(work: Work) -> int:
    """Photos that no profile, conversation or report shows leave, files and all; how many."""
    found = await store.lock_unused_photos(work, limits.PHOTO_UNUSED_DAYS, SWEPT)
    names = await store.take_unused_photos(work, found) if found else []
    for name in names:
        work.enqueue(DROP_PHOTO, DropPhoto(name))
    return len(names)
