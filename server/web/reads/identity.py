"""What an account reads of itself."""

from typing import Any

from litestar import get

from server.identity import store as accounts
from server.kernel.work import Caller, Work
from server.protocol.errors import not_found
from server.web.house import House


@get("/api/me")
async def me(caller: Caller, house: House) -> dict[str, Any]:
    """Who one is, one's settings, and the last four digits of one's number (null: there is none), with a change that waits."""

    async def run(work: Work) -> dict[str, Any]:
        account = await accounts.account(work, caller.account)
        kept = await accounts.settings(work, caller.account)
        if account is None or kept is None:
            raise not_found()
        return {
            "account": account,
            "settings": kept,
            "phone": await _phone(work, caller),
        }

    return await house.read(caller, run)  # type: ignore[no-any-return]


async def _phone(work: Work, caller: Caller) -> dict[str, Any] | None:
    last_four = await accounts.last_four(work, caller.account)
    if last_four is None:
        return None
    waits = await accounts.phone_change(work, caller.account)
    change = None if waits is None else {"last_four": waits.last_four, "effective_at": waits.effective_at}
    return {"last_four": last_four, "change": change}


HANDLERS = [me]
