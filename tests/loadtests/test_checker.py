"""The checker of load tests is itself checked: an evening that was right passes, and each planted fault is found."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from loadtests import checker
from loadtests import journal as j
from loadtests.journal import Journal
from server.protocol import commands as c
from tests.booking.stage import HELD, Evening, Stage, pledge
from tests.conftest import Clock

pytestmark = pytest.mark.anyio


class Night:
    """A short evening that really took place, and what the two were told of it; a plant changes one or the other."""

    def __init__(self, conninfo: str, evening: Evening, folder: Path) -> None:
        self.conninfo, self.evening, self.folder = conninfo, evening, folder
        self.records: list[j.AnyRecord] = []

    @property
    def cast(self) -> UUID:
        return self.evening.cast.account

    @property
    def guest(self) -> UUID:
        return self.evening.guest.account

    def record(self, kind: type[Any], who: UUID, at: int = 0) -> Any:
        return [r for r in self.records if isinstance(r, kind) and r.who == who][at]

    def replace(self, old: j.AnyRecord, *new: j.AnyRecord) -> None:
        place = self.records.index(old)
        self.records[place : place + 1] = new

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.conninfo) as connection:
            connection.execute(statement.encode())

    def faults(self) -> list[str]:
        journal = Journal(self.folder)
        for record in self.records:
            journal.write(record)
        return checker.check(self.conninfo, self.folder)[0]


@pytest.fixture
async def night(stage: Stage, clock: Clock, conninfo: str, tmp_path: Path) -> Night:
    evening = await Evening.begin(stage)
    night = Night(conninfo, evening, tmp_path)
    room, cast, guest = evening.room, evening.cast, evening.guest
    tell = night.records.append
    tell(j.Began(cast.account, room, 0))
    tell(j.Began(guest.account, room, 0))
    for number in range(3):
        key = uuid4()
        sent = await stage.run(cast, c.SendMessage(room=room, body=f"{number}"), key)
        tell(j.Acknowledged(cast.account, key, "message.send", room, sent["seq"]))
    key = uuid4()
    sent = await stage.run(cast, evening.invitation(), key)
    reservation = UUID(sent["reservation"]["id"])
    tell(j.Acknowledged(cast.account, key, "invitation.send", room, sent["seq"], reservation, 1, "draft"))
    await evening.press(reservation)
    await clock.shift(HELD)
    key = uuid4()
    now = (await stage.run(guest, pledge(reservation), key))["reservation"]
    tell(j.Acknowledged(guest.account, key, "reservation.pledge", None, None, reservation, now["version"], "confirmed"))
    await stage.deliver()
    for entry in await stage.log(room):
        about = entry.reservation.id if entry.reservation else None
        for who in (cast, guest):
            tell(j.Saw(who.account, room, entry.seq, entry.kind, entry.by, entry.key or None, about))
    return night


async def test_an_evening_that_was_right_has_no_faults(night: Night) -> None:
    assert night.faults() == []


Plant = Callable[[Night], None]


def _saw_twice(night: Night) -> None:
    saw = night.record(j.Saw, night.guest, 1)
    night.replace(saw, saw, saw)


def _saw_a_gap(night: Night) -> None:
    night.replace(night.record(j.Saw, night.guest, 1))


def _saw_something_else(night: Night) -> None:
    saw = night.record(j.Saw, night.guest)
    night.replace(saw, j.Saw(saw.who, saw.room, saw.seq, saw.kind, saw.by, uuid4()))


def _a_stranger_saw_it(night: Night) -> None:
    saw, stranger = night.record(j.Saw, night.guest), uuid4()
    night.records += [
        j.Began(stranger, saw.room, 0),
        j.Saw(stranger, saw.room, 1, saw.kind, saw.by, saw.key, saw.reservation),
    ]


def _acknowledged_and_not_there(night: Night) -> None:
    night.records.append(j.Acknowledged(night.cast, uuid4(), "message.send", night.evening.room, 4))


def _acknowledged_elsewhere(night: Night) -> None:
    sent = night.record(j.Acknowledged, night.cast)
    night.replace(sent, j.Acknowledged(sent.who, sent.key, sent.command, sent.room, sent.seq + 1))


def _refused_for_no_reason(night: Night) -> None:
    night.records.append(j.Refused(night.guest, uuid4(), "message.send", "internal"))


def _a_client_complained(night: Night) -> None:
    night.records.append(j.Fault(night.guest, "an answer to nothing"))


def _a_step_was_forgotten(night: Night) -> None:
    night.sql("delete from booking.steps where status = 'confirmed'")


def _the_first_step_is_gone(night: Night) -> None:
    night.sql("delete from booking.steps where version = 1")


def _an_entry_was_lost(night: Night) -> None:
    night.sql("delete from message.entries where seq = 2")


def _the_last_entry_was_lost(night: Night) -> None:
    night.sql("delete from message.entries where seq = 3")
    night.sql("update message.entries set seq = seq - 1 where seq > 3")
    night.sql("update message.rooms set head = head - 1")


def _one_message_became_two(night: Night) -> None:
    night.sql("drop index message.entries_key")
    night.sql("""insert into message.entries (room, seq, at, by, kind, key, body)
      select e.room, r.head + 1, e.at, e.by, e.kind, e.key, e.body from message.entries e join message.rooms r on r.id = e.room where seq = 1""")
    night.sql("update message.rooms set head = head + 1")


def _a_second_seal(night: Night) -> None:
    night.sql("""insert into message.entries (room, seq, at, kind, reservation)
      select e.room, r.head + 1, e.at, e.kind, e.reservation from message.entries e join message.rooms r on r.id = e.room where kind = 'seal'""")
    night.sql("update message.rooms set head = head + 1")


def _no_seal(night: Night) -> None:
    night.sql("delete from message.entries where kind = 'seal'")
    night.sql("update message.rooms set head = head - 1")
    night.records = [r for r in night.records if not (isinstance(r, j.Saw) and r.kind == "seal")]


def _two_at_one_time(night: Night) -> None:
    night.sql("alter table booking.reservations drop constraint reservations_no_overlap")
    night.sql("""insert into booking.reservations
        (cast_id, guest_id, room, plan, span, blocked, chain, expires_at, cancel_until, hold_ms)
      select cast_id, guest_id, room, plan, span, blocked, uuidv7(), expires_at, cancel_until, hold_ms from booking.reservations""")


def _a_delivery_waits(night: Night) -> None:
    night.sql("""insert into kernel.deliveries (consumer, key, event, shard)
      select 'message', 'x', id, 0 from kernel.events limit 1""")


def _silence(night: Night) -> None:
    night.records = [r for r in night.records if isinstance(r, j.Began)]


PLANTS: dict[Plant, str] = {
    _saw_twice: "order",
    _saw_a_gap: "order",
    _saw_something_else: "other",
    _a_stranger_saw_it: "stranger",
    _acknowledged_and_not_there: "lost",
    _acknowledged_elsewhere: "lost",
    _refused_for_no_reason: "refusal",
    _a_client_complained: "client",
    _a_step_was_forgotten: "lost",
    _the_first_step_is_gone: "steps",
    _an_entry_was_lost: "seq",
    _the_last_entry_was_lost: "lost",
    _one_message_became_two: "doubled",
    _a_second_seal: "seal",
    _no_seal: "seal",
    _two_at_one_time: "overlap",
    _a_delivery_waits: "outbox",
    _silence: "silence",
}


def _named() -> Iterator[Any]:
    for plant, check in PLANTS.items():
        yield pytest.param(plant, check, id=plant.__name__.strip("_"))


@pytest.mark.parametrize(("plant", "check"), _named())
async def test_a_planted_fault_is_found(night: Night, plant: Plant, check: str) -> None:
    plant(night)
    assert check in {fault.partition(":")[0] for fault in night.faults()}


async def test_every_kind_of_fault_has_a_plant() -> None:
    source = Path(checker.__file__).read_text()
    kinds = {
        line.split('"')[1].partition(":")[0]
        for line in source.splitlines()
        if 'yield f"' in line or 'append(f"' in line
    }
    assert kinds == set(PLANTS.values())
