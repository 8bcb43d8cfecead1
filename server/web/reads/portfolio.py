"""Casts as guests see them."""

from typing import Any
from uuid import UUID

from litestar import get

from server.kernel.work import Caller, Work
from server.offer import store as offers
from server.portfolio import store as casts
from server.protocol.errors import not_found
from server.protocol.values import CastProfile, Status
from server.trust import store as trust
from server.web.house import House, uuid
from server.web.paging import cursor_of, id_in

PAGE = 50


@get("/api/casts")
async def list_casts(caller: Caller, house: House, cursor: str | None = None) -> dict[str, Any]:
    """The casts of the house, in no order of merit."""
    after = None if cursor is None else id_in(cursor)

    async def run(work: Work) -> dict[str, Any]:
        found = await casts.casts(work, after, PAGE)
        items = [
            await _profile(work, caller, c.id) for c in found if await casts.is_open_to(work, c.id, caller.account)
        ]
        return {"items": items, "next": cursor_of([str(found[-1].id)]) if len(found) == PAGE else None}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/casts/{id:str}")
async def one_cast(caller: Caller, house: House, id: str) -> CastProfile:
    """A cast, with her plans."""
    return await house.read(caller, lambda work: _profile(work, caller, uuid(id)))  # type: ignore[no-any-return]


async def _profile(work: Work, caller: Caller, id: UUID) -> CastProfile:
    account = await casts.cast(work, id)
    if account is None or not await casts.is_open_to(work, id, caller.account):
        raise not_found()
    return CastProfile(
        account=account,
        headline="",
        about="",
        tags=[],
        photos=[],
        area=None,
        published=True,
        status=Status(online=False, tonight=False, tonight_until=None),
        radar=(await trust.radars(work, [id])).get(id),
        plans=await offers.plans(work, id, archived=False),
        following=await casts.following(work, caller.account, id),
    )


HANDLERS = [list_casts, one_cast]
