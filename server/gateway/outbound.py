"""The one way out of a socket: ordered, bounded, and joined per turn of the loop. A socket that takes nothing is closed, not waited for."""

import asyncio
import logging

from server.gateway.wire import Wire
from server.protocol import limits

log = logging.getLogger("fuuro.gateway")


class Flusher:
    """Writes out whatever the sockets of this process gathered in one turn of the loop. A failing socket fails alone."""

    def __init__(self) -> None:
        self._dirty: list[Outbound] = []
        self._scheduled = False

    def note(self, outbound: "Outbound") -> None:
        self._dirty.append(outbound)
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        dirty, self._dirty, self._scheduled = self._dirty, [], False
        for outbound in dirty:
            try:
                outbound.flush()
            except Exception:
                log.exception("a socket could not be written to")
                outbound.wire.transport.abort()


class Outbound:
    """`push` never waits. Beyond the bounds: close 4000, and the client resumes."""

    __slots__ = ("_bytes", "_flusher", "_frames", "_noted", "wire")

    def __init__(self, wire: Wire, flusher: Flusher) -> None:
        self.wire = wire
        self._flusher = flusher
        self._frames: list[bytes] = []
        self._bytes = 0
        self._noted = False
        wire.on_writable = self._note

    def push(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._bytes += len(frame)
        if not self._noted:
            self._note()

    def flush(self) -> None:
        self._noted = False
        if self.wire.gone:
            self._frames.clear()
            self._bytes = 0
            return
        if self.wire.full:
            too_much = self._bytes > limits.OUTBOUND_BYTES or len(self._frames) > limits.OUTBOUND_FRAMES
            if too_much:
                self._frames.clear()
                self._bytes = 0
                self.wire.hang_up(4000, "slow consumer")
            return
        if self._frames:
            frames, self._frames, self._bytes = self._frames, [], 0
            self.wire.write_texts(frames)

    def _note(self) -> None:
        self._noted = True
        self._flusher.note(self)
