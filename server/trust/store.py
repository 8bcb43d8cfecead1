"""Trust's queries, typed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct
from psycopg.types.json import Jsonb

from server.kernel import queries
from server.kernel.arrays import Uuids
from server.kernel.connection import Soon
from server.kernel.work import Work
from server.protocol import limits
from server.protocol.values import Account, Radar, Report, Reservation, ReservationStatus, Review, Scores
from server.trust import model

SQL = queries.load("trust")
AXES = Scores.__struct_fields__


class Party(Struct, frozen=True):
    """A reservation, as one of its two parties may know it."""

    id: UUID
    cast_id: UUID
    guest_id: UUID
    status: ReservationStatus
    version: int


class ReviewRow(Struct, frozen=True):
    id: UUID
    reservation: UUID
    by: UUID
    about: UUID
    comment: str | None
    at: datetime
    visible_at: datetime
    conversation: int | None
    attentiveness: int | None
    style: int | None
    punctuality: int | None
    reunion: int | None

    def review(self) -> Review:
        scores = {axis: getattr(self, axis) for axis in AXES}
        return Review(
            id=self.id,
            reservation=self.reservation,
            by=self.by,
            about=self.about,
            comment=self.comment,
            at=self.at,
            visible_at=self.visible_at,
            scores=UNSET if self.conversation is None else Scores(**scores),
        )


class Record(Struct, frozen=True):
    visits: int
    cancellations: int
    late_cancellations: int
    no_shows: int
    last_visit: datetime | None


class KeptMemo(Struct, frozen=True):
    guest: UUID
    sealed: bytes
    updated_at: datetime
    wrapped: bytes


class ReportedEntry(Struct, frozen=True):
    room: UUID
    seq: int
    at: datetime
    by: UUID | None
    kind: str
    body: str | None
    more: dict[str, Any] | None
    deleted: bool
    edits: list[dict[str, Any]]


class Filing(Struct, frozen=True):
    """A report to be written."""

    by: UUID
    kind: str
    about: UUID
    subject: dict[str, Any]
    reason: str
    note: str | None
    evidence: dict[str, Any]


class ReportRow(Struct, frozen=True):
    id: UUID
    by: UUID
    kind: str
    about: UUID
    subject: dict[str, Any]
    reason: str
    note: str | None
    evidence: dict[str, Any]
    at: datetime
    status: Literal["open", "settled"]
    outcome: Literal["upheld", "dismissed"] | None
    settled_by: UUID | None
    settled_note: str | None
    settled_at: datetime | None

    def told(self) -> Report:
        """What its filer hears: the outcome, not the house's notes."""
        return Report(
            id=self.id,
            status=self.status,
            subject=self.subject,
            reason=self.reason,
            note=self.note,
            at=self.at,
            outcome=self.outcome,
            settled_at=self.settled_at,
        )


class _Id(Struct, frozen=True):
    id: UUID


class _Radar(Struct, frozen=True):
    cast_id: UUID
    version: int
    reviews: int
    axes: dict[str, float]


class _Document(Struct, frozen=True):
    document: dict[str, Any]


# ── reviews ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def reservation(work: Work, id: UUID, account: UUID) -> Party | None:
    return await work.one(SQL.reservation, Party, reservation=id, account=account)


async def lock_reviews(work: Work, reservation: UUID) -> None:
    await work.execute(SQL.lock_reviews, reservation=reservation)


async def reviewed_by(work: Work, reservation: UUID, by: UUID) -> bool:
    return bool(await work.value(SQL.reviewed_by, reservation=reservation, by=by))


async def write_review(work: Work, party: Party, by: UUID, scores: Scores | None, comment: str | None) -> UUID:
    """Its id. Blind until the other side's is in, or for 14 days."""
    id: UUID = await work.value(
        SQL.write_review,
        reservation=party.id,
        by=by,
        about=party.guest_id if by == party.cast_id else party.cast_id,
        **{axis: None if scores is None else getattr(scores, axis) for axis in AXES},
        comment=comment,
        days=limits.BLIND_DAYS,
    )
    return id


async def open_reviews(work: Work, reservation: UUID) -> bool:
    """Whether reviews became visible, because both are in."""
    return await work.execute(SQL.open_reviews, reservation=reservation) > 0


async def review(work: Work, id: UUID, account: UUID) -> Review | None:
    row = await work.one(SQL.review, ReviewRow, review=id, account=account)
    return None if row is None else row.review()


async def reviews_of(work: Work, cast: UUID, before: tuple[datetime, UUID] | None, limit: int) -> list[Review]:
    at, id = before or (None, None)
    rows = await work.all(SQL.reviews_of, ReviewRow, about=cast, before=at, before_id=id, limit=limit)
    return [row.review() for row in rows]


async def my_reviews(work: Work, account: UUID, before: UUID | None, limit: int) -> list[Review]:
    rows = await work.all(SQL.my_reviews, ReviewRow, account=account, before=before, limit=limit)
    return [row.review() for row in rows]


async def hide_review(work: Work, id: UUID) -> UUID | None:
    """Whom it was about, or None where it was hidden before."""
    about: UUID | None = await work.value(SQL.hide_review, review=id)
    return about


# ── radar ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def lock_radar(work: Work, cast: UUID) -> int:
    """How many reviews it was last made of."""
    await work.execute(SQL.make_radar, cast_id=cast)
    reviews: int = await work.value(SQL.lock_radar, cast_id=cast)
    return reviews


async def recompute_radar(work: Work, cast: UUID) -> int | None:
    """How many reviews it is made of now, or None where nothing changed. With its lock."""
    reviews: int | None = await work.value(SQL.recompute_radar, cast_id=cast)
    return reviews


def radars(work: Work, casts: Sequence[UUID]) -> Soon[dict[UUID, Radar]]:
    """Those of `casts` that are shown."""

    def shown(rows: list[_Radar]) -> dict[UUID, Radar]:
        made = {row.cast_id: model.radar(row.version, row.reviews, row.axes) for row in rows}
        return {cast: radar for cast, radar in made.items() if radar is not None}

    return work.soon(SQL.radars, lambda answer: answer.rows(_Radar), casts=Uuids(casts)).then(shown)


async def radars_due(work: Work) -> list[UUID]:
    return [row.id for row in await work.all(SQL.radars_due, _Id)]


async def listeners(work: Work, cast: UUID) -> list[UUID]:
    return [row.id for row in await work.all(SQL.listeners, _Id, cast_id=cast)]


# ── guests ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def knows(work: Work, cast: UUID, guest: UUID) -> bool:
    return bool(await work.value(SQL.knows, cast_id=cast, guest=guest))


async def account(work: Work, id: UUID) -> Account | None:
    found = await work.value(SQL.account, account=id)
    return None if found is None else msgspec.convert(found, Account)


async def follows(work: Work, guest: UUID, cast: UUID) -> bool:
    return bool(await work.value(SQL.follows, guest=guest, cast_id=cast))


async def record(work: Work, cast: UUID, guest: UUID) -> Record:
    found = await work.one(SQL.record, Record, cast_id=cast, guest=guest, days=limits.RECORD_DAYS)
    assert found is not None
    return found


async def reservations_of_pair(work: Work, cast: UUID, guest: UUID) -> list[Reservation]:
    rows = await work.all(SQL.documents_of_pair, _Document, cast_id=cast, guest=guest, limit=limits.CARD_RESERVATIONS)
    return [msgspec.convert(row.document, Reservation) for row in rows]


# ── memos ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def wrapped_key(work: Work, cast: UUID) -> bytes | None:
    """Locked against its destruction to the end of the transaction."""
    found = await work.value(SQL.wrapped_key, cast_id=cast)
    return None if found is None else bytes(found)


async def keep_key(work: Work, cast: UUID, wrapped: bytes) -> None:
    await work.execute(SQL.keep_key, cast_id=cast, wrapped=wrapped)


async def save_memo(work: Work, cast: UUID, guest: UUID, sealed: bytes) -> datetime:
    at: datetime = await work.value(SQL.save_memo, cast_id=cast, guest=guest, sealed=sealed)
    return at


async def memos(work: Work, cast: UUID, guest: UUID | None) -> list[KeptMemo]:
    return await work.all(SQL.memos, KeptMemo, cast_id=cast, guest=guest)


async def erase_memo(work: Work, cast: UUID, guest: UUID) -> None:
    await work.execute(SQL.lock_key, cast_id=cast)
    await work.execute(SQL.erase_memo, cast_id=cast, guest=guest)
    await work.execute(SQL.destroy_idle_key, cast_id=cast)


async def erase_memos(work: Work, cast: UUID) -> None:
    """All of a cast's, by destroying her key."""
    await work.execute(SQL.lock_key, cast_id=cast)
    await work.execute(SQL.erase_memos, cast_id=cast)
    await work.execute(SQL.destroy_idle_key, cast_id=cast)


async def casts_with_memo_of(work: Work, guest: UUID) -> list[UUID]:
    return [row.cast_id for row in await work.all(SQL.casts_with_memo_of, _CastId, guest=guest)]


async def take_name_from_evidence(work: Work, account: UUID) -> None:
    await work.execute(SQL.take_name_from_evidence, account=account)


class _CastId(Struct, frozen=True):
    cast_id: UUID


# ── reports ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def reported_entry(work: Work, room: UUID, seq: int, account: UUID) -> ReportedEntry | None:
    return await work.one(SQL.reported_entry, ReportedEntry, room=room, seq=seq, account=account)


async def file_report(work: Work, filing: Filing) -> ReportRow:
    values = {name: getattr(filing, name) for name in filing.__struct_fields__}
    json = {"subject": Jsonb(filing.subject), "evidence": Jsonb(filing.evidence)}
    id: UUID = await work.value(SQL.file_report, **(values | json))
    found = await report(work, id)
    assert found is not None
    return found


async def report(work: Work, id: UUID) -> ReportRow | None:
    return await work.one(SQL.report, ReportRow, report=id)


async def reports(work: Work, status: str | None, after: UUID | None, limit: int) -> list[ReportRow]:
    return await work.all(SQL.reports, ReportRow, status=status, after=after, limit=limit)


async def my_reports(work: Work, account: UUID, before: UUID | None, limit: int) -> list[Report]:
    rows = await work.all(SQL.my_reports, ReportRow, account=account, before=before, limit=limit)
    return [row.told() for row in rows]


async def settle_report(work: Work, id: UUID, outcome: str, by: UUID, note: str | None) -> bool:
    """Whether it was open."""
    return await work.execute(SQL.settle_report, report=id, outcome=outcome, by=by, note=note) == 1
