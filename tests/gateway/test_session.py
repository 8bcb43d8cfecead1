"""The state machine without I/O: whatever comes in, what comes out is an answer, a command or a farewell of the contract."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.gateway import session as s
from server.gateway.connection import Connection
from server.gateway.lanes import Lanes
from server.gateway.session import Session
from server.kernel.tokens import Pass
from server.kernel.work import Caller
from server.protocol.commands import ReadRoom, SendMessage
from server.protocol.frames import COMMANDS, ClientFrame

CODES = {4003, 4004, 4501}
ME = Caller(uuid4(), "guest", uuid4())
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.uuids().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["id", "key", "command", "type", "room", "seq", "body", "reservation", "token", "rooms", "until"]
)
commands = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(COMMANDS)) | values}, optional=dict.fromkeys(("room", "body", "seq"), values)
) | st.dictionaries(names, values, max_size=6)
frames = st.fixed_dictionaries(
    {"command": commands | values}, optional={"id": values, "key": st.uuids().map(str) | values}
).map(json.dumps)
anything = st.binary(max_size=200) | st.text(max_size=200) | frames | values.map(json.dumps)


class Sessions(RuleBasedStateMachine):
    """One session, given anything at any time."""

    @initialize()
    def begin(self) -> None:
        self.now = 0.0
        self.session = Session(self.now, factor=1.0)
        self.over = False

    @rule(data=anything)
    def receives(self, data: str | bytes) -> None:
        before = self.session.state
        action = self.session.receive(data, self.now)
        if self.over:
            assert action is None
        elif isinstance(action, s.Close):
            assert action.code in CODES
            self.over = True
        elif isinstance(action, s.Answer):
            said = json.loads(action.frame)
            assert said["error"]["code"]
            assert said["id"] is None or said["id"] > 0
        elif isinstance(action, s.Open):
            assert before == "greeting"
        else:
            assert action is None or before in ("open", "opening")

    @rule(seconds=st.floats(0, 700))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        said = self.session.tick(self.now)
        if isinstance(said, s.Close):
            assert said.code in CODES
            self.over = True

    @rule(seconds=st.floats(1, 600))
    def is_opened(self, seconds: float) -> None:
        if self.session.state in ("opening", "open"):
            self.session.opened(Pass(ME, datetime.now(UTC)), self.now, seconds)

    @invariant()
    def is_closed_for_good(self) -> None:
        assert (self.session.state == "closed") is self.over


TestSessions = Sessions.TestCase


class Collected:
    """Where frames of a connection end up."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def push(self, frame: bytes) -> None:
        self.frames.append(frame)


@given(
    start=st.integers(0, 3),
    news=st.lists(st.integers(1, 12), max_size=40),
)
def test_news_doubled_shuffled_or_lost_reach_a_socket_once_and_in_order(start: int, news: list[int]) -> None:
    """Afterwards the gap is filled, as the hub does; nothing is missing then."""
    room, out, gaps = uuid4(), Collected(), set[UUID]()
    connection = Connection(Session(0.0, 1.0), out, gaps.add)  # type: ignore[arg-type]
    connection.opened({room: start})
    for seq in news:
        connection.deliver(room, seq, b"%d" % seq)
        got = [int(frame) for frame in out.frames]
        assert got == list(range(start + 1, start + 1 + len(got)))
    head = max([start, *news])
    assert (room in gaps) >= connection.behind(room, head)
    for seq in range(connection.cursor(room) + 1, head + 1):
        connection.fill(room, seq, b"%d" % seq)
    assert [int(frame) for frame in out.frames] == list(range(start + 1, head + 1))


steps = st.lists(
    st.tuples(st.sampled_from(["send", "read"]), st.integers(0, 2)) | st.tuples(st.just("done"), st.integers(0, 20)),
    max_size=40,
)


@given(steps=steps)
def test_commands_of_one_room_begin_in_the_order_sent_and_none_overtakes_a_message(
    steps: list[tuple[str, int]],
) -> None:
    rooms = [uuid4() for _ in range(3)]
    begun: list[ClientFrame] = []
    under_way: list[ClientFrame] = []

    def begin(frame: ClientFrame) -> None:
        begun.append(frame)
        under_way.append(frame)
        others = [f for f in under_way if f.command.room == frame.command.room and f is not frame]  # type: ignore[union-attr]
        if isinstance(frame.command, SendMessage):
            assert all(isinstance(f.command, SendMessage) for f in others)
        else:
            assert not others

    lanes = Lanes(begin, begin)
    sent: list[ClientFrame] = []
    for what, n in steps:
        if what == "done":
            if under_way:
                lanes.done(under_way.pop(n % len(under_way)))
            continue
        command = SendMessage(rooms[n], body="x") if what == "send" else ReadRoom(rooms[n], 1)
        sent.append(ClientFrame(command, id=len(sent) + 1))
        lanes.enter(sent[-1])
    while under_way:
        lanes.done(under_way.pop(0))
    for room in rooms:
        assert [f.id for f in begun if f.command.room == room] == [f.id for f in sent if f.command.room == room]  # type: ignore[union-attr]
    assert lanes.in_flight == 0
