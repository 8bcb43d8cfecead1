"""What a browser needs to subscribe, and its proof that it showed a push."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from msgspec import Struct

from server.message import delivery
from server.web.house import House, body


class Displayed(Struct, forbid_unknown_fields=True):
    """The `receipt` of the push."""

    receipt: UUID


@get("/api/push/key")
async def push_key(house: House) -> dict[str, str]:
    """What `PushManager.subscribe` takes as applicationServerKey."""
    return {"key": house.push_key}


@post("/api/push/displayed", status_code=204)
async def displayed(request: Request[Any, Any, Any], house: House) -> None:
    """A service worker showed the push. No bearer: it may have none, and the receipt was told to this device alone."""
    shown: Displayed = body(await request.body(), Displayed)
    await house.write(lambda work: delivery.displayed(work, shown.receipt))


HANDLERS = [push_key, displayed]
