"""A server without a network for each test, and two who know each other for what is seen on the wire."""

from tests.booking.conftest import deadlocks, evening, stage
from tests.flow.conftest import pair

__all__ = ["deadlocks", "evening", "pair", "stage"]
