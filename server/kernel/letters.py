"""Dead letters: what nobody could deliver, seen and given another chance."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from server.kernel import audit, queries
from server.kernel.dispatch import Handlers
from server.kernel.work import Queued, Work
from server.protocol import commands as c
from server.protocol.errors import not_found
from server.protocol.results import Done

SQL = queries.load("kernel")
Source = Literal["delivery", "job"]
Place = tuple[datetime, str, int, str]
"""After which letter a page goes on: when it died, source, id, handler."""


class DeadLetter(Struct, frozen=True):
    """A delivery by event and consumer, or a job by id and kind."""

    source: Source
    handler: str
    id: int
    subject: str
    attempts: int
    error: str | None
    dead_at: datetime


async def dead(work: Work, after: Place | None, limit: int) -> list[DeadLetter]:
    """In the order in which they died."""
    at, source, id, handler = after or (None, None, None, None)
    return await work.all(SQL.dead_page, DeadLetter, at=at, source=source, id=id, handler=handler, limit=limit)


async def replay(work: Work, source: Source, handler: str, id: int) -> bool:
    """Whether there was such a dead letter; it is due at once, with all its tries."""
    query = {"delivery": SQL.replay_delivery, "job": SQL.replay_job}[source]
    found = await work.execute(query, id=id, handler=handler) > 0
    if found:
        work.news.append(Queued(frozenset({handler})))
    return found


async def replay_delivery(work: Work, command: c.ReplayDelivery) -> Done:
    await work.allow(command)
    if not await replay(work, command.source, command.handler, command.id):
        raise not_found("id")
    subject = f"{command.source}:{command.handler}:{command.id}"
    await audit.record(work, "delivery.replay", subject, work.caller.account)
    return Done()


HANDLERS: Handlers = {c.ReplayDelivery: replay_delivery}
