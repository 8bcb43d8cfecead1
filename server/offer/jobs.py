"""What Offer does by the clock."""

from server.kernel.work import Work
from server.offer import store
from server.protocol.events import AvailabilityChanged


async def tell_changes(work: Work) -> int:
    """Tells open screens of every calendar that may have changed; apart from what changed it, so that no pledge waits for a list of
    followers. Who follows is read before any calendar is held: where that takes long, nobody waits for it."""
    changed = await store.changed(work)
    audience = {calendar.cast_id: await store.watchers(work, calendar.cast_id) for calendar in changed}
    told = await store.mark_told(work, changed)
    for cast in told:
        if audience[cast]:
            work.tell(AvailabilityChanged(cast), *audience[cast])
    return len(told)
