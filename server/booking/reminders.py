"""A reservation is called to mind the day before and an hour before: by push, and by a text where no device has heard of it."""

from server.booking import store
from server.booking.ports import Remind, Text
from server.kernel.work import Work
from server.protocol import limits


async def remind(remind: Remind, work: Work) -> int:
    """Queues what is due for both sides; how many reservations. A cancelled or moved one is not among them."""
    due = await store.take_reminders(work)
    for one in due:
        reservation = await store.reservation(work, one.reservation)
        for account in (reservation.guest.id, reservation.cast.id):
            await remind(work, account, reservation.room)
    return len(due)


async def text_who_did_not_hear(text: Text, work: Work) -> int:
    """Texts to guests whose devices have been silent since their reminder; how many."""
    unheard = await store.take_unheard(work, limits.REMINDER_TEXT_SECONDS)
    for one in unheard:
        await text(work, one.guest, one.starts_at)
    return len(unheard)
