"""What the people of a load test were told, written down as it happens: one file a process, one JSON object a line.

The checker compares it with the database afterwards. Times are not in it: order within one person is all that is judged."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct


class Record(Struct, frozen=True, tag_field="type", omit_defaults=True):
    """`who` is the account; one account has one phone at a time."""

    who: UUID


class Began(Record, frozen=True, tag="began"):
    """The phone follows this room from the entry after `seq` on."""

    room: UUID
    seq: int


class Saw(Record, frozen=True, tag="saw"):
    """An entry reached the phone: as an event, in what it had missed, or as the answer to its own command."""

    room: UUID
    seq: int
    kind: str
    by: UUID | None = None
    key: UUID | None = None
    reservation: UUID | None = None


class Wanted(Record, frozen=True, tag="wanted"):
    """A command with a key is about to be sent, for the first time."""

    key: UUID
    command: str


class Acknowledged(Record, frozen=True, tag="acknowledged"):
    """Its answer: what the server promised. `seq` where it is an entry, `reservation` where it is a step of one."""

    key: UUID
    command: str
    room: UUID | None = None
    seq: int | None = None
    reservation: UUID | None = None
    version: int | None = None
    status: str | None = None


class Refused(Record, frozen=True, tag="refused"):
    key: UUID
    command: str
    code: str


class Fault(Record, frozen=True, tag="fault"):
    """Something that a client by the book must never see."""

    said: str


AnyRecord = Began | Saw | Wanted | Acknowledged | Refused | Fault


class Journal:
    """Of one process. Each line is one write, so a killed process leaves whole lines behind."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / f"journal-{os.getpid()}.jsonl").open("ab", buffering=0)

    def write(self, record: AnyRecord) -> None:
        self._file.write(msgspec.json.encode(record) + b"\n")


def read(folder: Path) -> Iterator[AnyRecord]:
    """All records below `folder`, in the order of each process."""
    decoder = msgspec.json.Decoder(AnyRecord)
    for path in sorted(folder.glob("journal-*.jsonl")):
        yield from decoder.decode_lines(path.read_bytes())
