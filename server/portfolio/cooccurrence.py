"""What tags mean, learned from who bears them together: PPMI of co-occurrence, truncated SVD. Pure; no clock, no chance, no database."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from server.portfolio.vectors import DIMENSIONS, Meaning

Array = NDArray[np.float64]
SHIFT = 0.0
"""subtracted from each PPMI: log k of k negative samples (Levy and Goldberg 2014). Small houses need every pair, so none."""
POWER = 0.5
"""of the singular values in a vector (ibid.): 1 lets few frequent tags rule, 0 takes noise for meaning."""
SMOOTHING = 0.75
"""power of a context tag's frequency (ibid.): keeps rare pairs from counting for too much."""


def learn(profiles: Sequence[Sequence[str]], vocabulary: Sequence[str]) -> Meaning:
    """The meaning of every tag of `vocabulary`, from the tags of each profile. The order of profiles doesn't matter."""
    tags = sorted(vocabulary)
    found = factors(ppmi(cooccurrence(incidence(profiles, tags))), DIMENSIONS).tolist()
    return Meaning({tag: row + [0.0] * (DIMENSIONS - len(row)) for tag, row in zip(tags, found, strict=True)})


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
