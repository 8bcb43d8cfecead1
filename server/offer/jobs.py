"""What Offer does by the clock."""

from server.kernel.work import Work
from server.offer import store
from server.protocol.events import AvailabilityChanged


async def tell_changes(work: Work) -> int:
    """Tells open screens of every calendar that may have changed; apart from what changed it, so that no pledge waits for a list of
    followers."""
    changed = await store.take_changes(work)
    for cast in changed:
        if watchers := await store.watchers(work, cast):
            work.tell(AvailabilityChanged(cast), *watchers)
    return len(changed)
