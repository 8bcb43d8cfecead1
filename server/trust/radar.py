"""The radar: made whole from the visible reviews after each change of them, by the event that tells of it or by time; never added to."""

from uuid import UUID

from server.kernel.reactions import Reactions, each
from server.kernel.work import Work
from server.protocol import limits
from server.protocol.domain_events import ReviewsChanged
from server.protocol.events import RadarUpdated
from server.trust import store


async def on_reviews_changed(work: Work, event: ReviewsChanged) -> None:
    await recompute(work, event.cast)


async def recompute_due(work: Work) -> int:
    """Reviews that became visible by time alone; also what finds a change whose event was lost."""
    due = sorted(await store.radars_due(work))
    for cast in due:
        await recompute(work, cast)
    return len(due)


async def recompute(work: Work, cast: UUID) -> None:
    """Under the radar's lock: of two at once the second sees the rows of the first."""
    before = await store.lock_radar(work, cast)
    after = await store.recompute_radar(work, cast)
    if after is None or max(before, after) < limits.RADAR_REVIEWS:
        return
    work.outdate(cast)
    radar = (await store.radars(work, [cast])).get(cast)
    work.tell(RadarUpdated(cast, radar), *await store.listeners(work, cast))


REACTIONS: Reactions = {ReviewsChanged: each(on_reviews_changed)}
JOBS = (recompute_due,)
