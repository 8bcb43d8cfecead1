"""One signed-in socket: where it stands in each room, and what leaves it in which order."""

from collections.abc import Callable
from uuid import UUID

from server.gateway.outbound import Outbound
from server.gateway.session import Session
from server.kernel.work import Caller
from server.protocol import limits


class Connection:
    """It keeps for each room the last seq that this socket was sent, its cursor. An unknown room was made after the snapshot: its cursor is 0.
    A frame that comes too early waits until what is before it has been sent; `on_gap` asks for that.

    Rooms go by the number that their id is: to find a UUID in a dict takes five times as long, and a message looks for twenty."""

    __slots__ = ("_cursors", "_early", "caller", "heard", "on_gap", "outbound", "session")

    def __init__(self, session: Session, outbound: Outbound, on_gap: Callable[[UUID], None]) -> None:
        self.session = session
        self.outbound = outbound
        self.on_gap = on_gap
        self.caller: Caller | None = None
        self.heard: set[UUID] | None = set()
        self._cursors: dict[int, int] = {}
        self._early: dict[int, dict[int, bytes]] = {}

    def opened(self, heads: dict[UUID, int]) -> None:
        """The snapshot is of these heads; what was heard of meanwhile is asked for now."""
        self._cursors = {room.int: head for room, head in heads.items()}
        heard, self.heard = self.heard, None
        for room in heard or ():
            self.on_gap(room)

    def send(self, frame: bytes) -> None:
        """Something that has no place in a room's order."""
        self.outbound.push(frame)

    def tell(self, frame: bytes) -> None:
        """An event: not before the snapshot, which says the same."""
        if self.heard is None:
            self.outbound.push(frame)

    def deliver(self, room: UUID, seq: int, frame: bytes) -> None:
        """The entry at `seq`, or the result that bears it: in order, once."""
        if self.heard is not None:
            self.heard.add(room)
            return
        number = room.int
        cursor = self._cursors.get(number, 0)
        if seq <= cursor:
            return
        if seq > cursor + 1:
            self._early.setdefault(number, {})[seq] = frame
            self.on_gap(room)
            return
        self.outbound.push(frame)
        self._cursors[number] = seq
        if self._early:
            self._drain(number, seq)

    def answer(self, room: UUID, seq: int, frame: bytes) -> None:
        """A result that bears `seq`: also when its entry has been sent before, for then it is a repetition."""
        if seq <= self.cursor(room):
            self.outbound.push(frame)
        else:
            self.deliver(room, seq, frame)

    def fill(self, room: UUID, seq: int, frame: bytes) -> None:
        """An entry read to close a gap; a frame that waits for this place is the better one."""
        early = self._early.get(room.int)
        self.deliver(room, seq, frame if early is None else early.get(seq, frame))

    def cursor(self, room: UUID) -> int:
        return self._cursors.get(room.int, 0)

    def behind(self, room: UUID, head: int) -> bool:
        return self.heard is None and self.cursor(room) < head

    def lost(self, room: UUID, head: int) -> bool:
        """Too far behind to be repaired: it should resume."""
        return head - self.cursor(room) > limits.SINCE_HOLE

    def _drain(self, room: int, seq: int) -> None:
        early = self._early.get(room)
        if early is None:
            return
        early.pop(seq, None)
        while (frame := early.pop(seq + 1, None)) is not None:
            seq += 1
            self.outbound.push(frame)
            self._cursors[room] = seq
        for old in [s for s in early if s <= seq]:
            del early[old]
        if not early:
            del self._early[room]
