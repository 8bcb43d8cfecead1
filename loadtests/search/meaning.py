"""Hidden tags: of a cast whom learning never saw one tag is hidden, and the rest is the wish. What each way of ranking makes of it."""

import re
from random import Random

import numpy as np

from server.demo import tastes
from server.kernel import resources
from server.portfolio import cooccurrence

ASKED = 2_000
COUNTS = (40, 200, 1_000, 10_000)


def rankings(count: int) -> list[tuple[str, float, str]]:
    """Name, hit@10 of the hidden tag, share of the ten nearest who bear it; of each way of ranking so many casts."""
    text = (resources.sql() / "routines" / "portfolio_tags.sql").read_text("utf-8")
    tags = sorted(re.findall(r"^  \('([a-z-]+)'", text, re.M))
    borne, asked = (cooccurrence.incidence(drawn(tags, n, seed), tags) for n, seed in ((count, 1), (ASKED, 2)))
    chance = Random(3)
    hidden = np.array([chance.choice(np.flatnonzero(row).tolist()) for row in asked])
    asked[np.arange(ASKED), hidden] = 0
    meaning = cooccurrence.learn([[tags[t] for t in np.flatnonzero(row)] for row in borne], tags)
    found = [("popularity", hit(np.tile(borne.sum(0), (ASKED, 1)), asked, hidden), "–")]
    for name, space in (
        ("one-hot cosine", np.eye(len(tags))),
        ("learned vectors", np.array(list(meaning.vectors.values()))),
    ):
        near = unit(asked @ space) @ unit(borne @ space).T
        ten = np.argsort(-near, axis=1, kind="stable")[:, :10]
        votes = np.einsum("qk,qkt->qt", np.take_along_axis(near, ten, 1), borne[ten])
        found.append((name, hit(votes, asked, hidden), f"{borne[ten, hidden[:, None]].mean():.3f}"))
    return found


def drawn(tags: list[str], count: int, seed: int) -> list[list[str]]:
    chance, by_taste = Random(seed), tastes.weights(tags)
    return [tastes.tags(chance, tastes.mixture(chance), tags, by_taste) for _ in range(count)]


def hit(scores: np.ndarray, asked: np.ndarray, hidden: np.ndarray) -> float:
    top = np.argsort(-np.where(asked > 0, -np.inf, scores), axis=1, kind="stable")[:, :10]
    return float((top == hidden[:, None]).any(1).mean())


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
