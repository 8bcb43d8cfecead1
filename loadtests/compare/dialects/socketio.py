"""Socket.IO 4 over Engine.IO 4."""

import msgspec

from loadtests.compare.dialects.dialect import Refused


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
        return b"42" + msgspec.json.encode(["line", {"body": body}])

    def shows_line(self, text: str) -> bool:
        return text.startswith('42["line"')

    def reply(self, text: str) -> bytes | None:
        return b"3" if text == "2" else None
