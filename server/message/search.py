"""Looking for words in one's own rooms. The index of words may lag or be missing: what is found is the same, only slower."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from server.kernel import queries
from server.kernel.work import Work
from server.message import store
from server.message.model import EntryRow
from server.protocol.errors import not_found
from server.protocol.values import Entry

SQL = queries.load("message")


INDEXED = 1_000
"""entries whose words are indexed in one transaction. It costs more than writing them did."""
BUSY = 50
"""rooms in which somebody wrote in the last five seconds, with which a house is busy: then so few are indexed that nobody who writes waits for it."""
INDEXED_WHEN_BUSY = 20


class Place(Struct, frozen=True):
    """Where a page ended: the last entry on it."""

    at: datetime
    room: UUID
    seq: int


class Step(Struct, frozen=True):
    """Entries of a room after `after`, up to `upto`, whose words are to be indexed."""

    room: UUID
    after: int
    upto: int


async def find(work: Work, text: str, room: UUID | None, before: Place | None, limit: int) -> list[Entry]:
    """At most `limit` entries of the caller's rooms, or of `room`, that contain `text`, older than `before`, the newest first."""
    me = work.caller.account
    if room is not None and await store.room(work, room, me) is None:
        raise not_found("room")
    rows = await work.all(
        SQL.search,
        EntryRow,
        account=me,
        plain=await work.value(SQL.plain, text=text),
        room=room,
        before=before and before.at,
        before_room=before and before.room,
        before_seq=before and before.seq,
        limit=limit,
    )
    return [row.entry() for row in rows]


async def index_words(work: Work, most: int = INDEXED) -> int:
    """Brings the index of words nearer to the heads of the rooms, `most` entries in all; of how many rooms. One worker at a time."""
    if not await work.value(SQL.lock_indexing):
        return 0
    if not (steps := await work.all(SQL.to_index, Step, most=most)):
        return 0
    rooms, afters, uptos = [s.room for s in steps], [s.after for s in steps], [s.upto for s in steps]
    for statement in (SQL.index_words, SQL.unindex_words):
        await work.execute(statement, rooms=rooms, afters=afters, uptos=uptos)
    await work.execute(SQL.indexed, rooms=rooms, uptos=uptos)
    return len(steps)


async def index_at_leisure(work: Work) -> int:
    """For the schedule: a step, and then a rest, however much is waiting. Who writes goes first; what is not indexed is found too."""
    busy = await work.value(SQL.is_busy, rooms=BUSY)
    await index_words(work, INDEXED_WHEN_BUSY if busy else INDEXED)
    return 0
