"""Ids as RFC 9562 has them, in the order in which they were made."""

import time

import pytest

from server.kernel import ids


def test_an_id_is_of_version_7_and_says_when_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    id = ids.new()
    assert (id.version, id.variant) == (7, "specified in RFC 4122")
    assert before <= id.int >> 80 <= time.time_ns() // 1_000_000 + 1


@pytest.mark.parametrize("step", [0, -1_000_000_000])
def test_ids_ascend_though_the_clock_stands_or_goes_back(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    times = iter(range(time.time_ns(), -(10**20), step) if step else [time.time_ns()] * 10_000)
    monkeypatch.setattr(time, "time_ns", lambda: next(times))
    made = [ids.new() for _ in range(10_000)]
    assert made == sorted(set(made))
