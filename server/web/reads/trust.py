"""What people say of each other: reviews, the card of a guest, one's own reports."""

from typing import Any

from litestar import get

from server.kernel.work import Caller, Work
from server.portfolio import store as casts
from server.protocol.errors import not_found
from server.protocol.values import GuestCard
from server.trust import guests
from server.trust import store as trust
from server.web.house import House, uuid
from server.web.paging import cursor_of, id_in, place_in

PAGE = 50


@get("/api/casts/{id:str}/reviews")
async def reviews(caller: Caller, house: House, id: str, cursor: str | None = None) -> dict[str, Any]:
    """What guests said of a cast, the newest first; reviews whose time has not come are not among them."""
    cast = uuid(id)
    before = None if cursor is None else place_in(cursor)

    async def run(work: Work) -> dict[str, Any]:
        if not await casts.is_open_to(work, cast, caller.account):
            raise not_found()
        found = await trust.reviews_of(work, cast, before, PAGE)
        last = found[-1] if len(found) == PAGE else None
        return {"items": found, "next": last and cursor_of([last.visible_at.isoformat(), str(last.id)])}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/reviews")
async def my_reviews(caller: Caller, house: House, cursor: str | None = None) -> dict[str, Any]:
    """Those one wrote, and those about oneself as far as one may see them; the newest first."""
    before = None if cursor is None else id_in(cursor)

    async def run(work: Work) -> dict[str, Any]:
        found = await trust.my_reviews(work, caller.account, before, PAGE)
        return {"items": found, "next": cursor_of([str(found[-1].id)]) if len(found) == PAGE else None}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/guests/{id:str}")
async def guest(caller: Caller, house: House, id: str) -> GuestCard:
    """A guest, for a cast who has a room or had a reservation with them; for everybody else there is no such thing."""
    found = await house.read(caller, lambda work: guests.card(house.keyring, work, uuid(id)))
    if found is None:
        raise not_found()
    return found  # type: ignore[no-any-return]


@get("/api/reports")
async def my_reports(caller: Caller, house: House, cursor: str | None = None) -> dict[str, Any]:
    """What one reported to the house, and what came of it; the newest first."""
    before = None if cursor is None else id_in(cursor)

    async def run(work: Work) -> dict[str, Any]:
        found = await trust.my_reports(work, caller.account, before, PAGE)
        return {"items": found, "next": cursor_of([str(found[-1].id)]) if len(found) == PAGE else None}

    return await house.read(caller, run)  # type: ignore[no-any-return]


HANDLERS = [reviews, my_reviews, guest, my_reports]
