"""A signed-in socket of Fuuro for measures: as little client as possible, so that the server is what is measured."""

import asyncio
import itertools
import os
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

decode = msgspec.json.Decoder().decode
encode = msgspec.json.Encoder().encode
UNKEYED = ("reservation.press", "reservation.release")
"""What the page, too, says without a key: a finger that is put down again begins anew."""


class Refused(Exception):
    """The server said no; the first argument is its code."""


class Phone(WSListener):
    """`on_event` gets each event as JSON has it. `closed` is set when the socket is gone."""

    def __init__(self, on_event: Callable[[dict[str, Any]], None] = lambda event: None) -> None:
        self.closed = asyncio.Event()
        self._on_event = on_event
        self._ids = itertools.count(1)
        self._flying: dict[int, asyncio.Future[Any]] = {}
        self._parts = b""

    @classmethod
    async def open(
        cls, port: int, token: str, on_event: Callable[[dict[str, Any]], None] = lambda event: None, **opening: Any
    ) -> "tuple[Phone, dict[str, Any]]":
        """The phone and its snapshot; `opening` are the further fields of `session.open`. How long to wait is the caller's to say.
        Raises Refused, or OSError."""
        phone = cls(on_event)
        address = f"ws://127.0.0.1:{port}/ws"
        await ws_connect(
            lambda: phone,
            address,
            extra_headers={"Sec-WebSocket-Protocol": "fuuro.v1"},
            max_frame_size=1 << 24,
            websocket_handshake_timeout=None,
        )
        return phone, await phone.ask("session.open", token=token, **opening)

    async def ask(self, type: str, **fields: Any) -> Any:
        """The result. Raises Refused, or OSError where the socket is gone."""
        id = next(self._ids)
        answer = self._flying[id] = asyncio.get_running_loop().create_future()
        frame = {"id": id, "command": {"type": type, **fields}}
        if type not in UNKEYED:
            frame["key"] = str(uuid4())
        self._transport.send(WSMsgType.TEXT, encode(frame))
        return await answer

    def close(self) -> None:
        self._transport.disconnect()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.closed.set()
        for answer in self._flying.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError("the socket is gone"))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
        if frame.msg_type != WSMsgType.TEXT:
            return
        said = decode(frame.get_payload_as_memoryview())
        if "event" in said:
            self._on_event(said["event"])
            return
        answer = self._flying.pop(said["id"], None)
        if answer is None or answer.done():
            return
        if "result" in said:
            answer.set_result(said["result"])
        else:
            answer.set_exception(Refused(said["error"]["code"], said["error"]["message"]))


def quantiles(seconds: list[float]) -> dict[str, float]:
    """In ms: p50, p99 and the worst."""
    found = sorted(seconds)
    return {
        "p50_ms": found[len(found) // 2] * 1000,
        "p99_ms": found[min(len(found) - 1, int(len(found) * 0.99))] * 1000,
        "worst_ms": found[-1] * 1000,
        "count": len(found),
    }


def leave() -> None:
    """Ends the process: a thousand closing handshakes would say nothing."""
    os._exit(0)
