"""What Offer does by the clock."""

from server.kernel.work import Work
from server.offer import store
from server.protocol.events import AvailabilityChanged

CALENDARS = 100
"""told of in one step"""


async def tell_changes(work: Work) -> bool:
    """Tells open screens of calendars that may have changed, whether there may be more; apart from what changed it, so that no pledge waits
    for a list of followers. Who follows is read before any calendar is held, and with the last question they are held no more."""
    changed = await store.changed(work, CALENDARS)
    if not changed:
        return False
    audience = await store.watchers(work, [calendar.cast_id for calendar in changed])
    work.end_with_next()
    for cast in await store.mark_told(work, changed):
        if watching := audience.get(cast):
            work.tell(AvailabilityChanged(cast), *watching)
    return len(changed) == CALENDARS
