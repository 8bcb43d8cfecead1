"""Who is notified, when, and what a notification says: type, room and seq, no names and no words."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from server.kernel.work import Work
from server.message import pushes, store
from server.message.pushes import Kind, Language, Listener

PUSH = "push.send"
PUSHED = 200
"""members told in one transaction"""
LIFETIME = timedelta(hours=24)
"""After that a notification is no news any more."""
TITLES: Final[dict[Language, str]] = {"ja": "新しいお知らせがあります", "en": "There is something new for you"}


class SendPush(Struct, frozen=True):
    """A job: one notification to one subscription. Who shows it brings the `receipt` back."""

    endpoint: str
    p256dh: str
    auth: str
    kind: Kind
    room: UUID | None
    seq: int | None
    receipt: UUID
    language: Language = "ja"
    unread: int = 0
    """entries in all rooms, as the badge of the app shall say."""
    cast: UUID | None = None
    """Whose page it opens, where it is about no room."""

    @property
    def topic(self) -> str:
        """What a later notification of the same thing takes the place of."""
        return (self.room or self.cast or self.receipt).hex

    def body(self) -> bytes:
        """What the browser gets: declarative (W3C Push API), for those that show it by themselves, with our own data for those that ask us.
        `navigate` is resolved against the page that subscribed."""
        where = f"/casts/{self.cast}" if self.room is None else f"/rooms/{self.room}"
        told = {
            "web_push": 8030,
            "notification": {
                "title": TITLES[self.language],
                "lang": self.language,
                "navigate": where,
                "tag": str(self.room or self.cast),
            },
            "app_badge": self.unread,
            "type": self.kind,
            "room": self.room,
            "seq": self.seq,
            "receipt": self.receipt,
        }
        return msgspec.json.encode(told)


class Notification(Struct, frozen=True):
    """What a member is to hear of with a locked phone."""

    room: UUID
    account: UUID
    kind: Kind
    seq: int


async def notify(
    work: Work,
    notifications: Sequence[Notification],
    listeners: Awaitable[Mapping[pushes.Member, Listener]] | None = None,
) -> None:
    """Queues them to each device of those who want to hear, in the transaction of what they tell of; in quiet hours they wait for their end.
    `listeners`: where these have been asked for with what came before."""
    if not notifications:
        return
    found = await (listeners or pushes.listeners(work, [(told.room, told.account) for told in notifications]))
    for told in notifications:
        to = found.get((told.room, told.account))
        if to is None:
            continue
        if to.quiet:
            pushes.defer(work, told.room, told.account, told.kind, told.seq)
        for device in to.devices:
            job = _push(to, device, told.kind, told.room, told.seq)
            pushes.add_push(work, job.receipt, told.account, told.room, told.seq, told.kind)
            work.enqueue(PUSH, job, expires_at=to.now + LIFETIME)


async def remind(work: Work, account: UUID, room: UUID) -> None:
    """Queues a reminder of what stands in `room`."""
    found = await store.rooms_by_id(work, [room])
    await notify(work, [Notification(room, account, "reminder", one.head) for one in found])


async def tell_tonight(work: Work, account: UUID, cast: UUID) -> None:
    """Queues a notification that somebody they follow is in tonight. In quiet hours none: tomorrow it is no news."""
    for to in (await pushes.listeners(work, [(None, account)])).values():
        for device in to.devices:
            work.enqueue(PUSH, _push(to, device, "tonight", cast=cast), expires_at=to.now + LIFETIME)


def _push(
    to: Listener,
    device: dict[str, str],
    kind: Kind,
    room: UUID | None = None,
    seq: int | None = None,
    cast: UUID | None = None,
) -> SendPush:
    endpoint, p256dh, auth = device["endpoint"], device["p256dh"], device["auth"]
    return SendPush(endpoint, p256dh, auth, kind, room, seq, uuid4(), to.language, to.unread, cast)


async def push_what_waits(work: Work) -> bool:
    """Members without an open socket who have something unread that no push has told them of; one push for all of a room. Whether there may
    be more."""
    waiting = await pushes.to_push(work, PUSHED)
    await notify(work, [Notification(one.room, one.account, "message", one.pushed) for one in waiting])
    return len(waiting) == PUSHED


async def push_what_was_quiet(work: Work) -> int:
    """Notifications whose quiet hours are over, but for what has been read meanwhile; how many are left of them."""
    due = [d for d in await pushes.take_due(work) if d.read < d.seq]
    await notify(work, [Notification(one.room, one.account, one.kind, one.seq) for one in due])
    return len(due)


async def forget_pushes(work: Work) -> int:
    """Receipts that no device will bring any more."""
    return await pushes.forget_pushes(work)
