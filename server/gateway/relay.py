"""Hints between processes: what was committed here that sockets elsewhere should hear of. By NOTIFY, after the commit, one at a time with all that
has gathered. A lost hint costs latency only: behind rooms, outbox and revocations stand polls."""

import asyncio
import logging
from typing import Any
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from server.gateway.hub import Head, Hub, entry_frame, newly_opened
from server.kernel import queries
from server.kernel.connection import Connection
from server.kernel.database import Database
from server.kernel.kept import Kept
from server.kernel.wake import Wake
from server.kernel.work import Appended, News, Outdated, Queued, SessionEnded, Told
from server.protocol.events import EventFrame

log = logging.getLogger("fuuro.relay")
SQL = queries.load("kernel")
CHANNEL = "fuuro"
PAYLOAD_BYTES = 7_900
"""bytes; Postgres refuses 8,000."""
ACCOUNT_BYTES = 39
"""what an account takes among others"""
AROUND_BYTES = 400
"""at most, for what stands around an event and its accounts"""
START_BYTES = 100
"""at most, for the envelope itself"""
ENTRY_BYTES = 6_000
"""bytes of entries that ride along in one round; with more waiting, a read of all rooms at once is cheaper."""
RETRY_SECONDS = 0.5


class Hint(Struct, omit_defaults=True):
    """One piece of news: a room's head and, where there is space, the frames up to it by their seq; an event for accounts; an ended session;
    kept answers that are old; names for a worker."""

    room: Head | None = None
    entries: tuple[tuple[int, msgspec.Raw], ...] = ()
    accounts: tuple[UUID, ...] = ()
    event: msgspec.Raw = msgspec.Raw(b"")
    session: UUID | None = None
    outdated: Outdated | None = None
    queued: frozenset[str] = frozenset()


class Envelope(Struct):
    process: UUID
    hints: list[Hint]


class Relay:
    """`alone`: there is no other process, so nothing is sent or listened for."""

    def __init__(self, database: Database, hub: Hub, kept: Kept, wake: Wake, *, alone: bool) -> None:
        self.process = uuid4()
        self._database = database
        self._hub = hub
        self._kept = kept
        self._wake = wake
        self.alone = alone
        self._rooms: dict[UUID, Head] = {}
        self._entries: dict[UUID, list[tuple[int, msgspec.Raw]]] = {}
        self._bytes = 0
        self._others: list[Hint] = []
        self._gathered = asyncio.Event()

    def publish(self, news: list[News]) -> None:
        """Tells this process's sockets, kept answers and worker at once, and other processes soon."""
        self._hub.publish(news)
        self.hint(news)

    def hint(self, news: list[News]) -> None:
        for item in news:
            match item:
                case Queued():
                    self._wake.ring(item.names)
                    self._add(Hint(queued=item.names))
                case Appended() if not self.alone:
                    head = (item.room, item.cast, item.guest, item.entry.seq)
                    self.entries([(head, entry_frame(item.entry))])
                case Told() if not self.alone:
                    event = msgspec.json.encode(EventFrame(item.event))
                    if len(event) < PAYLOAD_BYTES - 1_000:
                        room, many = newly_opened(item), (PAYLOAD_BYTES - AROUND_BYTES - len(event)) // ACCOUNT_BYTES
                        for start in range(0, len(item.accounts), many):
                            accounts = item.accounts[start : start + many]
                            self._add(Hint(room=room, accounts=accounts, event=msgspec.Raw(event)))
                case SessionEnded():
                    self._add(Hint(session=item.session))
                case Outdated():
                    self._kept.outdate(item)
                    self._add(Hint(outdated=item))

    def entries(self, entries: list[tuple[Head, bytes]]) -> None:
        """Rooms that go further now, each with the frame that says so, for the other processes: not where it is `alone`. Of the heads of a room only
        the last matters."""
        for head, frame in entries:
            self._rooms[head[0]] = head
            self._bytes += len(frame)
            if self._bytes <= ENTRY_BYTES:
                self._entries.setdefault(head[0], []).append((head[3], msgspec.Raw(frame)))
        self._gathered.set()

    def _add(self, hint: Hint) -> None:
        if not self.alone and hint not in self._others[-1:]:
            self._others.append(hint)
            self._gathered.set()

    async def send(self) -> None:
        """Self-clocked: the next NOTIFY when the last has returned."""
        connection: Connection | None = None
        while True:
            await self._gathered.wait()
            self._gathered.clear()
            hints = self._take()
            try:
                if connection is None or connection.closed:
                    connection = await self._database.connect()
                    await connection.execute(SQL.unhurried)
                for payload in self._payloads(hints):
                    await connection.ask(SQL.notify, {"channel": CHANNEL, "payload": payload.decode()})
            except Exception as error:
                log.warning("hints to other processes were lost, the polls make up for them: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    def _take(self) -> list[Hint]:
        """What has gathered. Frames are left out where not all have space: somebody would wait for the others' reading anyway."""
        entries = self._entries if self._bytes <= ENTRY_BYTES else {}
        hints = [Hint(room=head, entries=tuple(entries.get(room, ()))) for room, head in self._rooms.items()]
        hints += self._others
        self._rooms, self._entries, self._bytes, self._others = {}, {}, 0, []
        return hints

    def _payloads(self, hints: list[Hint]) -> list[bytes]:
        """As few as will do. A hint that is too long by itself is lost."""
        payloads: list[bytes] = []
        part: list[Hint] = []
        size = START_BYTES
        for hint in hints:
            length = len(msgspec.json.encode(hint)) + 1
            if START_BYTES + length > PAYLOAD_BYTES:
                log.warning("a hint of %d bytes is too long to be sent", length)
                continue
            if size + length > PAYLOAD_BYTES:
                payloads.append(msgspec.json.encode(Envelope(self.process, part)))
                part, size = [], START_BYTES
            part.append(hint)
            size += length
        if part:
            payloads.append(msgspec.json.encode(Envelope(self.process, part)))
        return payloads

    async def listen(self) -> None:
        """One LISTEN connection of its own, for as long as the process lives; first it listens, then it believes hints."""
        while True:
            try:
                connection = await self._database.connect()
                async with connection:
                    await connection.execute(SQL.listen)
                    self._kept.clear()
                    async for notification in connection.notifies():
                        self._hear(notification.payload)
            except Exception as error:
                log.warning("hints cannot be heard just now: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    def _hear(self, payload: str) -> None:
        try:
            envelope = msgspec.json.decode(payload, type=Envelope)
        except msgspec.DecodeError:
            log.warning("a hint could not be read")
            return
        if envelope.process == self.process:
            return
        for hint in envelope.hints:
            if hint.room is not None:
                self._hub.heard(*hint.room, [(seq, bytes(frame)) for seq, frame in hint.entries])
            if hint.accounts:
                self._hub.tell(hint.accounts, bytes(hint.event))
            if hint.session is not None:
                self._hub.end_session(hint.session)
            if hint.outdated is not None:
                self._kept.outdate(hint.outdated)
            if hint.queued:
                self._wake.ring(hint.queued)

    def tasks(self) -> list[Any]:
        """The coroutines that must run for it."""
        return [] if self.alone else [self.send(), self.listen()]
