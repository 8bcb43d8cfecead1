"""The log of what operators and security-relevant commands did: written in the transaction of the deed, append-only by the database."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg.types.json import Jsonb

from server.kernel import queries
from server.kernel.work import Work

SQL = queries.load("kernel")


class Deed(Struct, frozen=True):
    """`by` is None where the command line of the house, or time, did it; `subject` is an id, `details` reasons and outcomes."""

    id: int
    at: datetime
    by: UUID | None
    action: str
    subject: str | None
    details: dict[str, Any]


async def record(work: Work, action: str, subject: object = None, by: UUID | None = None, **details: Any) -> None:
    """`action` is named like a command or an event. Never a number, a code, or words of a conversation."""
    said = {name: value for name, value in details.items() if value is not None}
    await work.execute(
        SQL.record_deed, by=by, action=action, subject=None if subject is None else str(subject), details=Jsonb(said)
    )


async def deeds(work: Work, before: int | None, limit: int) -> list[Deed]:
    """The newest first, older than `before`."""
    return await work.all(SQL.deeds, Deed, before=before, limit=limit)
