"""One's reservations."""

from typing import Any, get_args

from litestar import Response, get

from server.booking import feeds
from server.booking import store as bookings
from server.kernel.work import Caller, Work
from server.protocol.errors import invalid, not_found
from server.protocol.values import ReservationStatus
from server.web.house import House, uuid
from server.web.paging import cursor_of, id_in

PAGE = 50
STATUSES = frozenset(get_args(ReservationStatus))


@get("/api/reservations")
async def reservations(
    caller: Caller, house: House, status: str | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """One's reservations, the newest first; `status` may name several, separated by commas."""
    before = None if cursor is None else id_in(cursor)
    statuses = None if status is None else _statuses(status)

    async def run(work: Work) -> dict[str, Any]:
        found = await bookings.reservations(work, caller.account, statuses, before, PAGE)
        return {"items": found, "next": cursor_of([str(found[-1].id)]) if len(found) == PAGE else None}

    return await house.read(caller, run)  # type: ignore[no-any-return]


def _statuses(said: str) -> list[str]:
    statuses = said.split(",")
    if not set(statuses) <= STATUSES:
        raise invalid("status", f"One or more of {', '.join(sorted(STATUSES))}, separated by commas.")
    return statuses


@get("/api/reservations/{id:str}")
async def reservation(caller: Caller, house: House, id: str) -> Any:
    """One of one's reservations."""
    found = await house.read(caller, lambda work: bookings.reservation_for(work, uuid(id), caller.account))
    if found is None:
        raise not_found()
    return found


@get("/api/waitlist")
async def waitlist(caller: Caller, house: House) -> dict[str, Any]:
    """What a guest waits for; for a cast, who waits for her. In the order in which they came."""
    return {"items": await house.read(caller, lambda work: bookings.waits(work, caller.account)), "next": None}


@get("/api/calendar/{name:str}")
async def calendar(house: House, name: str) -> Response[bytes]:
    """`{token}.ics`: the feed of whoever made the address. It needs no other proof, and shows no names."""
    token, dot, kind = name.rpartition(".")
    async with house.database.connection() as connection, connection.transaction():
        work = Work(connection, {})
        account = await feeds.account_of(work, token) if (dot, kind) == (".", "ics") else None
        if account is None:
            raise not_found()
        data = await feeds.feed(work, account, house.settings.time_zone)
    return Response(data, media_type="text/calendar", headers={"cache-control": "private, no-cache"})


HANDLERS = [reservations, reservation, waitlist, calendar]
