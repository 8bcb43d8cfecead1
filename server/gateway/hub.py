"""Who is connected here, and getting news to them: entries in each room's order, everything else as it comes."""

import asyncio
import logging
from collections.abc import Iterable
from uuid import UUID

import msgspec

from server.gateway.connection import Connection
from server.kernel import failures
from server.kernel.database import Database
from server.kernel.work import Appended, News, Outdated, Queued, SessionEnded, Told, Work
from server.message import store as rooms
from server.protocol import limits
from server.protocol.errors import Refusal
from server.protocol.events import EventFrame, RoomEntry, RoomOpened
from server.protocol.values import Entry

log = logging.getLogger("fuuro.gateway")
encoder = msgspec.json.Encoder()
NOBODY: frozenset[Connection] = frozenset()
ROOMS_A_READ = 200
"""rooms whose gaps are filled by one read: at a page each, what it may hold in memory."""
RETRY_SECONDS = 0.5
"""s until gaps that could not be read are tried again."""

Head = tuple[UUID, UUID, UUID, int]
"""Room, cast, guest, and how far it goes."""


def newly_opened(told: Told) -> Head | None:
    """The room that is opened by `told`, as its card shows it to whom of the two it is told."""
    if not isinstance(told.event, RoomOpened):
        return None
    card, (me,) = told.event.card, told.accounts
    cast, guest = (card.with_.id, me) if card.with_.role == "cast" else (me, card.with_.id)
    return card.room, cast, guest, card.head


def entry_frame(entry: Entry) -> bytes:
    """An entry as everybody gets it but who wrote it."""
    return encoder.encode(EventFrame(RoomEntry(entry)))


class Hub:
    """Connections by account and by session, and the rooms' members as far as they matter here. Rooms and accounts go by the numbers that
    their ids are, as in `Connection`."""

    def __init__(self, database: Database, factor: float) -> None:
        self._database = database
        self._most = max(1, round(limits.SOCKETS_PER_ACCOUNT * factor))
        self._members: dict[int, tuple[UUID, UUID]] = {}
        self._accounts: dict[int, list[Connection]] = {}
        self._sessions: dict[UUID, set[Connection]] = {}
        self._moved: set[UUID] = set()
        self._gaps: set[UUID] = set()
        self._gap = asyncio.Event()

    # ── who is here ─────────────────────────────────────────────────────────────────────────────────────────────────
    def enter(self, connection: Connection) -> None:
        """Before its snapshot is read: from here on it hears of everything."""
        caller = connection.caller
        assert caller is not None
        mine = self._accounts.setdefault(caller.account.int, [])
        if not mine:
            self._moved.add(caller.account)
        mine.append(connection)
        self._sessions.setdefault(caller.session, set()).add(connection)

    def settle(self, connection: Connection) -> None:
        """Before it is told its snapshot: the oldest of too many gives way to it. Raises `unauthenticated` where its session has ended
        since the snapshot was read; who has none to be told pushes nobody out."""
        assert connection.caller is not None
        mine = self._accounts.get(connection.caller.account.int, [])
        if connection not in mine:
            raise Refusal("unauthenticated")
        settled = [one for one in mine if one.heard is None]
        if len(settled) >= self._most:
            settled[0].outbound.wire.hang_up(4504, "too many sockets")
            self.leave(settled[0])

    def leave(self, connection: Connection) -> None:
        caller = connection.caller
        if caller is None:
            return
        mine = self._accounts.get(caller.account.int, [])
        if connection in mine:
            mine.remove(connection)
            if not mine:
                del self._accounts[caller.account.int]
                self._moved.add(caller.account)
        if sessions := self._sessions.get(caller.session):
            sessions.discard(connection)
            if not sessions:
                del self._sessions[caller.session]

    def connections(self) -> Iterable[Connection]:
        return [c for mine in self._accounts.values() for c in mine]

    def accounts(self) -> list[UUID]:
        return [UUID(int=number) for number in self._accounts]

    def moved(self) -> tuple[list[UUID], list[UUID]]:
        """Accounts that may have come, and such as may have left, since somebody asked last."""
        moved, self._moved = self._moved, set()
        return [a for a in moved if a.int in self._accounts], [a for a in moved if a.int not in self._accounts]

    def __len__(self) -> int:
        return sum(len(mine) for mine in self._accounts.values())

    # ── news ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def publish(self, news: Iterable[News], origin: Connection | None = None, seq: int | None = None) -> None:
        """Delivers what was committed. `origin` gets its result in the place of the entry `seq`, from whoever calls."""
        for item in news:
            match item:
                case Appended():
                    self.know(item.room, item.cast, item.guest)
                    skip = origin if seq == item.entry.seq else None
                    self.deliver(item.room, item.entry.seq, entry_frame(item.entry), skip)
                case Told():
                    if (head := newly_opened(item)) is not None:
                        self.know(*head[:3])
                    self.tell(item.accounts, encoder.encode(EventFrame(item.event)))
                case SessionEnded():
                    self.end_session(item.session)
                case Outdated() | Queued():
                    pass

    def deliver(self, room: UUID, seq: int, frame: bytes, skip: Connection | None = None) -> None:
        """To all sockets of its members; where they are not known they are read, and the entry with them."""
        members = self._members.get(room.int)
        if members is None:
            self.on_gap(room)
            return
        for account in members:
            for connection in self._accounts.get(account.int, NOBODY):
                if connection is not skip:
                    connection.deliver(room, seq, frame)

    def tell(self, accounts: Iterable[UUID], frame: bytes) -> None:
        for account in accounts:
            for connection in self._accounts.get(account.int, NOBODY):
                connection.tell(frame)

    def end_session(self, session: UUID) -> None:
        """Who is about to be let in hears it as the answer that they wait for."""
        for connection in list(self._sessions.get(session, NOBODY)):
            if connection.heard is None:
                connection.outbound.wire.hang_up(4502, "session ended")
            self.leave(connection)

    # ── gaps ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def heard(self, room: UUID, cast: UUID, guest: UUID, head: int, entries: Iterable[tuple[int, bytes]] = ()) -> None:
        """Somebody says that `room` goes as far as `head`, maybe with its last frames: who is behind then gets the rest."""
        if cast.int not in self._accounts and guest.int not in self._accounts:
            return
        self.know(room, cast, guest)
        for seq, frame in entries:
            self.deliver(room, seq, frame)
        for account in (cast, guest):
            for connection in self._accounts.get(account.int, NOBODY):
                if connection.heard is not None:
                    connection.heard.add(room)
                elif connection.behind(room, head):
                    self.on_gap(room)

    def on_gap(self, room: UUID) -> None:
        self._gaps.add(room)
        self._gap.set()

    async def fill_gaps(self) -> None:
        """Reads what some socket lacks, as long as the process lives: in one read all that has gathered while the last one ran."""
        while True:
            await self._gap.wait()
            self._gap.clear()
            gaps, self._gaps = list(self._gaps), set()
            for start in range(0, len(gaps), ROOMS_A_READ):
                await self._fill_or_leave(gaps[start : start + ROOMS_A_READ])

    async def _fill_or_leave(self, gaps: list[UUID]) -> None:
        """What cannot be read while PostgreSQL is away is tried again, for the polls look back no further than the last that went well. A
        room that fails alone does not keep the others waiting."""
        try:
            await self._fill(gaps)
        except (*failures.GONE, Refusal) as error:
            log.warning("gaps in %d rooms stay for now: %s", len(gaps), error)
            await asyncio.sleep(RETRY_SECONDS)
            for room in gaps:
                self.on_gap(room)
        except Exception:
            if len(gaps) == 1:
                log.exception("a gap in room %s stays for now", gaps[0])
                return
            for room in gaps:
                await self._fill_or_leave([room])

    async def _fill(self, gaps: list[UUID]) -> None:
        """One statement, where all members are known and nobody is further behind than a page."""
        async with self._database.connection() as reader:
            work = Work(reader, {})
            await self._know_members(work, gaps)
            cursors = {room: min(c.cursor(room) for c in here) for room in gaps if (here := self._here(room))}
            found = await rooms.since_each(work, cursors, limits.PAGE_ENTRIES) if cursors else {}
            heads = {room: entries[-1].seq for room, entries in found.items() if entries}
            long = [room for room, entries in found.items() if len(entries) == limits.PAGE_ENTRIES]
            heads |= {room.id: room.head for room in await rooms.rooms_by_id(work, long)} if long else {}
        for room, head in heads.items():
            behind = self._behind(room, head)
            for entry in found[room]:
                frame = entry_frame(entry)
                for connection in behind:
                    connection.fill(room, entry.seq, frame)
            if self._behind(room, head):
                self.on_gap(room)

    # ── members: they never change ──────────────────────────────────────────────────────────────────────────────────
    def know(self, room: UUID, cast: UUID, guest: UUID) -> None:
        self._members[room.int] = (cast, guest)

    async def _know_members(self, work: Work, asked: Iterable[UUID]) -> None:
        if unknown := [room for room in asked if room.int not in self._members]:
            for room in await rooms.rooms_by_id(work, unknown):
                self.know(room.id, room.cast_id, room.guest_id)

    def members(self, room: UUID) -> tuple[UUID, UUID] | None:
        """Cast and guest, where they are known here."""
        return self._members.get(room.int)

    def _here(self, room: UUID) -> list[Connection]:
        """Who is in `room` and has had a snapshot; who has not will look for themselves then."""
        here = []
        for account in self._members.get(room.int, ()):
            for connection in self._accounts.get(account.int, NOBODY):
                if connection.heard is None:
                    here.append(connection)
                else:
                    connection.heard.add(room)
        return here

    def _behind(self, room: UUID, head: int) -> list[Connection]:
        behind = []
        for connection in self._here(room):
            if not connection.behind(room, head):
                continue
            if connection.lost(room, head):
                connection.outbound.wire.hang_up(4002, "resume needed")
                self.leave(connection)
            else:
                behind.append(connection)
        return behind
