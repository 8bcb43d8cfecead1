"""What the Python peers speak: JSON texts `{"room", "body"}`, and a first frame of the server once the room is joined."""

import msgspec


class Plain:
    """A room and a name in the address, taken on trust."""

    headers: dict[str, str] = {}  # noqa: RUF012 - never changed

    def url(self, port: int, pair: dict, member: str) -> str:
        return f"ws://127.0.0.1:{port}/ws?room={pair['room']}&author={member}"

    def hello(self, pair: dict, member: str) -> bytes | None:
        return None

    def welcomed(self, text: str) -> bool:
        return text == '"joined"'

    def line(self, pair: dict, body: str) -> bytes:
        return msgspec.json.encode({"room": pair["room"], "body": body})

    def shows_line(self, text: str) -> bool:
        return True

    def reply(self, text: str) -> bytes | None:
        return None
