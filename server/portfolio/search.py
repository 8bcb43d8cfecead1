"""Which casts a guest finds, and in what order. Hard filters hold for every cast of every page; nobody is ranked by success."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from server.kernel import queries
from server.kernel.arrays import Texts
from server.kernel.connection import Soon
from server.kernel.work import Work
from server.portfolio import text
from server.portfolio.vectors import Meaning, TagVector, literal, vectors_of
from server.protocol import limits
from server.protocol.errors import invalid
from server.protocol.values import Tag

SQL = queries.load("portfolio_search")


class Term(Struct, frozen=True):
    """A tag of the vocabulary, with the other words for it."""

    id: str
    ja: str
    en: str
    category: str
    synonyms: list[str]

    def tag(self) -> Tag:
        return Tag(self.id, self.ja, self.en, self.category)

    def names(self) -> set[str]:
        return {text.fold(name) for name in (self.id, self.ja, self.en, *self.synonyms)}


class Criteria(Struct, frozen=True):
    """What is asked for. `tags` must all be borne and `not_tags` none; `wish` is what nearness is measured to: `tags`, and those that the words name."""

    tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    words: tuple[text.Word, ...] = ()
    status: Literal["online", "tonight"] | None = None
    area: str | None = None
    from_: datetime | None = None
    to: datetime | None = None
    price_max: int | None = None
    wish: tuple[str, ...] = ()


class Place(Struct, frozen=True):
    """After whom a page goes on. The version of the vectors and the seed of the shuffle are those that the listing began with."""

    version: int | None
    seed: int
    score: int
    shuffle: int
    cast_id: UUID


class Found(Struct, frozen=True):
    cast_id: UUID
    score: int
    shuffle: int


def vocabulary(work: Work) -> Soon[dict[str, Term]]:
    found = work.soon(SQL.vocabulary, lambda answer: answer.rows(Term))
    return found.then(lambda terms: {term.id: term for term in terms})


def known(named: Sequence[str], terms: Mapping[str, Term], field: str) -> tuple[str, ...]:
    """The tags of a filter, sorted, each once. Raises `invalid` for one that the vocabulary doesn't have."""
    tags = sorted({name.strip() for name in named})
    if len(tags) > limits.SEARCH_TAGS:
        raise invalid(field, f"At most {limits.SEARCH_TAGS} tags.")
    for tag in tags:
        if tag not in terms:
            raise invalid(field, f"There is no tag {tag[:40]!r}: GET /api/tags lists them.")
    return tuple(tags)


def wished(tags: Sequence[str], words: Sequence[text.Word], terms: Mapping[str, Term]) -> tuple[str, ...]:
    """`tags`, and those whose name or synonym one of the words is."""
    said = {word.plain for word in words}
    return tuple(sorted({*tags, *(term.id for term in terms.values() if said and said & term.names())}))


async def page(
    work: Work, account: UUID, criteria: Criteria, after: Place | None, seed: int, limit: int
) -> tuple[list[UUID], Place | None]:
    """At most `limit` casts after a place, as many as there are, and the place to go on from where there are more."""
    version, vector = await _direction(work, criteria.wish, after)
    begun = seed if after is None else after.seed
    found = await work.all(
        SQL.page,
        Found,
        account=account,
        tags=list(criteria.tags),
        not_tags=list(criteria.not_tags),
        online=criteria.status == "online",
        tonight=criteria.status == "tonight",
        area=criteria.area,
        words=[word.plain for word in criteria.words],
        latin=[word.latin for word in criteria.words],
        grams=text.needed(list(criteria.words)),
        most=criteria.price_max,
        from_=criteria.from_,
        to=criteria.to,
        wish=list(criteria.wish),
        version=version,
        vector=vector,
        seed=begun,
        score=None if after is None else after.score,
        shuffle=None if after is None else after.shuffle,
        after=None if after is None else after.cast_id,
        limit=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    place = None if last is None else Place(version, begun, last.score, last.shuffle, last.cast_id)
    return [one.cast_id for one in found[:limit]], place


async def _direction(work: Work, wish: Sequence[str], after: Place | None) -> tuple[int | None, str | None]:
    """The version to compare in, and the wish as a vector of it. Raises `invalid` where the cursor's version is kept no more."""
    if not wish:
        return None, None
    if after is not None and after.version is None:
        return None, None
    rows = await work.all(SQL.meaning, TagVector, version=None if after is None else after.version, tags=Texts(wish))
    if not rows:
        if after is not None:
            raise invalid("cursor", "This listing is too old to go on with: begin without a cursor.")
        return None, None
    direction = Meaning(vectors_of(rows)).of(wish)
    return rows[0].version, literal(direction) if any(direction) else None
