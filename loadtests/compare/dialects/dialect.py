"""How a server wants to be spoken to: its handshake, its sign-in, its way of writing a line and of showing one."""

from typing import Protocol


class Dialect(Protocol):
    """One per server. `member` is `cast` or `guest`; `pair` is a line of `server seed`."""

    headers: dict[str, str]

    def url(self, port: int, pair: dict, member: str) -> str:
        """Where the member's socket connects."""

    def hello(self, pair: dict, member: str) -> bytes | None:
        """The first frame of the client; None where the server speaks first."""

    def welcomed(self, text: str) -> bool:
        """Whether `text` is the answer to it; raises Refused if it is a refusal."""

    def line(self, pair: dict, body: str) -> bytes:
        """The frame that sends `body` to the pair's room."""

    def shows_line(self, text: str) -> bool:
        """Whether `text` may bring a line of the room; raises Refused if it refuses one."""

    def reply(self, text: str) -> bytes | None:
        """What the protocol itself wants answered to `text`."""


class Refused(Exception):
    """The server said no, in its own words."""
