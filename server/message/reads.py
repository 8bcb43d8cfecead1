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
from server.protocol.values import RoomCard


class Listed(NamedTuple):
    """What a snapshot begins with, asked and not answered yet."""

    rooms: Soon[list[Room]]
    cards: Soon[list[CardRow]]


class Snapshot(Struct, frozen=True):
    """An account's conversations as of one instant. `rooms` are all of them, for the stream to go on from."""

    cards: list[RoomCard]
    missed: dict[UUID, Missed]
    rooms: list[Room]


def list_rooms(work: Work, account: UUID) -> Listed:
    return Listed(store.rooms_of(work, account), store.card_rows(work, account, limits.SNAPSHOT_ROOMS))


async def snapshot(work: Work, listed: Listed, cursors: Mapping[UUID, int] | UnsetType, same_epoch: bool) -> Snapshot:
    """In a transaction of repeatable read: everything here is of the same instant. The last that `work` is asked."""
    rooms = await listed.rooms
    heads = {room.id: room.head for room in rooms}
    asked = {} if cursors is UNSET else {room: after for room, after in cursors.items() if room in heads}
    good = {room: after for room, after in asked.items() if same_epoch and after <= heads[room]}
    behind = {room: after for room, after in good.items() if after < heads[room]}
    entries = store.since_each(work, behind, limits.PAGE_ENTRIES + 1) if behind else None
    work.end_with_next()
    cards = await store.with_last(work, await listed.cards)
    found = await entries if entries is not None else {}
    missed = {room: model.page(found.get(room, [])) if room in good else model.RESET for room in asked}
    return Snapshot(cards, missed, rooms)


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
    more = len(entries) > command.limit
    return History(entries[1:] if more else entries, more, room.head)


async def _mine(work: Work, id: UUID) -> Room:
    room = await store.room(work, id, work.caller.account)
    if room is None:
        raise not_found("room")
    return room
