"""The card of a guest, for a cast who knows them: derived from reservations as they are, with her own memo."""

from uuid import UUID

from server.kernel.crypto import Keyring
from server.kernel.work import Work
from server.protocol.values import GuestCard
from server.trust import memos, store


async def card(keyring: Keyring, work: Work, guest: UUID) -> GuestCard | None:
    """None where the caller is no cast who has a room or had a reservation with `guest`."""
    me = work.caller
    account = await store.account(work, guest)
    if me.role != "cast" or account is None or not await store.knows(work, me.account, guest):
        return None
    record = await store.record(work, me.account, guest)
    return GuestCard(
        account=account,
        following=await store.follows(work, guest, me.account),
        visits=record.visits,
        cancellations=record.cancellations,
        late_cancellations=record.late_cancellations,
        no_shows=record.no_shows,
        last_visit=record.last_visit,
        memo=await memos.memo(keyring, work, me.account, guest),
        reservations=await store.reservations_of_pair(work, me.account, guest),
    )
