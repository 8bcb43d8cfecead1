"""Casts as guests look at them. Of a profile all see the same but for one word, whether they follow; so its JSON is made once and kept,
and so is what a question finds. Whoever has a block with anybody is answered from the database alone."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from server.kernel.kept import LISTINGS, Kept
from server.kernel.work import Work
from server.portfolio import search
from server.portfolio import store as casts
from server.portfolio.search import Term
from server.portfolio.store import Viewer
from server.protocol.values import CastProfile
from server.web.answers import Answer, answer
from server.web.profiles import profiles

UNFOLLOWED = b"false}"
FOLLOWED = b"true}"
"""How a profile's JSON ends, by `following`, its last field."""


class Profile(Struct, frozen=True):
    """What everybody sees of a cast, in both of its wordings."""

    unfollowed: Answer
    followed: Answer


class Page(Struct, frozen=True):
    """What a question finds, and where it goes on: whole for those who follow none of these casts, in parts for the others."""

    profiles: dict[UUID, bytes]
    next: str | None
    unfollowed: Answer

    def seen(self, viewer: Viewer) -> Answer:
        if self.profiles.keys().isdisjoint(viewer.follows):
            return self.unfollowed
        return _listed([_seen(plain, cast in viewer.follows) for cast, plain in self.profiles.items()], self.next)


async def vocabulary(kept: Kept, work: Work) -> Mapping[str, Term]:
    """All tags, as they were a moment ago: only a new version of the house changes them."""
    found: Mapping[str, Term] | None = kept.find("vocabulary")
    if found is None:
        moment = kept.moment()
        found = await search.vocabulary(work)
        kept.keep("vocabulary", moment, found)
    return found


async def page(work: Work, viewer: UUID, ids: Sequence[UUID], next: str | None, terms: Mapping[str, Term]) -> Page:
    """The profiles of those of `ids` who are there for `viewer`."""
    found = {one.account.id: _plain(one) for one in await profiles(work, viewer, ids, terms)}
    return Page(found, next, _listed(found.values(), next))


class Shown:
    """What was read before and is true still, for one viewer."""

    def __init__(self, kept: Kept, viewer: UUID) -> None:
        self._kept = kept
        self._viewer = viewer
        self._moment = kept.moment()

    def cast(self, id: UUID) -> Answer | None:
        """Nobody sees their own profile from here: it may be one that nobody else sees."""
        viewer = self._looking()
        found: Profile | None = None if viewer is None or id == self._viewer else self._kept.find(id, id)
        if viewer is None or found is None:
            return None
        return found.followed if id in viewer.follows else found.unfollowed

    async def read_cast(self, work: Work, id: UUID) -> Answer | None:
        """The same from the database; None where there is no such cast for the viewer."""
        looking, found = casts.viewer(work, self._viewer), await profiles(work, self._viewer, [id])
        viewer = self._look(await looking)
        if not found:
            return None
        plain = _plain(found[0])
        both = Profile(answer(plain), answer(_seen(plain, True)))
        if id != self._viewer and not viewer.blocks:
            self._kept.keep(id, self._moment, both)
        return both.followed if found[0].following else both.unfollowed

    def page(self, question: Hashable) -> Answer | None:
        """What `question` found."""
        viewer = self._looking()
        found: Page | None = None if viewer is None else self._kept.find(question, LISTINGS)
        return None if viewer is None or found is None else found.seen(viewer)

    async def read_page(
        self, work: Work, question: Hashable | None, ids: Sequence[UUID], next: str | None, terms: Mapping[str, Term]
    ) -> Answer:
        """`ids` as the answer to `question`; None: to one that moves with every booking. The last that `work` is asked."""
        looking = casts.viewer(work, self._viewer)
        work.end_with_next()
        found = await page(work, self._viewer, ids, next, terms)
        viewer = self._look(await looking)
        if question is not None and not viewer.blocks:
            self._kept.keep(question, self._moment, found)
        return found.seen(viewer)

    def _looking(self) -> Viewer | None:
        viewer: Viewer | None = self._kept.find(("viewer", self._viewer), self._viewer)
        return None if viewer is None or viewer.blocks else viewer

    def _look(self, viewer: Viewer) -> Viewer:
        self._kept.keep(("viewer", self._viewer), self._moment, viewer)
        return viewer


def _plain(profile: CastProfile) -> bytes:
    return msgspec.json.encode(replace(profile, following=False))


def _seen(plain: bytes, followed: bool) -> bytes:
    return plain.removesuffix(UNFOLLOWED) + FOLLOWED if followed else plain


def _listed(profiles: Iterable[bytes], next: str | None) -> Answer:
    return answer(b'{"items":[' + b",".join(profiles) + b'],"next":' + msgspec.json.encode(next) + b"}")
