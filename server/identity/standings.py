"""How accounts stand, read and changed: suspended, leaving, of a checked age. What follows from it is `standing`'s to say."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert

from server.kernel import queries
from server.kernel.connection import Soon
from server.kernel.work import Work
from server.protocol.values import Account, Role, Standing

SQL = queries.load("identity")


class StandingRow(Struct, frozen=True):
    """`suspended_until` None while `suspended`: until it is restored."""

    id: UUID
    role: Role
    account: dict[str, Any]
    suspended: bool
    suspended_until: datetime | None
    suspended_reason: str | None
    age_checked_at: datetime | None

    def standing(self) -> Standing:
        return Standing(
            account=convert(self.account, Account),
            suspended=self.suspended,
            suspended_until=self.suspended_until if self.suspended else None,
            suspended_reason=self.suspended_reason if self.suspended else None,
            age_checked_at=self.age_checked_at,
        )


async def standing(work: Work, id: UUID) -> StandingRow | None:
    return await work.one(SQL.standing, StandingRow, id=id)


class LiveStandingRow(StandingRow, frozen=True):
    """`live`: the session that was asked for lives."""

    live: bool


def live_standing(work: Work, id: UUID, session: UUID) -> Soon[LiveStandingRow | None]:
    return work.soon(SQL.live_standing, lambda answer: answer.one(LiveStandingRow), id=id, session=session)


class HeldStandingRow(StandingRow, frozen=True):
    """`leaving`: it has been ended, and can be taken back until it is erased."""

    leaving: bool


def held_standing(work: Work, id: UUID) -> Soon[HeldStandingRow | None]:
    """No suspension can begin or end, and nobody leave, before this transaction has ended."""
    return work.soon(SQL.hold_standing, lambda answer: answer.one(HeldStandingRow), id=id)


async def locked_standing(work: Work, id: UUID) -> StandingRow | None:
    """To change it: waits for those who hold it."""
    await work.execute(SQL.lock_standing, id=id)
    return await standing(work, id)


async def suspend(work: Work, id: UUID, until: datetime | None, reason: str) -> None:
    await work.execute(SQL.suspend, id=id, until=until, reason=reason)


async def restore(work: Work, id: UUID) -> bool:
    """Whether it was suspended."""
    return await work.execute(SQL.restore, id=id) == 1


async def age_checked(work: Work, id: UUID) -> None:
    await work.execute(SQL.age_checked, id=id)


async def standings(
    work: Work, words: str | None, suspended: bool | None, after: UUID | None, limit: int
) -> list[Standing]:
    """By a part of the name or by the id; in the order of registration."""
    rows = await work.all(SQL.standings, StandingRow, words=words, suspended=suspended, after=after, limit=limit)
    return [row.standing() for row in rows]
