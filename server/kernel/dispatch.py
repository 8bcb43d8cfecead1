"""The life of a command: transaction → key → handler → outbox → commit → news. Nobody else commits what a client asked for."""

import asyncio
import hashlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct

from server.kernel import failures, queries
from server.kernel.connection import Connection
from server.kernel.crypto import Keyring
from server.kernel.database import Database
from server.kernel.work import Caller, Consumers, News, Work
from server.protocol.commands import Command
from server.protocol.errors import Refusal

log = logging.getLogger("fuuro.dispatch")
SQL = queries.load("kernel")
Handler = Callable[[Work, Any], Awaitable[Struct]]
Handlers = Mapping[type[Command], Handler]
Gate = Callable[[Work], Awaitable[str | None]]
"""Why the caller may not act just now, or None; held true to the end of the transaction. Asked for commands with `standing`."""
TRIES = 4
"""times a transaction is tried whole after a deadlock or a serialisation failure."""


class Outcome(Struct, frozen=True):
    """What was committed: the encoded result, and the news of it. `seq` is the entry that the result bears, if any."""

    result: bytes
    news: list[News]
    seq: int | None


class Dispatcher:
    """Runs commands by their handlers. One for the socket and for `POST /api/commands`."""

    def __init__(
        self, database: Database, handlers: Handlers, consumers: Consumers, keyring: Keyring, gate: Gate
    ) -> None:
        self.database = database
        self._gate = gate
        self._keyring = keyring
        self._handlers = handlers
        self._consumers = consumers

    async def run(self, caller: Caller, command: Command, key: UUID | None) -> Outcome:
        """The outcome of `command`, committed. Raises Refusal; then nothing of it has taken effect."""
        handler = self._handlers.get(type(command))
        if handler is None:
            raise Refusal("invalid", "This command belongs to a socket.", field="type")
        for attempt in range(TRIES):
            try:
                if type(command).reads:
                    return await self._read(handler, caller, command)
                return await self._once(handler, caller, command, key)
            except failures.AGAIN:
                await asyncio.sleep(random.uniform(0.005, 0.02) * 2**attempt)
            except psycopg.Error as error:
                if (refusal := failures.refusal(error)) is not None:
                    raise refusal from error
                log.exception("a %s failed", type(command).__name__)
                raise Refusal("internal") from error
        raise Refusal("unavailable", retry_after=1)

    async def _read(self, handler: Handler, caller: Caller, command: Command) -> Outcome:
        """Without a transaction: each statement sees what was committed before it."""
        async with self.database.connection() as connection:
            work = Work(connection, self._consumers, caller)
            result = await handler(work, command)
            work.allow(command)
        return Outcome(msgspec.json.encode(result), [], None)

    async def _once(self, handler: Handler, caller: Caller, command: Command, key: UUID | None) -> Outcome:
        async with self.database.connection() as connection, connection.transaction():
            work = Work(connection, self._consumers, caller, key)
            remembered = key is not None and not _in_entries(command)
            if remembered:
                answer = await _claim(connection, caller, key, self._digest(command))
                if answer is not None:
                    return Outcome(self._answered(answer, command), [], None)
            if type(command).standing:
                work.barred = await self._gate(work)
            result = await handler(work, command)
            work.allow(command)
            encoded = msgspec.json.encode(result)
            if remembered:
                work.later(SQL.answer, account=caller.account, key=key, result=self._kept(encoded, command))
            work.flush()
        return Outcome(encoded, work.news, getattr(result, "seq", None))

    def _digest(self, command: Command) -> bytes:
        """What tells a repetition from another command. Of private words nothing may be kept that a list of guesses could open."""
        encoded = msgspec.json.encode(command)
        if type(command).private:
            return self._keyring.mac("command", encoded)[:16]
        return hashlib.blake2b(encoded, digest_size=16).digest()

    def _kept(self, result: bytes, command: Command) -> bytes:
        """What is remembered of an answer: all but its private fields; of a sealed one nothing that can be read."""
        kind = type(command)
        if kind.sealed:
            return self._keyring.seal("answer", result)
        if not kind.private:
            return result
        said: dict[str, Any] = msgspec.json.decode(result)
        return msgspec.json.encode({name: value for name, value in said.items() if name not in kind.private})

    def _answered(self, kept: bytes, command: Command) -> bytes:
        """The first answer again: what was not kept stands in the repetition, which is the same command."""
        kind = type(command)
        if kind.sealed:
            return self._keyring.unseal("answer", kept)
        if not kind.private:
            return kept
        said: dict[str, Any] = msgspec.json.decode(kept)
        return msgspec.json.encode(said | {name: getattr(command, name) for name in kind.private})


def _in_entries(command: Command) -> bool:
    """`message.*` keeps its keys in the entries themselves, by account and room."""
    return str(type(command).__struct_config__.tag).startswith("message.")


async def _claim(connection: Connection, caller: Caller, key: UUID | None, digest: bytes) -> bytes | None:
    """Takes the key, waiting for who holds it; the first answer where it has been given. Raises `key_reused`."""
    values = {"account": caller.account, "key": key, "digest": digest}
    if (await connection.ask(SQL.claim_key, values)).count:
        return None
    row = (await connection.ask(SQL.answered, values)).row()
    if row is None or bytes(row[0]) != digest:
        raise Refusal("key_reused", field="key")
    return bytes(row[1])
