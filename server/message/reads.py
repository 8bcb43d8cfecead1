"""Reads of the stream: the snapshot of `session.open`, pages of the log, pages of the history."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from server.kernel.connection import Soon
from server.kernel.work import Work
from server.message import model, store
from server.message.model import CardRow
from server.message.store import Room
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.errors import not_found
from server.protocol.results import History, Missed
from server.protocol.values import Entry, RoomCard

READ_BYTES = limits.MISSED_BYTES + limits.PAGE_BYTES
"""of words that are read for a snapshot, whatever was missed: what it shows is less."""


class Asked(NamedTuple):
    """What a snapshot asks for, not answered yet; `cursors` are those that the device brought."""

    rooms: Soon[list[Room]]
    cards: Soon[list[CardRow]]
    cursors: Mapping[UUID, int]
    entries: Soon[dict[UUID, list[Entry]]] | None


class Snapshot(Struct, frozen=True):
    """An account's conversations as of one instant. `rooms` are all of them, for the stream to go on from."""

    cards: list[RoomCard]
    missed: dict[UUID, Missed]
    rooms: list[Room]


def ask_snapshot(work: Work, account: UUID, cursors: Mapping[UUID, int] | UnsetType) -> Asked:
    """In a transaction of repeatable read: everything here is of the same instant."""
    brought = {} if cursors is UNSET else cursors
    return Asked(
        store.rooms_of(work, account),
        store.card_rows(work, account, limits.SNAPSHOT_ROOMS),
        brought,
        store.since_each_as_member(work, account, brought, limits.PAGE_ENTRIES + 1, READ_BYTES) if brought else None,
    )


async def snapshot(asked: Asked, same_epoch: bool) -> Snapshot:
    """Cursors of another epoch, or from beyond a room's head, are of another history; rooms that aren't the account's are passed over."""
    rooms = await asked.rooms
    cards = [row.card() for row in await asked.cards]
    entries = await asked.entries if asked.entries is not None else {}
    heads = {room.id: room.head for room in rooms}
    good = {room: same_epoch and after <= heads[room] for room, after in asked.cursors.items() if room in heads}
    pages = model.pages({room: (asked.cursors[room], heads[room], entries[room]) for room in good if good[room]})
    return Snapshot(cards, {room: pages.get(room, model.RESET) for room in good}, rooms)


async def since(work: Work, command: c.RoomSince) -> Missed:
    """Where entries come, the caller is a member and the cursor of this history; only where none come is it asked why."""
    found = await store.since_as_member(work, command.room, work.caller.account, command.after, command.limit + 1)
    if not found and command.after > (await _mine(work, command.room)).head:
        return model.RESET
    return model.page(found, command.limit)


async def history(work: Work, command: c.RoomHistory) -> History:
    room = await _mine(work, command.room)
    before = command.before or room.head + 1
    entries = await store.history(work, room.id, before, command.limit + 1)
    return History(*model.latest(entries, command.limit), room.head)


async def _mine(work: Work, id: UUID) -> Room:
    room = await store.room(work, id, work.caller.account)
    if room is None:
        raise not_found("room")
    return room
