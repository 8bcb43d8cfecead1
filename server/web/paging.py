"""What lists share: opaque cursors, and times in a query."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from server.protocol.errors import Refusal, invalid


def bad_cursor() -> Refusal:
    return invalid("cursor", "This is no cursor of ours: begin without one.")


def cursor_of(parts: list[str]) -> str:
    return urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def parts(cursor: str, count: int) -> list[str]:
    try:
        parts = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[str])
    except (ValueError, msgspec.DecodeError):
        parts = []
    if len(parts) != count or any("\0" in part for part in parts):
        raise bad_cursor()
    return parts


def id_in(cursor: str) -> UUID:
    try:
        return UUID(parts(cursor, 1)[0])
    except ValueError:
        raise bad_cursor() from None


def place_in(cursor: str) -> tuple[datetime, UUID]:
    at, id = parts(cursor, 2)
    try:
        return datetime.fromisoformat(at), UUID(id)
    except ValueError:
        raise bad_cursor() from None


def number_in(part: str) -> int:
    if not part.isascii() or not part.isdigit() or len(part) > 18:
        raise bad_cursor()
    return int(part)


def instant(text: str, field: str) -> datetime:
    try:
        found = msgspec.convert(text.replace(" ", "+"), datetime)
    except msgspec.ValidationError:
        raise invalid(field, "A time looks like 2026-11-23T12:00:00Z.") from None
    if found.tzinfo is None or not 2000 <= found.year <= 2999:
        raise invalid(field, "A time needs its zone: 2026-11-23T12:00:00Z.")
    return found.astimezone(UTC)
