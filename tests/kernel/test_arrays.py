"""Lists that go to PostgreSQL in one piece arrive as psycopg's would."""

import struct
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from psycopg.types.json import Jsonb

from server.kernel.arrays import Bigints, Documents, Texts, Uuids
from server.kernel.connection import Connection

pytestmark = pytest.mark.anyio
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
NUMBER = st.integers(-(2**63), 2**63 - 1)
DOCUMENT = st.dictionaries(TEXT, TEXT | st.integers(0, 1000) | st.none() | st.lists(TEXT), max_size=3)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    uuids=st.lists(st.none() | st.uuids()),
    texts=st.lists(st.none() | TEXT),
    numbers=st.lists(st.none() | NUMBER),
    documents=st.lists(st.none() | DOCUMENT, max_size=5),
)
async def test_lists_arrive_as_they_are(
    connection: Connection,
    uuids: list[UUID | None],
    texts: list[str | None],
    numbers: list[int | None],
    documents: list[Any],
) -> None:
    query = b"select %(a)s, %(b)s, %(c)s, %(d)s, pg_typeof(%(a)s)::text || pg_typeof(%(b)s)::text || pg_typeof(%(c)s)::text || pg_typeof(%(d)s)::text"
    sent = {"a": Uuids(uuids), "b": Texts(texts), "c": Bigints(numbers), "d": Documents(documents)}
    assert (await connection.ask(query, sent)).row() == (
        uuids,
        texts,
        numbers,
        documents,
        "uuid[]text[]bigint[]jsonb[]",
    )


class Told(Struct):
    who: UUID
    what: str


async def test_documents_are_what_msgspec_makes_of_them(connection: Connection) -> None:
    told = Told(UUID(int=7), "封蝋")
    same = b"select %(ours)s = %(theirs)s::jsonb[]"
    values = {"ours": Documents([told]), "theirs": [Jsonb({"who": str(UUID(int=7)), "what": "封蝋"})]}
    assert (await connection.ask(same, values)).row() == (True,)


async def test_what_cannot_be_sent_is_refused_and_the_connection_goes_on(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.CharacterNotInRepertoire):
        await connection.ask(b"select %(texts)s", {"texts": Texts(["a\0b"])})
    bad: list[tuple[list[Any], type[Exception]]] = [
        (Texts(["\ud800"]), UnicodeEncodeError),
        (Bigints([2**63]), struct.error),
        (Uuids(["no uuid"]), AttributeError),  # type: ignore[list-item]
    ]
    for values, error in bad:
        with pytest.raises(error):
            await connection.ask(b"select %(bad)s", {"bad": values})
    assert (await connection.ask(b"select %(texts)s", {"texts": Texts(["封"])})).row() == (["封"],)
