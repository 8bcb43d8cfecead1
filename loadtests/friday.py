"""The arrival curve of a Friday: how many of the people are out, by the part of the evening that has gone."""

from itertools import pairwise

CURVE = ((0.0, 0.15), (0.15, 0.45), (0.35, 1.0), (0.75, 1.0), (0.9, 0.55), (1.0, 0.3))
"""(part of the evening gone, part of the people out): up from 18:30, full from 20:00, thinning towards the last train."""


def out(gone: float) -> float:
    """The part of the people who are out when `gone` of the evening (0 to 1) has passed; between the corners in straight lines."""
    for (begin, low), (end, high) in pairwise(CURVE):
        if gone <= end:
            return low + (high - low) * (gone - begin) / (end - begin)
    return 0.0
