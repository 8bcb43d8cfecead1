"""A block is total and takes effect in one commit: the pair, their drafts, their room. Both keep the history."""

from uuid import UUID

from server.kernel.work import Caller, Work
from server.message import store
from server.message.ports import Part
from server.protocol import commands as c
from server.protocol import results
from server.protocol.errors import not_found
from server.protocol.events import RoomChanged
from server.protocol.values import Account


async def add_block(part: Part, work: Work, command: c.AddBlock) -> results.Blocked:
    """Locks in the order of all: pair, the cast's calendar, reservations, room."""
    cast, guest = await _pair(work, command.account)
    await store.lock_pair(work, cast, guest)
    await store.add_block(work, work.caller.account, command.account)
    work.outdate(viewers=(cast, guest))
    confirmed = await part(work, cast=cast, guest=guest)
    await _mark_room(work, cast, guest)
    return results.Blocked(confirmed)


async def remove_block(work: Work, command: c.RemoveBlock) -> results.Done:
    """One's own; the other's stands."""
    cast, guest = await _pair(work, command.account)
    await store.lock_pair(work, cast, guest)
    await store.remove_block(work, work.caller.account, command.account)
    work.outdate(viewers=(cast, guest))
    await _mark_room(work, cast, guest)
    return results.Done()


async def _pair(work: Work, other: UUID) -> tuple[UUID, UUID]:
    account = await store.account(work, other)
    if account is None:
        raise not_found("account")
    pair = pair_of(work.caller, account)
    if pair is None:
        raise not_found("account")
    return pair


def pair_of(me: Caller, other: Account) -> tuple[UUID, UUID] | None:
    """Cast and guest, where the two are one of each."""
    if {me.role, other.role} != {"cast", "guest"}:
        return None
    return (me.account, other.id) if me.role == "cast" else (other.id, me.account)


async def _mark_room(work: Work, cast: UUID, guest: UUID) -> None:
    room = await store.mark_blocked(work, cast, guest)
    if room is not None:
        for account in (cast, guest):
            work.tell(RoomChanged(await store.card(work, room, account)), account)
