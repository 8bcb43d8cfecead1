"""People in a house whose database the test can reach, and evenings that are over."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from tests.tools.house import House, Person

SCORES = {"conversation": 5, "attentiveness": 4, "style": 3, "punctuality": 5, "reunion": 4}


class Pair:
    """A cast and a guest who follows her, with their room."""

    def __init__(self, house: House, line: dict[str, Any]) -> None:
        self.house = house
        self.room = line["room"]
        self.cast = known(house, line["cast"], "cast")
        self.guest = known(house, line["guest"], "guest")

    async def evening(self, status: str = "completed", days_ago: float = 1, **columns: Any) -> str:
        """The id of a reservation of the two, 90 minutes, that was some days ago."""
        return await evening(self.house, self.cast.id, self.guest.id, self.room, status, days_ago, **columns)


def known(house: House, said: dict[str, str], role: str) -> Person:
    person = Person(house)
    person._signed_in({"access_token": said["token"], "account": {"id": said["id"], "role": role}})
    return person


@asynccontextmanager
async def pairs(house: House, count: int) -> AsyncIterator[list[Pair]]:
    made = [Pair(house, line) for line in await _seeded(house, count)]
    try:
        yield made
    finally:
        for pair in made:
            await pair.cast.http.aclose()
            await pair.guest.http.aclose()


async def _seeded(house: House, count: int) -> list[dict[str, Any]]:
    """From the house's stock, which is filled by eight or more: starting the command line takes longer than seeding."""
    if len(house.seeded) < count:
        with tempfile.NamedTemporaryFile() as file:
            await asyncio.to_thread(house.run, "seed", "--pairs", str(max(count, 8)), "--tokens", file.name)
            house.seeded += [json.loads(line) for line in Path(file.name).read_text().splitlines()]
    taken, house.seeded = house.seeded[:count], house.seeded[count:]
    return taken


RESERVATION = """
insert into booking.reservations (id, status, version, cast_id, guest_id, room, plan, span, blocked, chain, expires_at, cancel_until,
  confirmed_at, hold_ms, ended_at, ended_by, ended_late, replaces)
select %(id)s, %(status)s, 3, %(cast)s, %(guest)s, %(room)s, %(plan)s, tstzrange(t, t + interval '90 minutes'),
  tstzrange(t, t + interval '90 minutes'), %(id)s, t, t, t - interval '1 day', 1200,
  case when %(status)s in ('completed', 'cancelled', 'no_show', 'disputed', 'upheld', 'cleared') then t + interval '2 hours' end,
  %(ended_by)s, %(late)s, %(replaces)s
from (select kernel.moment() - make_interval(secs => %(ago)s) as t) x"""
STEPS = """
insert into booking.steps (reservation, version, status, by, at)
select r.id, v.version, v.status, case when v.version = 3 then r.ended_by end, lower(r.span)
from booking.reservations r cross join (values (1, 'draft'), (2, 'confirmed'), (3, %(status)s)) v(version, status)
where r.id = %(id)s and (v.version < 3 or %(status)s <> 'confirmed')"""


async def evening(
    house: House,
    cast: str,
    guest: str,
    room: str,
    status: str,
    days_ago: float,
    *,
    ended_by: str | None = None,
    late: bool = False,
    replaces: str | None = None,
) -> str:
    id = str(uuid4())
    plan = {
        "id": str(uuid4()),
        "name": "90分",
        "minutes": 90,
        "price": {"amount": 18000, "currency": "JPY"},
        "terms": "総額。",
        "terms_version": 1,
    }
    values = {
        "id": UUID(id),
        "status": status,
        "cast": UUID(cast),
        "guest": UUID(guest),
        "room": UUID(room),
        "plan": Jsonb(plan),
        "ago": days_ago * 86_400.0,
        "ended_by": None if ended_by is None else UUID(ended_by),
        "late": late,
        "replaces": None if replaces is None else UUID(replaces),
    }
    async with await psycopg.AsyncConnection.connect(house.env["DATABASE_URL"], autocommit=True) as connection:
        await connection.execute(RESERVATION.encode(), values)
        await connection.execute(STEPS.encode(), values)
    return id
