"""A phone by the book, typed by `server.protocol` alone: it acknowledges nothing it did not get, repeats with the same key what it does
not know, and resumes from its cursors.

It runs on threads, and under gevent (locust) on greenlets; each phone has one that reads. Nothing here knows the server's insides."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import msgspec
import websocket
from msgspec import UNSET, Raw, Struct

from loadtests import journal as j
from loadtests.journal import Journal
from server.protocol import commands as c
from server.protocol import events, limits
from server.protocol.commands import Command
from server.protocol.errors import Error
from server.protocol.frames import ClientFrame
from server.protocol.results import RESULT, Appended, InvitationSent, Missed, ReservationNow, SessionOpened
from server.protocol.values import Entry, Reservation, RoomCard

ANSWER_SECONDS = 20.0
"""s to wait for an answer before the connection is taken for lost."""
PAUSE_SECONDS = 0.2
"""s before the next try to connect; doubles, up to CALM_SECONDS."""
CALM_SECONDS = 3.0
TRIES = 12
LATE_SECONDS = 3.0
"""s after which a committed entry must have reached a connected phone; a lost hint is repaired within one."""
KIND: dict[type[Command], str] = {
    c.SendMessage: "text",
    c.AskInvitation: "request",
    c.SendInvitation: "invitation",
    c.EditMessage: "edit",
    c.DeleteMessage: "delete",
}


class Incoming(Struct):
    """Any frame of the server."""

    id: int | None = None
    result: Raw = Raw()
    error: Error | None = None
    event: events.AnyEvent | None = None


class Refused(Exception):
    """The server said no."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.code, error.message)
        self.code = error.code


class Dropped(Exception):
    """The connection ended before the answer; whether the command took effect is not known."""


class Unreachable(Exception):
    """The server did not take the phone back in TRIES tries."""


class _Waiting:
    """A command in flight. `done` is set when `answer` or `error` is there, or neither: dropped."""

    def __init__(self, command: Command, key: UUID | None) -> None:
        self.command = command
        self.key = key
        self.done = threading.Event()
        self.answer: Any = None
        self.error: Error | None = None


def quiet(kind: str, name: str, seconds: float, error: Exception | None) -> None:
    """A report that nobody wants."""


class Phone:
    """One person's phone. `cursors` are the last seq it has of each room; `on_event` is called by its reader
    with an event and whether it came live (else: among what was missed), and must not wait."""

    def __init__(
        self,
        url: str,
        account: UUID,
        token: str,
        journal: Journal,
        report: Callable[[str, str, float, Exception | None], None] = quiet,
        on_event: Callable[[events.Event, bool], None] = lambda event, live: None,
    ) -> None:
        self.account = account
        self.cursors: dict[UUID, int] = {}
        self.cards: dict[UUID, RoomCard] = {}
        self._url, self._token, self._journal, self._report, self._on_event = url, token, journal, report, on_event
        self._epoch: str | None = None
        self._socket: websocket.WebSocket | None = None
        self._flying: dict[int, _Waiting] = {}
        self._next = 0
        self._asked: dict[UUID, int] = {}
        self._filled: set[UUID] = set()
        self._decoder = msgspec.json.Decoder(Incoming)

    # ── the connection ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def connected(self) -> bool:
        return self._socket is not None

    def connect(self) -> SessionOpened:
        """Opens or resumes the session, with back-off. Raises Refused, or Unreachable."""
        pause = PAUSE_SECONDS
        for _ in range(TRIES):
            try:
                return self._open()
            except (OSError, websocket.WebSocketException, Dropped) as error:
                said = error
                time.sleep(pause)
                pause = min(2 * pause, CALM_SECONDS)
        raise Unreachable(f"no session after {TRIES} tries: {said!r}")

    def _open(self) -> SessionOpened:
        began = time.perf_counter()
        raw = websocket.create_connection(
            self._url, timeout=ANSWER_SECONDS, subprotocols=["fuuro.v1"], skip_utf8_validation=True
        )
        cursors = dict(list(self.cursors.items())[-limits.CURSORS :])
        opening = c.OpenSession(token=self._token, epoch=self._epoch, rooms=cursors or UNSET)
        self._next += 1
        raw.send(msgspec.json.encode(ClientFrame(command=opening, id=self._next)).decode())
        frame = self._decoder.decode(raw.recv())
        if frame.error is not None:
            raise Refused(frame.error)
        opened = msgspec.json.decode(frame.result, type=SessionOpened)
        if self._epoch not in (None, opened.epoch):
            self.complain(f"epoch {opened.epoch} came after {self._epoch}")
        self._epoch = opened.epoch
        self._asked, self._filled, self._flying, self._socket = {}, set(), {}, raw
        for card in opened.rooms:
            self._begin(card)
        for room, missed in opened.missed.items():
            self._page(room, missed)
        raw.settimeout(None)
        threading.Thread(target=self._listen, args=(raw,), daemon=True).start()
        self._report("WS", "session.open", time.perf_counter() - began, None)
        return opened

    def vanish(self) -> None:
        """The tunnel: the connection is gone without a word."""
        raw, self._socket = self._socket, None
        if raw is not None and raw.sock is not None:
            with suppress(OSError):
                raw.sock.shutdown(socket.SHUT_RDWR)

    close = vanish

    def caught_up(self) -> int:
        """Connects anew and gives the number of entries that were written long ago and had never come."""
        late = 0
        self.vanish()
        known = dict(self.cursors)
        opened = self.connect()
        for room, missed in opened.missed.items():
            for entry in missed.entries:
                if (opened.server_time - entry.at).total_seconds() > LATE_SECONDS and room in known:
                    late += 1
        return late

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def ask(self, command: Command, key: UUID | None = None) -> Any:
        """The typed result of one try. Raises Refused, or Dropped."""
        raw = self._socket
        if raw is None:
            raise Dropped
        waiting = _Waiting(command, key)
        self._next += 1
        id = self._next
        self._flying[id] = waiting
        began = time.perf_counter()
        name = type(command).__struct_config__.tag
        try:
            raw.send(msgspec.json.encode(ClientFrame(command=command, id=id, key=key)).decode())
        except (OSError, websocket.WebSocketException):
            self._flying.pop(id, None)
            raise Dropped from None
        if not waiting.done.wait(ANSWER_SECONDS):
            self.complain(f"{name} was not answered in {ANSWER_SECONDS:.0f} s")
            self.vanish()
            raise Dropped
        if waiting.error is not None:
            self._report("WS", f"{name} ({waiting.error.code})", time.perf_counter() - began, None)
            raise Refused(waiting.error)
        if waiting.answer is None:
            raise Dropped
        self._report("WS", str(name), time.perf_counter() - began, None)
        return waiting.answer

    def insist(self, command: Command) -> Any:
        """The result of `command`, which is sent again with the same key until it is known. Raises Refused, or Unreachable."""
        key, name = uuid4(), str(type(command).__struct_config__.tag)
        self._journal.write(j.Wanted(self.account, key, name))
        while True:
            try:
                if not self.connected:
                    self.connect()
                answer = self.ask(command, key)
            except Dropped:
                self.vanish()
                continue
            except Refused as refusal:
                if refusal.code in ("rate_limited", "unavailable"):
                    time.sleep(PAUSE_SECONDS)
                    continue
                self._journal.write(j.Refused(self.account, key, name, refusal.code))
                raise
            self._journal.write(_acknowledged(self.account, key, name, command, answer))
            return answer

    # ── what comes in ──────────────────────────────────────────────────────────────────────────────────────────────

    def _listen(self, raw: websocket.WebSocket) -> None:
        flying = self._flying
        try:
            while True:
                opcode, data = raw.recv_data()
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    break
                if opcode == websocket.ABNF.OPCODE_TEXT and raw is self._socket:
                    self._take(self._decoder.decode(data))
        except (OSError, websocket.WebSocketException):
            pass
        except msgspec.MsgspecError as error:
            self.complain(f"a frame that the protocol does not know: {error}")
        finally:
            if raw is self._socket:
                self._socket = None
            raw.shutdown()
            for waiting in flying.values():
                waiting.done.set()

    def _take(self, frame: Incoming) -> None:
        if frame.event is not None:
            if isinstance(frame.event, events.RoomEntry):
                self._entry(frame.event.entry)
            elif isinstance(frame.event, events.RoomOpened):
                self._begin(frame.event.card)
            self._on_event(frame.event, True)
            return
        waiting = self._flying.pop(frame.id or 0, None)
        if waiting is None:
            self.complain(f"an answer to nothing: {frame.id}, {frame.error}")
            return
        if frame.error is None:
            waiting.answer = msgspec.json.decode(frame.result, type=RESULT[type(waiting.command)])
            self._answer(waiting)
        waiting.error = frame.error
        waiting.done.set()

    def _answer(self, waiting: _Waiting) -> None:
        command, answer = waiting.command, waiting.answer
        if isinstance(command, c.RoomSince):
            self._page(command.room, answer)
        elif isinstance(answer, RoomCard):
            self._begin(answer)
        elif isinstance(answer, Appended | InvitationSent):
            self._own(waiting)

    def _own(self, waiting: _Waiting) -> None:
        """One's own entry, whose seq the answer bears; nobody else tells this socket of it."""
        command, answer = waiting.command, waiting.answer
        invitation = isinstance(answer, InvitationSent)
        kind = KIND[type(command)]
        saw = j.Saw(
            self.account,
            command.room,
            answer.seq,
            kind,
            self.account,
            waiting.key,
            answer.reservation.id if invitation else None,
        )
        at = self.cursors.get(command.room, 0)
        if answer.seq == at + 1:
            self._saw(saw)
        elif answer.seq > at:
            self._fill(command.room, answer.seq)

    def _begin(self, card: RoomCard) -> None:
        self.cards[card.room] = card
        if card.room not in self.cursors:
            self.cursors[card.room] = card.head
            self._journal.write(j.Began(self.account, card.room, card.head))

    def _entry(self, entry: Entry) -> None:
        """The next one is taken; a hole is asked for; a repeat is a fault where nothing was asked for."""
        at = self.cursors.get(entry.room)
        if at is None:
            self._journal.write(j.Began(self.account, entry.room, 0))
            at = self.cursors[entry.room] = 0
        if entry.room in self._asked or entry.seq > at + 1:
            self._fill(entry.room, entry.seq)
        elif entry.seq == at + 1:
            self._saw(_record(self.account, entry))
        elif entry.room not in self._filled:
            self.complain(f"entry {entry.seq} of {entry.room} came again after {at}")

    def _fill(self, room: UUID, seq: int) -> None:
        """Asks for what is missing up to `seq`, once at a time."""
        asking = room in self._asked
        self._asked[room] = max(seq, self._asked.get(room, 0))
        self._filled.add(room)
        if not asking:
            self._since(room)

    def _since(self, room: UUID) -> None:
        raw, self._next = self._socket, self._next + 1
        command = c.RoomSince(room=room, after=self.cursors[room])
        self._flying[self._next] = _Waiting(command, None)
        if raw is not None:
            raw.send(msgspec.json.encode(ClientFrame(command=command, id=self._next)).decode())

    def _page(self, room: UUID, page: Missed) -> None:
        if page.reset:
            self.complain(f"the history of {room} was reset")
        for entry in page.entries:
            at = self.cursors.get(room, 0)
            if entry.seq == at + 1:
                self._saw(_record(self.account, entry))
                self._on_event(events.RoomEntry(entry=entry), False)
            elif entry.seq > at + 1:
                self.complain(f"a page of {room} has a hole before {entry.seq}, after {at}")
        wanted = self._asked.pop(room, 0)
        if page.more or wanted > self.cursors.get(room, 0):
            self._fill(room, wanted)

    def _saw(self, saw: j.Saw) -> None:
        self.cursors[saw.room] = saw.seq
        self._journal.write(saw)

    def complain(self, said: str) -> None:
        self._journal.write(j.Fault(self.account, said))


def _record(who: UUID, entry: Entry) -> j.Saw:
    reservation = None if entry.reservation is UNSET else entry.reservation.id
    return j.Saw(
        who, entry.room, entry.seq, entry.kind, entry.by, None if entry.key is UNSET else entry.key, reservation
    )


def _acknowledged(who: UUID, key: UUID, name: str, command: Command, answer: Any) -> j.Acknowledged:
    room, seq = getattr(command, "room", None), getattr(answer, "seq", None)
    now: Reservation | None = answer.reservation if isinstance(answer, InvitationSent | ReservationNow) else None
    if now is None:
        return j.Acknowledged(who, key, name, room, seq)
    return j.Acknowledged(who, key, name, room, seq, now.id, now.version, now.status)
