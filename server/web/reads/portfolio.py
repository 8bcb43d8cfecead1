"""Casts as guests see them."""

from typing import Any

import msgspec
from litestar import Request, get
from litestar.types import ASGIApp

from server.kernel.work import Caller, Work
from server.portfolio import store as casts
from server.protocol.errors import Refusal, not_found
from server.web.answers import answer
from server.web.house import House, uuid
from server.web.profiles import profiles
from server.web.shown import Shown


@get("/api/casts/{id:str}")
async def one_cast(request: Request[Any, Any, Any], caller: Caller, house: House, id: str) -> ASGIApp:
    """A cast, with her plans. Answers 304 to who has it already."""
    cast = uuid(id)
    shown = Shown(house.kept, caller.account)
    found = shown.cast(cast) or await house.read(caller, lambda work: shown.read_cast(work, cast))
    if found is None:
        raise not_found()
    return found.to(request, "private, no-cache")


@get("/api/status")
async def own_status(caller: Caller, house: House) -> dict[str, Any]:
    """A cast's own: as followers see it, and whether she hides that she is online, which nobody else is told."""
    if caller.role != "cast":
        raise Refusal("forbidden")

    async def run(work: Work) -> dict[str, Any]:
        me = caller.account
        return {"status": await casts.status(work, me), "invisible": await casts.is_invisible(work, me)}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/tags")
async def tags(request: Request[Any, Any, Any], house: House) -> ASGIApp:
    """The vocabulary, by category; for everybody."""
    async with house.database.connection() as connection:
        items = await casts.tags(Work(connection, {}))
    return answer(msgspec.json.encode({"items": items, "next": None})).to(request, "public, max-age=300")


@get("/api/follows")
async def follows(caller: Caller, house: House) -> dict[str, Any]:
    """Whom a guest follows: their profiles, and whether their evenings are pushed."""
    if caller.role != "guest":
        raise Refusal("forbidden")

    async def run(work: Work) -> list[dict[str, Any]]:
        followed = {one.cast: one for one in await casts.followed_by(work, caller.account)}
        return [
            {"cast": profile, "push": followed[profile.account.id].push, "since": followed[profile.account.id].since}
            for profile in await profiles(work, caller.account, list(followed))
        ]

    return {"items": await house.read(caller, run), "next": None}


HANDLERS = [one_cast, own_status, tags, follows]
