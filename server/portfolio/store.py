"""Portfolio's queries, typed."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from server.kernel import queries
from server.kernel.work import Work
from server.protocol.values import Account

SQL = queries.load("portfolio")


async def is_cast(work: Work, id: UUID) -> bool:
    return bool(await work.value(SQL.is_cast, cast_id=id))


async def is_open_to(work: Work, id: UUID, account: UUID) -> bool:
    """Whether `id` is a cast whom `account` may see."""
    return bool(await work.value(SQL.is_open_to, cast_id=id, account=account))


async def follow(work: Work, guest: UUID, cast: UUID, push: bool) -> None:
    await work.execute(SQL.follow, guest=guest, cast_id=cast, push=push)


async def unfollow(work: Work, guest: UUID, cast: UUID) -> None:
    await work.execute(SQL.unfollow, guest=guest, cast_id=cast)


async def casts(work: Work, after: UUID | None, limit: int) -> list[Account]:
    return await work.all(SQL.casts, Account, after=after, limit=limit)


async def cast(work: Work, id: UUID) -> Account | None:
    return await work.one(SQL.cast, Account, cast_id=id)


async def following(work: Work, guest: UUID, cast: UUID) -> bool:
    return bool(await work.value(SQL.following, guest=guest, cast_id=cast))


class Followed(Struct, frozen=True):
    cast: UUID
    push: bool
    since: datetime


async def followed_by(work: Work, guest: UUID) -> list[Followed]:
    """Whom a guest follows, since when."""
    return await work.all(SQL.followed_by, Followed, guest=guest)


async def forget_follows(work: Work, account: UUID) -> None:
    """Both ways."""
    await work.execute(SQL.forget_follows, account=account)
