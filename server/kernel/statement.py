"""A statement of this house, a fixed text with named values, from the values as they go over the wire to the rows that come back."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from psycopg import abc
from psycopg.adapt import PyFormat
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

Row = TypeVar("Row")
PLACE = re.compile(rb"%(?:%|\((\w+)\)([sbt]))")


class Prepared:
    """What PostgreSQL has prepared under `name`, and the columns of its rows, once somebody has asked for them."""

    __slots__ = ("_columns", "name")

    def __init__(self, name: bytes | None) -> None:
        self.name = name
        """None: it runs unprepared."""
        self._columns: tuple[str, ...] | None = None

    def columns(self, result: PGresult) -> tuple[str, ...]:
        if self._columns is None:
            self._columns = tuple(result.fname(n).decode() for n in range(result.nfields))  # type: ignore[union-attr]
        return self._columns


class Answer:
    """What a statement came back with, as long as nobody has asked for it as rows."""

    __slots__ = ("_prepared", "_result", "_transformer")

    def __init__(self, result: PGresult, transformer: abc.Transformer, prepared: Prepared) -> None:
        self._result, self._transformer, self._prepared = result, transformer, prepared

    @property
    def count(self) -> int:
        """rows that it touched, or gives."""
        return self._result.command_tuples or 0

    @property
    def status(self) -> bytes | None:
        """what was done, in PostgreSQL's words."""
        return self._result.command_status

    def rows(self, kind: type[Row], most: int | None = None) -> list[Row]:
        """Structs, so many at most, by the names of the columns; where these stand in the order of the fields, by position, which is three times as fast."""
        names = self._prepared.columns(self._result)
        if names == kind.__struct_fields__:  # type: ignore[attr-defined]
            return self._rows(lambda values: kind(*values), most)
        return self._rows(lambda values: kind(**dict(zip(names, values, strict=True))), most)

    def one(self, kind: type[Row]) -> Row | None:
        """The first as a struct, or None."""
        found = self.rows(kind, 1)
        return found[0] if found else None

    def row(self) -> tuple[Any, ...] | None:
        """The first, or None."""
        found = self._rows(tuple, 1)
        return found[0] if found else None

    def value(self) -> Any:
        """The first column of the first row, or None."""
        row = self.row()
        return None if row is None else row[0]

    def _rows(self, make: Callable[[Any], Row], most: int | None) -> list[Row]:
        if self._result.status != ExecStatus.TUPLES_OK:
            return []
        self._transformer.set_pgresult(self._result)
        return self._transformer.load_rows(
            0, self._result.ntuples if most is None else min(most, self._result.ntuples), make
        )


Key = tuple[bytes, tuple[int, ...]]
"""A text and the types of its values: what one prepared statement is for."""


class Statement:
    """A statement with its values as they go over the wire."""

    __slots__ = ("_formats", "_parameters", "_pgconn", "_text", "_types", "answer", "key", "prepared")

    def __init__(self, pgconn: PGconn, transformer: abc.Transformer, query: bytes, values: Mapping[str, Any]) -> None:
        self._text, names, wanted = _compiled(query)
        self._pgconn = pgconn
        self._parameters = transformer.dump_sequence([values[name] for name in names], wanted)
        self._types, self._formats = transformer.types or (), transformer.formats
        self.key: Key = (query, self._types)
        self.answer: Answer | None = None

    def prepare(self, name: bytes) -> Prepared:
        """Has it prepared under `name`."""
        self._pgconn.send_prepare(name, self._text, self._types)
        return Prepared(name)

    def send(self, prepared: Prepared) -> None:
        self.prepared = prepared
        if prepared.name is None:
            self._pgconn.send_query_params(self._text, self._parameters, self._types, self._formats, Format.BINARY)
        else:
            self._pgconn.send_query_prepared(prepared.name, self._parameters, self._formats, Format.BINARY)


@cache
def _compiled(query: bytes) -> tuple[bytes, tuple[str, ...], list[PyFormat]]:
    """`query` with $1, $2 …, and the names of the values in that order, with their formats."""
    places: dict[bytes, int] = {}

    def place(found: re.Match[bytes]) -> bytes:
        return b"%" if found[1] is None else b"$%d" % places.setdefault(found[1] + found[2], len(places) + 1)

    text = PLACE.sub(place, query)
    return text, tuple(p[:-1].decode() for p in places), [PyFormat(p[-1:].decode()) for p in places]
