"""What Message does when something happened elsewhere: the seal, the notices, and who hears of them with a locked phone."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from server.kernel.reactions import Reactions, each
from server.kernel.work import Appended, Work
from server.message import erasure, pushes, store
from server.message.jobs import Notification, notify
from server.message.store import Draft, Stepped, Written
from server.protocol.domain_events import (
    AccountChanged,
    AccountErased,
    ReceiptsChanged,
    ReservationStepped,
)
from server.protocol.events import RoomChanged
from server.protocol.values import Delivery, Entry, Reservation


async def write_steps(work: Work, steps: Mapping[int, ReservationStepped]) -> None:
    """A pledge gets its seal, every other step its notice: one entry an event, whatever is delivered twice. However many they are, their
    rooms are locked at once and in order, and the entries, what they tell of and whom they are to be pushed to are one question."""
    drafts = [_draft(step, event) for event, step in steps.items()]
    appended = store.append(work.connection, drafts)
    stepped = store.stepped(work, [step.reservation for step in steps.values()])
    listeners = pushes.listeners(work, [(s.room, account) for s in steps.values() for account in _concerned(s)])
    notifications: list[Notification] = []
    for draft, step, written in zip(drafts, steps.values(), await appended, strict=True):
        if written.verdict != "d":
            entry = _entry(draft, written, step, (await stepped)[step.reservation])
            work.news.append(Appended(step.room, step.cast, step.guest, entry))
            notifications += [
                Notification(step.room, account, draft.kind, written.seq)  # type: ignore[arg-type]
                for account in _concerned(step)
            ]
    await notify(work, notifications, listeners)


def _draft(step: ReservationStepped, event: int) -> Draft:
    if step.status == "confirmed":
        return Draft(step.room, None, None, "seal", reservation=step.reservation, event=event)
    more = {"status": step.status} | ({"reason": step.reason} if step.reason else {})
    return Draft(step.room, None, None, "notice", reservation=step.reservation, event=event, more=more)


def _entry(draft: Draft, written: Written, step: ReservationStepped, stepped: Stepped) -> Entry:
    """As the log has it: what has just been written has reached nobody's device."""
    told = draft.kind == "seal" and not stepped.blocked
    delivery: dict[UUID, Delivery] | UnsetType = {step.cast: "stored", step.guest: "stored"} if told else UNSET
    return draft.entry(written, msgspec.convert(stepped.reservation, Reservation), delivery)


def _concerned(step: ReservationStepped) -> set[UUID]:
    """Who is to hear of it with a locked phone."""
    return {step.cast, step.guest} - {step.by} - ({step.guest} if step.status == "expired" else set())


async def tell_receipts(work: Work, event: ReceiptsChanged) -> None:
    """Everybody who talks with them sees, or sees no longer, how far they have read."""
    await _tell_others(work, event.account)


async def tell_account(work: Work, event: AccountChanged) -> None:
    """Everybody who talks with them sees them as they look now."""
    await _tell_others(work, event.account)


async def _tell_others(work: Work, account: UUID) -> None:
    for room in await store.rooms_of(work, account):
        other = room.other(account)
        work.tell(RoomChanged(await store.card(work, room.id, other)), other)


REACTIONS: Reactions = {
    ReservationStepped: write_steps,
    ReceiptsChanged: each(tell_receipts),
    AccountChanged: each(tell_account),
    AccountErased: each(erasure.forget_account),
}
