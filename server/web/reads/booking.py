"""One's reservations."""

from typing import Any

from litestar import get

from server.booking import store as bookings
from server.kernel.work import Caller, Work
from server.protocol.errors import not_found
from server.web.house import House, uuid
from server.web.paging import cursor_of, id_in

PAGE = 50


@get("/api/reservations")
async def reservations(
    caller: Caller, house: House, status: str | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """One's reservations, the newest first; `status` may name several, separated by commas."""
    before = None if cursor is None else id_in(cursor)
    statuses = None if status is None else status.split(",")

    async def run(work: Work) -> dict[str, Any]:
        found = await bookings.reservations(work, caller.account, statuses, before, PAGE)
        return {"items": found, "next": cursor_of([str(found[-1].id)]) if len(found) == PAGE else None}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/reservations/{id:str}")
async def reservation(caller: Caller, house: House, id: str) -> Any:
    """One of one's reservations."""
    found = await house.read(caller, lambda work: bookings.reservation_for(work, uuid(id), caller.account))
    if found is None:
        raise not_found()
    return found


HANDLERS = [reservations, reservation]
