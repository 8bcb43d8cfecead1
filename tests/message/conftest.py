"""A server without a network for each test, and houses that serve for what is seen on the wire."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.booking.conftest import deadlocks, evening, stage
from tests.flow.conftest import house, pair
from tests.tools.house import House

__all__ = ["deadlocks", "evening", "house", "own_house", "pair", "stage"]


@contextmanager
def own_house(**env: str) -> Iterator[House]:
    """A house that serves with settings of its own."""
    with tempfile.TemporaryDirectory(prefix="fuuro-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o711)
        one = House(Path(folder) / "data", **env).start()
        try:
            yield one
        finally:
            assert one.stop() == 0
