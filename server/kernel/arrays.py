"""Lists as PostgreSQL takes them, each of one type: psycopg asks every element anew what it is."""

from collections.abc import Callable
from struct import Struct
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

HEAD, EMPTY, LENGTH, BIGINT = Struct(">iiIii"), Struct(">iiI"), Struct(">i"), Struct(">iq")
NULL, SIXTEEN = LENGTH.pack(-1), LENGTH.pack(16)
NULLS = 1


class Uuids(list[UUID | None]):
    """uuid[]"""


class Texts(list[str | None]):
    """text[]"""


class Bigints(list[int | None]):
    """bigint[]"""


class Documents(list[Any]):
    """jsonb[]: whatever msgspec encodes. None is null."""


class Kind(NamedTuple):
    """PostgreSQL's number of an array and of its elements, and an element in binary, after its length."""

    array: int
    element: int
    encode: Callable[[Any], bytes]


KINDS: dict[type[list[Any]], Kind] = {
    Uuids: Kind(2951, 2950, lambda one: SIXTEEN + one.int.to_bytes(16, "big")),
    Texts: Kind(1009, 25, lambda one: _counted(one.encode())),
    Bigints: Kind(1016, 20, lambda one: BIGINT.pack(8, one)),
    Documents: Kind(3807, 3802, lambda one: _counted(b"\x01" + msgspec.json.encode(one))),
}


def _counted(element: bytes) -> bytes:
    return LENGTH.pack(len(element)) + element


def _dumper(kind: Kind) -> type[Dumper]:
    encode = kind.encode

    class ArrayDumper(Dumper):
        """One dimension, that there may be nulls, the elements' type, how many, counted from 1; then each of them."""

        format = Format.BINARY
        oid = kind.array

        def dump(self, obj: list[Any]) -> bytes:
            if not obj:
                return EMPTY.pack(0, 0, kind.element)
            parts = [NULL if one is None else encode(one) for one in obj]
            return HEAD.pack(1, NULLS, kind.element, len(obj), 1) + b"".join(parts)

    return ArrayDumper


for _list, _kind in KINDS.items():
    psycopg.adapters.register_dumper(_list, _dumper(_kind))
