"""Rules of the conversation: what an entry says, and how a page is cut. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct

from server.protocol import limits
from server.protocol.results import Missed
from server.protocol.values import Account, Entry, RoomCard

SHORT = 80
"""characters of a text that is not worth counting its bytes: most are shorter."""
TEXT_BYTES = 400
CHARACTER_BYTES = 6
"""of JSON at the most, for one character (`\\u0001`) and for the rest of a text's entry"""


class EntryRow(Struct, frozen=True):
    """A line of `message.log` or `message.folded`."""

    room: UUID
    seq: int
    at: datetime
    by: UUID | None
    kind: str
    key: UUID | None
    body: str | None
    target: int | None
    more: dict[str, Any] | None
    deleted: bool
    reservation: dict[str, Any] | None
    edited_at: datetime | None
    delivery: dict[str, Any] | None

    def entry(self) -> Entry:
        if self.kind == "text" and self.more is None and not self.deleted and self.edited_at is None:
            return Entry(self.room, self.seq, self.at, self.by, "text", self.key or UNSET, self.body or UNSET)
        said: dict[str, Any] = {"room": self.room, "seq": self.seq, "at": self.at, "by": self.by, "kind": self.kind}
        optional = {
            "key": self.key,
            "body": self.body,
            "target": self.target,
            "reservation": self.reservation,
            "edited_at": self.edited_at,
            "deleted": self.deleted or None,
            "delivery": self.delivery,
        }
        said |= {name: value for name, value in optional.items() if value is not None}
        return msgspec.convert(said | (self.more or {}), Entry)


class CardRow(Struct, frozen=True):
    """A line of `message.full_cards`: what begins with `last_` is null where `last_seq` is."""

    room: UUID
    account: UUID
    head: int
    changed_at: datetime
    cast_id: UUID
    guest_id: UUID
    other: dict[str, Any]
    read: int
    their_read: int | None
    muted_until: datetime | None
    unread: int
    last_seq: int | None
    blocked: bool
    last_at: datetime
    last_by: UUID | None
    last_kind: str
    last_key: UUID | None
    last_body: str | None
    last_target: int | None
    last_more: dict[str, Any] | None
    last_deleted: bool
    last_reservation: dict[str, Any] | None
    last_edited_at: datetime | None
    last_delivery: dict[str, Any] | None

    def card(self) -> RoomCard:
        return RoomCard(
            room=self.room,
            with_=msgspec.convert(self.other, Account),
            head=self.head,
            read=self.read,
            their_read=self.their_read,
            unread=self.unread,
            last=self._last(),
            muted_until=self.muted_until,
            blocked=self.blocked,
        )

    def _last(self) -> Entry | None:
        """None where nothing has been said yet."""
        if self.last_seq is None:
            return None
        return EntryRow(
            self.room,
            self.last_seq,
            self.last_at,
            self.last_by,
            self.last_kind,
            self.last_key,
            self.last_body,
            self.last_target,
            self.last_more,
            self.last_deleted,
            self.last_reservation,
            self.last_edited_at,
            self.last_delivery,
        ).entry()


def nameless(said: Any, account: str) -> Any:
    """An answer as it is, but wherever it shows `account`, without name and photo."""
    if isinstance(said, list):
        return [nameless(part, account) for part in said]
    if not isinstance(said, dict):
        return said
    if said.get("id") == account and "display_name" in said:
        return {name: value for name, value in said.items() if name != "photo"} | {"display_name": ""}
    return {name: nameless(part, account) for name, part in said.items()}


def page(entries: list[Entry], most: int = limits.PAGE_ENTRIES) -> Missed:
    """As many of `entries` as a page may hold, in entries and bytes; at least one, so that paging always gets on."""
    count, _ = _fitting(entries, most)
    return Missed(entries[:count], more=count < len(entries), reset=False)


def pages(rooms: Mapping[UUID, tuple[int, int, list[Entry]]]) -> dict[UUID, Missed]:
    """A page of each room, by what is after its cursor, up to its head, as far as it was read; once they are so many bytes together, of those
    that follow nothing but that there is more."""
    found: dict[UUID, Missed] = {}
    left = limits.MISSED_BYTES
    for room, (after, head, entries) in rooms.items():
        count, size = _fitting(entries, limits.PAGE_ENTRIES) if left > 0 else (0, 0)
        left -= size
        found[room] = Missed(entries[:count], more=(entries[count - 1].seq if count else after) < head, reset=False)
    return found


def latest(entries: list[Entry], most: int) -> tuple[list[Entry], bool]:
    """The end of `entries`, as much of it as a page may hold, and whether that leaves something out."""
    count, _ = _fitting(entries[::-1], most)
    return entries[len(entries) - count :], count < len(entries)


def _fitting(entries: list[Entry], most: int) -> tuple[int, int]:
    """How many of `entries`, from the first on, a page holds, and their bytes."""
    size = 0
    for count, entry in enumerate(entries):
        more = _bytes(entry)
        if count == most or (count and size + more > limits.PAGE_BYTES):
            return count, size
        size += more
    return len(entries), size


def _bytes(entry: Entry) -> int:
    """On the wire: of a short text an upper bound, of everything else counted."""
    body = entry.body
    if entry.kind == "text" and body is not UNSET and len(body) <= SHORT:
        return TEXT_BYTES + CHARACTER_BYTES * len(body)
    return len(msgspec.json.encode(entry))


RESET = Missed([], more=False, reset=True)
"""The cursor is not of this history."""
