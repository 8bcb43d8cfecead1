"""The life of a command: transaction → key → handler → outbox → commit → news. Nobody else commits what a client asked for."""

import asyncio
import hashlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct

from server.kernel import failures, queries
from server.kernel.crypto import Keyring
from server.kernel.database import Database
from server.kernel.statement import Answer
from server.kernel.turns import Turns
from server.kernel.work import Caller, Consumers, News, Work
from server.protocol.commands import Command
from server.protocol.errors import Refusal

log = logging.getLogger("fuuro.dispatch")
SQL = queries.load("kernel")
Handler = Callable[[Work, Any], Awaitable[Struct]]
Handlers = Mapping[type[Command], Handler]
Gate = Callable[[Work], Awaitable[str | None]]
"""Why the caller may not act just now, or None; held true to the end of the transaction. For commands with `standing`: asked with their first question."""
KEY = "commands_pkey"
"""the constraint that a key runs into which is used already"""
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
        self._turns = Turns()

    async def run(self, caller: Caller, command: Command, key: UUID | None) -> Outcome:
        """The outcome of `command`, committed. Raises Refusal; then nothing of it has taken effect."""
        handler = self._handlers.get(type(command))
        if handler is None:
            raise Refusal("invalid", "This command belongs to a socket.", field="type")
        for attempt in range(TRIES):
            try:
                if type(command).reads:
                    return await self._plain(handler, caller, command)
                if type(command).single and key is None:
                    once = partial(self._plain, handler, caller, command)
                else:
                    once = partial(self._once, handler, caller, command, key)
                return await self._turns.run(once, first=type(command).urgent)
            except failures.AGAIN:
                await asyncio.sleep(random.uniform(0.005, 0.02) * 2**attempt)
            except psycopg.Error as error:
                if (refusal := failures.refusal(error)) is not None:
                    raise refusal from error
                log.exception("a %s failed", type(command).__name__)
                raise Refusal("internal") from error
        raise Refusal("unavailable", retry_after=1)

    async def _plain(self, handler: Handler, caller: Caller, command: Command) -> Outcome:
        """Without a transaction: each statement sees what was committed before it, and commits by itself."""
        async with self.database.connection() as connection:
            work = Work(connection, self._consumers, caller)
            result = await handler(work, command)
            await work.allow(command)
        return Outcome(msgspec.json.encode(result), work.news, None)

    async def _once(self, handler: Handler, caller: Caller, command: Command, key: UUID | None) -> Outcome:
        if key is None or _in_entries(command):
            return await self._new(handler, caller, command, key)
        digest = self._digest(command)
        try:
            return await self._new(handler, caller, command, key, digest)
        except psycopg.errors.UniqueViolation as error:
            if error.diag.constraint_name != KEY:
                raise
        return await self._again(caller, command, key, digest)

    async def _new(
        self, handler: Handler, caller: Caller, command: Command, key: UUID | None, digest: bytes | None = None
    ) -> Outcome:
        """With a `digest` it takes the key with the first question of the handler: UniqueViolation of KEY where it is used."""
        async with self.database.connection() as connection, connection.transaction():
            work = Work(connection, self._consumers, caller, key)
            work.keep_plans()
            if digest is not None:
                taken = work.soon(SQL.take_key, Answer.value, account=caller.account, key=key, digest=digest)
            if type(command).standing:
                work.standing = self._gate(work)
            try:
                result = await handler(work, command)
                await work.allow(command)
            except Refusal:
                if digest is not None:
                    await taken
                raise
            encoded = msgspec.json.encode(result)
            if digest is not None:
                work.later(SQL.answer, account=caller.account, key=key, result=self._kept(encoded, command))
            work.flush()
        return Outcome(encoded, work.news, getattr(result, "seq", None))

    async def _again(self, caller: Caller, command: Command, key: UUID, digest: bytes) -> Outcome:
        """What was answered first. Raises `key_reused` where that was another command."""
        async with self.database.connection() as connection:
            row = (await connection.ask(SQL.answered, {"account": caller.account, "key": key})).row()
        if row is None:
            raise Refusal("unavailable", retry_after=1)
        if bytes(row[0]) != digest:
            raise Refusal("key_reused", field="key")
        return Outcome(self._answered(bytes(row[1]), command), [], None)

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
