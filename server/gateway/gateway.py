"""What all sockets of a process share, and what the gateway does by the clock."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from server.gateway.admission import Admission
from server.gateway.connection import Connection
from server.gateway.hub import Hub
from server.gateway.outbound import Flusher
from server.gateway.rates import Bucket
from server.gateway.relay import Relay
from server.gateway.resume import Resume
from server.gateway.writer import Writer
from server.identity import store as identity
from server.kernel import queries
from server.kernel.arrays import Uuids
from server.kernel.database import Database
from server.kernel.dispatch import Dispatcher
from server.kernel.settings import Settings
from server.kernel.tokens import Tokens
from server.kernel.work import Caller, Work
from server.message import store as rooms
from server.protocol import limits
from server.protocol.commands import Command
from server.protocol.errors import Refusal
from server.protocol.events import EventFrame, SessionExpiring

if TYPE_CHECKING:
    from server.gateway.socket import Conversation

log = logging.getLogger("fuuro.gateway")
SQL = queries.load("kernel")
OVERLAP = timedelta(seconds=3)
"""How far back a poll looks beyond the last one: commits may come later than their clock says."""
TICK_SECONDS = 1.0
"""s between looks for sockets whose time is up."""
PRESENCE_SECONDS = 30.0
"""s between renewals of the leases that say who is online; a lease lasts twice as long."""


class Rates:
    """Messages, other commands and uploads of each account, as far as this process sees them."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._messages: dict[int, Bucket] = {}
        self._commands: dict[int, Bucket] = {}
        self._photos: dict[int, Bucket] = {}
        self._each: dict[str, dict[int, Bucket]] = {}

    def message(self, caller: Caller) -> None:
        """Raises `rate_limited`."""
        self._take(self._messages, limits.MESSAGES, caller)

    def command(self, caller: Caller, command: Command) -> None:
        """Raises `rate_limited`."""
        tag = str(type(command).__struct_config__.tag)
        if (rate := limits.EACH.get(tag)) is not None:
            self._take(self._each.setdefault(tag, {}), rate, caller, f"Too many {tag} at once: wait a moment.")
        if tag.startswith("message."):
            self._take(self._messages, limits.MESSAGES, caller)
        else:
            self._take(self._commands, limits.COMMANDS, caller)

    def photo(self, caller: Caller) -> None:
        """Raises `rate_limited`."""
        self._take(self._photos, limits.PHOTOS, caller)

    def _take(self, buckets: dict[int, Bucket], rate: limits.Rate, caller: Caller, sentence: str | None = None) -> None:
        now = time.monotonic()
        bucket = buckets.get(caller.account.int)
        if bucket is None:
            bucket = buckets[caller.account.int] = Bucket(rate, self._factor, now)
        if wait := bucket.take(now):
            raise Refusal("rate_limited", sentence, retry_after=wait)

    def forget(self) -> None:
        """Full buckets say nothing."""
        now = time.monotonic()
        for buckets in (self._messages, self._commands, self._photos, *self._each.values()):
            for account in [a for a, bucket in buckets.items() if bucket.is_full(now)]:
                del buckets[account]


class Gateway:
    """Made once a process; `coroutines` must run for as long as it lives."""

    def __init__(
        self, settings: Settings, database: Database, tokens: Tokens, dispatcher: Dispatcher, hub: Hub, relay: Relay
    ) -> None:
        self.settings = settings
        self.database = database
        self.dispatcher = dispatcher
        self.hub = hub
        self.relay = relay
        self.writer = Writer(database, hub, None if relay.alone else relay.entries)
        self.resume = Resume(database, tokens, settings.time_zone.key)
        self.admission = Admission()
        self.flusher = Flusher()
        self.rates = Rates(settings.limits)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.conversations: set[Conversation] = set()

    def coroutines(self) -> list[Coroutine[Any, Any, None]]:
        return [self.writer.run(), self.hub.fill_gaps(), self._tick(), self._poll(), *self.relay.tasks()]

    async def moment(self) -> datetime:
        async with self.database.connection() as connection:
            return await Work(connection, {}).moment()

    def tell_expiring(self, connection: Connection) -> None:
        by = connection.session.pass_
        if by is not None:
            connection.tell(msgspec.json.encode(EventFrame(SessionExpiring(by.expires_at))))

    async def _tick(self) -> None:
        """Time-outs. Nothing here waits for the database."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            for conversation in [c for c in self.conversations if c.session.due <= now]:
                conversation.tick(now)
            self.rates.forget()

    async def _poll(self) -> None:
        """What stands behind every hint, and the leases."""
        looked: datetime | None = None
        renewed = 0.0
        while True:
            await asyncio.sleep(limits.ROOMS_POLL_SECONDS)
            now = time.monotonic()
            try:
                looked = await self._look(looked)
                if now - renewed >= PRESENCE_SECONDS:
                    await self._renew()
                    renewed = now
                else:
                    await self._come_and_go()
            except Exception as error:
                log.warning("a poll failed and is tried again: %s", error)
                renewed = 0.0

    async def _look(self, since: datetime | None) -> datetime:
        """Rooms that changed, and sessions that ended, since the last look."""
        async with self.database.connection() as connection:
            work = Work(connection, {})
            now = await work.moment()
            if since is not None:
                for room in await rooms.heads_since(work, since - OVERLAP):
                    self.hub.heard(room.id, room.cast_id, room.guest_id, room.head)
                for session in await identity.ended_since(work, since - OVERLAP):
                    self.hub.end_session(session)
        return now

    async def _renew(self) -> None:
        """All leases, whatever went wrong before."""
        self.hub.moved()
        await self._lease(SQL.present, accounts=Uuids(self.hub.accounts()))

    async def _come_and_go(self) -> None:
        came, left = self.hub.moved()
        if came or left:
            await self._lease(SQL.come_and_go, came=Uuids(came), left=Uuids(left))

    async def _lease(self, query: bytes, **accounts: Uuids) -> None:
        async with self.database.connection() as connection:
            await Work(connection, {}).execute(
                query, process=self.relay.process, lease=2 * PRESENCE_SECONDS, **accounts
            )
