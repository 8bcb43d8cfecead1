"""What search reads of a cast, kept in step with her profile: in its own transaction by who writes it, and by a job that compares."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct

from server.kernel import queries
from server.kernel.work import Work
from server.portfolio import text
from server.portfolio.vectors import Meaning, TagVector, literal, vectors_of

SQL = queries.load("portfolio_search")
MENDED = 500
"""documents made anew in one transaction of the job."""


class Source(Struct, frozen=True):
    """What a document is made from; `source` is its digest."""

    cast_id: UUID
    published: bool
    area: str | None
    tags: list[str]
    text: str
    source: str


class Stale(Struct, frozen=True):
    cast_id: UUID


async def write(work: Work, casts: Sequence[UUID]) -> bool:
    """Documents and vectors of `casts`, from what stands there now; whether they were written. Call it in the transaction that changed their
    profiles. Nobody waits for a learning that is just being written: `mend` comes to these afterwards."""
    if not await work.value(SQL.try_learning):
        return False
    await _write(work, casts)
    return True


async def _write(work: Work, casts: Sequence[UUID]) -> None:
    sources = await work.all(SQL.source_of, Source, casts=list(casts))
    if not sources:
        return
    made = [text.document(source.text) for source in sources]
    newest, earlier = await _kept(work)
    casts = [s.cast_id for s in sources]
    work.later(
        SQL.write_documents,
        casts=casts,
        published=[s.published for s in sources],
        areas=[None if s.area is None else text.fold(s.area) for s in sources],
        tags=[_json(s.tags) for s in sources],
        vectors=[_direction(newest, s.tags) for s in sources],
        earlier=[_direction(earlier, s.tags) for s in sources],
    )
    work.later(SQL.forget_nearest, casts=casts)
    work.later(SQL.add_nearest, casts=casts)
    await work.execute(
        SQL.write_texts,
        casts=casts,
        plains=[d.plain for d in made],
        latins=[d.latin for d in made],
        grams=[_json(d.grams) for d in made],
        sources=[s.source for s in sources],
    )


class Entered(Struct, frozen=True):
    """A published profile that comes in among many others."""

    cast_id: UUID
    headline: str
    about: str
    tags: list[str]
    area: str


async def enter(work: Work, profiles: Sequence[Entered]) -> None:
    """Many profiles at once, with their documents: for a house that is furnished by hand. Waits for a learning that is being written."""
    await work.execute(
        SQL.enter,
        casts=[p.cast_id for p in profiles],
        headlines=[p.headline for p in profiles],
        abouts=[p.about for p in profiles],
        tags=[_json(p.tags) for p in profiles],
        areas=[p.area for p in profiles],
    )
    await work.execute(SQL.lock_learning, alone=False)
    await _write(work, [p.cast_id for p in profiles])


async def _kept(work: Work) -> tuple[Meaning | None, Meaning | None]:
    """What tags mean in the newest version, and in the one before it, which cursors may still go on in."""
    versions: dict[int, list[TagVector]] = defaultdict(list)
    for row in await work.all(SQL.kept_tag_vectors, TagVector):
        versions[row.version].append(row)
    kept = [Meaning(vectors_of(versions[version])) for version in sorted(versions, reverse=True)]
    newest, earlier, *_ = *kept, None, None
    return newest, earlier


def _direction(meaning: Meaning | None, tags: Sequence[str]) -> str | None:
    return None if meaning is None else literal(meaning.of(tags))


async def write_vectors(work: Work, meaning: Meaning, bearers: Sequence[tuple[UUID, Sequence[str]]]) -> None:
    """Of a version that is just being learned: what was the newest is the one before it."""
    await work.execute(
        SQL.write_vectors,
        casts=[cast for cast, _ in bearers],
        vectors=[_direction(meaning, tags) for _, tags in bearers],
    )


async def write_nearest(work: Work, version: int) -> None:
    """Who bears a tag and is nearest to it, in a version whose vectors are written."""
    work.later(SQL.forget_all_nearest)
    await work.execute(SQL.write_nearest, version=version)


async def mend(work: Work) -> int:
    """Documents that are not of what they were made from: a renamed account, a vocabulary of a newer version, rows that came in by other ways or
    while a learning was written."""
    gone = await work.execute(SQL.orphans)
    stale = [row.cast_id for row in await work.all(SQL.stale, Stale, limit=MENDED)]
    return gone + (len(stale) if await write(work, stale) else 0)


async def forget(work: Work, cast: UUID) -> None:
    await work.execute(SQL.forget_document, cast_id=cast)


def _json(strings: Sequence[str]) -> str:
    return msgspec.json.encode(strings).decode()
