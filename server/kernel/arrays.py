"""Lists as PostgreSQL takes them, each of one type: psycopg asks every element anew what it is.

`array` and `element` are PostgreSQL's numbers of the types; `elements` gives each in binary, after its length, in one expression: a call for
each would take most of the time."""

from struct import Struct
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

HEAD, EMPTY, LENGTH = Struct(">iiIii"), Struct(">iiI"), Struct(">i")
BIGINT, DOCUMENT = Struct(">iq"), Struct(">ib")
NULL, SIXTEEN = LENGTH.pack(-1), LENGTH.pack(16)
NULLS = 1


class Uuids(list[UUID | None]):
    """uuid[]"""

    array, element = 2951, 2950

    def elements(self) -> list[bytes]:
        return [NULL if one is None else SIXTEEN + one.int.to_bytes(16, "big") for one in self]


class Texts(list[str | None]):
    """text[]"""

    array, element = 1009, 25

    def elements(self) -> list[bytes]:
        return [NULL if one is None else LENGTH.pack(len(text := one.encode())) + text for one in self]


class Bigints(list[int | None]):
    """bigint[]"""

    array, element = 1016, 20

    def elements(self) -> list[bytes]:
        return [NULL if one is None else BIGINT.pack(8, one) for one in self]


class Documents(list[Any]):
    """jsonb[]: whatever msgspec encodes. None is null."""

    array, element = 3807, 3802

    def elements(self) -> list[bytes]:
        encode = msgspec.json.encode
        return [NULL if one is None else DOCUMENT.pack(1 + len(json := encode(one)), 1) + json for one in self]


Array = Uuids | Texts | Bigints | Documents


def _dumper(kind: type[Array]) -> type[Dumper]:
    element = kind.element
    empty = EMPTY.pack(0, 0, element)

    class ArrayDumper(Dumper):
        """One dimension, that there may be nulls, the elements' type, how many, counted from 1; then each of them."""

        format = Format.BINARY
        oid = kind.array

        def dump(self, obj: Array) -> bytes:
            return HEAD.pack(1, NULLS, element, len(obj), 1) + b"".join(obj.elements()) if obj else empty

    return ArrayDumper


for _kind in (Uuids, Texts, Bigints, Documents):
    psycopg.adapters.register_dumper(_kind, _dumper(_kind))
