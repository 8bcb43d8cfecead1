"""Fuuro's own protocol, `fuuro.v1`."""

from uuid import uuid4

import msgspec

from loadtests.compare.dialects.dialect import Refused


class Fuuro:
    """The contract as an app speaks it: a signed token, a key for every message."""

    headers = {"Sec-WebSocket-Protocol": "fuuro.v1"}  # noqa: RUF012 - never changed

    def __init__(self) -> None:
        self._id = 1

    def url(self, port: int, pair: dict, member: str) -> str:
        return f"ws://127.0.0.1:{port}/ws"

    def hello(self, pair: dict, member: str) -> bytes:
        return msgspec.json.encode({"id": 1, "command": {"type": "session.open", "token": pair[member]["token"]}})

    def welcomed(self, text: str) -> bool:
        answer = msgspec.json.decode(text)
        if "error" in answer:
            raise Refused(text)
        return answer.get("id") == 1 and "result" in answer

    def line(self, pair: dict, body: str) -> bytes:
        self._id += 1
        command = {"type": "message.send", "room": pair["room"], "body": body}
        return msgspec.json.encode({"id": self._id, "key": str(uuid4()), "command": command})

    def shows_line(self, text: str) -> bool:
        if '"error":' in text[:80]:
            raise Refused(text)
        return '"room.entry"' in text[:80]

    def reply(self, text: str) -> bytes | None:
        return None
