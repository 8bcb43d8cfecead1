"""A server without a network for each test, and a house that serves for what is seen on the wire."""

from tests.booking.conftest import deadlocks, evening, stage
from tests.flow.conftest import house, pair

__all__ = ["deadlocks", "evening", "house", "pair", "stage"]
