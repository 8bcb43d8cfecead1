"""Reports to the house: what is reported is kept as it is at that moment; open → settled, and who filed it hears the outcome."""

from typing import Any
from uuid import UUID

import msgspec

from server.kernel import audit
from server.kernel.work import Work
from server.protocol import commands as c
from server.protocol.domain_events import ReviewsChanged
from server.protocol.errors import Refusal, invalid, not_found
from server.protocol.events import ReportSettled
from server.protocol.results import ReportNow
from server.trust import store
from server.trust.ports import Photos


async def file(photos: Photos, work: Work, command: c.FileReport) -> ReportNow:
    """Raises `not_found` for what the caller cannot see, `invalid` for what is their own."""
    me = work.caller.account
    about, evidence = await _evidence(work, command.subject)
    await work.allow(command)
    if about == me:
        raise invalid("subject", "This is your own.")
    await _hold_photo(photos, work, about, evidence)
    filed = store.Filing(
        by=me,
        kind=str(type(command.subject).__struct_config__.tag),
        about=about,
        subject=msgspec.to_builtins(command.subject),
        reason=command.reason,
        note=command.note,
        evidence=evidence,
    )
    return ReportNow((await store.file_report(work, filed)).told())


async def settle(work: Work, command: c.SettleReport) -> ReportNow:
    """An upheld report of a review takes the review out of sight. Raises `wrong_state` for what is settled already."""
    await work.allow(command)
    me = work.caller.account
    if not await store.settle_report(work, command.report, command.outcome, me, command.note):
        if await store.report(work, command.report) is None:
            raise not_found("report")
        raise Refusal("wrong_state", "This report has been settled.")
    report = await store.report(work, command.report)
    assert report is not None
    if command.outcome == "upheld" and report.kind == "review":
        cast = await store.hide_review(work, UUID(report.subject["review"]))
        if cast is not None:
            work.emit(ReviewsChanged(cast))
    await audit.record(work, "report.settle", report.id, me, outcome=command.outcome, note=command.note)
    work.tell(ReportSettled(report.told()), report.by)
    return ReportNow(report.told())


async def _evidence(work: Work, subject: c.Subject) -> tuple[UUID, dict[str, Any]]:
    """Whom the subject is about, and what it is now."""
    if isinstance(subject, c.ReportedEntry):
        return await _entry(work, subject)
    if isinstance(subject, c.ReportedReview):
        review = await store.review(work, subject.review, work.caller.account)
        if review is None:
            raise not_found("subject")
        return review.by, msgspec.to_builtins(review)
    account = await store.account(work, subject.account)
    if account is None or not await _visible(work, subject.account, account.role):
        raise not_found("subject")
    return account.id, msgspec.to_builtins(account)


async def _entry(work: Work, subject: c.ReportedEntry) -> tuple[UUID, dict[str, Any]]:
    entry = await store.reported_entry(work, subject.room, subject.seq, work.caller.account)
    if entry is None:
        raise not_found("subject")
    if entry.by is None:
        raise invalid("subject", "This was written by the house: report the person instead.")
    return entry.by, msgspec.to_builtins(entry)


async def _hold_photo(photos: Photos, work: Work, owner: UUID, evidence: dict[str, Any]) -> None:
    """A photo that is evidence stays in the house; one that has left it this moment is none."""
    for part in (evidence, evidence.get("more") or {}):
        if "photo" in part and await photos(work, owner, UUID(part["photo"]["id"])) is None:
            del part["photo"]


async def _visible(work: Work, id: UUID, role: str) -> bool:
    """Casts are public; a guest is seen by those who have a room or had a reservation with them."""
    me = work.caller.account
    return id == me or role == "cast" or (role == "guest" and await store.knows(work, me, id))
