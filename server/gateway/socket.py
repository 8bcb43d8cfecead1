"""`GET /ws`: the origin and one's turn before the upgrade, then a session on a wire until one of the two ends."""

import asyncio
import logging
import time
from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import asgi
from litestar.enums import ScopeType
from litestar.exceptions import MethodNotAllowedException
from litestar.types import ASGIApp, Receive, Scope, Send, WebSocketScope

from server.gateway import session as s
from server.gateway.connection import Connection
from server.gateway.gateway import Gateway
from server.gateway.lanes import Lanes
from server.gateway.outbound import Outbound
from server.gateway.resume import heads
from server.gateway.session import Session, refused
from server.gateway.wire import EXTENSION, Wire
from server.gateway.writer import Item
from server.kernel import failures
from server.kernel.headers import header
from server.message.handlers import message_draft
from server.message.store import Written
from server.protocol import limits
from server.protocol.commands import SendMessage
from server.protocol.errors import Refusal
from server.protocol.frames import ClientFrame
from server.protocol.results import ResultFrame, ServerTime

log = logging.getLogger("fuuro.gateway")
encoder = msgspec.json.Encoder()
PATH = "/ws"
SUBPROTOCOL = "fuuro.v1"


def past(app: ASGIApp, gateway: Gateway) -> ASGIApp:
    """`app`, but sockets go past it, straight to the gateway: what the app calls on the way to its routes would lie beside each of them for as
    long as it lives, and be called for thousands at once after a restart."""

    def either(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == ScopeType.WEBSOCKET and scope["path"].rstrip("/") == PATH:
            return _converse(gateway, scope, receive, send)
        return app(scope, receive, send)

    return either


@asgi(PATH, copy_scope=False)
async def no_upgrade(scope: Scope, receive: Receive, send: Send) -> None:
    """Whoever asks by plain HTTP."""
    raise MethodNotAllowedException()


async def _converse(gateway: Gateway, scope: WebSocketScope, receive: Receive, send: Send) -> None:
    offered = scope["subprotocols"]
    if not allowed(header(scope["headers"], b"origin"), gateway) or (offered and SUBPROTOCOL not in offered):
        await send({"type": "websocket.close", "code": 4004, "reason": ""})
        return
    extensions: dict[str, Any] = scope["extensions"]  # type: ignore[assignment]
    wire: Wire = extensions[EXTENSION]
    await gateway.admission.turn()
    if wire.disconnected:
        return
    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None, "headers": []})
    conversation = Conversation(gateway, wire)
    try:
        while (await receive())["type"] != "websocket.disconnect":
            pass
    finally:
        conversation.ended()


def allowed(origin: str | None, gateway: Gateway) -> bool:
    """Whether the page that opens the socket may: browsers say which it is. No page at all is allowed on loopback."""
    if origin is None:
        return gateway.settings.on_loopback
    parts = urlsplit(origin.lower())
    return f"{parts.scheme}://{parts.netloc}" in gateway.settings.origins


class Conversation:
    """Carries out what the session asks for: the thin shell around it."""

    __slots__ = ("_connection", "_gateway", "_lanes", "_waiting", "_wire", "session")

    def __init__(self, gateway: Gateway, wire: Wire) -> None:
        self._gateway = gateway
        self._wire = wire
        self.session = Session(time.monotonic(), gateway.settings.limits)
        self._connection = Connection(self.session, Outbound(wire, gateway.flusher), gateway.hub.on_gap)
        self._lanes = Lanes(self._send, self._run)
        self._waiting: list[str | bytes] = []
        gateway.conversations.add(self)
        wire.listener = self._receive

    def ended(self) -> None:
        self.session.state = "closed"
        self._gateway.hub.leave(self._connection)
        self._gateway.conversations.discard(self)

    def tick(self, now: float) -> None:
        """Once a second: what time alone calls for."""
        try:
            action = self.session.tick(now)
            if action == "expiring":
                self._gateway.tell_expiring(self._connection)
            elif action is not None:
                self._close(action)
        except Exception:
            log.exception("a socket's time could not be kept")
            self._wire.hang_up(4000, "internal")

    def _receive(self, data: str | bytes) -> None:
        if self.session.state == "opening":
            self._waiting.append(data)
            self._wire.pause()
            return
        try:
            action = self.session.receive(data, time.monotonic())
            if action is not None:
                self._act(action)
        except Exception:
            log.exception("a frame could not be worked on")
            self._wire.hang_up(4000, "internal")

    def _act(self, action: s.Action) -> None:
        match action:
            case s.Run():
                self._lanes.enter(action.frame)
                if self._lanes.in_flight >= limits.COMMANDS_IN_FLIGHT:
                    self._wire.pause()
            case s.Answer():
                self._connection.send(action.frame)
            case s.Close():
                self._close(action)
            case s.Open():
                self._spawn(self._open(action))
            case s.Refresh():
                self._spawn(self._refresh(action))
            case s.Ping():
                self._spawn(self._ping(action))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._gateway.tasks.add(task)
        task.add_done_callback(self._gateway.tasks.discard)

    def _close(self, action: s.Close) -> None:
        if action.answer is not None:
            self._connection.send(action.answer)
        self._connection.outbound.flush()
        self._wire.hang_up(action.code, action.reason)
        self._gateway.hub.leave(self._connection)

    # ── session.* ───────────────────────────────────────────────────────────────────────────────────────────────────
    async def _open(self, action: s.Open) -> None:
        try:
            with self._gateway.admission.signing_in():
                by = self._gateway.resume.verify(action.command.token)
                self._connection.caller = by.caller
                self._gateway.hub.enter(self._connection)
                opened = await self._gateway.resume.open(by, action.command)
            self._gateway.hub.settle(self._connection)
        except Exception as error:
            refusal = as_refusal(error)
            code = 4000 if refusal.code in ("unavailable", "internal") else 4004
            self._close(s.Close(code, refusal.code, refused(action.id, refusal)))
            return
        for room in opened.rooms:
            self._gateway.hub.know(room.id, room.cast_id, room.guest_id)
        self.session.opened(by, time.monotonic(), opened.seconds_left)
        if action.id is not None:
            self._connection.send(encoder.encode(ResultFrame(action.id, opened.result)))
        self._connection.opened(heads(opened))
        waiting, self._waiting = self._waiting, []
        self._wire.resume()
        for data in waiting:
            self._receive(data)

    async def _refresh(self, action: s.Refresh) -> None:
        try:
            by = self._gateway.resume.verify(action.token)
            if by.caller != self._connection.caller:
                raise Refusal("unauthenticated", "This token is of another session.")
            self.session.opened(by, time.monotonic(), await self._gateway.resume.seconds_left(by))
        except Exception as error:
            self._answer(action.id, refused(action.id, as_refusal(error)))
        else:
            self._answer(action.id, encoder.encode(ResultFrame(action.id or 0, {})))

    async def _ping(self, action: s.Ping) -> None:
        try:
            now = ServerTime(await self._gateway.moment())
        except Exception as error:
            self._answer(action.id, refused(action.id, as_refusal(error)))
        else:
            self._answer(action.id, encoder.encode(ResultFrame(action.id or 0, now)))

    def _answer(self, id: int | None, frame: bytes) -> None:
        if id is not None:
            self._connection.send(frame)

    # ── everything else ─────────────────────────────────────────────────────────────────────────────────────────────
    def _send(self, frame: ClientFrame) -> None:
        """A message goes to the writer, and nowhere near a task or a transaction of its own."""
        command = frame.command
        caller = self._connection.caller
        assert isinstance(command, SendMessage)
        assert caller is not None
        try:
            self._gateway.rates.message(caller)
            if caller.role not in SendMessage.roles:
                raise Refusal("not_found", field="room")
            draft = message_draft(caller.account, frame.key, command)
        except Refusal as refusal:
            self._answer(frame.id, refused(frame.id, refusal))
            asyncio.get_running_loop().call_soon(self._done, frame)
            return
        skip = self._connection if frame.id is not None else None
        self._gateway.writer.submit(Item(draft, self._sent, skip, frame))

    def _sent(self, item: Item, place: Written | Refusal) -> None:
        frame = item.frame
        assert isinstance(frame, ClientFrame)
        if frame.id is not None:
            if isinstance(place, Refusal):
                self._connection.send(refused(frame.id, place))
            else:
                result = encoder.encode(ResultFrame(frame.id, {"seq": place.seq, "at": place.at}))
                self._connection.answer(item.draft.room, place.seq, result)
        self._done(frame)

    def _run(self, frame: ClientFrame) -> None:
        self._spawn(self._command(frame))

    async def _command(self, frame: ClientFrame) -> None:
        caller = self._connection.caller
        assert caller is not None
        command = frame.command
        try:
            self._gateway.rates.command(caller, command)
            outcome = await self._gateway.dispatcher.run(caller, command, frame.key)
        except Exception as error:
            self._answer(frame.id, refused(frame.id, as_refusal(error)))
        else:
            hub, room = self._gateway.hub, getattr(command, "room", None)
            bears = frame.id is not None and outcome.seq is not None and isinstance(room, UUID)
            answer = encoder.encode(ResultFrame(frame.id or 0, msgspec.Raw(outcome.result)))
            if bears:
                assert room is not None
                assert outcome.seq is not None
                self._connection.answer(room, outcome.seq, answer)
            else:
                self._answer(frame.id, answer)
            hub.publish(outcome.news, self._connection if bears else None, outcome.seq)
            self._gateway.relay.hint(outcome.news)
        self._done(frame)

    def _done(self, frame: ClientFrame) -> None:
        self._lanes.done(frame)
        if self._lanes.in_flight < limits.COMMANDS_IN_FLIGHT // 2:
            self._wire.resume()


def as_refusal(error: Exception) -> Refusal:
    """What a client hears of `error`; what nobody expected is written down."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, failures.GONE):
        return Refusal("unavailable", retry_after=1)
    log.error("something went wrong", exc_info=error)
    return Refusal("internal")
