"""What becomes of one try to reach somebody outside: push services and text providers answer in these few words."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from msgspec import Struct

from server.protocol.limits import BACKOFF_SECONDS

Kind = Literal["accepted", "gone", "refused", "retry"]


class Outcome(Struct, frozen=True):
    """`accepted`: the other side has taken it over, which is no proof that anybody saw it. `gone`: the subscription has
    ended (404, 410), delete it. `refused`: the same again gets the same answer. `retry`: it may succeed later, in
    `retry_after` seconds (0 to BACKOFF_SECONDS) where the other side said so; after a time-out it may have arrived.

    `detail` is a sentence for an operator, without secrets; of a text that was accepted it is the provider's id.
    `status` is the HTTP status, None where there was none."""

    kind: Kind
    detail: str = ""
    retry_after: float | None = None
    status: int | None = None


def seconds_to_wait(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header: a number, or an HTTP date against `now` (RFC 9110, 10.2.3). None where
    there is none or it cannot be read; never below 0, never above BACKOFF_SECONDS: a stranger's header must not
    park a delivery for a year."""
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,18}", text):
        return float(min(int(text), BACKOFF_SECONDS))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), float(BACKOFF_SECONDS))


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The first header of this lower-case `name`."""
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), None)


def excerpt(body: bytes) -> str:
    """What a stranger said, fit for one line of a log: at most 200 characters, none of them invisible."""
    text = body.decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
