"""What the command line does to a database besides serving from it."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import IO
from uuid import UUID

import msgspec

from server.identity import Identity
from server.identity import store as accounts
from server.kernel import audit, ids, letters, migrations
from server.kernel.crypto import Keyring
from server.kernel.database import Database
from server.kernel.settings import Settings
from server.kernel.tokens import Tokens
from server.kernel.work import Caller, Work
from server.message import store as rooms
from server.portfolio import store as follows
from server.portfolio.documents import mend
from server.protocol.errors import Refusal
from server.protocol.values import Role

TOKEN_SECONDS = 86_400
DEAD_LISTED = 10_000
"""dead letters that the list shows at the most; more are one illness, not many."""


async def migrate(_: Settings, conninfo: str) -> None:
    """Prints what was applied."""
    for name in await migrations.migrate(conninfo):
        print(name)


async def cast_codes(settings: Settings, conninfo: str, count: int) -> None:
    """Prints `count` one-time codes, one a line."""
    async with _identity(settings, conninfo) as identity:
        for _ in range(count):
            print(await identity.mint_cast_code())


async def operator(settings: Settings, conninfo: str, phone: str, name: str) -> None:
    """Makes the operator whose number is `phone`, and prints the id; they sign in by a text as everybody."""
    async with _identity(settings, conninfo) as identity:
        try:
            print(await identity.make_operator(phone, name))
        except Refusal as refusal:
            sys.exit(refusal.message)


@asynccontextmanager
async def _identity(settings: Settings, conninfo: str) -> AsyncIterator[Identity]:
    from server.app import Server

    server = Server(settings, conninfo)
    await server.database.open()
    try:
        yield server.identity
    finally:
        await server.database.close()


async def seed(settings: Settings, conninfo: str, pairs: int, path: Path) -> None:
    """Makes `pairs` casts and guests with a room each; a line `{"room", "cast": {"id", "token"}, "guest": …}` a pair."""
    tokens = Tokens(Keyring(settings.secret_key))
    file = _private(path)
    database = Database(conninfo)
    await database.open()
    try:
        with file:
            for start in range(0, pairs, 500):
                async with database.connection() as connection, connection.transaction():
                    work = Work(connection, {})
                    for number in range(start, min(pairs, start + 500)):
                        file.write(msgspec.json.encode(await _pair(work, tokens, number)) + b"\n")
                    await mend(work)
    finally:
        await database.close()
    print(f"{pairs} pairs in {path}", file=sys.stderr)


def _private(path: Path) -> IO[bytes]:
    """For its owner alone: whoever reads tokens is signed in."""
    try:
        return open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600))
    except OSError as error:
        sys.exit(f"--tokens must be a file that can be written: {error}.")


async def _pair(work: Work, tokens: Tokens, number: int) -> dict[str, object]:
    cast, cast_token = await _account(work, tokens, "cast", f"キャスト {number}")
    guest, guest_token = await _account(work, tokens, "guest", f"ゲスト {number}")
    await follows.follow(work, guest, cast, push=True)
    room, _ = await rooms.make_room(work, cast, guest)
    return {"room": room, "cast": {"id": cast, "token": cast_token}, "guest": {"id": guest, "token": guest_token}}


async def _account(work: Work, tokens: Tokens, role: Role, name: str) -> tuple[UUID, str]:
    account = await accounts.add_account(work, role, name, date(1990, 1, 1))
    session = ids.new()
    await accounts.add_session(work, session, account, "seed")
    return account, tokens.sign(Caller(account, role, session), await work.moment(), TOKEN_SECONDS)


async def deliveries(_: Settings, conninfo: str, replay: str | None) -> None:
    """Lists what nobody could deliver, or gives one of it another chance."""
    await migrations.check(conninfo)
    database = Database(conninfo)
    await database.open()
    try:
        async with database.connection() as connection:
            work = Work(connection, {})
            if replay is not None:
                await _replay(work, replay)
                return
            for letter in await letters.dead(work, None, DEAD_LISTED):
                print(
                    f"{letter.source}:{letter.handler}:{letter.id}\t{letter.subject}\t{letter.attempts} tries\t{letter.error}"
                )
    finally:
        await database.close()


async def _replay(work: Work, which: str) -> None:
    source, _, rest = which.partition(":")
    handler, _, id = rest.rpartition(":")
    sources: dict[str, letters.Source] = {"delivery": "delivery", "job": "job"}
    if source not in sources or not id.isdigit():
        sys.exit(f"{which!r} is none: take one from the list, like delivery:message:17.")
    async with work.connection.transaction():
        if not await letters.replay(work, sources[source], handler, int(id)):
            sys.exit(f"There is no dead letter {which}.")
        await audit.record(work, "delivery.replay", which)
    print(f"{which} is due again")
