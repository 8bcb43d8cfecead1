"""`session.open`: who it is, and a snapshot that the stream continues without a gap or a repeat."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from server.identity import standing
from server.identity import store as identity
from server.kernel import queries
from server.kernel.connection import Soon
from server.kernel.database import Database
from server.kernel.statement import Answer
from server.kernel.tokens import Pass, Tokens
from server.kernel.work import Work
from server.message import reads
from server.message.store import Room
from server.protocol import limits
from server.protocol.commands import OpenSession
from server.protocol.results import SessionOpened
from server.protocol.values import Settings

SQL = queries.load("kernel")
LIMITS = {
    "frame_bytes": limits.FRAME_BYTES,
    "body_characters": limits.BODY_CHARACTERS,
    "in_flight": limits.COMMANDS_IN_FLIGHT,
    "cursors": limits.CURSORS,
    "page_entries": limits.PAGE_ENTRIES,
    "edit_hours": limits.EDIT_HOURS,
}


class Opened(Struct, frozen=True):
    """The answer, all rooms of the account, and how long the token has left."""

    result: SessionOpened
    rooms: list[Room]
    seconds_left: float


class Resume:
    def __init__(self, database: Database, tokens: Tokens, zone: str) -> None:
        self._database = database
        self._tokens = tokens
        self._zone = zone

    def verify(self, token: str) -> Pass:
        """Raises `unauthenticated` or `session_expired`."""
        return self._tokens.verify(token)

    async def open(self, by: Pass, command: OpenSession) -> Opened:
        """One instant of the database. Raises `unauthenticated` where the session has ended."""
        caller = by.caller
        async with self._database.connection() as connection, connection.transaction():
            work = Work(connection, {}, caller)
            work.later(SQL.one_instant)
            work.keep_plans()
            me, settings = standing.live_account(work, caller), identity.settings(work, caller.account)
            house: Soon[tuple[datetime, str] | None] = work.soon(SQL.now_and_epoch, Answer.row)
            asked = reads.ask_snapshot(work, caller.account, command.rooms)
            work.end_with_next()
            account, kept = await me, await settings
            row = await house
            assert row is not None
            now, epoch = row
            found = await reads.snapshot(asked, command.epoch in (None, epoch))
        result = SessionOpened(
            account=account,
            session=caller.session,
            epoch=epoch,
            server_time=now,
            zone=self._zone,
            ping_s=limits.PING_SECONDS,
            limits=LIMITS,
            settings=kept or Settings(),
            rooms=found.cards,
            missed=found.missed,
        )
        return Opened(result, found.rooms, (by.expires_at - now).total_seconds())

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
