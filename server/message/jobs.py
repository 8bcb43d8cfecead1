"""Who is notified, when, and what a notification says: type, room and seq, no names and no words."""

from datetime import timedelta
from typing import Final, Literal
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from server.kernel.work import Work
from server.message import pushes, store
from server.message.pushes import Language

PUSH = "push.send"
PUSHED = 200
"""members told in one transaction"""
LIFETIME = timedelta(hours=24)
"""After that a notification is no news any more."""
TITLES: Final[dict[Language, str]] = {"ja": "新しいお知らせがあります", "en": "There is something new for you"}
Kind = Literal["message", "seal", "notice", "reminder", "tonight"]


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


class Notification:
    """To each device of `account`, of something in `room`. Whether and where it goes is asked when it is made, with the next question."""

    def __init__(self, work: Work, account: UUID, room: UUID) -> None:
        self._work, self._account, self._room = work, account, room
        self._to, self._devices = pushes.addressee(work, account, room), pushes.subscriptions(work, account)

    async def queue(self, kind: Kind, seq: int) -> None:
        """In the transaction of what it tells of. None from a blocked or muted room; in quiet hours it waits for their end."""
        work, account, room, to = self._work, self._account, self._room, await self._to
        if to is None or to.silent:
            return
        if to.quiet:
            await pushes.defer(work, room, account, kind, seq)
            return
        if not (subscriptions := await self._devices):
            return
        clock, unread = work.moment(), pushes.unread(work, account)
        expires_at = await clock + LIFETIME
        for s in subscriptions:
            job = SendPush(s.endpoint, s.p256dh, s.auth, kind, room, seq, uuid4(), to.language, await unread)
            pushes.add_push(work, job.receipt, account, room, seq, kind)
            work.enqueue(PUSH, job, expires_at=expires_at)


async def remind(work: Work, account: UUID, room: UUID) -> None:
    """Queues a reminder of what stands in `room`."""
    found = await store.rooms_by_id(work, [room])
    for one in found:
        await Notification(work, account, room).queue("reminder", one.head)


async def tell_tonight(work: Work, account: UUID, cast: UUID) -> None:
    """Queues a notification that somebody they follow is in tonight. In quiet hours none: tomorrow it is no news."""
    to = await pushes.listener(work, account)
    if to is None or to.quiet:
        return
    if not (subscriptions := await pushes.subscriptions(work, account)):
        return
    clock, unread = work.moment(), pushes.unread(work, account)
    expires_at = await clock + LIFETIME
    for s in subscriptions:
        job = SendPush(s.endpoint, s.p256dh, s.auth, "tonight", None, None, uuid4(), to.language, await unread, cast)
        work.enqueue(PUSH, job, expires_at=expires_at)


async def push_what_waits(work: Work) -> bool:
    """Members without an open socket who have something unread that no push has told them of; one push for all of a room. Whether there may
    be more."""
    waiting = await pushes.to_push(work, PUSHED)
    for one in waiting:
        await Notification(work, one.account, one.room).queue("message", one.pushed)
    return len(waiting) == PUSHED


async def push_what_was_quiet(work: Work) -> int:
    """Notifications whose quiet hours are over, but for what has been read meanwhile; how many are left of them."""
    due = [d for d in await pushes.take_due(work) if d.read < d.seq]
    for one in due:
        await Notification(work, one.account, one.room).queue(one.kind, one.seq)  # type: ignore[arg-type]
    return len(due)


async def forget_pushes(work: Work) -> int:
    """Receipts that no device will bring any more."""
    return await pushes.forget_pushes(work)
