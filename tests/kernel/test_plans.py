"""How PostgreSQL goes about our statements: by keys, however large the house."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from server.kernel import queries, resources
from server.kernel.database import Database
from server.kernel.statement import PLACE

pytestmark = pytest.mark.anyio

CONTEXTS = sorted(path.stem for path in (resources.sql() / "queries").iterdir())
WHOLE = {
    "booking drop_void_waits": "by the clock, and few wait",
    "booking next_to_serve": "by the clock, and few wait",
    "identity erase_challenges": "an account ends",
    "identity erase_inbox": "an account ends",
    "identity erase_sessions": "an account ends",
    "identity erase_events": "an account ends",
    "identity texts_queued": "an account ends",
    "identity is_twenty": "one row: the house",
    "kernel now_and_epoch": "one row: the house",
    "kernel keep_time_zone": "one row: the house",
    "kernel dead_count": "an operator asks",
    "kernel dead_page": "an operator asks",
    "kernel forget_events": "once an hour",
    "message answers_naming": "an account ends",
    "message forget_pushes": "once an hour",
    "message to_index": "by the clock: all rooms, for the words in them that no search finds yet",
    "offer offered": "one row: the house",
    "portfolio lock_unused_photos": "by the clock",
    "portfolio take_unused_photos": "by the clock",
    "portfolio sheets": "of presence, sockets that are open: sometimes, where that is cheaper than a look for each cast",
    "portfolio status": "of presence, sometimes, as sheets",
    "portfolio take_status_changes": "of presence, by the clock: sockets that are open",
    "portfolio tags": "the house's own words",
    "portfolio_search all_tags": "once in ten seconds",
    "portfolio_search published_tags": "once in ten seconds",
    "portfolio_search forget_all_nearest": "when the index of meanings is made anew",
    "portfolio_search write_nearest": "when the index of meanings is made anew",
    "portfolio_search kept_tag_vectors": "tags, when the index of meanings is made anew",
    "portfolio_search orphans": "by the clock, in the background",
    "portfolio_search vocabulary": "tags, when the index of meanings is made anew",
    "trust take_name_from_evidence": "an account ends",
}
"""Statements that read a table or an index from its beginning to its end, each with why that is no harm. All that look for drift do."""


async def test_no_statement_reads_a_table_whole_but_those_of_which_it_is_known(database: Database) -> None:
    """Where reading it whole is forbidden and PostgreSQL does so all the same, there is no other way. What functions do inside is not seen."""
    found: set[str] = set()
    known = {f"{context} {name}" for context in CONTEXTS for name in queries.load(context).names()}
    assert set(WHOLE) - known == set(), "statements that are gone"
    async with database.connection() as connection, connection.transaction():
        for way in (b"seqscan", b"mergejoin", b"hashjoin"):
            await connection.execute(b"set local enable_%s = off" % way)
        indexes = await connection.execute(
            b"select relname from pg_class join pg_index on indexrelid = oid where indpred is not null"
        )
        partial = {name for (name,) in await indexes.fetchall()}
        for context in CONTEXTS:
            statements = queries.load(context)
            for name in statements.names():
                text: bytes = getattr(statements, name)
                if name.startswith("drift_") or re.match(rb"(select|with|insert|update|delete)\b", text) is None:
                    continue
                async with connection.transaction():
                    answer = await connection.execute(b"explain (generic_plan, format json) " + numbered(text))
                    ((said,),) = await answer.fetchall()
                    if any(whole(node, partial) for node in nodes(said[0]["Plan"])):
                        found.add(f"{context} {name}")
    assert found - set(WHOLE) == set()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """But for what a limit ends early."""
    yield plan
    for below in plan.get("Plans", ()):
        if plan["Node Type"] != "Limit":
            yield from nodes(below)


def whole(node: dict[str, Any], partial: set[str]) -> bool:
    """A table from its beginning to its end, or an index that has all of it."""
    if node["Node Type"] == "Seq Scan":
        return True
    return "Index Name" in node and "Index Cond" not in node and node["Index Name"] not in partial


def numbered(text: bytes) -> bytes:
    """With places as PostgreSQL knows them."""
    names: list[bytes] = []

    def place(match: re.Match[bytes]) -> bytes:
        if match[1] is None:
            return b"%"
        if match[1] not in names:
            names.append(match[1])
        return b"$%d" % (names.index(match[1]) + 1)

    return PLACE.sub(place, text)
