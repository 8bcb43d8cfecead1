"""`session.open`: who it is, and a snapshot that the stream continues without a gap or a repeat."""

from uuid import UUID

from msgspec import Struct

from server.identity import standing
from server.identity import store as identity
from server.kernel import queries
from server.kernel.connection import Soon
from server.kernel.database import Database
from server.kernel.statement import Answer
from server.kernel.tokens import Pass, Tokens
from server.kernel.work import Caller, Work
from server.message import reads
from server.message.store import Room
from server.protocol import limits
from server.protocol.commands import OpenSession
from server.protocol.errors import Refusal
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
            settings, clock = identity.settings(work, caller.account), work.moment()
            house: Soon[str] = work.soon(SQL.epoch, Answer.value)
            listed = reads.list_rooms(work, caller.account)
            account = await self._live_account(work, caller)
            kept, now, epoch = await settings, await clock, await house
            same_epoch = command.epoch is None or command.epoch == epoch
            found = await reads.snapshot(work, listed, command.rooms, same_epoch)
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
            await self._live_account(work, by.caller)
            return (by.expires_at - await work.moment()).total_seconds()

    async def _live_account(self, work: Work, caller: Caller) -> Account:
        asked = identity.account(work, caller.account)
        await standing.check_live(work, caller)
        account = await asked
        if account is None:
            raise Refusal("unauthenticated")
        return account


def heads(opened: Opened) -> dict[UUID, int]:
    """Where each room stands as of the snapshot; with cursors, the rest of a long page is the client's to ask for."""
    return {room.id: room.head for room in opened.rooms}
