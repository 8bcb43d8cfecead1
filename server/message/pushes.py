"""Queries of what reaches a locked phone, typed: its subscriptions, who wants to hear, what waits for the end of quiet hours, receipts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from server.kernel import queries
from server.kernel.arrays import Uuids
from server.kernel.connection import Soon
from server.kernel.statement import Answer
from server.kernel.work import Work
from server.protocol import limits

SQL = queries.load("message")
Language = Literal["ja", "en"]
Kind = Literal["message", "seal", "notice", "reminder", "tonight"]
Member = tuple[UUID | None, UUID]
"""Of a room, or of none, and the account."""


class Subscription(Struct, frozen=True):
    endpoint: str
    p256dh: str
    auth: str


class Listener(Struct, frozen=True):
    """An account that wants to hear of something: on these devices, or later, where it is `quiet` for them."""

    room: UUID | None
    account: UUID
    language: Language
    quiet: bool
    now: datetime
    unread: int
    """in all rooms together; nothing of blocked ones."""
    devices: list[dict[str, str]]
    """`endpoint`, `p256dh` and `auth` of each."""


class Due(Struct, frozen=True):
    """A notification whose quiet hours are over; `read`: how far the member has come by themselves."""

    room: UUID
    account: UUID
    kind: Kind
    seq: int
    read: int


class ToPush(Struct, frozen=True):
    room: UUID
    account: UUID
    pushed: int


async def subscribe(work: Work, account: UUID, session: UUID, subscription: Subscription) -> None:
    await work.execute(
        SQL.subscribe,
        account=account,
        session=session,
        endpoint=subscription.endpoint,
        p256dh=subscription.p256dh,
        auth=subscription.auth,
    )
    await work.execute(SQL.too_many_subscriptions, account=account, most=limits.SUBSCRIPTIONS_PER_ACCOUNT)


async def unsubscribe(work: Work, account: UUID, endpoint: str) -> None:
    await work.execute(SQL.unsubscribe, account=account, endpoint=endpoint)


async def prune(work: Work, endpoint: str) -> None:
    await work.execute(SQL.prune, endpoint=endpoint)


async def to_push(work: Work, most: int) -> list[ToPush]:
    return await work.all(SQL.to_push, ToPush, most=most)


def listeners(work: Work, members: Sequence[Member]) -> Soon[dict[Member, Listener]]:
    """Those of `members` who want to hear: no one from a room that is blocked or muted."""

    def found(answer: Answer) -> dict[Member, Listener]:
        return {(one.room, one.account): one for one in answer.rows(Listener)}

    rooms, accounts = Uuids([room for room, _ in members]), Uuids([account for _, account in members])
    return work.soon(SQL.listeners, found, rooms=rooms, accounts=accounts)


def defer(work: Work, room: UUID, account: UUID, kind: Kind, seq: int) -> None:
    """Until the quiet hours of the account are over; one a room."""
    work.later(SQL.defer, room=room, account=account, kind=kind, seq=seq)


async def take_due(work: Work) -> list[Due]:
    """What need wait no longer; it waits no longer when this commits."""
    return await work.all(SQL.take_due, Due)


def add_push(work: Work, receipt: UUID, account: UUID, room: UUID, seq: int, kind: str) -> None:
    work.later(SQL.add_push, receipt=receipt, account=account, room=room, seq=seq, kind=kind)


async def forget_pushes(work: Work) -> int:
    return await work.execute(SQL.forget_pushes, days=limits.RECEIPT_DAYS)
