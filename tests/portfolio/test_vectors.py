"""What tags mean, by properties that hold whatever the profiles are."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from server.portfolio import cooccurrence, learning
from server.portfolio.vectors import DIMENSIONS, Meaning

TAGS = [f"tag-{n:02}" for n in range(DIMENSIONS + 6)]
PROFILES = st.lists(st.lists(st.sampled_from(TAGS), unique=True, max_size=6), max_size=25)
few = settings(max_examples=60, deadline=None)


@few
@given(PROFILES, st.randoms(use_true_random=False))
def test_learning_does_not_depend_on_the_order_of_profiles(profiles: list[list[str]], chance: object) -> None:
    shuffled = list(profiles)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = cooccurrence.learn(profiles, TAGS), cooccurrence.learn(shuffled, TAGS)
    assert np.allclose(rows(one) @ rows(one).T, rows(other) @ rows(other).T, atol=1e-6) or ties(profiles)


def rows(meaning: Meaning) -> cooccurrence.Array:
    """Tags × dimensions."""
    return np.array(list(meaning.vectors.values()))


def ties(profiles: list[list[str]]) -> bool:
    """Two equal singular values at the cut: any basis of their plane is right, and the two learnings may differ."""
    matrix = cooccurrence.ppmi(cooccurrence.cooccurrence(cooccurrence.incidence(profiles, TAGS)))
    values = np.linalg.svd((matrix + matrix.T) / 2, compute_uv=False)
    return bool(values[DIMENSIONS - 1] - values[DIMENSIONS] < 1e-6)


@few
@given(PROFILES)
def test_every_vector_has_length_one_or_is_zero_for_a_tag_that_stands_alone(profiles: list[list[str]]) -> None:
    meaning = cooccurrence.learn(profiles, TAGS)
    paired = {tag for profile in profiles if len(profile) > 1 for tag in profile}
    for tag, length in zip(meaning.vectors, np.linalg.norm(rows(meaning), axis=1), strict=True):
        assert abs(length - 1) < 1e-9 or length < 1e-9
        if tag not in paired:
            assert length < 1e-9
    assert np.isfinite(rows(meaning)).all()


@few
@given(PROFILES)
def test_ppmi_is_symmetric_up_to_smoothing_never_negative_and_zero_without_company(profiles: list[list[str]]) -> None:
    counts = cooccurrence.cooccurrence(cooccurrence.incidence(profiles, TAGS))
    information = cooccurrence.ppmi(counts)
    assert np.allclose(counts, counts.T) and (information >= 0).all()
    assert (information[counts == 0] == 0).all()


@few
@given(PROFILES, st.lists(st.sampled_from(TAGS), max_size=5))
def test_a_set_of_tags_has_one_direction_in_any_order_and_number(profiles: list[list[str]], tags: list[str]) -> None:
    meaning = cooccurrence.learn(profiles, TAGS)
    one = meaning.of(tags)
    assert np.array_equal(one, meaning.of(tags[::-1] + tags + ["unknown"]))
    assert abs(np.linalg.norm(one) - 1) < 1e-9 or np.linalg.norm(one) == 0


def test_tags_of_one_taste_are_nearer_than_tags_of_two() -> None:
    wine, field = TAGS[:4], TAGS[4:8]
    profiles = [[t for t in taste if t != out] for taste in (wine, field) for out in taste] * 5 + [[wine[0], field[0]]]
    meaning = cooccurrence.learn(profiles, TAGS)
    one, other = (np.array([meaning.of([tag]) for tag in taste]) for taste in (wine, field))
    assert (one @ one.T).min() > (one @ other.T).max()


def test_learning_anew_pays_when_a_tenth_of_the_tags_moved() -> None:
    assert not learning.changed_enough({"a": 100, "b": 9}, {"a": 100})
    assert learning.changed_enough({"a": 100, "b": 11}, {"a": 100})
    assert learning.changed_enough({"a": 1}, {})
