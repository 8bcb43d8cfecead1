"""JSON under a tag of its content, so that who has it need not load it again."""

import hashlib
from typing import Any

from litestar import Request, Response
from msgspec import Struct


class Answer(Struct, frozen=True):
    """`etag` as it stands in the header."""

    data: bytes
    etag: str

    def to(self, request: Request[Any, Any, Any], kept: str) -> Response[bytes]:
        """`kept`: what caches may do with it (Cache-Control). 304 for who has it."""
        headers = {"etag": self.etag, "cache-control": kept}
        held = request.headers.get("if-none-match")
        if held and self.etag in (
            one.strip().removeprefix("W/") for one in held.split(",")
        ):  # proxies that compress make tags weak
            return Response(b"", status_code=304, headers=headers)
        return Response(self.data, media_type="application/json", headers=headers)


def answer(data: bytes) -> Answer:
    return Answer(data, f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"')
