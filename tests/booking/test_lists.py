"""Lists of reservations: in the order in which they were made, whatever their ids say."""

from uuid import UUID

import pytest

from server.booking import store
from tests.booking.stage import Evening, Stage

pytestmark = pytest.mark.anyio

OLD = """
insert into booking.reservations (id, status, cast_id, guest_id, room, plan, span, blocked, chain, expires_at, cancel_until, hold_ms, created_at)
select gen_random_uuid(), %s, cast_id, guest_id, room, plan, span, blocked, chain, expires_at, cancel_until, hold_ms,
  created_at - make_interval(mins => (n + 1) / 2) from booking.reservations, generate_series(1, 7) n
returning id, created_at"""
"""Seven from before ids told their time, two and two of one moment."""


async def old(stage: Stage, status: str) -> list[UUID]:
    """The newest first."""
    made = await stage.rows(OLD, status)
    return [id for id, _ in sorted(made, key=lambda row: (row[1], row[0]), reverse=True)]


async def test_the_newest_come_first_page_by_page(stage: Stage, evening: Evening) -> None:
    latest = [await evening.invite(), *await old(stage, "expired")]
    found: list[UUID] = []
    async with stage.work() as work:
        while page := await store.reservations(work, evening.guest.account, None, found[-1] if found else None, 3):
            found += [one.id for one in page]
    assert sorted(found, key=latest.index) == found
    assert len(found) == 8


async def test_disputes_come_in_the_order_in_which_they_were_made(stage: Stage, evening: Evening) -> None:
    await evening.invite()
    oldest = (await old(stage, "disputed"))[::-1]
    async with stage.work() as work:
        first = [one.id for one in await store.disputes(work, None, 4)]
        assert first + [one.id for one in await store.disputes(work, first[-1], 4)] == oldest


async def test_ids_of_what_is_made_now_ascend(evening: Evening) -> None:
    made = [await evening.invite(minutes) for minutes in (0, 90, 180)]
    assert made == sorted(made)
    assert {id.version for id in made} == {7}
