"""`POST /api/commands`: the very same commands as on the socket, through the same dispatcher, for whoever has no socket."""

from typing import Any

from litestar import Request, Response, post
from msgspec import Raw

from server.kernel.headers import header
from server.kernel.work import Caller
from server.protocol import limits
from server.protocol.errors import Refusal
from server.protocol.frames import decode_command
from server.web.house import House


@post("/api/commands", status_code=200)
async def command(request: Request[Any, Any, Any], caller: Caller, house: House) -> Response[Any]:
    """One command object; the header `Idempotency-Key` is its key. Answers `{"result": …}`."""
    data = await request.body()
    if len(data) > limits.FRAME_BYTES:
        raise Refusal("too_large", f"A command has at most {limits.FRAME_BYTES} bytes.")
    wanted, key = decode_command(data, header(request.scope["headers"], b"idempotency-key"))
    if type(wanted).socket_only:
        raise Refusal("invalid", "This command belongs to a socket.", field="type")
    await house.identity.check_live(caller)
    house.count(caller, wanted)
    outcome = await house.dispatcher.run(caller, wanted, key)
    house.publish(outcome.news)
    return Response({"result": Raw(outcome.result)})
