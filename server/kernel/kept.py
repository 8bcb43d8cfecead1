"""What many ask for, kept in the process for a while. Promises: once a change has been told of (`Outdated`), nothing that was read before it
is answered, however late the reader keeps it."""

import time
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import Any, Final

from msgspec import Struct

from server.kernel.work import Outdated

SECONDS = 10.0
"""s after which it is read anew all the same: for what changes by time alone, and for what another process told in vain."""
MOST = 20_000
"""entries; beyond that the oldest goes."""
LISTINGS: Final = "listings"
"""The topic of whatever shows several casts: any of them may change it."""


class _Entry(Struct, frozen=True):
    moment: int
    until: float
    value: Any


class Kept:
    """Entries by key; each is true as long as nothing happened to the topics that it is asked for with: ids of accounts, or `LISTINGS`."""

    def __init__(self, seconds: float = SECONDS, most: int = MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._changed: dict[Hashable, int] = {}
        self._now = 0
        self._floor = 0

    def moment(self) -> int:
        """To be taken before reading what is to be kept."""
        return self._now

    def find(self, key: Hashable, *topics: Hashable) -> Any | None:
        """What was kept, if it is still true."""
        entry = self._entries.get(key)
        if entry is None or entry.until < time.monotonic():
            return None
        for topic in topics:
            if self._changed.get(topic, self._floor) > entry.moment:
                return None
        return entry.value

    def keep(self, key: Hashable, moment: int, value: Any) -> None:
        """`value`, as it was read after `moment`. What nobody may be answered with any more goes."""
        now = time.monotonic()
        self._entries.pop(key, None)
        while self._entries and (len(self._entries) >= self._most or next(iter(self._entries.values())).until < now):
            self._entries.popitem(last=False)
        self._entries[key] = _Entry(moment, now + self._seconds, value)

    def outdate(self, news: Outdated) -> None:
        self._change([*news.viewers, *news.casts, *([LISTINGS] if news.casts else [])])

    def clear(self) -> None:
        """Nothing is believed any more: changes may have been missed."""
        self._now += 1
        self._floor = self._now
        self._entries.clear()
        self._changed = {}

    def _change(self, topics: Iterable[Hashable]) -> None:
        self._now += 1
        self._changed |= dict.fromkeys(topics, self._now)
        if len(self._changed) > self._most:
            self.clear()
