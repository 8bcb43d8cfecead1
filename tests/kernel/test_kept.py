"""What is kept is true: of every interleaving of readers, changes and late keepers, nothing read before a change is found after it."""

from uuid import UUID
from weakref import ref

from hypothesis import given
from hypothesis import strategies as st

from server.kernel.kept import LISTINGS, Kept
from server.kernel.work import Outdated

CASTS = [UUID(int=n) for n in range(3)]
VIEWER = UUID(int=9)
acts = st.lists(
    st.tuples(st.sampled_from(["begin", "end", "change", "view", "clear"]), st.integers(0, 2), st.integers(0, 9)),
    max_size=60,
)


@given(acts)
def test_nothing_read_before_a_change_is_found_after_it(acts: list[tuple[str, int, int]]) -> None:
    kept = Kept()
    truth = dict.fromkeys(CASTS, 0)
    looks = 0
    readers: list[tuple[int, int, int, list[int], int]] = []
    for act, cast, which in acts:
        if act == "begin":
            readers.append((cast, kept.moment(), truth[CASTS[cast]], list(truth.values()), looks))
        elif act == "end" and readers:
            read, moment, value, all_, looked = readers.pop(which % len(readers))
            kept.keep(CASTS[read], moment, value)
            kept.keep("all", moment, all_)
            kept.keep(("viewer", VIEWER), moment, looked)
        elif act == "change":
            truth[CASTS[cast]] += 1
            kept.outdate(Outdated(casts=(CASTS[cast],)))
        elif act == "view":
            looks += 1
            kept.outdate(Outdated(viewers=(VIEWER,)))
        elif act == "clear":
            kept.clear()
        for one in CASTS:
            assert kept.find(one, one) in (None, truth[one])
        assert kept.find("all", LISTINGS) in (None, list(truth.values()))
        assert kept.find(("viewer", VIEWER), VIEWER) in (None, looks)


def test_what_does_not_concern_it_leaves_it() -> None:
    kept = Kept()
    kept.keep(CASTS[0], kept.moment(), "one")
    kept.keep("all", kept.moment(), "all")
    kept.outdate(Outdated(viewers=(VIEWER,)))
    assert (kept.find(CASTS[0], CASTS[0]), kept.find("all", LISTINGS)) == ("one", "all")
    kept.outdate(Outdated(casts=(CASTS[1],)))
    assert (kept.find(CASTS[0], CASTS[0]), kept.find("all", LISTINGS)) == ("one", None)


def test_it_is_bounded_and_ends_by_itself() -> None:
    kept = Kept(most=3)
    for n in range(10):
        kept.keep(n, kept.moment(), n)
    assert [n for n in range(10) if kept.find(n) is not None] == [7, 8, 9]
    for n in range(10):
        kept.outdate(Outdated(viewers=(UUID(int=n),)))
    kept.keep("new", kept.moment(), "kept")
    assert kept.find("new", UUID(int=3)) == "kept"
    over = Kept(seconds=-1.0)
    over.keep("one", over.moment(), 1)
    assert over.find("one") is None


def test_what_is_over_makes_room() -> None:
    class Value:
        pass

    kept, value = Kept(seconds=-1.0), Value()
    gone = ref(value)
    kept.keep("one", kept.moment(), value)
    del value
    assert gone() is not None
    kept.keep("another", kept.moment(), "kept")
    assert gone() is None
