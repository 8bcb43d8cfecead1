"""Commands of the house: of operators alone."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from server.protocol import limits
from server.protocol.commands.base import Command, EntrySeq, Instant, instant, trimmed


class OperatorCommand(Command):
    """Whoever is no operator is refused before anything is looked at. What was done stands in the audit log."""

    roles = frozenset({"operator"})


class MintCastCode(OperatorCommand, tag="cast_code.mint"):
    """A one-time code with which a cast registers, good for a week."""

    sealed = True


class SettleReport(OperatorCommand, tag="report.settle"):
    """Who filed it is told the outcome, not the note. An upheld report of a review takes the review out of sight."""

    report: UUID
    outcome: Literal["upheld", "dismissed"]
    note: str | None = None

    def __post_init__(self) -> None:
        if self.note is not None:
            self.note = trimmed(self.note, "note", limits.BODY_CHARACTERS)


class SettleDispute(OperatorCommand, tag="dispute.settle"):
    """A disputed no-show is upheld, or the guest is cleared. Both sides are told, `note` as the reason."""

    lane = "reservation"
    reservation: UUID
    outcome: Literal["upheld", "cleared"]
    note: str | None = None

    def __post_init__(self) -> None:
        if self.note is not None:
            self.note = trimmed(self.note, "note", limits.NOTE_CHARACTERS)


class SuspendAccount(OperatorCommand, tag="account.suspend"):
    """Signs them out everywhere, and keeps them out until then (None: until restored). Their drafts end, and with notice to the
    other side their confirmed reservations that have not begun."""

    account: UUID
    reason: str
    until: Instant | None = None

    def __post_init__(self) -> None:
        self.reason = trimmed(self.reason, "reason", limits.NOTE_CHARACTERS)
        if self.until is not None:
            self.until = instant(self.until, "until")


class RestoreAccount(OperatorCommand, tag="account.restore"):
    """A suspension ends; what it ended stays ended."""

    account: UUID


class AgeCheckedAccount(OperatorCommand, tag="account.age_checked"):
    """The house has seen a proof of age. Where `FUURO_AGE_CHECK` is set, only such accounts ask, invite and pledge."""

    account: UUID


class ReplayDelivery(OperatorCommand, tag="delivery.replay"):
    """A dead letter is due again: `source`, `handler` and `id` as `GET /api/operator/deliveries` has them."""

    source: Literal["delivery", "job"]
    handler: Annotated[str, Meta(max_length=limits.NAME_CHARACTERS)]
    id: EntrySeq


HouseCommand = (
    MintCastCode | SettleReport | SettleDispute | SuspendAccount | RestoreAccount | AgeCheckedAccount | ReplayDelivery
)
