"""Headers as ASGI has them: pairs of bytes, the names in small letters."""

from collections.abc import Iterable


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The first of that name. What a framework offers decodes all of them before it looks for one: a twentieth of a kept read."""
    for each, value in headers:
        if each == name:
            return value.decode("latin-1")
    return None
