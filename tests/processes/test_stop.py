"""The end, asked for in whatever moment: everybody is told, nothing acknowledged is lost, nothing keeps running."""

import asyncio
import itertools
import json
import signal
import subprocess
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.tools import guardian
from tests.tools.house import House, until
from tests.tools.processes import appears, names
from tests.tools.proxy import Proxy

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PAIRS = 110
BUSY = 30
"""sockets that send without a pause."""
GUARD_SECONDS = 60
"""s after which a stop hangs. What it took is printed, not judged: the machine is shared."""


class Visitor:
    """A signed-in socket that hears how it ends; a busy one sends until then."""

    def __init__(self, house: House, room: str, token: str, busy: bool) -> None:
        self._house = house
        self._room = room
        self._token = token
        self._busy = busy
        self.here = asyncio.Event()
        self.sent: dict[int, str] = {}
        self.acknowledged: dict[str, int] = {}
        self.end: tuple[int, str] | None = None

    async def stay(self) -> None:
        url = f"ws://127.0.0.1:{self._house.port}/ws"
        async with connect(url, subprotocols=["fuuro.v1"], compression=None) as raw:  # type: ignore[list-item]
            opening = {"type": "session.open", "token": self._token}
            await raw.send(json.dumps({"id": 1, "key": str(uuid4()), "command": opening}))
            assert "result" in json.loads(await raw.recv())
            self.here.set()
            sending = asyncio.create_task(self._send(raw)) if self._busy else None
            try:
                while True:
                    frame = json.loads(await raw.recv())
                    if "result" in frame:
                        self.acknowledged[self.sent[frame["id"]]] = frame["result"]["seq"]
            except ConnectionClosed as closed:
                self.end = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd is not None else None
            if sending is not None:
                await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, raw: ClientConnection) -> None:
        for id in itertools.count(2):
            key = self.sent[id] = str(uuid4())
            said = {"type": "message.send", "room": self._room, "body": f"{id}"}
            await raw.send(json.dumps({"id": id, "key": key, "command": said}))
            await until(lambda: len(self.sent) - len(self.acknowledged) < 8)


async def visitors(house: House, folder: Path) -> list[Visitor]:
    lines = folder / "pairs"
    await asyncio.to_thread(house.run, "seed", "--pairs", f"{PAIRS}", "--tokens", str(lines))
    pairs = [json.loads(line) for line in lines.read_text().splitlines()]
    sides = [(pair["room"], pair[side]["token"]) for pair in pairs for side in ("cast", "guest")]
    return [Visitor(house, room, token, n < BUSY) for n, (room, token) in enumerate(sides)]


async def all_here(house: House, folder: Path) -> tuple[list[Visitor], list["asyncio.Task[None]"]]:
    there = await visitors(house, folder)
    staying = [asyncio.create_task(visitor.stay()) for visitor in there]
    await asyncio.gather(*(visitor.here.wait() for visitor in there))
    await until(lambda: all(len(visitor.acknowledged) > 5 for visitor in there[:BUSY]))
    return there, staying


async def ended(house: House, *numbers: signal.Signals) -> int:
    """Sends the signals, waits for the end; the exit code."""
    assert house.process is not None
    began = time.monotonic()
    for number in numbers:
        house.process.send_signal(number)
    code = await asyncio.to_thread(house.process.wait, GUARD_SECONDS)
    print(f"{[number.name for number in numbers]}: ended after {time.monotonic() - began:.2f} s")
    return code


def kept(conninfo: str) -> dict[str, int]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        rows = connection.execute("select key::text, seq from message.entries where kind = 'text'").fetchall()
        assert len(rows) == len({key for key, _ in rows})
        return dict(rows)


def embedded(data: Path) -> str:
    return make_conninfo("", host=str(data / "postgres"), port=5432, user="postgres", dbname="fuuro")


def acknowledged(there: list[Visitor]) -> dict[str, int]:
    return {key: seq for visitor in there for key, seq in visitor.acknowledged.items()}


@pytest.mark.parametrize(
    "numbers",
    [(signal.SIGTERM,), (signal.SIGINT,), (signal.SIGINT, signal.SIGINT, signal.SIGTERM)],
    ids=["SIGTERM", "Ctrl-C", "again and again"],
)
async def test_everybody_is_told_when_to_come_back_and_nothing_acknowledged_is_lost(
    folder: Path, numbers: tuple[signal.Signals, ...]
) -> None:
    data = folder / "data"
    guardian.watch_cluster(data)
    house = await asyncio.to_thread(House(data).start)
    there, staying = await all_here(house, folder)
    assert len(there) >= 200
    assert await ended(house, *numbers) == 0
    await asyncio.gather(*staying)
    assert {visitor.end and visitor.end[0] for visitor in there} == {1012}
    waits = [int(visitor.end[1]) for visitor in there if visitor.end is not None]
    assert all(0 < wait <= 10_000 for wait in waits)
    assert len(set(waits)) > len(waits) // 4, "spread, so that they don't all come back at once"
    assert names(data) == [], "nobody stays, PostgreSQL neither"
    await asyncio.to_thread(house.start)
    found = kept(embedded(data))
    assert {key: found.get(key) for key in acknowledged(there)} == acknowledged(there)
    assert await asyncio.to_thread(house.stop) == 0
    assert names(data) == []


async def test_a_terminal_that_closes_asks_for_the_end_too(folder: Path) -> None:
    data = folder / "data"
    guardian.watch_cluster(data)
    ours = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored, by whatever is started there too
    try:
        house = await asyncio.to_thread(House(data).start)
    finally:
        signal.signal(signal.SIGHUP, ours)
    assert await ended(house, signal.SIGHUP) == 0
    assert names(data) == [], "nobody stays, PostgreSQL neither"


async def test_a_client_that_does_not_read_does_not_hold_the_end_up(folder: Path) -> None:
    data = folder / "data"
    guardian.watch_cluster(data)
    house = await asyncio.to_thread(House(data).start)
    async with AsyncExitStack() as deaf:
        for request in (
            b"GET /health/live HTTP/1.1\r\nHost: a\r\n",
            b"POST /api/auth/otp HTTP/1.1\r\nContent-Length: 9\r\n\r\n",
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", house.port)
            deaf.callback(writer.close)
            writer.write(request)
            await writer.drain()
        assert await ended(house, signal.SIGTERM) == 0
    assert names(data) == []


@pytest.mark.parametrize("moment", ["postgres.users", "postgres/postmaster.pid", "postgres/.s.PGSQL.5432"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_in_the_middle_of_the_start_leaves_nothing_behind(
    folder: Path, moment: str, number: signal.Signals
) -> None:
    data = folder / "data"
    guardian.watch_cluster(data)
    house = House(data)
    house.launch()
    assert await asyncio.to_thread(appears, data / moment)
    assert await ended(house, number) == 0
    assert await until(lambda: names(data) == [])
    assert list(data.glob("postgres.new.*")) == []
    await asyncio.to_thread(house.start)
    assert await asyncio.to_thread(house.stop) == 0
    assert names(data) == []


async def test_a_start_that_waits_for_postgres_ends_when_asked(folder: Path, conninfo: str) -> None:
    target = Path(str(conninfo_to_dict(conninfo)["host"]))
    async with Proxy(folder, target) as proxy:
        proxy.freeze()
        house = House(folder / "data", DATABASE_URL=make_conninfo(conninfo, host=str(folder)))
        house.launch()
        await until(proxy.asked.is_set)
        assert await ended(house, signal.SIGTERM) == 0


async def test_a_start_that_waits_for_its_turn_ends_when_asked(folder: Path, conninfo: str) -> None:
    env = {"DATABASE_URL": conninfo, "FUURO_SECRET_KEY": "s" * 40}
    first = await asyncio.to_thread(House(folder / "a", **env).start)
    second = House(folder / "b", **env)
    second.launch()
    waits = "select 1 from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        await until(lambda: connection.execute(waits.encode()).fetchone())
    assert await ended(second, signal.SIGTERM) == 0
    assert await asyncio.to_thread(first.stop) == 0


async def test_a_request_that_the_end_cuts_short_is_told_to_come_again(folder: Path, conninfo: str) -> None:
    house = await asyncio.to_thread(House(folder / "data", DATABASE_URL=conninfo, FUURO_SECRET_KEY="s" * 40).start)
    await asyncio.to_thread(house.run, "seed", "--pairs", "1", "--tokens", str(lines := folder / "pairs"))
    pair = json.loads(lines.read_text())
    command = {"type": "message.send", "room": pair["room"], "body": "一言"}
    headers = {"authorization": f"Bearer {pair['guest']['token']}", "idempotency-key": str(uuid4())}
    waits = "select 1 from pg_locks where not granted and relation = 'message.entries'::regclass"
    async with httpx.AsyncClient(base_url=house.url, headers=headers, timeout=GUARD_SECONDS) as client:
        with psycopg.connect(conninfo) as holder, psycopg.connect(conninfo, autocommit=True) as watch:
            holder.execute("lock table message.entries")
            asking = asyncio.create_task(client.post("/api/commands", json=command))
            await until(lambda: watch.execute(waits).fetchone())
            assert await ended(house, signal.SIGTERM) == 0
            answer = await asking
        assert (answer.status_code, answer.json()["code"], answer.json()["temporary"]) == (503, "unavailable", True)
        assert answer.headers["retry-after"] == "1"
        await asyncio.to_thread(house.start)
        again = await client.post("/api/commands", json=command)
    assert again.json()["result"]["seq"] == 1
    assert kept(conninfo) == {headers["idempotency-key"]: 1}
    assert await asyncio.to_thread(house.stop) == 0


async def test_it_ends_while_postgres_says_nothing(folder: Path, conninfo: str) -> None:
    target = Path(str(conninfo_to_dict(conninfo)["host"]))
    async with Proxy(folder, target) as proxy:
        env: dict[str, Any] = {"DATABASE_URL": make_conninfo(conninfo, host=str(folder)), "FUURO_SECRET_KEY": "s" * 40}
        house = await asyncio.to_thread(House(folder / "data", **env).start)
        there, staying = await all_here(house, folder)
        proxy.freeze()
        assert await ended(house, signal.SIGTERM) == 0
        proxy.thaw()
        await asyncio.gather(*staying)
    assert {visitor.end and visitor.end[0] for visitor in there} == {1012}
    found = kept(conninfo)
    assert {key: found.get(key) for key in acknowledged(there)} == acknowledged(there)


async def test_ctrl_c_on_a_command_that_started_postgres_takes_it_along(folder: Path) -> None:
    data = folder / "data"
    guardian.watch_cluster(data)
    house = House(data)
    command = house.launch("migrate")
    assert await asyncio.to_thread(appears, data / "postgres" / "postmaster.pid")
    command.send_signal(signal.SIGTERM)
    try:
        await asyncio.to_thread(command.wait, GUARD_SECONDS)
    except subprocess.TimeoutExpired:
        command.kill()
        raise
    assert command.returncode == 128 + signal.SIGTERM, "what was cut short has not succeeded"
    assert names(data) == []
