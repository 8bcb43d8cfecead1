"""What an account reads of itself."""

from typing import Any

from litestar import Request, Response, delete, get

from server.identity import store as accounts
from server.kernel.work import Caller, Work
from server.protocol.errors import not_found
from server.web.auth import address
from server.web.export import archive
from server.web.house import House


@get("/api/me")
async def me(caller: Caller, house: House) -> dict[str, Any]:
    """Who one is, one's settings, whether one is twenty or older, the last four digits of one's number (null: there is none) with a
    change that waits, and the house's time zone."""

    async def run(work: Work) -> dict[str, Any]:
        account = await accounts.account(work, caller.account)
        kept = await accounts.settings(work, caller.account)
        if account is None or kept is None:
            raise not_found()
        return {
            "account": account,
            "settings": kept,
            "twenty": await accounts.is_twenty(work, caller.account),
            "phone": await _phone(work, caller),
            "zone": house.settings.time_zone.key,
        }

    return await house.read(caller, run)  # type: ignore[no-any-return]


async def _phone(work: Work, caller: Caller) -> dict[str, Any] | None:
    last_four = await accounts.last_four(work, caller.account)
    if last_four is None:
        return None
    waits = await accounts.phone_change(work, caller.account)
    change = None if waits is None else {"last_four": waits.last_four, "effective_at": waits.effective_at}
    return {"last_four": last_four, "change": change}


@get("/api/me/export")
async def export(caller: Caller, house: House) -> Response[bytes]:
    """Everything that the house has of oneself: a zip of JSON files."""
    await house.identity.check_live(caller)
    await house.identity.count_export(caller)
    packed = await archive(house, caller)
    headers = {"content-disposition": 'attachment; filename="fuuro.zip"', "cache-control": "no-store"}
    return Response(packed, media_type="application/zip", headers=headers)


@delete("/api/me", status_code=202)
async def end(request: Request[Any, Any, Any], caller: Caller, house: House) -> dict[str, Any]:
    """Signs out everywhere. At `effective_at` the account is erased; whoever signs in before then stays. Refused with `wrong_state`
    while a reservation stands."""
    return {"effective_at": await house.identity.ends.end(caller, address(request))}


HANDLERS = [me, export, end]
