"""A bucket by itself, with the time as an argument."""

import pytest

from server.gateway.rates import Bucket
from server.protocol.limits import Rate


@pytest.mark.parametrize("missing", [0.5, 1e-4, 1e-7, 0.0])
def test_who_waits_as_long_as_told_is_let_through_and_is_never_told_to_wait_no_time(missing: float) -> None:
    bucket = Bucket(Rate(burst=1, per_second=1), 1, now=0.0)
    assert bucket.take(0.0) == 0
    now = 1 - missing - 1e-12
    wait = bucket.take(now)
    assert wait >= max(0.001, missing)
    assert bucket.take(now + wait) == 0
