"""What every command has in common, and the types their fields are made of."""

import re
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from server.protocol.values import Role

Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
EntrySeq = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Instant = Annotated[datetime, Meta(tz=True)]
Lane = Literal["room", "reservation"]
UNSEEN = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]*"
)
"""What shows nothing by itself: blanks, Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt), Braille without a dot."""


class Command(Struct, forbid_unknown_fields=True, tag_field="type"):
    """`roles` may give it; with `keyed` it needs a key; commands of one socket with one `lane` take effect in order sent.
    `private` fields, of the command and of its answer alike, are kept nowhere in clear; a `sealed` answer is remembered sealed.
    `standing`: only for accounts that are not suspended and, where the house wants that, whose age it has checked.
    `reads`: changes nothing, so its key is ignored: nothing of the answer is kept, and a repetition reads anew.
    `single`: one statement, which commits by itself where there is no key to be taken with it.
    `urgent`: begins at once, however much waits for its turn."""

    roles: ClassVar[frozenset[Role]] = frozenset({"cast", "guest"})
    keyed: ClassVar[bool] = False
    lane: ClassVar[Lane | None] = None
    socket_only: ClassVar[bool] = False
    private: ClassVar[frozenset[str]] = frozenset()
    sealed: ClassVar[bool] = False
    standing: ClassVar[bool] = False
    reads: ClassVar[bool] = False
    single: ClassVar[bool] = False
    urgent: ClassVar[bool] = False


class CastCommand(Command):
    roles = frozenset({"cast"})


class GuestCommand(Command):
    roles = frozenset({"guest"})


def trimmed(value: str, name: str, most: int) -> str:
    """`value` without blanks at its ends; a ValueError naming the field `name` when nothing that shows, a NUL or more than `most` is left."""
    value = value.strip()
    if UNSEEN.fullmatch(value):
        raise ValueError(f"{name}: must not be blank")
    if len(value) > most:
        raise ValueError(f"{name}: at most {most} characters")
    if "\0" in value:
        raise ValueError(f"{name}: must not contain a NUL")
    return value


def instant(value: datetime, name: str) -> datetime:
    """`value` in UTC; a ValueError where the calendar could not reckon with it."""
    try:
        there = value.astimezone(UTC)
    except OverflowError:
        there = value
    if not 2000 <= there.year <= 2999:
        raise ValueError(f"{name}: must lie between the years 2000 and 2999")
    return there
