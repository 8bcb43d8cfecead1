"""Queries of what reaches a locked phone, typed: its subscriptions, who wants to hear, what waits for the end of quiet hours, receipts."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from server.kernel import queries
from server.kernel.connection import Soon
from server.kernel.work import Work
from server.protocol import limits

SQL = queries.load("message")
Language = Literal["ja", "en"]


class Subscription(Struct, frozen=True):
    endpoint: str
    p256dh: str
    auth: str


class Addressee(Struct, frozen=True):
    """`silent`: no push from this room; `quiet`: none just now."""

    language: Language
    silent: bool
    quiet: bool


class Due(Struct, frozen=True):
    """A notification whose quiet hours are over; `read`: how far the member has come by themselves."""

    room: UUID
    account: UUID
    kind: str
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


def subscriptions(work: Work, account: UUID) -> Soon[list[Subscription]]:
    return work.soon(SQL.subscriptions, lambda answer: answer.rows(Subscription), account=account)


async def to_push(work: Work, most: int) -> list[ToPush]:
    return await work.all(SQL.to_push, ToPush, most=most)


def addressee(work: Work, account: UUID, room: UUID) -> Soon[Addressee | None]:
    return work.soon(SQL.addressee, lambda answer: answer.one(Addressee), account=account, room=room)


async def listener(work: Work, account: UUID) -> Addressee | None:
    """As `addressee`, where it is about no room."""
    return await work.one(SQL.listener, Addressee, account=account)


def unread(work: Work, account: UUID) -> Soon[int]:
    """In all rooms together; nothing of blocked ones."""
    return work.soon(SQL.unread, lambda answer: int(answer.value()), account=account)


async def defer(work: Work, room: UUID, account: UUID, kind: str, seq: int) -> None:
    """Until the quiet hours of the account are over; one a room."""
    await work.execute(SQL.defer, room=room, account=account, kind=kind, seq=seq)


async def take_due(work: Work) -> list[Due]:
    """What need wait no longer; it waits no longer when this commits."""
    return await work.all(SQL.take_due, Due)


def add_push(work: Work, receipt: UUID, account: UUID, room: UUID, seq: int, kind: str) -> None:
    work.later(SQL.add_push, receipt=receipt, account=account, room=room, seq=seq, kind=kind)


async def forget_pushes(work: Work) -> int:
    return await work.execute(SQL.forget_pushes, days=limits.RECEIPT_DAYS)
