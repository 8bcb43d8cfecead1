"""What operators read; for everybody else `forbidden`. Lists page by `cursor`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import get
from msgspec import Struct

from server.booking import store as bookings
from server.identity import standings
from server.identity import store as accounts
from server.kernel import audit, letters
from server.kernel.work import Caller, Work
from server.protocol.errors import Refusal, invalid
from server.protocol.values import Account, Reservation
from server.trust import store as trust
from server.web.house import House
from server.web.paging import bad_cursor, cursor_of, id_in, number_in, parts

PAGE = 50


class Filed(Struct, frozen=True):
    """A report with all that the house knows of it."""

    id: UUID
    status: str
    by: Account | None
    about: Account | None
    subject: dict[str, Any]
    reason: str
    note: str | None
    evidence: dict[str, Any]
    at: datetime
    outcome: str | None
    settled_by: UUID | None
    settled_note: str | None
    settled_at: datetime | None


class Dispute(Struct, frozen=True):
    """A reservation and its steps from the first on; the notes of both sides are the reasons of theirs."""

    reservation: Reservation
    steps: list[bookings.Step]


class DeedDone(Struct, frozen=True):
    """A line of the audit log. `by` is null where the command line of the house, or time, did it."""

    id: int
    at: datetime
    by: Account | None
    action: str
    subject: str | None
    details: dict[str, Any]


@get("/api/operator/reports")
async def reports(caller: Caller, house: House, status: str | None = None, cursor: str | None = None) -> dict[str, Any]:
    """Reports in the order in which they came; `status` open or settled."""
    operator(caller)
    if status not in (None, "open", "settled"):
        raise invalid("status", "A report is open or settled.")
    after = None if cursor is None else id_in(cursor)

    async def run(work: Work) -> dict[str, Any]:
        found = await trust.reports(work, status, after, PAGE)
        items = [await _filed(work, row) for row in found]
        return {"items": items, "next": cursor_of([str(found[-1].id)]) if len(found) == PAGE else None}

    return await house.read(caller, run)  # type: ignore[no-any-return]


async def _filed(work: Work, row: trust.ReportRow) -> Filed:
    return Filed(
        id=row.id,
        status=row.status,
        by=await accounts.account(work, row.by),
        about=await accounts.account(work, row.about),
        subject=row.subject,
        reason=row.reason,
        note=row.note,
        evidence=row.evidence,
        at=row.at,
        outcome=row.outcome,
        settled_by=row.settled_by,
        settled_note=row.settled_note,
        settled_at=row.settled_at,
    )


@get("/api/operator/disputes")
async def disputes(caller: Caller, house: House, cursor: str | None = None) -> dict[str, Any]:
    """No-shows that the guest disputes and nobody has settled, the oldest reservation first."""
    operator(caller)
    after = None if cursor is None else id_in(cursor)

    async def run(work: Work) -> dict[str, Any]:
        found = await bookings.disputes(work, after, PAGE)
        items = [Dispute(one, await bookings.steps(work, one.id)) for one in found]
        return {"items": items, "next": cursor_of([str(found[-1].id)]) if len(found) == PAGE else None}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/operator/deliveries")
async def deliveries(caller: Caller, house: House, cursor: str | None = None) -> dict[str, Any]:
    """Dead letters, in the order in which they died; `delivery.replay` makes one due again."""
    operator(caller)
    after = None if cursor is None else _letter_in(cursor)

    async def run(work: Work) -> dict[str, Any]:
        found = await letters.dead(work, after, PAGE)
        last = found[-1] if len(found) == PAGE else None
        next = last and cursor_of([last.dead_at.isoformat(), last.source, str(last.id), last.handler])
        return {"items": found, "next": next}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/operator/audit")
async def deeds(caller: Caller, house: House, cursor: str | None = None) -> dict[str, Any]:
    """What operators and security-relevant commands did, the newest first."""
    operator(caller)
    before = None if cursor is None else number_in(parts(cursor, 1)[0])

    async def run(work: Work) -> dict[str, Any]:
        found = await audit.deeds(work, before, PAGE)
        names = {by: await accounts.account(work, by) for by in {deed.by for deed in found if deed.by is not None}}
        items = [
            DeedDone(d.id, d.at, None if d.by is None else names[d.by], d.action, d.subject, d.details) for d in found
        ]
        return {"items": items, "next": cursor_of([str(found[-1].id)]) if len(found) == PAGE else None}

    return await house.read(caller, run)  # type: ignore[no-any-return]


@get("/api/operator/accounts")
async def people(
    caller: Caller, house: House, q: str | None = None, suspended: bool | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """Accounts by a part of the name or by the id, with their standing."""
    operator(caller)
    after = None if cursor is None else id_in(cursor)
    words = (q or "").strip() or None
    if words is not None and "\0" in words:
        raise invalid("q", "A NUL is in no name.")

    async def run(work: Work) -> dict[str, Any]:
        found = await standings.standings(work, words, suspended, after, PAGE)
        return {"items": found, "next": cursor_of([str(found[-1].account.id)]) if len(found) == PAGE else None}

    return await house.read(caller, run)  # type: ignore[no-any-return]


def operator(caller: Caller) -> None:
    """Raises `forbidden` for everybody else."""
    if caller.role != "operator":
        raise Refusal("forbidden")


def _letter_in(cursor: str) -> letters.Place:
    at, source, id, handler = parts(cursor, 4)
    try:
        return datetime.fromisoformat(at), source, number_in(id), handler
    except ValueError:
        raise bad_cursor() from None


HANDLERS = [reports, disputes, deliveries, deeds, people]
