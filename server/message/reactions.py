"""What Message does when something happened elsewhere: the seal, the notices, and who hears of them with a locked phone."""

from server.kernel.work import Appended, Work
from server.message import store
from server.message.jobs import notify
from server.message.store import Draft
from server.protocol.domain_events import ReservationStepped


async def write_step(work: Work, event: ReservationStepped, event_id: int) -> None:
    """A pledge gets its seal, every other step its notice: one entry an event, whatever is delivered twice."""
    seal = event.status == "confirmed"
    more = None if seal else {"status": event.status} | ({"reason": event.reason} if event.reason else {})
    kind = "seal" if seal else "notice"
    draft = Draft(event.room, None, None, kind, reservation=event.reservation, event=event_id, more=more)
    (written,) = await store.append(work.connection, [draft])
    if written.verdict == "d":
        return
    entry = await store.logged(work, event.room, written.seq)
    work.news.append(Appended(event.room, event.cast, event.guest, entry))
    for account in {event.cast, event.guest} - {event.by}:
        if not (event.status == "expired" and account == event.guest):
            await notify(work, account, "seal" if seal else "notice", event.room, written.seq)


REACTIONS = {ReservationStepped: write_step}
