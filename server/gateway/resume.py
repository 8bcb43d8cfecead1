"""`session.open`: who it is, and a snapshot that the stream continues without a gap or a repeat."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from server.identity import standing
from server.identity import store as identity
from server.kernel import queries
from server.kernel.connection import Soon
from server.kernel.database import Database
from server.kernel.statement import Answer
from server.kernel.together import Together
from server.kernel.tokens import Pass, Tokens
from server.kernel.work import Caller, Work
from server.message import reads
from server.message.store import Room
from server.protocol import limits
from server.protocol.commands import OpenSession
from server.protocol.results import SessionOpened
from server.protocol.values import Account, Settings

SQL = queries.load("kernel")
LIMITS = {
    "frame_bytes": limits.FRAME_BYTES,
    "body_characters": limits.BODY_CHARACTERS,
    "in_flight": limits.COMMANDS_IN_FLIGHT,
    "cursors": limits.CURSORS,
    "page_entries": limits.PAGE_ENTRIES,
    "edit_hours": limits.EDIT_HOURS,
}
TOGETHER = 16
"""sign-ins that are asked for at once, at most."""


class Opened(Struct, frozen=True):
    """The answer, all rooms of the account, and how long the token has left."""

    result: SessionOpened
    rooms: list[Room]
    seconds_left: float


class _Asked(NamedTuple):
    """What the database is asked for one who signs in."""

    account: Soon[Account]
    settings: Soon[Settings | None]
    snapshot: reads.Asked


class Resume:
    def __init__(self, database: Database, tokens: Tokens, zone: str) -> None:
        self._database = database
        self._tokens = tokens
        self._zone = zone
        self._together = Together(self._ask_all, TOGETHER)

    def verify(self, token: str) -> Pass:
        """Raises `unauthenticated` or `session_expired`."""
        return self._tokens.verify(token)

    async def open(self, by: Pass, command: OpenSession) -> Opened:
        """One instant of the database. Raises `unauthenticated` where the session has ended."""
        now, epoch, asked = await self._together.ask((by.caller, command))
        account, settings = await asked.account, await asked.settings
        found = await reads.snapshot(asked.snapshot, command.epoch in (None, epoch))
        result = SessionOpened(
            account=account,
            session=by.caller.session,
            epoch=epoch,
            server_time=now,
            zone=self._zone,
            ping_s=limits.PING_SECONDS,
            limits=LIMITS,
            settings=settings or Settings(),
            rooms=found.cards,
            missed=found.missed,
        )
        return Opened(result, found.rooms, (by.expires_at - now).total_seconds())

    async def _ask_all(self, those: Sequence[tuple[Caller, OpenSession]]) -> list[tuple[datetime, str, _Asked]]:
        """The clock, the epoch and what each asked for: all of one instant, in one exchange."""
        async with self._database.connection() as connection, connection.transaction():
            work = Work(connection, {})
            work.later(SQL.one_instant)
            work.keep_plans()
            house: Soon[tuple[datetime, str] | None] = work.soon(SQL.now_and_epoch, Answer.row)
            each = [
                _Asked(
                    standing.live_account(work, caller),
                    identity.settings(work, caller.account),
                    reads.ask_snapshot(work, caller.account, command.rooms),
                )
                for caller, command in those
            ]
            work.end_with_next()
            row = await house
        assert row is not None
        now, epoch = row
        return [(now, epoch, asked) for asked in each]

    async def seconds_left(self, by: Pass) -> float:
        """For `session.refresh`: the session must live still."""
        async with self._database.connection() as connection, connection.transaction():
            work = Work(connection, {}, by.caller)
            me, clock = standing.live_account(work, by.caller), work.moment()
            await me
            return (by.expires_at - await clock).total_seconds()


def heads(opened: Opened) -> dict[UUID, int]:
    """Where each room stands as of the snapshot; with cursors, the rest of a long page is the client's to ask for."""
    return {room.id: room.head for room in opened.rooms}
