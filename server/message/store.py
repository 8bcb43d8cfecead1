"""Message's queries, typed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from server.kernel import queries
from server.kernel.arrays import Bigints, Documents, Texts, Uuids
from server.kernel.connection import Connection, Soon
from server.kernel.statement import Answer
from server.kernel.work import Work
from server.message.model import CardRow, EntryRow
from server.protocol import limits
from server.protocol.values import Account, Delivery, Entry, Reservation, RoomCard

SQL = queries.load("message")
BLOCKS = 1_000
"""of the blocks of one account that are listed."""
Verdict = Literal["f", "d", "k", "x", "b", "r"]


class Room(Struct, frozen=True):
    id: UUID
    cast_id: UUID
    guest_id: UUID
    head: int
    blocked: bool

    def other(self, account: UUID) -> UUID:
        return self.guest_id if account == self.cast_id else self.cast_id


class Draft(Struct, frozen=True):
    """An entry to append; `by` and `key` are None for what the house writes, `event` only then set."""

    room: UUID
    by: UUID | None
    key: UUID | None
    kind: str
    body: str | None = None
    target: int | None = None
    reservation: UUID | None = None
    event: int | None = None
    more: Mapping[str, Any] | None = None

    def entry(
        self,
        place: "Written",
        reservation: Reservation | UnsetType = UNSET,
        delivery: dict[UUID, Delivery] | UnsetType = UNSET,
    ) -> Entry:
        """What stands in the log then, as everybody else gets it; `reservation` as it is after the commit."""
        reply_to = (self.more or {}).get("reply_to", UNSET)
        if self.kind == "text":
            key, body = self.key or UNSET, self.body or UNSET
            return Entry(self.room, place.seq, place.at, self.by, "text", key, body, reply_to=reply_to)
        said = {"room": self.room, "seq": place.seq, "at": place.at, "by": self.by, "kind": self.kind}
        optional = {"key": self.key, "body": self.body, "target": self.target}
        said |= {name: value for name, value in optional.items() if value is not None}
        entry = msgspec.convert(said | dict(self.more or {}), Entry)
        return replace(entry, reservation=reservation, delivery=delivery)


class Written(Struct, frozen=True):
    """Where a draft stands now. `verdict`: fresh, duplicate, key reused, no member (x), blocked, replies to nothing (r)."""

    seq: int
    at: datetime
    verdict: Verdict


class EntryState(Struct, frozen=True):
    room: UUID
    seq: int
    at: datetime
    by: UUID | None
    kind: str
    deleted: bool
    young: bool


class Stepped(Struct, frozen=True):
    """A reservation as it was written, in JSON, and whether nobody says anything in its room any more."""

    id: UUID
    reservation: dict[str, Any]
    blocked: bool


class Raised(Struct, frozen=True):
    """How far a member's devices are known to have come in a room, before and now."""

    room: UUID
    account: UUID
    before: int
    upto: int
    read: int


def append(connection: Connection, drafts: Sequence[Draft]) -> Soon[list[Written]]:
    """Appends all of `drafts`, in one statement; one verdict each. No two of them may have the same room, sender and key. PostgreSQL gets each
    room once, in order of id, and of each draft the place of its room there and which of its room's drafts it is."""
    rooms = {d.room.int: d.room for d in drafts}
    numbers = {number: place for place, number in enumerate(sorted(rooms))}
    places = [numbers[d.room.int] for d in drafts]
    counts, nths = [0] * len(rooms), []
    for place in places:
        counts[place] += 1
        nths.append(counts[place])
    plain = all(d.target is None and d.reservation is None and d.event is None and d.more is None for d in drafts)
    values = {
        "rooms": Uuids([rooms[number] for number in numbers]),
        "counts": Bigints(counts),
        "places": Bigints([place + 1 for place in places]),
        "nths": Bigints(nths),
        "bys": Uuids([d.by for d in drafts]),
        "keys": Uuids([d.key for d in drafts]),
        "kinds": Texts([d.kind for d in drafts]),
        "bodies": Texts([d.body for d in drafts]),
        "targets": Bigints(() if plain else [d.target for d in drafts]),
        "reservations": Uuids(() if plain else [d.reservation for d in drafts]),
        "events": Bigints(() if plain else [d.event for d in drafts]),
        "mores": Documents(() if plain else [d.more for d in drafts]),
    }

    def written(answer: Answer) -> list[Written]:
        row = answer.row()
        assert row is not None
        heads, at, *each = row
        if heads is None:
            return [Written(seq or 0, when, verdict) for seq, when, verdict in zip(*each, strict=True)]
        return [Written(heads[place] + nth, at, "f") for place, nth in zip(places, nths, strict=True)]

    return connection.soon(SQL.append, values, written)


async def room(work: Work, id: UUID, account: UUID) -> Room | None:
    return await work.one(SQL.room, Room, room=id, account=account)


def rooms_of(work: Work, account: UUID) -> Soon[list[Room]]:
    return work.soon(SQL.rooms_of, lambda answer: answer.rows(Room), account=account)


async def rooms_by_id(work: Work, ids: Sequence[UUID]) -> list[Room]:
    return await work.all(SQL.rooms_by_id, Room, rooms=Uuids(ids))


async def heads_since(work: Work, since: datetime) -> list[Room]:
    return await work.all(SQL.heads_since, Room, since=since)


async def card(work: Work, room: UUID, account: UUID) -> RoomCard:
    row = await work.one(SQL.card, CardRow, room=room, account=account)
    assert row is not None
    return row.card()


async def cards(
    work: Work, account: UUID, limit: int, before: tuple[datetime, UUID] | None = None
) -> tuple[list[RoomCard], tuple[datetime, UUID] | None]:
    """The latest rooms of `account`, and the place after the last of them where there may be more."""
    rows = await card_rows(work, account, limit, before)
    place = (rows[-1].changed_at, rows[-1].room) if len(rows) == limit else None
    return [row.card() for row in rows], place


def card_rows(
    work: Work, account: UUID, limit: int, before: tuple[datetime, UUID] | None = None
) -> Soon[list[CardRow]]:
    """Of the latest rooms of `account`."""
    at, id = before or (None, None)
    values = {"account": account, "limit": limit, "before": at, "before_id": id}
    return work.soon(SQL.cards, lambda answer: answer.rows(CardRow), **values)


async def account(work: Work, id: UUID) -> Account | None:
    found = await work.value(SQL.account, account=id)
    return None if found is None else msgspec.convert(found, Account)


async def follows(work: Work, guest: UUID, cast: UUID) -> bool:
    return bool(await work.value(SQL.follows, guest=guest, cast_id=cast))


async def make_room(work: Work, cast: UUID, guest: UUID) -> tuple[UUID, bool]:
    """The room of the two, and whether it is new."""
    made: UUID | None = await work.value(SQL.make_room, cast_id=cast, guest_id=guest)
    return (made, True) if made else (await work.value(SQL.room_of_pair, cast_id=cast, guest_id=guest), False)


async def room_of_pair(work: Work, cast: UUID, guest: UUID) -> UUID | None:
    found: UUID | None = await work.value(SQL.room_of_pair, cast_id=cast, guest_id=guest)
    return found


async def lock_pair(work: Work, cast: UUID, guest: UUID) -> None:
    """Held to the end of the transaction."""
    await work.value(SQL.lock_pair, cast_id=cast, guest_id=guest)


async def is_blocked(work: Work, one: UUID, other: UUID) -> bool:
    """Whoever set it."""
    return bool(await work.value(SQL.is_blocked, account=one, other=other))


async def add_block(work: Work, by: UUID, account: UUID) -> None:
    await work.execute(SQL.add_block, by=by, account=account)


async def remove_block(work: Work, by: UUID, account: UUID) -> None:
    await work.execute(SQL.remove_block, by=by, account=account)


class Blocked(Struct, frozen=True):
    """Somebody who is blocked, since when; `account` as the contract calls it, without a face."""

    account: dict[str, Any]
    at: datetime


async def blocked_by(work: Work, account: UUID) -> list[Blocked]:
    """Whom `account` has blocked, the last first; at most `BLOCKS`."""
    return await work.all(SQL.blocked_by, Blocked, account=account, limit=BLOCKS)


async def mark_blocked(work: Work, cast: UUID, guest: UUID) -> UUID | None:
    """The room, where that changed something in it."""
    changed: UUID | None = await work.value(SQL.mark_blocked, cast_id=cast, guest_id=guest)
    return changed


async def since(work: Work, room: UUID, after: int, limit: int) -> list[Entry]:
    return [row.entry() for row in await work.all(SQL.since, EntryRow, room=room, after=after, limit=limit)]


async def since_as_member(work: Work, room: UUID, account: UUID, after: int, limit: int) -> list[Entry]:
    rows = await work.all(SQL.since_as_member, EntryRow, room=room, account=account, after=after, limit=limit)
    return [row.entry() for row in rows]


def since_each(work: Work, cursors: Mapping[UUID, int], limit: int) -> Soon[dict[UUID, list[Entry]]]:
    return work.soon(
        SQL.since_each, partial(_by_room, cursors), rooms=Uuids(cursors), afters=Bigints(cursors.values()), limit=limit
    )


def since_each_as_member(
    work: Work, account: UUID, cursors: Mapping[UUID, int], limit: int, bytes: int
) -> Soon[dict[UUID, list[Entry]]]:
    """At most `limit` entries of each room; once their words are so many `bytes` together, no more."""
    return work.soon(
        SQL.since_each_as_member,
        partial(_by_room, cursors),
        account=account,
        rooms=Uuids(cursors),
        afters=Bigints(cursors.values()),
        limit=limit,
        bytes=bytes,
    )


def _by_room(rooms: Iterable[UUID], answer: Answer) -> dict[UUID, list[Entry]]:
    found: dict[UUID, list[Entry]] = {room: [] for room in rooms}
    for row in answer.rows(EntryRow):
        found[row.room].append(row.entry())
    return found


async def history(work: Work, room: UUID, before: int, limit: int) -> list[Entry]:
    """At most `limit` entries before `before`, folded, ascending."""
    rows = await work.all(SQL.history, EntryRow, room=room, before=before, limit=limit)
    return [row.entry() for row in reversed(rows)]


async def entry(work: Work, room: UUID, seq: int) -> EntryState | None:
    return await work.one(SQL.entry, EntryState, room=room, seq=seq, hours=limits.EDIT_HOURS)


def stepped(work: Work, reservations: Sequence[UUID]) -> Soon[dict[UUID, Stepped]]:
    """Reservations as their steps have left them."""
    return work.soon(
        SQL.stepped, lambda answer: {row.id: row for row in answer.rows(Stepped)}, reservations=Uuids(reservations)
    )


async def scrub(work: Work, room: UUID, target: int) -> None:
    """The words go, and what they would be found by."""
    await work.execute(SQL.scrub, room=room, target=target)
    await work.execute(SQL.forget_words, room=room, target=target)


async def read(work: Work, room: UUID, account: UUID, seq: int) -> Raised:
    raised = await work.one(SQL.read, Raised, room=room, account=account, seq=seq)
    assert raised is not None
    return raised


async def receive(work: Work, room: UUID, account: UUID, seq: int) -> Raised:
    raised = await work.one(SQL.receive, Raised, room=room, account=account, seq=seq)
    assert raised is not None
    return raised


async def raise_displayed(work: Work, receipt: UUID) -> Raised | None:
    """None where the receipt was brought before, or is none."""
    return await work.one(SQL.raise_displayed, Raised, receipt=receipt)


async def is_receipt(work: Work, receipt: UUID) -> bool:
    return bool(await work.value(SQL.is_receipt, receipt=receipt))


class _Seq(Struct, frozen=True):
    seq: int


async def seals_between(work: Work, raised: Raised) -> list[int]:
    """The seals that have just been reached."""
    rows = await work.all(SQL.seals_between, _Seq, room=raised.room, before=raised.before, upto=raised.upto)
    return [row.seq for row in rows]


async def private_receipts(work: Work, account: UUID) -> bool:
    return bool(await work.value(SQL.private_receipts, account=account))


async def mute(work: Work, room: UUID, account: UUID, until: datetime | None) -> None:
    await work.execute(SQL.mute, room=room, account=account, until=until)


async def has_plan(work: Work, cast: UUID, plan: UUID) -> bool:
    return bool(await work.value(SQL.plan_of, plan=plan, cast_id=cast))


async def is_absent(work: Work, account: UUID) -> bool:
    """Whether the account is ending or suspended: nobody begins anything with it."""
    return bool(await work.value(SQL.is_absent, account=account))


def reader(connection: Connection) -> Work:
    """A work for reads on a connection in autocommit."""
    return Work(connection, {})
