"""Photos for messages: one's own alone can be sent."""

from uuid import UUID

from msgspec import Struct

from server.kernel import queries
from server.kernel.work import Work
from server.portfolio import model
from server.protocol.values import Photo

SQL = queries.load("portfolio")


class _Named(Struct, frozen=True):
    id: UUID
    name: str


async def own_photo(work: Work, owner: UUID, id: UUID) -> Photo | None:
    """The photo with its addresses; None where it is not `owner`'s, or is not at all."""
    found = await work.one(SQL.own_photo, _Named, owner=owner, id=id)
    return None if found is None else model.photo(found.id, found.name)


async def photos_of(work: Work, owner: UUID) -> list[Photo]:
    """All of them, in the order they were taken in."""
    return [model.photo(row.id, row.name) for row in await work.all(SQL.photos_of, _Named, owner=owner)]
