"""Casts as guests look at them. Of a profile all see the same but for one word, whether they follow; so its JSON is made once and kept,
and so is what a question finds. Whoever has a block with anybody is answered from the database alone."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from server.kernel.kept import LISTINGS, Kept
from server.kernel.work import Work
from server.portfolio import store as casts
from server.portfolio.store import Viewer
from server.protocol.values import CastProfile
from server.web.profiles import profiles

UNFOLLOWED = b"false}"
FOLLOWED = b"true}"
"""How a profile's JSON ends, by `following`, its last field."""


class Page(Struct, frozen=True):
    """What a question finds: the profiles of `casts`, as one sees them who follows none of them, and where it goes on."""

    casts: list[UUID]
    profiles: list[bytes]
    next: str | None

    def seen(self, viewer: Viewer) -> bytes:
        """The JSON of the answer."""
        items = b",".join(_seen(p, c in viewer.follows) for c, p in zip(self.casts, self.profiles, strict=True))
        return b'{"items":[' + items + b'],"next":' + msgspec.json.encode(self.next) + b"}"


async def page(work: Work, viewer: UUID, ids: Sequence[UUID], next: str | None) -> Page:
    """The profiles of those of `ids` who are there for `viewer`."""
    found = await profiles(work, viewer, ids)
    return Page([one.account.id for one in found], [_plain(one) for one in found], next)


class Shown:
    """What was read before and is true still, for one viewer."""

    def __init__(self, kept: Kept, viewer: UUID) -> None:
        self._kept = kept
        self._viewer = viewer
        self._moment = kept.moment()

    def cast(self, id: UUID) -> bytes | None:
        """A profile's JSON. Nobody sees their own from here: it may be one that nobody else sees."""
        viewer = self._looking()
        found: bytes | None = None if viewer is None or id == self._viewer else self._kept.find(id, id)
        return None if viewer is None or found is None else _seen(found, id in viewer.follows)

    async def read_cast(self, work: Work, id: UUID) -> bytes | None:
        """The same from the database; None where there is no such cast for the viewer."""
        viewer, found = await self._look(work), await profiles(work, self._viewer, [id])
        if not found:
            return None
        if id != self._viewer and not viewer.blocks:
            self._kept.keep(id, self._moment, _plain(found[0]))
        return msgspec.json.encode(found[0])

    def page(self, question: str) -> bytes | None:
        """The JSON of what `question` found."""
        viewer = self._looking()
        found: Page | None = None if viewer is None else self._kept.find(question, LISTINGS)
        return None if viewer is None or found is None else found.seen(viewer)

    async def keep_page(self, work: Work, question: str | None, found: Page) -> bytes:
        """The JSON of `found`, which is the answer to `question`; None: to one that moves with every booking."""
        viewer = await self._look(work)
        if question is not None and not viewer.blocks:
            self._kept.keep(question, self._moment, found)
        return found.seen(viewer)

    def _looking(self) -> Viewer | None:
        viewer: Viewer | None = self._kept.find(("viewer", self._viewer), self._viewer)
        return None if viewer is None or viewer.blocks else viewer

    async def _look(self, work: Work) -> Viewer:
        viewer = await casts.viewer(work, self._viewer)
        self._kept.keep(("viewer", self._viewer), self._moment, viewer)
        return viewer


def _plain(profile: CastProfile) -> bytes:
    return msgspec.json.encode(replace(profile, following=False))


def _seen(plain: bytes, followed: bool) -> bytes:
    return plain.removesuffix(UNFOLLOWED) + FOLLOWED if followed else plain
