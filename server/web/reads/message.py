"""Rooms and what is in them."""

from typing import Any

from litestar import get

from server.kernel.work import Caller, Work
from server.message import reads as log
from server.message import store as rooms
from server.protocol import limits
from server.protocol.commands import RoomHistory, RoomSince
from server.protocol.errors import invalid
from server.web.house import House, uuid
from server.web.paging import cursor_of, place_in

PAGE = 50


@get("/api/rooms")
async def my_rooms(caller: Caller, house: House, cursor: str | None = None) -> dict[str, Any]:
    """Rooms by their last change, the newest first."""
    before = None if cursor is None else place_in(cursor)

    async def run(work: Work) -> dict[str, Any]:
        cards, place = await rooms.cards(work, caller.account, PAGE, before)
        return {"items": cards, "next": None if place is None else cursor_of([place[0].isoformat(), str(place[1])])}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/rooms/{id:str}/entries")
async def entries(
    caller: Caller, house: House, id: str, before: int | None = None, after: int | None = None, limit: int | None = None
) -> Any:
    """With `after` the log as written; else the newest folded page before `before`."""
    room = uuid(id)
    most = limits.HISTORY_ENTRIES if after is None else limits.PAGE_ENTRIES
    if limit is not None and not 1 <= limit <= most:
        raise invalid("limit", f"Between 1 and {most}.")
    if (after is not None and after < 0) or (before is not None and before < 1):
        raise invalid("after" if after is not None else "before", "Must be a place in the room.")
    if after is not None:
        since = RoomSince(room=room, after=after, limit=limit or most)
        return await house.read(caller, lambda work: log.since(work, since))
    history = RoomHistory(room=room, before=before, limit=limit or PAGE)
    return await house.read(caller, lambda work: log.history(work, history))


HANDLERS = [my_rooms, entries]
