"""What Message does when something happened elsewhere: the seal, the notices, and who hears of them with a locked phone."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from server.kernel.work import Appended, Then, Work
from server.message import erasure, store
from server.message.jobs import Notification
from server.message.store import Draft
from server.protocol.domain_events import (
    AccountChanged,
    AccountErased,
    DomainEvent,
    ReceiptsChanged,
    ReservationStepped,
)
from server.protocol.events import RoomChanged


async def write_step(work: Work, event: ReservationStepped, event_id: int) -> Then:
    """A pledge gets its seal, every other step its notice: one entry an event, whatever is delivered twice."""
    seal = event.status == "confirmed"
    more = None if seal else {"status": event.status} | ({"reason": event.reason} if event.reason else {})
    kind = "seal" if seal else "notice"
    draft = Draft(event.room, None, None, kind, reservation=event.reservation, event=event_id, more=more)
    told = {event.cast, event.guest} - {event.by} - ({event.guest} if event.status == "expired" else set())
    appended, entry = store.append(work.connection, [draft]), store.logged(work, event_id)
    notifications = [Notification(work, account, event.room) for account in told]

    async def tell() -> None:
        (written,) = await appended
        if written.verdict == "d":
            return
        work.news.append(Appended(event.room, event.cast, event.guest, await entry))
        for notification in notifications:
            await notification.queue("seal" if seal else "notice", written.seq)

    return tell


async def tell_receipts(work: Work, event: ReceiptsChanged, event_id: int) -> None:
    """Everybody who talks with them sees, or sees no longer, how far they have read."""
    await _tell_others(work, event.account)


async def tell_account(work: Work, event: AccountChanged, event_id: int) -> None:
    """Everybody who talks with them sees them as they look now."""
    await _tell_others(work, event.account)


async def _tell_others(work: Work, account: UUID) -> None:
    for room in await store.rooms_of(work, account):
        other = room.other(account)
        work.tell(RoomChanged(await store.card(work, room.id, other)), other)


REACTIONS: Mapping[type[DomainEvent], Callable[[Work, Any, int], Awaitable[Then | None]]] = {
    ReservationStepped: write_step,
    ReceiptsChanged: tell_receipts,
    AccountChanged: tell_account,
    AccountErased: erasure.forget_account,
}
