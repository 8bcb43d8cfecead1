"""A WebSocket on uvicorn's I/O-free implementation, shortened at both ends: frames come in by a call instead of a queue, and go
out joined, one write for all that one turn of the loop has gathered. Why: docs/decisions/0005-wire.md."""

import random
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.speedups import apply_mask

from server.protocol import limits

EXTENSION = "fuuro.wire"
RESTART_MS = (500, 5_000)
"""ms that a client is told to wait after a restart: a spread, so that they don't all come back at once."""
TEXT_WHOLE = 0x81
"""The first byte of a text frame that is no fragment and has no extension."""
PONG_WHOLE = 0x8A
SHORT_HEADS = [bytes((TEXT_WHOLE, size)) for size in range(126)]
"""What goes before a text of so few bytes."""
MASKED = 0x80
CONTROL_BYTES = 125
"""the most that such a frame bears"""
PING = bytes(Frame(Opcode.PING, b"fuuro").serialize(mask=False))
BEAT = 0.1
"""s between the moments at which pings go out"""
CLOSE_SECONDS = 2.0
"""s for the client's half of the closing handshake."""
DRAIN_SECONDS = 10.0
"""s after it for what the client has not read yet, the close frame last of all; then it is gone."""


class Wire(WebSocketsSansIOProtocol):
    """`listener` takes each text (str) or binary (bytes) message; `on_writable` is called when a full pipe has emptied.
    `full`: the system takes no more for now.

    What every frame looks at lies in the object itself, also what the library sets: of thousands each says something now and then, and
    their dicts would have to be fetched from far."""

    __slots__ = (
        "_joining",
        "_rest",
        "_unanswered",
        "_wanted",
        "close_sent",
        "disconnected",
        "full",
        "listener",
        "on_writable",
        "transport",
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.listener: Callable[[str | bytes], None] | None = None
        self.on_writable: Callable[[], None] | None = None
        self.full = False
        self._joining = False
        self._unanswered = 0
        self._rest = bytearray()
        self._wanted = 0

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    def data_received(self, data: bytes) -> None:
        """Cuts the stream into frames. Whole texts, nearly all there is, go straight to the listener, and pongs are counted; every other frame
        goes whole to the library, which answers, joins and refuses by the rules of RFC 6455."""
        if self.listener is None:
            self._by_the_book(data)
            return
        if self._rest:
            self._rest += data
            if len(self._rest) < self._wanted:
                return
            data, self._rest = bytes(self._rest), bytearray()
        start, size, wanted = 0, len(data), 2
        while size - start >= 2:
            first, second = data[start], data[start + 1]
            payload, length = start + 2, second & 0x7F
            if length == 126:
                payload, length = start + 4, int.from_bytes(data[start + 2 : start + 4], "big")
            elif length == 127:
                payload, length = start + 10, int.from_bytes(data[start + 2 : start + 10], "big")
            if second & MASKED:
                payload += 4
            end = payload + length
            if self.gone or (payload <= size and length > limits.FRAME_BYTES):
                self._by_the_book(data[start:])
                return
            if end > size:
                wanted = (end if payload <= size else payload) - start
                break
            if first == TEXT_WHOLE and second & MASKED and not self._joining:
                self._text(apply_mask(data[payload:end], data[payload - 4 : payload]))
            elif first == PONG_WHOLE and second & MASKED and length <= CONTROL_BYTES:
                self._unanswered = 0
            else:
                self._by_the_book(data[start:end])
            start, wanted = end, 2
        if start < size:
            self._rest, self._wanted = bytearray(data[start:]), wanted

    def _by_the_book(self, data: bytes) -> None:
        """By the library, which takes nothing more once it has refused something. `_joining`: it has a part of a message, and waits for the rest."""
        if self.conn.parser_exc is None:
            super().data_received(data)
            self._joining = self.conn.current_size is not None

    def handle_parser_exception(self) -> None:
        """Says what was wrong, then drops what still comes: to close at once would reset the connection, and the word would be lost."""
        close = self.conn.close_sent
        assert close is not None
        self._say_goodbye(close.code, close.reason)
        self.transport.write_eof()

    def send_receive_event_to_app(self) -> None:
        if self.listener is None:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        if self.curr_msg_data_type == "bytes":
            self.listener(bytes(data))
        else:
            self._text(data)

    def _text(self, data: bytes) -> None:
        assert self.listener is not None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.hang_up(1007, "not UTF-8")
        else:
            self.listener(text)

    @property
    def gone(self) -> bool:
        return self.disconnected or self.close_sent or self.transport.is_closing()

    def write_texts(self, texts: list[bytes]) -> None:
        """Sends each of `texts` as a text frame (RFC 6455, unmasked as a server's are), in one write."""
        parts: list[bytes] = []
        for text in texts:
            size = len(text)
            if size < 126:
                parts.append(SHORT_HEADS[size])
            elif size < 65_536:
                parts.append(b"\x81\x7e" + size.to_bytes(2, "big"))
            else:
                parts.append(b"\x81\x7f" + size.to_bytes(8, "big"))
            parts.append(text)
        self.transport.write(b"".join(parts))

    def pause_writing(self) -> None:
        super().pause_writing()
        self.full = True

    def resume_writing(self) -> None:
        super().resume_writing()
        self.full = False
        if self.on_writable is not None:
            self.on_writable()

    def pause(self) -> None:
        """Reads no more: the sender feels it."""
        if not self.read_paused and not self.transport.is_closing():
            self.read_paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        if self.read_paused and not self.transport.is_closing():
            self.read_paused = False
            self.transport.resume_reading()

    def hang_up(self, code: int, reason: str = "") -> None:
        """Begins the closing handshake; ends it alone if the client doesn't answer."""
        if self.gone:
            return
        self.conn.send_close(code, reason)
        self._say_goodbye(code, reason)

    def _say_goodbye(self, code: int, reason: str) -> None:
        self.stop_keepalive()
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.resume()
        self.close_timer = self.loop.call_later(CLOSE_SECONDS, self._close)

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._close()

    def _close(self) -> None:
        """Not for good while something has still to be written: who reads nothing would stay for ever."""
        if self.disconnected:
            return
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(DRAIN_SECONDS, self.transport.abort)
        self.transport.close()

    def shutdown(self) -> None:
        """uvicorn's word that the server ends. Nothing follows the close frame, but what a busy client still sends is taken and dropped:
        to close at once would reset the connection, and the client would never read that it is to come back."""
        if self.handshake_complete and not self.gone:
            self.hang_up(1012, str(random.randint(*RESTART_MS)))
            self.transport.write_eof()
        elif not self.gone:
            super().shutdown()

    def start_keepalive(self) -> None:
        self._ping_in(limits.PING_SECONDS * random.uniform(0.5, 1))

    def _ping_in(self, seconds: float) -> None:
        """At a beat that all wires share: of thousands that say nothing the loop wakes for tens at a time."""
        self.ping_timer = self.loop.call_at(((self.loop.time() + seconds) // BEAT + 1) * BEAT, self.send_keepalive_ping)

    def send_keepalive_ping(self) -> None:
        self.ping_timer = None
        if self.gone:
            return
        if self._unanswered >= limits.MISSED_PONGS:
            self.hang_up(4001, "no pong")
            return
        self._unanswered += 1
        self.transport.write(PING)
        self._ping_in(limits.PING_SECONDS)

    def handle_pong(self, event: Frame) -> None:
        assert event.opcode is Opcode.PONG
        self._unanswered = 0
