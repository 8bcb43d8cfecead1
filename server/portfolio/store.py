"""Portfolio's queries, typed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct

from server.kernel import queries
from server.kernel.arrays import Uuids
from server.kernel.connection import Soon
from server.kernel.work import Work
from server.portfolio import model
from server.protocol.values import Account, Photo, Role, Status, Tag

SQL = queries.load("portfolio")


class Sheet(Struct, frozen=True):
    """A profile as far as Portfolio knows it; plans and radar come from others."""

    account: Account
    headline: str
    about: str
    tags: list[str]
    photos: list[Photo]
    area: str | None
    published: bool
    status: Status


class Followed(Struct, frozen=True):
    cast: UUID
    push: bool
    since: datetime


class Viewer(Struct, frozen=True):
    """Who looks at casts: whom they follow, and whether there is a block between them and anybody."""

    follows: frozenset[UUID]
    blocks: bool


class Follower(Struct, frozen=True):
    guest: UUID
    push: bool


class StatusChange(Struct, frozen=True):
    cast_id: UUID
    online: bool
    tonight: bool
    tonight_until: datetime | None

    @property
    def status(self) -> Status:
        return Status(self.online, self.tonight, self.tonight_until)


class _SheetRow(Struct, frozen=True):
    id: UUID
    role: Role
    display_name: str
    headline: str
    about: str
    area: str | None
    tags: list[str]
    photos: list[dict[str, str]]
    published: bool
    online: bool
    tonight: bool
    tonight_until: datetime | None


class _Id(Struct, frozen=True):
    id: UUID


class _Cast(Struct, frozen=True):
    cast_id: UUID


class _Name(Struct, frozen=True):
    name: str


# ── casts ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def is_cast(work: Work, id: UUID) -> bool:
    return bool(await work.value(SQL.is_cast, cast_id=id))


async def is_open_to(work: Work, id: UUID, account: UUID) -> bool:
    """Whether `id` is a cast whom `account` may see."""
    return bool(await work.value(SQL.is_open_to, cast_id=id, account=account))


# ── profiles ────────────────────────────────────────────────────────────────────────────────────────────────────────
def sheets(work: Work, casts: Sequence[UUID], viewer: UUID) -> Soon[list[Sheet]]:
    """Those of `casts` who are there for `viewer`, in the order given."""
    found = work.soon(SQL.sheets, lambda answer: answer.rows(_SheetRow), casts=Uuids(casts), viewer=viewer)
    return found.then(lambda rows: [_sheet(row) for row in rows])


def _sheet(row: _SheetRow) -> Sheet:
    photos = [model.photo(UUID(one["id"]), one["name"]) for one in row.photos]
    return Sheet(
        account=Account(row.id, row.role, row.display_name, photos[0] if photos else UNSET),
        headline=row.headline,
        about=row.about,
        tags=row.tags,
        photos=photos,
        area=row.area,
        published=row.published,
        status=Status(row.online, row.tonight, row.tonight_until),
    )


async def save_profile(work: Work, cast: UUID, **fields: Any) -> bool:
    """Whether another photo is the first now, or none any more."""
    await begin_profile(work, cast)
    return bool(await work.value(SQL.save_profile, cast_id=cast, **fields))


async def begin_profile(work: Work, cast: UUID) -> None:
    await work.execute(SQL.begin_profile, cast_id=cast)


async def forget_profile(work: Work, account: UUID) -> None:
    await work.execute(SQL.forget_profile, account=account)


async def tags(work: Work) -> list[Tag]:
    """The whole vocabulary."""
    return await work.all(SQL.tags, Tag)


async def tags_named(work: Work, ids: Sequence[str]) -> dict[str, Tag]:
    """Those of `ids` that exist."""
    return {tag.id: tag for tag in await work.all(SQL.tags_named, Tag, ids=list(ids))}


# ── photos ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def own_photos(work: Work, owner: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Those of `ids` that belong to `owner`."""
    return {row.id for row in await work.all(SQL.own_photos, _Id, owner=owner, ids=list(ids))}


async def count_photos(work: Work, owner: UUID) -> int:
    """How many `owner` has; nobody else adds one of theirs until this transaction ends."""
    await work.execute(SQL.lock_photos, owner=owner)
    return int(await work.value(SQL.photo_count, owner=owner))


async def add_photo(work: Work, owner: UUID, name: str, width: int, height: int) -> UUID:
    """The new photo's id."""
    id: UUID = await work.value(SQL.add_photo, owner=owner, name=name, width=width, height=height)
    return id


async def lock_unused_photos(work: Work, days: int, limit: int) -> list[UUID]:
    return [row.id for row in await work.all(SQL.lock_unused_photos, _Id, days=days, limit=limit)]


async def take_unused_photos(work: Work, ids: Sequence[UUID]) -> list[str]:
    """Forgets those of `ids`, which are locked, that still nothing shows; the names of what has to leave the store."""
    return [row.name for row in await work.all(SQL.take_unused_photos, _Name, ids=list(ids))]


async def take_photos(work: Work, owner: UUID) -> list[str]:
    """Forgets all photos of `owner`; the names of what has to leave the store."""
    return [row.name for row in await work.all(SQL.take_photos, _Name, owner=owner)]


# ── status ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def set_status(work: Work, cast: UUID, tonight: bool, invisible: bool | None) -> datetime | None:
    """Until when she was in tonight before, if she was."""
    await begin_profile(work, cast)
    before: datetime | None = await work.value(SQL.set_status, cast_id=cast, tonight=tonight, invisible=invisible)
    return before


async def is_invisible(work: Work, cast: UUID) -> bool:
    """Whether she hides that she is online; nobody else is told."""
    return bool(await work.value(SQL.is_invisible, cast_id=cast))


async def status(work: Work, cast: UUID) -> Status:
    row = await work.one(SQL.status, Status, cast_id=cast)
    return row or Status(online=False, tonight=False, tonight_until=None)


async def take_status_changes(work: Work) -> list[StatusChange]:
    """Casts of whom followers know something else than what is; they count as told."""
    return await work.all(SQL.take_status_changes, StatusChange)


# ── follows ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def follow(work: Work, guest: UUID, cast: UUID, push: bool) -> None:
    await work.execute(SQL.follow, guest=guest, cast_id=cast, push=push)


async def unfollow(work: Work, guest: UUID, cast: UUID) -> None:
    await work.execute(SQL.unfollow, guest=guest, cast_id=cast)


def followed_among(work: Work, guest: UUID, casts: Sequence[UUID]) -> Soon[set[UUID]]:
    """Whom of `casts` the guest follows."""
    found = work.soon(SQL.followed_among, lambda answer: answer.rows(_Cast), guest=guest, casts=Uuids(casts))
    return found.then(lambda rows: {row.cast_id for row in rows})


async def followed_by(work: Work, guest: UUID) -> list[Followed]:
    """Whom a guest follows, since when."""
    return await work.all(SQL.followed_by, Followed, guest=guest)


def viewer(work: Work, account: UUID) -> Soon[Viewer]:
    found = work.soon(SQL.viewer, lambda answer: answer.rows(Viewer), account=account)
    return found.then(lambda rows: Viewer(frozenset(rows[0].follows), rows[0].blocks))


async def followers(work: Work, cast: UUID) -> list[Follower]:
    """Who follows a cast, but for those between whom there is a block."""
    return await work.all(SQL.followers, Follower, cast_id=cast)


async def forget_follows(work: Work, account: UUID) -> None:
    """Both ways."""
    await work.execute(SQL.forget_follows, account=account)
