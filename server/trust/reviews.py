"""Reviews: of a completed reservation, once a side, blind until both are in or 14 days have passed."""

from server.kernel.work import Work
from server.protocol import commands as c
from server.protocol.domain_events import ReviewsChanged
from server.protocol.errors import Refusal, not_found
from server.protocol.results import ReviewNow
from server.trust import model, store


async def write(work: Work, command: c.WriteReview) -> ReviewNow:
    """Raises `invalid`, `not_found`, `forbidden`, `wrong_state`, `already_exists`."""
    me = work.caller
    model.check_scores(command, me.role)
    reservation = await store.reservation(work, command.reservation, me.account)
    if reservation is None:
        raise not_found("reservation")
    await work.allow(command)
    model.check_reviewable(reservation.status, reservation.version)
    await store.lock_reviews(work, reservation.id)
    if await store.reviewed_by(work, reservation.id, me.account):
        raise Refusal("already_exists", "You have reviewed this evening already.")
    id = await store.write_review(work, reservation, me.account, command.scores, command.comment)
    if await store.open_reviews(work, reservation.id):
        work.emit(ReviewsChanged(reservation.cast_id))
    review = await store.review(work, id, me.account)
    assert review is not None
    return ReviewNow(review)
