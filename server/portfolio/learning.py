"""Learning anew what tags mean: nightly, or when much has changed. A new version stands whole or not at all."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from server.kernel import queries
from server.kernel.work import Work
from server.portfolio import documents
from server.portfolio.vectors import Meaning, literal

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
    return age >= NIGHTLY or changed_enough(bearers, last.bearers)


def changed_enough(now: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    """Whether so many tags are borne more or less often that learning anew pays: a tenth of all (tag → bearers)."""
    moved = sum(abs(int(now.get(tag, 0)) - int(then.get(tag, 0))) for tag in now.keys() | then.keys())
    return moved * 10 > max(sum(int(n) for n in then.values()), 1)


async def learn(work: Work) -> int:
    """A new version of all vectors; its number. What tags mean is found before documents are held up: who changes meanwhile, and how, tells little
    of that, and a tag that nobody bore until then means nothing yet. All documents there are when it is written get their vectors."""
    profiles = [p.tags for p in await work.all(SQL.published_tags, Bearer)]
    vocabulary: list[str] = sorted({tag for profile in profiles for tag in profile})
    meaning = await asyncio.to_thread(_factored, profiles, vocabulary)
    bearers = Counter(tag for profile in profiles for tag in profile)
    await work.execute(SQL.lock_learning, alone=True)
    version: int = await work.value(
        SQL.add_version, bearers=msgspec.json.encode(dict(sorted(bearers.items()))).decode()
    )
    await work.execute(
        SQL.write_tag_vectors,
        version=version,
        tags=list(meaning.vectors),
        vectors=["{" + literal(v)[1:-1] + "}" for v in meaning.vectors.values()],
    )
    await _write_all(work, meaning, await work.all(SQL.all_tags, Bearer))
    await documents.write_nearest(work, version)
    await work.execute(SQL.forget_versions)
    return version


async def _write_all(work: Work, meaning: Meaning, all: Sequence[Bearer]) -> None:
    for start in range(0, len(all), CHUNK):
        some = all[start : start + CHUNK]
        await documents.write_vectors(work, meaning, [(one.cast_id, one.tags) for one in some])
        await asyncio.sleep(0)


def _factored(profiles: Sequence[Sequence[str]], vocabulary: Sequence[str]) -> Meaning:
    from server.portfolio import (
        cooccurrence,
    )  # brings numpy: half a second that no start should pay for a job of the night

    return cooccurrence.learn(profiles, vocabulary)
