"""Commands of the socket itself: opening it, keeping it."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from server.protocol import limits
from server.protocol.commands.base import Command, Seq


class OpenSession(Command, tag="session.open"):
    """The first frame of a socket: who is it, and what does it have already."""

    roles = frozenset({"cast", "guest", "operator"})
    socket_only = True
    token: str
    epoch: str | None = None
    rooms: Annotated[dict[UUID, Seq], Meta(max_length=limits.CURSORS)] | UnsetType = UNSET


class RefreshSession(Command, tag="session.refresh"):
    """A newer access token of the same session keeps the socket beyond the old one's expiry."""

    roles = frozenset({"cast", "guest", "operator"})
    socket_only = True
    token: str


class PingSession(Command, tag="session.ping"):
    """Asks for the server's time."""

    roles = frozenset({"cast", "guest", "operator"})
    socket_only = True


SessionCommand = OpenSession | RefreshSession | PingSession
