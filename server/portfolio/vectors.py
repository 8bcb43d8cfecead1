"""Directions of meaning: a vector a tag, and what a set of tags says by them. Learned by `cooccurrence`, compared by the database."""

from collections.abc import Iterable, Mapping, Sequence
from math import hypot

from msgspec import Struct

Vector = Sequence[float]
DIMENSIONS = 24
"""of a vector; by `bin/bench search` anything from 16 to 48 finds about as much."""


class TagVector(Struct, frozen=True):
    """A tag's direction in a version of learning; None for both where the version knows none."""

    version: int
    tag: str | None
    vector: list[float] | None


def vectors_of(rows: Iterable[TagVector]) -> dict[str, list[float]]:
    """Of one version, tag → vector."""
    return {row.tag: row.vector for row in rows if row.tag is not None and row.vector is not None}


class Meaning(Struct, frozen=True):
    """What one learning found: tag → vector, of length 1, or 0 for a tag that nobody bears with another."""

    vectors: Mapping[str, Vector]

    def of(self, tags: Iterable[str], weights: Mapping[str, float] | None = None) -> Vector:
        """The direction of a set of tags: the sum of their vectors at length 1; zeros where nothing is known of them."""
        total = [0.0] * DIMENSIONS
        for tag in sorted(set(tags) & self.vectors.keys()):
            weight = 1.0 if weights is None else weights.get(tag, 1.0)
            total = [x + weight * y for x, y in zip(total, self.vectors[tag], strict=True)]
        return unit(total)


def unit(vector: Vector) -> Vector:
    length = hypot(*vector)
    return [x / length for x in vector] if length > 1e-12 else [0.0] * len(vector)


def literal(vector: Vector) -> str:
    """A vector as PostgreSQL reads it."""
    return "[" + ",".join(f"{x:.6g}" for x in vector) + "]"
