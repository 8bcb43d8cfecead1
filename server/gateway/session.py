"""A session as a state machine without I/O: a frame and the time go in, what to do about it comes out."""

from typing import Literal

import msgspec
from msgspec import Struct

from server.gateway.rates import Bucket
from server.kernel.tokens import Pass
from server.protocol import frames, limits
from server.protocol.commands import OpenSession, PingSession, RefreshSession
from server.protocol.errors import Refusal
from server.protocol.frames import ClientFrame, ErrorFrame

EXPIRING_SECONDS = 60.0
"""s before the token's end at which the client is told."""


class Close(Struct, frozen=True):
    """Hang up, after `answer` if there is one."""

    code: int
    reason: str
    answer: bytes | None = None


class Answer(Struct, frozen=True):
    frame: bytes


class Open(Struct, frozen=True):
    id: int | None
    command: OpenSession


class Refresh(Struct, frozen=True):
    id: int | None
    token: str


class Ping(Struct, frozen=True):
    id: int | None


class Run(Struct, frozen=True):
    frame: ClientFrame


SESSION = (OpenSession, RefreshSession, PingSession)
Action = Close | Answer | Open | Refresh | Ping | Run
State = Literal["greeting", "opening", "open", "closed"]
encoder = msgspec.json.Encoder()


def refused(id: int | None, refusal: Refusal) -> bytes:
    return encoder.encode(ErrorFrame(id, refusal.error()))


class Session:
    """`now` is any steady clock, in seconds; `factor` scales the limits."""

    __slots__ = ("_bucket", "_factor", "_faults", "due", "expires_at", "pass_", "state")

    def __init__(self, now: float, factor: float) -> None:
        self.state: State = "greeting"
        self.pass_: Pass | None = None
        self.expires_at = 0.0
        self.due = now + limits.AUTHENTICATION_SECONDS
        """when time alone calls for something"""
        self._factor = factor
        self._faults = 0
        self._bucket = Bucket(limits.SOCKET_FRAMES, factor, now)

    def receive(self, data: str | bytes, now: float) -> Action | None:
        """What a message of the client calls for; None: nothing."""
        if self.state == "closed":
            return None
        if isinstance(data, bytes):
            return self._close(4501, "binary")
        wait = self._bucket.take(now)
        try:
            frame = frames.decode(data)
        except frames.NotAFrame:
            return self._close(4501, "not a JSON object")
        except frames.BadFrame as bad:
            if self.state == "greeting":
                return self._close(4004, "session.open first", refused(bad.id, bad.refusal))
            return self._refuse(bad.id, bad.refusal)
        if wait:
            return self._refuse(frame.id, Refusal("rate_limited", retry_after=wait))
        self._faults = 0
        command = frame.command
        if self.state == "greeting":
            if not isinstance(command, OpenSession):
                return self._close(4004, "session.open first", refused(frame.id, Refusal("unauthenticated")))
            self.state = "opening"
            return Open(frame.id, command)
        if not isinstance(command, SESSION):
            return Run(frame)
        if isinstance(command, OpenSession):
            return self._refuse(frame.id, Refusal("wrong_state", "The session is open already."))
        if isinstance(command, RefreshSession):
            return Refresh(frame.id, command.token)
        return Ping(frame.id)

    def opened(self, by: Pass, now: float, seconds_left: float) -> None:
        """The token was good, and the snapshot is on its way; or a newer token takes the old one's place."""
        self.state = "open"
        self.pass_ = by
        self.expires_at = now + seconds_left
        self.due = self.expires_at - EXPIRING_SECONDS

    def tick(self, now: float) -> Close | Literal["expiring"] | None:
        """What time alone calls for. Not before it is `due`."""
        if now < self.due:
            return None
        if self.state == "greeting":
            return self._close(4004, "not authenticated in time")
        if self.state != "open":
            return None
        if now >= self.expires_at:
            return self._close(4003, "token expired")
        self.due = self.expires_at
        return "expiring"

    def _refuse(self, id: int | None, refusal: Refusal) -> Action:
        """Says no; to a client that doesn't listen, goodbye."""
        self._faults += 1
        if self._faults > limits.PROTOCOL_ERRORS * max(1.0, self._factor):
            return self._close(4501, "too many refused frames")
        return Answer(refused(id, refusal))

    def _close(self, code: int, reason: str, answer: bytes | None = None) -> Close:
        self.state = "closed"
        return Close(code, reason, answer)
