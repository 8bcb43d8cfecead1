"""`python -m server audit`: silent on a house in which much has happened, and each check finds the fault that was planted for it."""

import subprocess
from collections.abc import AsyncIterator

import pytest

from server.app import JOB_KINDS, REACTIONS
from server.audit import CHECKS, drift
from server.protocol import commands as c
from server.protocol import limits
from server.protocol.values import Scores
from tests.booking.stage import Evening, Stage, open_stage
from tests.conftest import Clock
from tests.tools.clones import rows
from tests.tools.house import House
from tests.trust.people import pairs

pytestmark = pytest.mark.anyio


@pytest.fixture
async def lived(conninfo: str, clock: Clock) -> AsyncIterator[Evening]:
    """A house in which people talked, booked, moved, cancelled late, came, reviewed, blocked; and a radar."""
    async with open_stage(conninfo) as stage:
        yield await live(stage, clock)


async def live(stage: Stage, clock: Clock) -> Evening:
    evening = await Evening.begin(stage, cancel_minutes=2 * 24 * 60)
    said = await stage.run(evening.guest, c.SendMessage(room=evening.room, body="今夜は?"))
    gone = await stage.run(evening.cast, c.SendMessage(room=evening.room, body="はい"))
    await stage.run(evening.cast, c.DeleteMessage(room=evening.room, seq=gone["seq"]))
    await stage.run(evening.guest, c.EditMessage(room=evening.room, seq=said["seq"], body="今夜はいかがですか?"))
    await stage.run(evening.cast, c.ReadRoom(room=evening.room, seq=said["seq"]))
    kept = []
    for number in range(4):
        id = await evening.invite(150 * number)
        await evening.pledge(id, clock)
        kept.append(id)
    moved = await evening.invite(30, replaces=kept[0])
    await evening.pledge(moved, clock)
    await stage.run(evening.guest, c.CancelReservation(reservation=kept[3], reason="急用", late=True))
    await evening.invite(610)
    await clock.shift(5 * 24 * 3600.0)
    await stage.tidy()
    for id in (moved, kept[1], kept[2]):
        await stage.run(evening.guest, c.WriteReview(reservation=id, scores=Scores(5, 4, 3, 2, 1)))
        await stage.run(evening.cast, c.WriteReview(reservation=id, comment="またお待ちしています"))
    stranger = await stage.account("guest", "仁")
    room = await stage.talk(evening.cast, stranger)
    await stage.run(stranger, c.SendMessage(room=room, body="?"))
    await stage.run(evening.cast, c.AddBlock(account=stranger.account))
    await work_off(stage)
    return evening


async def work_off(stage: Stage) -> None:
    while sum([await stage.worker.deliver(consumer, list(range(limits.SHARDS))) for consumer in REACTIONS]):
        pass


async def found(conninfo: str) -> list[str]:
    """Which checks see a difference."""
    return sorted({check for check, _ in await drift(conninfo)})


async def test_a_house_in_which_much_has_happened_shows_no_drift(lived: Evening, conninfo: str) -> None:
    assert await drift(conninfo) == []
    shown = await lived.stage.rows("select reviews from trust.radars")
    records = await lived.stage.rows(
        "select count(*) filter (where visit), count(*) filter (where cancellation), count(*) filter (where cancellation and late)"
        " from trust.guest_records"
    )
    unread = await lived.stage.rows("select sum(unread)::int from message.cards")
    assert (shown, records) == ([(3,)], [(3, 1, 1)]), "else the checks would have had nothing to look at"
    assert unread[0][0] > 0


FAULTS: dict[str, tuple[str, list[str]]] = {
    "an entry is lost": ("delete from message.entries where seq = 1", ["seq"]),
    "an entry's room is not there": (
        "insert into message.entries (room, seq, at, kind) values (gen_random_uuid(), 1, kernel.moment(), 'notice')",
        ["seq"],
    ),
    "a head is ahead": ("update message.rooms set head = head + 1", ["seq"]),
    "an entry is taken for deleted": (
        "update message.entries set deleted = true where kind = 'invitation'",
        ["unread"],
    ),
    "a position is beyond the head": ("update message.positions set read = 9999", ["unread"]),
    "a block is forgotten by its room": ("update message.rooms set blocked = false", ["unread"]),
    "a seal is missing": (
        "update message.entries set kind = 'notice' where kind = 'seal' and room || ':' || seq ="
        " (select max(room || ':' || seq) from message.entries where kind = 'seal')",
        ["seals"],
    ),
    "a seal is there twice": (
        "with last as (update message.rooms set head = head + 1 where not blocked returning id, head)"
        " insert into message.entries (room, seq, at, kind, reservation) select l.id, l.head, kernel.moment(), 'seal',"
        " (select reservation from message.entries where kind = 'seal' limit 1) from last l",
        ["seals"],
    ),
    "a face of nobody's profile": (
        "update identity.accounts set photo = jsonb_build_object('id', gen_random_uuid(), 'sizes', '{}'::jsonb) where role = 'cast'",
        ["portraits"],
    ),
    "nobody knows how near she is": (
        "with v as (insert into portfolio.vector_versions (learned_at, bearers) values (kernel.moment(), '{}') returning version)"
        " insert into portfolio.tag_vectors (version, tag, vector, floor) select version, 'jazz', array_fill(0.2::real, array[24]), 0 from v;"
        " insert into portfolio.search_documents (cast_id, published, tags, vector)"
        " values (gen_random_uuid(), true, '{jazz}', array_fill(0.2::real, array[24])::halfvec)",
        ["nearest"],
    ),
    "a status without its step": (
        "update booking.reservations set status = 'no_show' where status = 'completed'",
        ["records", "steps"],
    ),
    "a step is lost": (
        "delete from booking.steps where version = 1",
        ["steps"],
    ),
    "a cancellation forgets that it was late": (
        "update booking.reservations set ended_late = false",
        ["records"],
    ),
    "two live ones overlap": (
        "alter table booking.reservations drop constraint reservations_no_overlap;"
        " insert into booking.reservations (status, version, cast_id, guest_id, room, plan, span, blocked, chain, expires_at, cancel_until, hold_ms)"
        " select 'draft', 1, cast_id, guest_id, room, plan, span, blocked, gen_random_uuid(), expires_at, cancel_until, hold_ms"
        " from booking.reservations r, generate_series(1, 2) where r.id = (select id from booking.reservations limit 1);"
        " insert into booking.steps (reservation, version, status, at) select id, 1, 'draft', kernel.moment() from booking.reservations"
        " where status = 'draft' and id not in (select reservation from booking.steps)",
        ["overlaps"],
    ),
    "somebody else's hold": (
        "insert into booking.waits (cast_id, guest_id, plan, span, at, reservation)"
        " select cast_id, cast_id, (plan ->> 'id')::uuid, span, kernel.moment(), id from booking.reservations limit 1",
        ["waits"],
    ),
    "somebody was passed over": (
        "update booking.reservations set status = 'draft', expires_at = kernel.moment() + interval '1 hour' where status = 'expired';"
        " update booking.steps set status = 'draft' where status = 'expired';"
        " insert into booking.waits (cast_id, guest_id, plan, span, at, reservation)"
        " select r.cast_id, g, (plan ->> 'id')::uuid, span, r.created_at - interval '1 hour', case when g = r.guest_id then r.id end"
        " from booking.reservations r, unnest(array[gen_random_uuid(), r.guest_id]) with ordinality u(g, n) where status = 'draft' order by n",
        ["waits"],
    ),
    "a radar was added to": ("update trust.radars set reunion = 1.5", ["radar"]),
    "a radar is missing": ("delete from trust.radars", ["radar"]),
    "a radar has nothing under it": ("delete from trust.reviews", ["radar"]),
    "a delivery to nobody": (
        "with e as (insert into kernel.events (key, type, payload) values ('x', 'ReservationStepped', '{}') returning id)"
        " insert into kernel.deliveries (consumer, key, event, shard) select 'weather', 'x', id, 0 from e",
        ["deliveries"],
    ),
    "a dead delivery": (
        "with e as (insert into kernel.events (key, type, payload) values ('x', 'ReservationStepped', '{}') returning id)"
        " insert into kernel.deliveries (consumer, key, event, shard, dead_at) select 'message', 'x', id, 0, now() from e",
        ["deliveries"],
    ),
    "a job that nobody runs": ("insert into kernel.jobs (kind, payload) values ('pigeon.send', '{}')", ["deliveries"]),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_planted_fault_is_found(lived: Evening, conninfo: str, fault: str) -> None:
    planted, expected = FAULTS[fault]
    for statement in planted.split("; "):
        await lived.stage.rows(statement.strip().rstrip(";"))
    assert await found(conninfo) == expected


def test_every_check_has_a_fault_that_it_finds() -> None:
    assert {check for _, checks in FAULTS.values() for check in checks} == set(CHECKS)


async def test_what_is_still_in_the_outbox_is_no_drift(conninfo: str, clock: Clock) -> None:
    async with open_stage(conninfo) as stage:
        evening = await Evening.begin(stage)
        await evening.pledge(await evening.invite(), clock)
        assert await drift(conninfo) == []


async def test_every_kind_of_job_is_known_to_the_audit(conninfo: str) -> None:
    async with open_stage(conninfo) as stage:
        assert set(stage.worker._jobs) <= JOB_KINDS


async def test_the_command_line_prints_the_drift_and_exits_by_it(house: House) -> None:
    async with pairs(house, 1) as (pair,):
        await pair.guest.command("message.send", room=pair.room, body="今夜は?")
        assert house.run("audit") == ""
        await rows(house, "update message.rooms set head = 7 where id = %s", pair.room)
        with pytest.raises(subprocess.CalledProcessError) as told:
            house.run("audit")
        assert (told.value.returncode, told.value.stdout) == (
            1,
            f"seq\troom {pair.room}: head 7, but 1 entries up to 1\n",
        )
        await rows(house, "update message.rooms set head = 1 where id = %s", pair.room)
