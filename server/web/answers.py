"""JSON under a tag of its content, so that who has it need not load it again."""

import hashlib
from typing import Any

from litestar import Request
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct

from server.kernel.headers import header


class Answer(Struct, frozen=True):
    """`etag` as it stands in the header."""

    data: bytes
    etag: str

    def to(self, request: Request[Any, Any, Any], kept: str) -> ASGIApp:
        """What is sent: nothing but 304 to who has it. `kept`: what caches may do with it (Cache-Control)."""
        headers = [(b"etag", self.etag.encode()), (b"cache-control", kept.encode())]
        if is_held(request, self.etag):
            return _sent(304, headers, b"")
        length = str(len(self.data)).encode()
        return _sent(200, [*headers, (b"content-type", b"application/json"), (b"content-length", length)], self.data)


def is_held(request: Request[Any, Any, Any], etag: str) -> bool:
    """Whether the client says that it has what bears `etag` (If-None-Match, RFC 9110): `*` is anything. Proxies that compress make tags weak."""
    said = header(request.scope["headers"], b"if-none-match")
    return said is not None and any(tag.strip().removeprefix("W/") in (etag, "*") for tag in said.split(","))


def answer(data: bytes) -> Answer:
    return Answer(data, f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"')


def _sent(status: int, headers: list[tuple[bytes, bytes]], data: bytes) -> ASGIApp:
    """As it is: a Response of the framework would put together what is whole already, at a seventh of such a read."""

    async def send_it(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": data, "more_body": False})

    return send_it
