"""How each server wants to be spoken to: its handshake, its sign-in, its way of writing a line and of showing one."""

import json
from typing import Protocol
from uuid import uuid4


class Dialect(Protocol):
    """One per server. `member` is `cast` or `guest`; `pair` is a line of `server seed`."""

    headers: dict[str, str]

    def url(self, port: int, pair: dict, member: str) -> str:
        """Where the member's socket connects."""

    def hello(self, pair: dict, member: str) -> bytes:
        """The first frame of the client."""

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


class Fuuro:
    """The contract as an app speaks it: a signed token, a key for every message."""

    headers = {"Sec-WebSocket-Protocol": "fuuro.v1"}  # noqa: RUF012 - never changed

    def __init__(self) -> None:
        self._id = 1

    def url(self, port: int, pair: dict, member: str) -> str:
        return f"ws://127.0.0.1:{port}/ws"

    def hello(self, pair: dict, member: str) -> bytes:
        return _json({"id": 1, "command": {"type": "session.open", "token": pair[member]["token"]}})

    def welcomed(self, text: str) -> bool:
        answer = json.loads(text)
        if "error" in answer:
            raise Refused(text)
        return answer.get("id") == 1 and "result" in answer

    def line(self, pair: dict, body: str) -> bytes:
        self._id += 1
        command = {"type": "message.send", "room": pair["room"], "body": body}
        return _json({"id": self._id, "key": str(uuid4()), "command": command})

    def shows_line(self, text: str) -> bool:
        if '"error":' in text[:80]:
            raise Refused(text)
        return '"room.entry"' in text[:80]

    def reply(self, text: str) -> bytes | None:
        return None


class SocketIO:
    """Engine.IO 4 on a WebSocket from the start: `0` opened, `40` connected, `2` ping, `42` event."""

    headers: dict[str, str] = {}  # noqa: RUF012 - never changed

    def url(self, port: int, pair: dict, member: str) -> str:
        return f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket&room={pair['room']}&author={member}"

    def hello(self, pair: dict, member: str) -> bytes:
        return b"40"

    def welcomed(self, text: str) -> bool:
        if text.startswith("44"):
            raise Refused(text)
        return text.startswith("40")

    def line(self, pair: dict, body: str) -> bytes:
        return b"42" + _json(["line", {"body": body}])

    def shows_line(self, text: str) -> bool:
        return text.startswith('42["line"')

    def reply(self, text: str) -> bytes | None:
        return b"3" if text == "2" else None


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
