"""Whatever is killed in the middle of the night: what was acknowledged is there once, in order, with one seal a pledge."""

import asyncio
import json
import os
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.chaos.phone import Desk, Phone, moment
from tests.tools.house import House, until

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(240)]

PAIRS = 8
ROUND = 300
"""messages acknowledged between two crashes: proof that the house works again."""
HELD = 1.25
"""s; the hold is real time here, by the database's clock."""


class Night:
    """A house with `PAIRS` pairs who write without a pause, and pledge what they are invited to."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.house = House(data).start()
        lines = data.parent / "pairs"
        self.house.run("seed", "--pairs", f"{PAIRS}", "--tokens", str(lines))
        self.pairs: list[dict[str, Any]] = [json.loads(line) for line in lines.read_text().splitlines()]
        self.phones = [
            Phone(self.house, pair["room"], pair[side]["id"], pair[side]["token"])
            for pair in self.pairs
            for side in ("cast", "guest")
        ]
        self.confirmed: list[str] = []
        self.faults: list[str] = []
        self.open = True

    async def begin(self) -> None:
        self.lives = [asyncio.create_task(phone.live()) for phone in self.phones]
        self.evenings = [asyncio.create_task(self._evening(pair)) for pair in self.pairs]

    async def end(self) -> None:
        for task in [*self.lives, *self.evenings]:
            task.cancel()
        await asyncio.gather(*self.lives, *self.evenings, return_exceptions=True)

    async def _evening(self, pair: dict[str, Any]) -> None:
        """One invitation after the other, each pledged."""
        cast, guest = (Desk(self.house, pair[side]["token"]) for side in ("cast", "guest"))
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        price = {"amount": 18_000, "currency": "JPY"}
        plan = await cast.insist("plan.save", name="15分", minutes=15, price=price, terms="総額。")
        await cast.insist("schedule.add", starts_at=_at(start), ends_at=_at(start + timedelta(hours=24)))
        slot = 0
        while self.open:
            at = _at(start + timedelta(minutes=15 * slot))
            sent = await cast.insist("invitation.send", room=pair["room"], plan=plan["id"], starts_at=at)
            await self._pledge(guest, sent["reservation"]["id"])
            slot += 1
        await asyncio.gather(cast.close(), guest.close())

    async def _pledge(self, guest: Desk, reservation: str) -> None:
        said: dict[str, Any] = {"code": "not_held"}
        while said.get("code") == "not_held":
            await guest.insist("reservation.press", reservation=reservation)
            await moment(HELD)
            said = await guest.insist("reservation.pledge", reservation=reservation, terms_version=1)
        if "code" in said:
            self.faults.append(f"a pledge was refused: {said}")
        else:
            self.confirmed.append(reservation)

    def acknowledged(self) -> int:
        return sum(len(phone.acknowledged) for phone in self.phones)

    async def works(self) -> None:
        """Waits until the house has taken many more messages, from everybody, and some pledges."""
        goal, each, sealed = (
            self.acknowledged() + ROUND,
            [len(p.acknowledged) for p in self.phones],
            len(self.confirmed),
        )
        await until(
            lambda: (
                self.acknowledged() >= goal
                and len(self.confirmed) >= sealed + PAIRS // 2
                and all(len(p.acknowledged) > n for p, n in zip(self.phones, each, strict=True))
            ),
            30,
        )

    async def server_is_killed(self) -> None:
        self.house.kill()
        await asyncio.to_thread(self.house.start)

    async def postgres_is_killed(self) -> None:
        """And nobody starts it again but the server itself."""
        pid = int((self.data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGKILL)

    async def server_is_deployed(self) -> None:
        assert await asyncio.to_thread(self.house.stop) == 0
        await asyncio.to_thread(self.house.start)

    async def settle(self) -> None:
        """Nobody writes any more, and everything that was begun has come to its end."""
        self.open = False
        await asyncio.gather(*self.evenings)
        for phone in self.phones:
            phone.talking = False
        await until(lambda: not any(phone.outbox for phone in self.phones))
        await until(lambda: rows(self.data, "select count(*) from kernel.deliveries")[0][0] == 0)
        heads = dict(rows(self.data, "select id::text, head from message.rooms"))
        await until(lambda: all(len(phone.seen) >= heads[phone.room] for phone in self.phones))


def _at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def rows(data: Path, query: str) -> list[tuple[Any, ...]]:
    conninfo = make_conninfo("", host=str(data / "postgres"), port=5432, user="postgres", dbname="fuuro")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.fixture
async def night() -> AsyncIterator[Night]:
    with tempfile.TemporaryDirectory(prefix="fuuro-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o711)
        one = Night(Path(folder) / "data")
        await one.begin()
        try:
            yield one
        finally:
            await one.end()
            await asyncio.to_thread(one.house.stop)


async def test_what_was_acknowledged_survives_every_crash_once_and_in_order(night: Night) -> None:
    await night.works()
    for crash in (
        night.server_is_killed,
        night.postgres_is_killed,
        night.server_is_deployed,
        night.postgres_is_killed,
        night.server_is_killed,
    ):
        await crash()
        await night.works()
    await night.settle()

    assert [fault for phone in night.phones for fault in phone.faults] + night.faults == []
    log: dict[str, list[tuple[Any, ...]]] = {pair["room"]: [] for pair in night.pairs}
    for room, *entry in rows(
        night.data, "select room::text, seq, by::text, kind, key::text, body from message.entries order by room, seq"
    ):
        log[room].append(tuple(entry))
    for phone in night.phones:
        kept = log[phone.room]
        assert [seq for seq, *_ in kept] == list(range(1, len(kept) + 1)), "dense"
        seen = [(e["seq"], e["by"], e["kind"], e.get("key"), e.get("body")) for e in phone.seen]
        assert seen == kept, "each client saw each entry once, and in order"
        mine = {key: seq for seq, by, kind, key, _ in kept if by == phone.id and kind == "text"}
        assert mine == phone.acknowledged, "what was acknowledged is there, and nothing twice"
        assert phone.sessions > 1
    seals = Counter(r for (r,) in rows(night.data, "select reservation::text from message.entries where kind = 'seal'"))
    confirmed = rows(night.data, "select id::text from booking.reservations where status = 'confirmed'")
    assert seals == Counter(r for (r,) in confirmed) == Counter(night.confirmed)
    assert len(night.confirmed) >= PAIRS
    assert await asyncio.to_thread(night.house.run, "audit") == "", "what the house shows is what its rows say"
    print(f"{night.acknowledged()} messages, {len(night.confirmed)} pledges, five crashes")
