"""A client by the book: it keeps what it has not been acknowledged, resends it with the same key, and resumes from its cursor."""

import asyncio
import itertools
import json
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.tools.house import House

IN_FLIGHT = 4


class Phone:
    """One person's one socket, for as long as `live` runs. `seen` is the room's log as it reached this phone, `seq` 1 first."""

    def __init__(self, house: House, room: str, id: str, token: str) -> None:
        self.room = room
        self.id = id
        self.talking = True
        self.seen: list[dict[str, Any]] = []
        self.acknowledged: dict[str, int] = {}
        self.outbox: dict[str, str] = {}
        self.faults: list[str] = []
        self.sessions = 0
        self._house = house
        self._token = token
        self._epoch: str | None = None
        self._numbers = itertools.count(1)
        self._ids = itertools.count(1)
        self._flying: dict[int, str] = {}
        self._asked: int | None = None
        self._filled = False

    async def live(self) -> None:
        """Connects, and connects again whenever the connection is lost."""
        while True:
            try:
                async with connect(
                    f"ws://127.0.0.1:{self._house.port}/ws",
                    subprotocols=["fuuro.v1"],  # type: ignore[list-item]
                    compression=None,
                    max_size=None,
                    close_timeout=1,
                ) as raw:
                    await self._session(raw)
            except (OSError, WebSocketException, TimeoutError):
                pass
            await moment()

    async def _session(self, raw: ClientConnection) -> None:
        self._flying, self._asked, self._filled = {}, None, False
        cursor: dict[str, Any] = {"rooms": {self.room: len(self.seen)}}
        opening = cursor | ({} if self._epoch is None else {"epoch": self._epoch})
        await self._command(raw, "session.open", token=self._token, **opening)
        frame = json.loads(await raw.recv())
        if "result" not in frame:
            self._refused(frame)
            return
        self.sessions += 1
        opened = frame["result"]
        if self._epoch not in (None, opened["epoch"]):
            self.faults.append("another epoch")
        self._epoch = opened["epoch"]
        await self._page(raw, opened["missed"][self.room])
        while True:
            await self._send(raw)
            if not await self._receive(raw, json.loads(await raw.recv())):
                return

    async def _receive(self, raw: ClientConnection, frame: dict[str, Any]) -> bool:
        """Whether the session goes on."""
        if "event" in frame:
            if frame["event"]["type"] == "room.entry":
                await self._take(raw, frame["event"]["entry"])
            return True
        if "error" in frame:
            self._refused(frame)
            return False
        if frame["id"] == self._asked:
            self._asked = None
            await self._page(raw, frame["result"])
        elif (key := self._flying.pop(frame["id"], None)) is not None:
            await self._answered(raw, key, frame["result"]["seq"])
        return True

    def _refused(self, frame: dict[str, Any]) -> None:
        if not frame["error"]["temporary"]:
            self.faults.append(f"refused: {frame['error']}")

    async def _send(self, raw: ClientConnection) -> None:
        """First what was not acknowledged, in its order, then something new."""
        waiting = [key for key in self.outbox if key not in self._flying.values()]
        while len(self._flying) < IN_FLIGHT:
            if waiting:
                key = waiting.pop(0)
            elif self.talking:
                key = str(uuid4())
                self.outbox[key] = f"{next(self._numbers)}"
            else:
                return
            id = await self._command(raw, "message.send", key=key, room=self.room, body=self.outbox[key])
            self._flying[id] = key

    async def _command(self, raw: ClientConnection, type: str, *, key: str | None = None, **fields: Any) -> int:
        id = next(self._ids)
        await raw.send(json.dumps({"id": id, "key": key or str(uuid4()), "command": {"type": type, **fields}}))
        return id

    async def _answered(self, raw: ClientConnection, key: str, seq: int) -> None:
        body = self.outbox.pop(key)
        self.acknowledged[key] = seq
        if seq <= len(self.seen):
            if self.seen[seq - 1].get("key") != key:
                self.faults.append(f"{seq} is another's entry")
        else:
            await self._take(raw, {"seq": seq, "by": self.id, "kind": "text", "key": key, "body": body})

    async def _take(self, raw: ClientConnection, entry: dict[str, Any]) -> None:
        """The next entry; a hole is asked for, and a repeat is a fault where nothing was asked for."""
        if entry["seq"] == len(self.seen) + 1:
            self.seen.append(entry)
        elif entry["seq"] > len(self.seen):
            await self._ask(raw)
        elif not self._filled:
            self.faults.append(f"{entry['seq']} came again")

    async def _page(self, raw: ClientConnection, page: dict[str, Any]) -> None:
        if page["reset"]:
            self.faults.append("the history was reset")
        self.seen += [entry for entry in page["entries"] if entry["seq"] > len(self.seen)]
        if page["more"]:
            await self._ask(raw)

    async def _ask(self, raw: ClientConnection) -> None:
        if self._asked is None:
            self._filled = True
            self._asked = await self._command(raw, "room.since", room=self.room, after=len(self.seen))


class Desk:
    """The same person's commands by HTTP: repeated with their key until there is an answer that stays."""

    def __init__(self, house: House, token: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=house.url, headers={"authorization": f"Bearer {token}"}, timeout=httpx.Timeout(10)
        )

    async def insist(self, type: str, **fields: Any) -> dict[str, Any]:
        """The result, or the problem."""
        key = str(uuid4())
        while True:
            try:
                answer = await self._http.post(
                    "/api/commands", json={"type": type, **fields}, headers={"idempotency-key": key}
                )
            except httpx.TransportError:
                await moment()
                continue
            said = dict(answer.json())
            if not said.get("temporary"):
                return dict(said["result"]) if answer.status_code == 200 else said
            await moment()

    async def close(self) -> None:
        await self._http.aclose()


async def moment(seconds: float = 0.05) -> None:
    """A pause between two tries, as a client makes it; and the time a finger rests on the seal."""
    passed = asyncio.get_running_loop().create_future()
    timer = asyncio.get_running_loop().call_later(seconds, passed.set_result, None)
    try:
        await passed
    finally:
        timer.cancel()
