"""Learning anew what tags mean: nightly, or when much has changed. A new version stands whole or not at all."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from server.kernel import queries
from server.kernel.work import Work
from server.portfolio import documents, vectors
from server.portfolio.search import literal

SQL = queries.load("portfolio_search")
NIGHTLY = timedelta(hours=20)
"""after which the smallest change is reason enough to learn anew."""
SOONEST = timedelta(minutes=30)
"""between two learnings, however much changes: cursors of the version before the last are refused."""
CHUNK = 2_000


class Learning(Struct, frozen=True):
    version: int
    learned_at: datetime
    bearers: dict[str, int]


class Bearer(Struct, frozen=True):
    cast_id: UUID
    tags: list[str]


async def learn_when_due(work: Work) -> int:
    """1 where a new version was made."""
    last = await work.one(SQL.last_learning, Learning)
    profiles = await work.all(SQL.published_tags, Bearer)
    bearers = Counter(tag for profile in profiles for tag in profile.tags)
    if not due(last, dict(bearers), await work.moment()):
        return 0
    await learn(work)
    return 1


def due(last: Learning | None, bearers: dict[str, int], now: datetime) -> bool:
    if last is None:
        return bool(bearers)
    age = now - last.learned_at
    if age < SOONEST or bearers == last.bearers:
        return False
    return age >= NIGHTLY or vectors.changed_enough(bearers, last.bearers)


async def learn(work: Work) -> int:
    """A new version of all vectors; its number. Documents wait to be written until it is there."""
    await work.execute(SQL.lock_learning, alone=True)
    profiles = [p.tags for p in await work.all(SQL.published_tags, Bearer)]
    vocabulary: list[str] = sorted({tag for profile in profiles for tag in profile})
    meaning = await asyncio.to_thread(vectors.learn, profiles, vocabulary)
    bearers = Counter(tag for profile in profiles for tag in profile)
    version: int = await work.value(
        SQL.add_version, bearers=msgspec.json.encode(dict(sorted(bearers.items()))).decode()
    )
    await work.execute(
        SQL.write_tag_vectors,
        version=version,
        tags=list(meaning.tags),
        vectors=["{" + literal(v)[1:-1] + "}" for v in meaning.vectors],
    )
    await _write_all(work, version, meaning, await work.all(SQL.all_tags, Bearer))
    await work.execute(SQL.forget_versions)
    return version


async def _write_all(work: Work, version: int, meaning: vectors.Meaning, all: Sequence[Bearer]) -> None:
    for start in range(0, len(all), CHUNK):
        some = all[start : start + CHUNK]
        await documents.write_vectors(work, version, meaning, [(one.cast_id, one.tags) for one in some])
        await asyncio.sleep(0)
