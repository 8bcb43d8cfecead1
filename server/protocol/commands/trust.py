"""Commands on what people say of each other: reviews, memos, reports."""

from uuid import UUID

from msgspec import Struct

from server.protocol import limits
from server.protocol.commands.base import CastCommand, Command, EntrySeq, trimmed
from server.protocol.values import Scores


class WriteReview(Command, tag="review.write"):
    """Of a completed reservation, once a side. The guest gives `scores`, the cast a comment alone; neither sees the other's
    before both are in or 14 days have passed."""

    keyed = True
    lane = "reservation"
    reservation: UUID
    scores: Scores | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        if self.comment is not None:
            self.comment = trimmed(self.comment, "comment", limits.REVIEW_CHARACTERS)


class SaveMemo(CastCommand, tag="memo.save"):
    """A cast's own note on a guest she knows; nobody else can read it, the house included."""

    private = frozenset({"body"})
    guest: UUID
    body: str

    def __post_init__(self) -> None:
        self.body = trimmed(self.body, "body", limits.MEMO_CHARACTERS)


class EraseMemo(CastCommand, tag="memo.erase"):
    """The note on this guest is gone for good."""

    guest: UUID


class ReportedAccount(Struct, forbid_unknown_fields=True, frozen=True, tag_field="kind", tag="account"):
    """Somebody whom one can see."""

    account: UUID


class ReportedEntry(Struct, forbid_unknown_fields=True, frozen=True, tag_field="kind", tag="entry"):
    """What the other side said in a room of one's own."""

    room: UUID
    seq: EntrySeq


class ReportedReview(Struct, forbid_unknown_fields=True, frozen=True, tag_field="kind", tag="review"):
    """A review that one can see."""

    review: UUID


Subject = ReportedAccount | ReportedEntry | ReportedReview


class FileReport(Command, tag="report.file"):
    """Tells the house; what is reported is kept as it is at this moment. The outcome comes as `report.settled`."""

    keyed = True
    subject: Subject
    reason: str
    note: str | None = None

    def __post_init__(self) -> None:
        self.reason = trimmed(self.reason, "reason", limits.NOTE_CHARACTERS)
        if self.note is not None:
            self.note = trimmed(self.note, "note", limits.BODY_CHARACTERS)


TrustCommand = WriteReview | SaveMemo | EraseMemo | FileReport
