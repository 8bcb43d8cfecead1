"""Many want one slot, and one gets it; and the constraint has the last word whoever asks."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from server.app import Server
from server.identity import store as accounts
from server.kernel.database import Database
from server.kernel.settings import ROLES, Settings
from server.kernel.work import Caller, Work
from server.message import store as rooms
from server.offer import store as offers
from server.protocol.commands import SendInvitation
from server.protocol.errors import Refusal

pytestmark = pytest.mark.anyio
RIVALS = 20


def server(conninfo: str) -> Server:
    nobody = frozenset[str]()
    settings = Settings(
        None, None, "127.0.0.1", 8000, Path(), bytes(32), ZoneInfo("Asia/Tokyo"), nobody, None, 1000.0, ROLES, nobody,
        "mailto:operator@example.org", False,
    )  # fmt: skip
    return Server(settings, conninfo)


async def test_of_many_invitations_for_overlapping_times_one_holds_the_slot(conninfo: str, database: Database) -> None:
    async with database.connection() as connection, connection.transaction():
        work = Work(connection, {})
        cast = await accounts.add_account(work, "cast", "紗夜", None)
        guests = [await accounts.add_account(work, "guest", f"{n}", None) for n in range(RIVALS)]
        talks = [(await rooms.make_room(work, cast, guest))[0] for guest in guests]
        start = await work.moment() + timedelta(days=1)
        await offers.lock_calendar(work, cast)
        await offers.add_shift(work, cast, start, start + timedelta(hours=6))
        plan = await offers.save_plan(work, cast, None, PLAN)
    assert plan is not None
    one = server(conninfo)
    await one.database.open()
    caller = Caller(cast, "cast", uuid4())

    async def invite(room: UUID, minutes: int) -> str:
        command = SendInvitation(room=room, plan=plan.id, starts_at=start + timedelta(minutes=minutes))
        try:
            await one.dispatcher.run(caller, command, uuid4())
        except Refusal as refusal:
            return refusal.code
        return "held"

    try:
        said = await asyncio.gather(*(invite(room, n) for n, room in enumerate(talks)))
    finally:
        await one.database.close()
    assert sorted(said) == ["held"] + ["slot_taken"] * (RIVALS - 1)


async def test_the_constraint_itself_refuses_an_overlap(conninfo: str) -> None:
    row = """insert into booking.reservations (cast_id, guest_id, room, plan, span, blocked, chain, expires_at, cancel_until, hold_ms)
      values (%s, gen_random_uuid(), gen_random_uuid(), '{}', tstzrange('2030-01-01', '2030-01-02'),
      tstzrange('2030-01-01', '2030-01-02'), gen_random_uuid(), '2029-01-01', '2029-01-01', 1200)"""
    cast = uuid4()
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute(row, [cast])
        with pytest.raises(psycopg.errors.ExclusionViolation):
            await connection.execute(row, [cast])


PLAN = {
    "name": "90分",
    "minutes": 90,
    "amount": 18000,
    "currency": "JPY",
    "terms": "総額",
    "description": "",
    "buffer_before": 0,
    "buffer_after": 0,
    "notice_minutes": 0,
    "cancel_minutes": 0,
    "waitlist": False,
}
