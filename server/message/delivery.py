"""How far a seal has come: stored → reached a device → shown as a push. By what devices say, never by what was sent."""

from typing import Literal
from uuid import UUID

from server.kernel.work import Work
from server.message import store
from server.message.store import Raised
from server.protocol.errors import not_found
from server.protocol.events import SealDelivery

State = Literal["reached", "displayed"]


async def displayed(work: Work, receipt: UUID) -> None:
    """A device showed the push of `receipt`; a second time says nothing new. Raises `not_found` for what is no receipt of ours."""
    raised = await store.raise_displayed(work, receipt)
    if raised is not None:
        await tell(work, raised, "displayed")
    elif not await store.is_receipt(work, receipt):
        raise not_found("receipt")


async def tell(work: Work, raised: Raised, state: State) -> None:
    """Tells both sides of the seals that a member's device has just reached; of a blocked room nobody."""
    if raised.upto <= raised.before:
        return
    room = (await store.rooms_by_id(work, [raised.room]))[0]
    if room.blocked:
        return
    for seq in await store.seals_between(work, raised):
        work.tell(SealDelivery(room.id, seq, raised.account, state), room.cast_id, room.guest_id)
