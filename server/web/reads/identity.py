"""What an account reads of itself."""

from typing import Any

from litestar import get

from server.identity import store as accounts
from server.kernel.work import Caller, Work
from server.protocol.errors import not_found
from server.protocol.values import Settings
from server.web.house import House


@get("/api/me")
async def me(caller: Caller, house: House) -> dict[str, Any]:
    """Who one is, and one's settings."""

    async def run(work: Work) -> dict[str, Any]:
        account = await accounts.account(work, caller.account)
        kept = await accounts.settings(work, caller.account)
        if account is None or kept is None:
            raise not_found()
        return {"account": account, "settings": Settings(private_receipts=kept.private_receipts)}

    return await house.read(caller, run)  # type: ignore[no-any-return]


HANDLERS = [me]
