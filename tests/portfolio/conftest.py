"""A cast and a guest who know each other."""

from tests.flow.conftest import pair

__all__ = ["pair"]
