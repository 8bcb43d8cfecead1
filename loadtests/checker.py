"""Compares what people were told with what the database holds: nothing lost, doubled, reordered, overlapped; one seal a pledge.

`python -m loadtests.checker FOLDER` checks the journals in FOLDER against DATABASE_URL, prints a line for each fault, and ends with 1 where
there is one. It trusts neither side: what the database alone can show (dense seq, overlaps, seals) is counted, too."""

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from loadtests import journal as j

STATEMENTS = Path(__file__).with_name("checker.sql")
MAY_BE_REFUSED: dict[str, frozenset[str]] = {
    "invitation.send": frozenset({"slot_taken", "outside_schedule", "too_late"}),
    "invitation.withdraw": frozenset({"wrong_state", "hold_expired"}),
    "invitation.decline": frozenset({"wrong_state", "hold_expired"}),
    "reservation.pledge": frozenset({"wrong_state", "hold_expired", "not_held"}),
    "reservation.cancel": frozenset({"wrong_state", "hold_expired", "too_late"}),
    "reservation.arrive": frozenset({"wrong_state", "too_late"}),
    "reservation.no_show": frozenset({"wrong_state", "too_late"}),
}
"""Refusals that an evening brings by itself: somebody was quicker, or time went on. Any other is a fault."""
PLEDGE = "reservation.pledge"


class Entry(NamedTuple):
    kind: str
    by: UUID | None
    key: UUID | None
    reservation: UUID | None


class Steps(NamedTuple):
    room: UUID
    at: dict[int, str]
    seals: int
    invitations: int


class Held:
    """What the database holds, of one snapshot."""

    def __init__(self, conninfo: str) -> None:
        sql = statements()
        with psycopg.connect(conninfo) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

            def rows(name: str) -> list[tuple[Any, ...]]:
                return connection.execute(sql[name]).fetchall()

            self.entries = {(room, seq): Entry(*rest) for room, seq, *rest in rows("entries")}
            self.members = {room: {cast, guest} for room, cast, guest in rows("members")}
            self.gaps, self.overlaps, self.waiting = rows("heads"), rows("overlaps"), rows("waiting")[0][0]
            self.steps = {
                id: Steps(room, dict(zip(versions, statuses, strict=True)), seals, invitations)
                for id, room, versions, statuses, seals, invitations in rows("steps")
            }


def check(conninfo: str, folder: Path) -> tuple[list[str], Counter[str]]:
    """The faults, a sentence each, and how many records of each kind were looked at. No message, no pledge at all: a fault as well,
    since a silent evening proves nothing."""
    records = list(j.read(folder))
    counts = Counter(type(record).__name__.lower() for record in records)
    counts.update(record.command for record in records if isinstance(record, j.Acknowledged))
    held = Held(conninfo)
    faults = [*_said(records), *_rooms(held), *_acknowledged(records, held), *_seen(records, held), *_bookings(held)]
    for command in ("message.send", PLEDGE):
        if not counts[command]:
            faults.append(f"silence: not one {command} was acknowledged, so nothing is proven")
    return faults, counts


def _said(records: list[j.AnyRecord]) -> Iterator[str]:
    """What clients noticed themselves, refusals that nobody can explain, and keys that were given twice."""
    keys: set[tuple[UUID, UUID]] = set()
    for record in records:
        if isinstance(record, j.Fault):
            yield f"client: {record.who}: {record.said}"
        elif isinstance(record, j.Refused) and record.code not in MAY_BE_REFUSED.get(record.command, frozenset()):
            yield f"refusal: {record.command} of {record.who} was refused: {record.code}"
        elif isinstance(record, j.Acknowledged):
            if (record.who, record.key) in keys:
                yield f"client: {record.command} {record.key} was acknowledged twice in the journal"
            keys.add((record.who, record.key))


def _rooms(held: Held) -> Iterator[str]:
    for room, head, count, distinct, first, last in held.gaps:
        yield f"seq: room {room}: head {head}, {count} entries ({distinct} seqs) from {first} to {last}"
    places: dict[tuple[UUID | None, UUID], list[tuple[UUID, int]]] = defaultdict(list)
    for place, entry in held.entries.items():
        if entry.key is not None:
            places[entry.by, entry.key].append(place)
    for (by, key), found in places.items():
        if len(found) > 1:
            yield f"doubled: key {key} of {by} made {len(found)} entries"


def _acknowledged(records: list[j.AnyRecord], held: Held) -> Iterator[str]:
    """What was promised is there: an entry at its seq under its key, a reservation that took that step."""
    for record in records:
        if not isinstance(record, j.Acknowledged):
            continue
        if record.seq is not None and record.room is not None:
            entry = held.entries.get((record.room, record.seq))
            if entry is None or (entry.by, entry.key) != (record.who, record.key):
                yield f"lost: {record.command} {record.key} of {record.who}, acknowledged as {record.seq} of room {record.room}"
        if record.reservation is not None and record.version is not None:
            steps = held.steps.get(record.reservation)
            if steps is None or steps.at.get(record.version) != record.status:
                yield f"lost: {record.command}: reservation {record.reservation} never was {record.status} at version {record.version}"
            elif record.command == PLEDGE and steps.seals != 1:
                yield f"seal: pledge {record.reservation} was acknowledged and has {steps.seals} seals"


def _seen(records: list[j.AnyRecord], held: Held) -> Iterator[str]:
    """Each phone saw its rooms' entries once, in order, without a gap, as they are; and no room that isn't its person's."""
    cursors: dict[tuple[UUID, UUID], int] = {}
    for record in records:
        if isinstance(record, j.Began):
            cursors[record.who, record.room] = record.seq
        elif isinstance(record, j.Saw):
            at = cursors.get((record.who, record.room))
            if at is None or record.seq != at + 1:
                yield f"order: {record.who} saw entry {record.seq} of room {record.room} after {at}"
            cursors[record.who, record.room] = record.seq
            if record.who not in held.members.get(record.room, ()):
                yield f"stranger: {record.who} saw entry {record.seq} of room {record.room}"
            entry = held.entries.get((record.room, record.seq))
            if entry != Entry(record.kind, record.by, record.key, record.reservation):
                yield f"other: {record.who} saw a {record.kind} as entry {record.seq} of room {record.room}, where {entry} is"


def _bookings(held: Held) -> Iterator[str]:
    for cast, one, other in held.overlaps:
        yield f"overlap: cast {cast}: {one} and {other}"
    for id, steps in held.steps.items():
        if sorted(steps.at) != list(range(1, len(steps.at) + 1)):
            yield f"steps: reservation {id} has steps {sorted(steps.at)}"
        confirmations = list(steps.at.values()).count("confirmed")
        if confirmations != steps.seals:
            yield f"seal: reservation {id} has {steps.seals} seals for {confirmations} confirmations"
        if steps.invitations != 1:
            yield f"doubled: reservation {id} has {steps.invitations} invitations"
    if held.waiting:
        yield f"outbox: {held.waiting} deliveries were never made"


def statements() -> dict[str, bytes]:
    parts = STATEMENTS.read_text("utf-8").split("-- name: ")[1:]
    return {name.strip(): body.encode() for name, _, body in (part.partition("\n") for part in parts)}


def main() -> None:
    faults, counts = check(os.environ["DATABASE_URL"], Path(sys.argv[1]))
    print("\n".join(faults) or "nothing lost, doubled, reordered or overlapped")
    print(", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())), file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
