"""What a browser needs to subscribe."""

from litestar import get

from server.web.house import House


@get("/api/push/key")
async def push_key(house: House) -> dict[str, str]:
    """What `PushManager.subscribe` takes as applicationServerKey."""
    return {"key": house.push_key}


HANDLERS = [push_key]
