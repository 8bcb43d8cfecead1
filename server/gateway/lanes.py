"""Commands of one socket on one room or reservation take effect in the order sent; everything else runs side by side. No I/O."""

from collections.abc import Callable
from uuid import UUID

from server.protocol.commands import SendMessage
from server.protocol.frames import ClientFrame


class _Lane:
    __slots__ = ("running", "sends", "waiting")

    def __init__(self) -> None:
        self.sends = 0
        self.running = False
        self.waiting: list[ClientFrame] = []
        """No more than a socket may have in flight, and most often none: a deque would be 760 bytes for each message."""


class Lanes:
    """`send` hands a message to the writer, which keeps order by itself, so that any number may be under way;
    `run` starts any other command, alone in its lane. Each call of them is answered by one `done`."""

    __slots__ = ("_lanes", "_run", "_send", "in_flight")

    def __init__(self, send: Callable[[ClientFrame], None], run: Callable[[ClientFrame], None]) -> None:
        self._send = send
        self._run = run
        self._lanes: dict[int, _Lane] = {}
        self.in_flight = 0

    def enter(self, frame: ClientFrame) -> None:
        self.in_flight += 1
        key = lane_of(frame)
        if key is None:
            self._run(frame)
            return
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane()
        if goes_to_writer(frame) and not lane.running and not lane.waiting:
            lane.sends += 1
            self._send(frame)
        else:
            lane.waiting.append(frame)
            self._advance(lane)

    def done(self, frame: ClientFrame) -> None:
        self.in_flight -= 1
        key = lane_of(frame)
        if key is None:
            return
        lane = self._lanes[key]
        if goes_to_writer(frame):
            lane.sends -= 1
        else:
            lane.running = False
        if lane.waiting:
            self._advance(lane)
        elif not lane.sends and not lane.running:
            self._lanes.pop(key, None)

    def _advance(self, lane: _Lane) -> None:
        while lane.waiting and not lane.running:
            is_send = goes_to_writer(lane.waiting[0])
            if not is_send and lane.sends:
                return
            frame = lane.waiting.pop(0)
            if is_send:
                lane.sends += 1
                self._send(frame)
            else:
                lane.running = True
                self._run(frame)


def goes_to_writer(frame: ClientFrame) -> bool:
    """A message of words alone; a photo has first to be looked up."""
    return isinstance(frame.command, SendMessage) and frame.command.photo is None


def lane_of(frame: ClientFrame) -> int | None:
    """The room or reservation that orders the command: its id as a number, by which it is found sooner."""
    name = type(frame.command).lane
    if name is None:
        return None
    lane: UUID = getattr(frame.command, name)
    return lane.int
