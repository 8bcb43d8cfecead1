"""The same rivalry through two serving processes: what holds in one house holds in two."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from server.kernel.work import Caller
from tests.booking.stage import HELD, OVERLAPS, SECRET, Deadlocks, Evening, Stage
from tests.conftest import Clock
from tests.tools.house import House
from tests.tools.redis import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

RIVALS = 16
ROUNDS = 6


@pytest.fixture
async def houses(conninfo: str, redis: RedisServer) -> AsyncIterator[list[House]]:
    env = {"DATABASE_URL": conninfo, "REDIS_URL": redis.url, "FUURO_SECRET_KEY": SECRET}
    with tempfile.TemporaryDirectory(prefix="fuuro-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o711)
        opened = [House(Path(folder) / f"{n}", **env) for n in range(2)]
        try:
            for house in opened:
                await asyncio.to_thread(house.start)
            yield opened
        finally:
            for house in opened:
                assert await asyncio.to_thread(house.stop) == 0


class Desks:
    """One account's commands, by HTTP, to whichever house."""

    def __init__(self, stage: Stage, clients: list[httpx.AsyncClient]) -> None:
        self._stage = stage
        self._clients = clients

    async def say(self, who: Caller, house: int, type: str, key: str | None = None, **fields: Any) -> dict[str, Any]:
        token = self._stage.server.tokens.sign(who, await self._stage.now(), 3600)
        answer = await self._clients[house % 2].post(
            "/api/commands",
            json={"type": type, **fields},
            headers={"authorization": f"Bearer {token}", "idempotency-key": key or str(uuid4())},
        )
        return dict(answer.json())


def code(said: dict[str, Any]) -> str:
    return str(said.get("code", "ok"))


async def test_two_processes_sell_no_instant_twice(
    stage: Stage, evening: Evening, clock: Clock, houses: list[House], deadlocks: Deadlocks
) -> None:
    guests = [await stage.account("guest", f"{n}") for n in range(RIVALS)]
    rooms = [await stage.talk(evening.cast, guest) for guest in guests]
    clients = [httpx.AsyncClient(base_url=house.url, timeout=20) for house in houses]
    desks = Desks(stage, clients)
    for turn in range(ROUNDS):
        invited = await asyncio.gather(
            *(
                desks.say(
                    evening.cast,
                    n,
                    "invitation.send",
                    room=str(room),
                    plan=str(evening.plan),
                    starts_at=evening.at(turn * 105 + n % 15).isoformat(),
                )
                for n, room in enumerate(rooms)
            )
        )
        assert sorted(code(said) for said in invited) == ["ok"] + ["slot_taken"] * (RIVALS - 1)
        winner = next(n for n, said in enumerate(invited) if code(said) == "ok")
        reservation = invited[winner]["result"]["reservation"]["id"]
        await desks.say(guests[winner], turn, "reservation.press", reservation=reservation)
        await clock.shift(HELD)
        keys = [str(uuid4()), str(uuid4())]
        pledged = await asyncio.gather(
            *(
                desks.say(
                    guests[winner], n, "reservation.pledge", keys[n // 2], reservation=reservation, terms_version=1
                )
                for n in range(4)
            )
        )
        assert sorted(code(said) for said in pledged) == ["ok", "ok", "wrong_state", "wrong_state"]
        one, other = (said for said in pledged if code(said) == "ok")
        assert one == other, "the same key gets the same answer, from whichever house"
    for client in clients:
        await client.aclose()
    assert await stage.rows(OVERLAPS) == []
    assert await stage.rows("select count(*) from booking.reservations where status = 'confirmed'") == [(ROUNDS,)]
    assert deadlocks.since() == 0
