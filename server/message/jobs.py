"""Who is notified, and what a notification says: type, room and seq, no names and no words."""

from datetime import timedelta
from typing import Literal
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from server.kernel.work import Work
from server.message import store

PUSH = "push.send"
LIFETIME = timedelta(hours=24)
"""After that a notification is no news any more."""
TITLE = "新しいお知らせがあります"


class SendPush(Struct, frozen=True):
    """A job: one notification to one subscription."""

    endpoint: str
    p256dh: str
    auth: str
    kind: Literal["message", "seal", "notice"]
    room: UUID
    seq: int
    receipt: UUID

    def body(self) -> bytes:
        """What the browser gets: declarative, for those that show it by themselves, with our own data for those that ask us."""
        told = {
            "web_push": 8030,
            "notification": {"title": TITLE, "navigate": f"/rooms/{self.room}", "tag": str(self.room)},
            "type": self.kind,
            "room": self.room,
            "seq": self.seq,
            "receipt": self.receipt,
        }
        return msgspec.json.encode(told)


async def notify(work: Work, account: UUID, kind: Literal["message", "seal", "notice"], room: UUID, seq: int) -> None:
    """Queues a notification to each device of `account`, in the transaction of what it tells of."""
    expires_at = await work.moment() + LIFETIME
    for s in await store.subscriptions(work, account):
        job = SendPush(s.endpoint, s.p256dh, s.auth, kind, room, seq, uuid4())
        await work.enqueue(PUSH, job, expires_at=expires_at)


async def push_what_waits(work: Work) -> int:
    """Members without an open socket who have something unread that no push has told them of; one push for all of a room."""
    waiting = await store.to_push(work)
    for one in waiting:
        await notify(work, one.account, "message", one.room, one.pushed)
    return len(waiting)
