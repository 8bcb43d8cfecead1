"""Group commit: one writer a process takes all that arrived while the last flush ran, in one SQL call, then answers and delivers."""

import asyncio
import logging
import time
from collections.abc import Callable
from uuid import UUID

from msgspec import Struct

from server.gateway.hub import Head, Hub, entry_frame
from server.kernel import failures
from server.kernel.connection import Connection as DatabaseConnection
from server.kernel.database import Database
from server.kernel.eager import Eager
from server.message import store
from server.message.handlers import refuse
from server.message.store import Draft, Written
from server.protocol import limits
from server.protocol.errors import Refusal

log = logging.getLogger("fuuro.writer")
Hint = Callable[[list[tuple[Head, bytes]]], None]
"""Tells other processes of rooms that go further now, each with the frame that says so."""
RETRY_SECONDS = 0.2
"""s between tries to reach Postgres again."""
FLUSH_SECONDS = 10.0
"""s that Postgres may be silent about a batch; a lock in its way is held for far less."""
LOG_SECONDS = 5.0
"""s between two lines of the log that say why messages are refused."""


class Item(Struct, gc=False):
    """A message on its way. `done` is called once: with where it stands and its entry as others get it, or with a refusal."""

    draft: Draft
    done: Callable[["Item", Written | Refusal], None]
    connection: object = None
    frame: object = None


class Writer:
    """`submit` never waits; order of submission is order of `done`. `hint` is None where no other process listens."""

    def __init__(self, database: Database, hub: Hub, hint: Hint | None) -> None:
        self._database = database
        self._hub = hub
        self._hint = hint
        self._queue: list[Item] = []
        self._filled = asyncio.Event()
        self._connection: DatabaseConnection | None = None
        self._logged = -LOG_SECONDS
        self.flushes = 0
        self.written = 0
        self.refused = 0
        """because Postgres was away"""

    def submit(self, item: Item) -> None:
        self._queue.append(item)
        self._filled.set()

    async def run(self) -> None:
        """As long as the process lives. Nothing that one message or socket does ends it. While Postgres writes one batch,
        the answers to the one before go out: neither waits for the other."""
        batch: list[Item] = []
        written: list[Written] = []
        while True:
            if not self._filled.is_set():
                self._deliver(batch, written)
                batch, written = [], []
                await self._filled.wait()
            following = self._take()
            write = self._write([item.draft for item in following])
            writing = write if self._connection is None or self._connection.closed else Eager(write)
            self._deliver(batch, written)
            batch, written = following, []
            try:
                written = await writing
            except asyncio.CancelledError:
                raise
            except failures.GONE as error:
                self._unavailable(batch, error)
                batch = []
                await self._reconnect()
            except Exception:
                await self._one_by_one(batch)
                batch = []

    def _take(self) -> list[Item]:
        """The next batch. A repetition of a key waits for the next one: then it finds its first answer."""
        first: dict[UUID | None, Item] = {}
        batch: list[Item] = []
        later: list[Item] = []
        for item in self._queue[: limits.FLUSH_MESSAGES]:
            (batch if first.setdefault(item.draft.key, item) is item else later).append(item)
        self._queue = later + self._queue[limits.FLUSH_MESSAGES :]
        if not self._queue:
            self._filled.clear()
        return batch

    async def _write(self, drafts: list[Draft]) -> list[Written]:
        """Raises OperationalError where Postgres says nothing for too long: whether it wrote will be told by the same keys."""
        if self._connection is None or self._connection.closed:
            self._connection = await self._database.connect()
        with self._connection.at_most(FLUSH_SECONDS):
            written = await store.append(self._connection, drafts)
        self.flushes += 1
        self.written += len(drafts)
        return written

    async def _one_by_one(self, batch: list[Item]) -> None:
        """Something in the batch is poison: it fails alone, its mates are written."""
        for item in batch:
            try:
                written = await self._write([item.draft])
            except failures.GONE as error:
                self._unavailable([item], error)
            except failures.ANY as error:
                refusal = failures.refusal(error)
                if refusal is None:
                    log.exception("a message could not be written")
                self._answer_all([item], refusal or Refusal("internal"))
            except Exception:
                log.exception("a message could not be written")
                self._answer_all([item], Refusal("invalid", "This text cannot be stored.", field="body"))
            else:
                self._deliver([item], written)

    def _deliver(self, batch: list[Item], written: list[Written]) -> None:
        """Answers, then tells everybody else. Whom a room has is not asked here: where nobody has said so yet, the hub finds out."""
        new: list[tuple[Head, bytes]] = []
        for item, place in zip(batch, written, strict=True):
            draft = item.draft
            try:
                if place.verdict in ("f", "d"):
                    item.done(item, place)
                else:
                    refuse(place.verdict)
            except Refusal as refusal:
                self._answer_all([item], refusal)
            except Exception:
                log.exception("an answer could not be given")
            if place.verdict == "f":
                try:
                    frame = entry_frame(draft.entry(place))
                    self._hub.deliver(draft.room, place.seq, frame, item.connection)  # type: ignore[arg-type]
                    if self._hint is not None and (members := self._hub.members(draft.room)) is not None:
                        new.append(((draft.room, *members, place.seq), frame))
                except Exception:
                    log.exception("an entry could not be delivered: it is read again")
                    self._hub.on_gap(draft.room)
        if self._hint is not None and new:
            self._hint(new)

    def _answer_all(self, batch: list[Item], refusal: Refusal) -> None:
        for item in batch:
            try:
                item.done(item, refusal)
            except Exception:
                log.exception("an answer could not be given")

    def _unavailable(self, batch: list[Item], error: Exception) -> None:
        """The log says why, but not for every batch: while Postgres is away there are five a second."""
        self.refused += len(batch)
        now = time.monotonic()
        if now - self._logged >= LOG_SECONDS:
            self._logged = now
            log.warning("messages cannot be written just now: %s", error)
        self._answer_all(batch, Refusal("unavailable", retry_after=1))

    async def _reconnect(self) -> None:
        """What arrives meanwhile is refused at once, not kept waiting: the client has its outbox."""
        while True:
            try:
                if self._connection is not None:
                    await self._connection.close()
                self._connection = await self._database.connect()
                return
            except failures.GONE as error:
                self._unavailable(self._take(), error)
                await asyncio.sleep(RETRY_SECONDS)
