"""What the handlers of plain HTTP share: made once, injected as `house`."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from msgspec import Struct

from server.identity import Identity
from server.kernel.crypto import Keyring
from server.kernel.database import Database
from server.kernel.dispatch import Dispatcher
from server.kernel.headers import header
from server.kernel.kept import Kept
from server.kernel.objects import Objects
from server.kernel.settings import LOOPBACK, Settings
from server.kernel.tokens import Tokens
from server.kernel.work import Caller, News, Work
from server.protocol.commands import Command
from server.protocol.errors import Refusal, not_found


class House(Struct, frozen=True):
    settings: Settings
    database: Database
    tokens: Tokens
    identity: Identity
    dispatcher: Dispatcher
    publish: Callable[[list[News]], None]
    count: Callable[[Caller, Command], None]
    count_photo: Callable[[Caller], None]
    push_key: str
    keyring: Keyring
    objects: Objects
    kept: Kept
    gauges: Callable[[], dict[str, float]]

    async def read(self, caller: Caller, run: Callable[[Work], Awaitable[Any]]) -> Any:
        """`run` in a transaction of its own, for reads."""
        async with self.database.connection() as connection, connection.transaction():
            return await run(Work(connection, {}, caller))

    async def write(self, run: Callable[[Work], Awaitable[Any]]) -> Any:
        """`run` in a transaction of its own, and its news after the commit: for the few changes that are no commands. It tells
        sockets, no other contexts."""
        async with self.database.connection() as connection, connection.transaction():
            work = Work(connection, {})
            done = await run(work)
        self.publish(work.news)
        return done


def caller(request: Request[Any, Any, Any], house: House) -> Caller:
    """Whom the bearer token proves. Raises `unauthenticated` or `session_expired`."""
    scheme, _, token = (header(request.scope["headers"], b"authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal("unauthenticated")
    return house.tokens.verify(token.strip()).caller


def from_loopback(request: Request[Any, Any, Any]) -> bool:
    """Whether whoever asks is on this machine, be it by way of a proxy."""
    return request.client is not None and request.client.host in LOOPBACK


def uuid(text: str) -> UUID:
    """The id in a path. Raises `not_found`: what is no id is nobody's."""
    try:
        return UUID(text)
    except ValueError:
        raise not_found() from None


def body(data: bytes, kind: type[Any]) -> Any:
    """A request's body as `kind`. Raises `invalid` with its field, or `bad_frame` where it is no JSON object."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        said, _, path = str(error).partition(" - at `$")
        field = path.rstrip("`").lstrip(".") or (said.split("`")[1] if "field `" in said else None)
        raise Refusal("invalid", said + ".", field=field) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Refusal("bad_frame", "The body must be one JSON object.") from None
