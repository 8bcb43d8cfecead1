"""A real serving process for tests: started, signed in to, killed. People in it, with real sockets."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect

from tests.tools import guardian

ROOT = Path(__file__).parents[2]
SECONDS = 20.0


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class House:
    """`python -m server serve` with its own port and data. `env` adds to the settings. Compiled once: dozens of processes start in a run."""

    def __init__(self, data: Path, **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("FUURO_", "DATABASE_URL", "REDIS_URL", "PG"))},
            "FUURO_DATA": str(data),
            "FUURO_PORT": str(self.port),
            "FUURO_LIMITS": "1000",
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(ROOT / ".cache" / "pycache"),
            **env,
        }
        self.log = data.parent / f"house-{self.port}.log"
        self.program = [sys.executable, "-m", "server"]
        self.folder = ROOT
        self.process: subprocess.Popen[bytes] | None = None
        self._codes: list[str] = []
        self.seeded: list[dict[str, Any]] = []
        """Pairs of a cast and a guest that no test has had yet, as `seed` wrote them."""

    def start(self, command: str = "serve") -> Self:
        process = self.launch(command)
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        assert "Fuuro is open" in line, self.log.read_text()
        return self

    def launch(self, command: str = "serve") -> "subprocess.Popen[bytes]":
        """Begins the start, and does not wait for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.program, command],
                cwd=self.folder,
                env=self.env,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        guardian.watch_process(self.process.pid)
        return self.process

    def refuses(self, *arguments: str) -> tuple[int, str]:
        """Starts what must not start, `serve` if nothing is said: its exit code, and what it said on stderr."""
        ended = subprocess.run(
            [*self.program, *(arguments or ("serve",))],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return ended.returncode, ended.stderr

    def run(self, *arguments: str) -> str:
        """A command of the command line; what it printed."""
        done = subprocess.run(
            [*self.program, *arguments],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def cast_code(self) -> str:
        """A fresh one, of a sheet of ten: starting the command line takes longer than minting."""
        if not self._codes:
            self._codes = self.run("cast-code", "--count", "10").splitlines()
        return self._codes.pop()

    async def ready(self) -> Self:
        async with httpx.AsyncClient(base_url=self.url) as http:
            await until(lambda: _ok(http))
        return self

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and what it exits with."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)


async def _ok(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/health/ready")).status_code == 200
    except httpx.TransportError:
        return False


async def until(check: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Asks again, a hundred times a second, until the answer is true. For what only another process can signal."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        found = check()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert loop.time() < deadline, "waited in vain"
        ticked = loop.create_future()
        loop.call_later(0.01, ticked.set_result, None)
        await ticked


class Person:
    """An account with its tokens, as a client holds them."""

    numbers = iter(range(10_000_000, 99_999_999))

    def __init__(self, house: House) -> None:
        self.house = house
        self.http = httpx.AsyncClient(base_url=house.url, timeout=SECONDS)
        self.token = ""
        self.account: dict[str, Any] = {}

    @property
    def id(self) -> str:
        return str(self.account["id"])

    async def register(self, role: str, name: str) -> Self:
        """Through the door, as everybody: number, code from the inbox, name."""
        phone = f"+8190{next(Person.numbers)}"
        verified = await self.verify(phone)
        form = {
            "registration_token": verified["registration_token"],
            "display_name": name,
            "birth_date": "1990-04-01",
            "role": role,
        }
        if role == "cast":
            form["cast_code"] = await asyncio.to_thread(self.house.cast_code)
        answer = await self.http.post("/api/auth/register", json=form)
        assert answer.status_code == 200, answer.text
        self._signed_in(answer.json())
        return self

    async def verify(self, phone: str) -> dict[str, Any]:
        challenge = (await self.http.post("/api/auth/otp", json={"phone": phone})).json()["challenge"]
        inbox = (await self.http.get("/dev/inbox.json")).json()["items"]
        code = next(i["text"] for i in inbox if i["to"] == phone)
        digits = "".join(c if c.isascii() and c.isdigit() else " " for c in code).split()
        code = next(d for d in digits if len(d) == 6)
        answer = await self.http.post("/api/auth/verify", json={"challenge": challenge, "code": code})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def _signed_in(self, said: dict[str, Any]) -> None:
        self.token, self.account = said["access_token"], said["account"]
        self.http.headers["authorization"] = f"Bearer {self.token}"

    async def command(self, type: str, *, key: str | None = None, **fields: Any) -> dict[str, Any]:
        """By `POST /api/commands`; the whole answer."""
        headers = {"idempotency-key": key or str(uuid4())}
        answer = await self.http.post("/api/commands", json={"type": type, **fields}, headers=headers)
        return dict(answer.json()) | {"status_code": answer.status_code}

    @asynccontextmanager
    async def socket(self, **opening: Any) -> AsyncIterator["Socket"]:
        async with connect(
            f"ws://127.0.0.1:{self.house.port}/ws",
            subprotocols=["fuuro.v1"],
            compression=None,
            max_size=None,  # type: ignore[list-item]
        ) as raw:
            one = Socket(raw)
            try:
                one.opened = await one.ask("session.open", token=self.token, **opening)
                yield one
            finally:
                await one.end()


class Socket:
    """A signed-in socket: `ask` gives a command and waits for its answer, `next` waits for an event."""

    def __init__(self, raw: ClientConnection) -> None:
        self.raw = raw
        self.opened: dict[str, Any] = {}
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.unasked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        """Answers that no `ask` waits for."""
        self._ids = iter(range(1, 1_000_000))
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for text in self.raw:
                frame = json.loads(text)
                if "event" in frame:
                    self.events.put_nowait(frame["event"])
                elif frame.get("id") in self._waiting:
                    self._waiting.pop(frame["id"]).set_result(frame)
                else:
                    self.unasked.put_nowait(frame)
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError("the socket is closed"))

    async def end(self) -> None:
        await self.raw.close()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def say(self, text: str | bytes) -> dict[str, Any]:
        """Sends `text` as it is; what the server answers to it."""
        await self.raw.send(text)
        return await asyncio.wait_for(self.unasked.get(), SECONDS)

    async def closed(self) -> tuple[int, str]:
        """Waits until the server hangs up; code and reason."""
        await asyncio.wait_for(asyncio.wait([self._reader]), SECONDS)
        received = self.raw.protocol.close_rcvd
        assert received is not None, "the connection broke without a close frame"
        return received.code, received.reason

    async def frame(self, type: str, *, key: str | None = None, **fields: Any) -> dict[str, Any]:
        """The whole answer, a refusal too."""
        id = next(self._ids)
        answer = self._waiting[id] = asyncio.get_running_loop().create_future()
        said = {"id": id, "key": key or str(uuid4()), "command": {"type": type, **fields}}
        await self.raw.send(json.dumps(said))
        return await asyncio.wait_for(answer, SECONDS)

    async def ask(self, type: str, *, key: str | None = None, **fields: Any) -> dict[str, Any]:
        """The result. Fails on a refusal."""
        answer = await self.frame(type, key=key, **fields)
        assert "result" in answer, answer
        return dict(answer["result"])

    async def refused(self, type: str, *, key: str | None = None, **fields: Any) -> str:
        """The code of the refusal. Fails on a result."""
        answer = await self.frame(type, key=key, **fields)
        assert "error" in answer, answer
        return str(answer["error"]["code"])

    def heard(self, *types: str) -> list[dict[str, Any]]:
        """Events that have come and nobody has asked for, whose type begins so."""
        events = [self.events.get_nowait() for _ in range(self.events.qsize())]
        for event in events:
            self.events.put_nowait(event)
        return [event for event in events if event["type"].startswith(types)]

    async def next(self, type: str, **having: Any) -> dict[str, Any]:
        """The next event of this type with these fields (of its entry or reservation too); others are passed over."""
        async with asyncio.timeout(SECONDS):
            while True:
                event = await self.events.get()
                inner = event.get("entry") or event.get("reservation") or {}
                inner = inner if isinstance(inner, dict) else {}
                if event["type"] == type and all(event.get(k, inner.get(k)) == v for k, v in having.items()):
                    return event
