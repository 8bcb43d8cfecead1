"""Every refusal of the HTTP side as application/problem+json (RFC 9457), mapped here alone."""

import asyncio
import logging
import math
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ASGIApp, ExceptionHandlersMap, Message, Receive, Scope, Send

from server.kernel import failures
from server.protocol.errors import STATUS, Code, Error, Refusal

log = logging.getLogger("fuuro.web")
CODE: dict[int, Code] = {
    400: "bad_frame",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    413: "too_large",
}


def problem(refusal: Refusal, status: int | None = None, allow: str | None = None) -> Response[bytes]:
    error: Error = refusal.error()
    body = {
        "type": "about:blank",
        "title": error.message,
        "status": status or STATUS[error.code],
        **msgspec.structs.asdict(error),
    }
    if error.version is msgspec.UNSET:
        del body["version"]
    headers = {} if error.retry_after is None else {"retry-after": str(math.ceil(error.retry_after))}
    if allow is not None:
        headers["allow"] = allow
    return Response(
        msgspec.json.encode(body), status_code=body["status"], media_type="application/problem+json", headers=headers
    )


def of_refusal(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, Refusal)
    return problem(error)


def of_http(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, HTTPException)
    if isinstance(error, ValidationException):
        return problem(Refusal("invalid", str(error.detail), field=_field(error)))
    if error.status_code == 405:
        allow = (error.headers or {}).get("allow", "").replace("GET", "GET, HEAD")
        return problem(Refusal("bad_frame", "This address does not answer to this method."), 405, allow)
    if error.status_code in CODE:
        return problem(Refusal(CODE[error.status_code]), error.status_code)
    return of_anything(_, error)


def of_anything(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    if isinstance(error, failures.GONE):
        return problem(Refusal("unavailable", retry_after=1))
    log.error("something went wrong", exc_info=error)
    return problem(Refusal("internal"))


def cut_short(app: ASGIApp) -> ASGIApp:
    """Middleware: a request that the stop of the process cuts short is told to come again, like anybody who meets a restart."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await app(scope, receive, sending)
        except asyncio.CancelledError:
            if begun or scope["type"] != ScopeType.HTTP:
                raise
            request: Request[Any, Any, Any] = Request(scope)
            await problem(Refusal("unavailable", retry_after=1)).to_asgi_response(app=None, request=request)(
                scope, receive, send
            )

    return answering


def _field(error: ValidationException) -> str | None:
    extra = error.extra if isinstance(error.extra, list) else []
    for part in extra:
        if isinstance(part, dict) and part.get("key"):
            return str(part["key"]).split(".")[0]
    return None


HANDLERS: ExceptionHandlersMap = {
    Refusal: of_refusal,
    HTTPException: of_http,
    Exception: of_anything,
}
