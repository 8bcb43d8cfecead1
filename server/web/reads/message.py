"""Rooms and what is in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import get

from server.kernel.work import Caller, Work
from server.message import reads as log
from server.message import search
from server.message import store as rooms
from server.protocol import limits
from server.protocol.commands import RoomHistory, RoomSince
from server.protocol.commands.base import trimmed
from server.protocol.errors import invalid
from server.web.house import House, uuid
from server.web.paging import bad_cursor, cursor_of, number_in, parts, place_in

PAGE = 50


@get("/api/rooms")
async def my_rooms(caller: Caller, house: House, cursor: str | None = None) -> dict[str, Any]:
    """Rooms by their last change, the newest first."""
    before = None if cursor is None else place_in(cursor)

    async def run(work: Work) -> dict[str, Any]:
        cards, place = await rooms.cards(work, caller.account, PAGE, before)
        return {"items": cards, "next": None if place is None else cursor_of([place[0].isoformat(), str(place[1])])}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/blocks")
async def blocks(caller: Caller, house: House) -> dict[str, Any]:
    """Whom one has blocked oneself, whether there is a room or not, the last first."""
    return {"items": await house.read(caller, lambda work: rooms.blocked_by(work, caller.account)), "next": None}


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


@get("/api/rooms/search")
async def found(
    caller: Caller, house: House, q: str = "", room: str | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """Texts in one's own rooms that contain `q` as they read now, the newest first; full and half width, capitals and small letters
    are the same. With `room` in this one alone."""
    try:
        wanted = trimmed(q, "q", limits.SEARCH_CHARACTERS)
    except ValueError as error:
        raise invalid("q", str(error).partition(": ")[2].capitalize() + ".") from None
    before = None if cursor is None else _found_before(cursor)

    async def run(work: Work) -> dict[str, Any]:
        entries = await search.find(work, wanted, None if room is None else uuid(room), before, PAGE)
        last = entries[-1] if len(entries) == PAGE else None
        return {"items": entries, "next": last and cursor_of([last.at.isoformat(), str(last.room), str(last.seq)])}

    return await house.read(caller, run)  # type: ignore[no-any-return]


def _found_before(cursor: str) -> search.Place:
    """Where a page of search ended. Raises `invalid`."""
    at, room, seq = parts(cursor, 3)
    try:
        return search.Place(datetime.fromisoformat(at), UUID(room), number_in(seq))
    except ValueError:
        raise bad_cursor() from None


HANDLERS = [my_rooms, blocks, entries, found]
