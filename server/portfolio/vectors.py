"""What tags mean, learned from who bears them together: PPMI of co-occurrence, truncated SVD. Pure; no clock, no chance, no database."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Array = NDArray[np.float64]
DIMENSIONS = 24
"""of a vector; by `bin/bench search` anything from 16 to 48 finds about as much."""
SHIFT = 0.0
"""subtracted from each PPMI: log k of k negative samples (Levy and Goldberg 2014). Small houses need every pair, so none."""
POWER = 0.5
"""of the singular values in a vector (ibid.): 1 lets few frequent tags rule, 0 takes noise for meaning."""
SMOOTHING = 0.75
"""power of a context tag's frequency (ibid.): keeps rare pairs from counting for too much."""


class Meaning(Struct, frozen=True):
    """What one learning found. `vectors`: one row a tag, of length 1, or 0 for a tag that nobody bears with another."""

    tags: tuple[str, ...]
    vectors: Array

    def of(self, tags: Sequence[str], weights: Mapping[str, float] | None = None) -> Array:
        """The direction of a set of tags: the sum of their vectors at length 1; zeros where nothing is known of them."""
        places = {tag: place for place, tag in enumerate(self.tags)}
        total = np.zeros(self.vectors.shape[1])
        for tag in sorted(set(tags) & places.keys()):
            total += self.vectors[places[tag]] * (1.0 if weights is None else weights.get(tag, 1.0))
        return unit(total)


def learn(profiles: Sequence[Sequence[str]], vocabulary: Sequence[str], dimensions: int = DIMENSIONS) -> Meaning:
    """The meaning of every tag of `vocabulary`, from the tags of each profile. The order of profiles doesn't matter."""
    tags = tuple(sorted(vocabulary))
    vectors = factors(ppmi(cooccurrence(incidence(profiles, tags))), min(dimensions, len(tags)))
    padded = np.zeros((len(tags), dimensions))
    padded[:, : vectors.shape[1]] = vectors
    return Meaning(tags, padded)


def incidence(profiles: Sequence[Sequence[str]], tags: Sequence[str]) -> Array:
    """Profiles × tags, ones and zeros. Tags out of the vocabulary are left out."""
    places = {tag: place for place, tag in enumerate(tags)}
    found = np.zeros((len(profiles), len(tags)))
    for row, profile in enumerate(profiles):
        found[row, [places[tag] for tag in profile if tag in places]] = 1.0
    return found


def cooccurrence(borne: Array) -> Array:
    """How many bear both; a profile of many tags says less about each pair, so it weighs less (one a tag, not one a pair)."""
    sizes = np.maximum(borne.sum(axis=1, keepdims=True) - 1.0, 1.0)
    counts: Array = (borne / sizes).T @ borne
    np.fill_diagonal(counts, 0.0)
    return counts


def ppmi(counts: Array) -> Array:
    """Positive pointwise mutual information, log base e, of tags by context tags."""
    total = counts.sum()
    if total == 0:
        return np.zeros_like(counts)
    borne = counts.sum(axis=1) / total
    context = counts.sum(axis=0) ** SMOOTHING
    context /= context.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(counts / total / np.outer(borne, context)) - SHIFT
    positive: Array = np.where(np.isfinite(information), np.maximum(information, 0.0), 0.0)
    return positive


def factors(matrix: Array, dimensions: int) -> Array:
    """Rows of length 1 (or 0) from the `dimensions` strongest singular directions, signs fixed so that learning twice agrees."""
    left, values, _ = np.linalg.svd((matrix + matrix.T) / 2)
    left, values = left[:, :dimensions], values[:dimensions]
    signs = np.sign(left[np.abs(left).argmax(axis=0), np.arange(left.shape[1])])
    known = matrix.any(axis=1) | matrix.any(axis=0)
    rows: Array = left * np.where(signs == 0, 1.0, signs) * values**POWER
    rows[~known] = 0.0
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    found: Array = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 1e-12)
    return found


def unit(vector: Array) -> Array:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-12 else np.zeros_like(vector)


def changed_enough(now: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    """Whether so many tags are borne more or less often that learning anew pays: a tenth of all (tag → bearers)."""
    moved = sum(abs(int(now.get(tag, 0)) - int(then.get(tag, 0))) for tag in now.keys() | then.keys())
    return moved * 10 > max(sum(int(n) for n in then.values()), 1)
