"""Commands on invitations and reservations."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, field

from server.protocol import limits
from server.protocol.commands.base import CastCommand, Command, EntrySeq, GuestCommand, Instant, instant, trimmed


class AskInvitation(GuestCommand, tag="invitation.ask"):
    """A guest asks for an invitation; holds nothing."""

    keyed = True
    standing = True
    lane = "room"
    room: UUID
    plan: UUID | None = None
    starts_at: Instant | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if self.starts_at is not None:
            self.starts_at = instant(self.starts_at, "starts_at")
        if self.note is not None:
            self.note = trimmed(self.note, "note", limits.NOTE_CHARACTERS)


class SendInvitation(CastCommand, tag="invitation.send"):
    """A plan and a time, as a message; holds the slot as a draft reservation for `valid_s` seconds. `wrong_state` (field `room`) where the guest
    is there no more, suspended or about to leave."""

    keyed = True
    standing = True
    lane = "room"
    room: UUID
    plan: UUID
    starts_at: Instant
    valid_s: Annotated[int, Meta(ge=limits.VALID_SECONDS[0], le=limits.VALID_SECONDS[1])] = limits.VALID_SECONDS_DEFAULT
    replaces: UUID | None = None

    def __post_init__(self) -> None:
        self.starts_at = instant(self.starts_at, "starts_at")


class WithReason(Command):
    """A reservation and, if wanted, why."""

    keyed = True
    lane = "reservation"
    reservation: UUID
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.reason is not None:
            self.reason = trimmed(self.reason, "reason", limits.NOTE_CHARACTERS)


class WithdrawInvitation(WithReason, tag="invitation.withdraw"):
    """The cast takes a draft back."""

    roles = frozenset({"cast"})


class DeclineInvitation(WithReason, tag="invitation.decline"):
    """The guest says no to a draft."""

    roles = frozenset({"guest"})


class PressReservation(GuestCommand, tag="reservation.press"):
    """The finger is down on the seal."""

    lane = "reservation"
    single = True
    urgent = True
    reservation: UUID


class ReleaseReservation(GuestCommand, tag="reservation.release"):
    """The finger was lifted too soon."""

    lane = "reservation"
    single = True
    urgent = True
    reservation: UUID


class PledgeReservation(GuestCommand, tag="reservation.pledge"):
    """Draft → confirmed, after the seal was held for `hold_ms`; to these terms."""

    keyed = True
    standing = True
    urgent = True
    lane = "reservation"
    reservation: UUID
    terms_version: EntrySeq


class CancelReservation(WithReason, tag="reservation.cancel"):
    """Confirmed → cancelled, until the start. After `cancel_until` only with `late`, which is recorded."""

    late: bool = False


class Mark(CastCommand):
    """The cast says what became of a reservation."""

    keyed = True
    lane = "reservation"
    reservation: UUID


class ArriveReservation(Mark, tag="reservation.arrive"):
    """The guest is here. Also puts a no-show right, for half an hour."""


class CompleteReservation(Mark, tag="reservation.complete"):
    """It took place and is over; happens by itself too."""


class MarkNoShow(Mark, tag="reservation.no_show"):
    """The guest didn't come: from 15 minutes after the start until 48 hours after the end. Also puts an arrival right."""

    note: str | None = None

    def __post_init__(self) -> None:
        if self.note is not None:
            self.note = trimmed(self.note, "note", limits.NOTE_CHARACTERS)


class DisputeNoShow(GuestCommand, tag="reservation.dispute"):
    """The guest's side of a no-show, within seven days; the house decides."""

    keyed = True
    lane = "reservation"
    reservation: UUID
    note: str

    def __post_init__(self) -> None:
        self.note = trimmed(self.note, "note", limits.NOTE_CHARACTERS)


class JoinWaitlist(GuestCommand, tag="waitlist.join"):
    """Wait for a start of `plan` between two instants; whoever came first is offered what becomes free, in the cast's name."""

    standing = True
    cast: UUID
    plan: UUID
    from_: Instant = field(name="from")
    to: Instant

    def __post_init__(self) -> None:
        self.from_ = instant(self.from_, "from")
        self.to = instant(self.to, "to")
        if self.to < self.from_:
            raise ValueError("to: must not be before `from`")


class LeaveWaitlist(GuestCommand, tag="waitlist.leave"):
    """Wait no longer; a hold that was made stays an invitation."""

    waitlist: UUID


class LinkCalendar(Command, tag="calendar.link"):
    """An address under which calendar apps find one's reservations, without names. A new one ends the one before."""

    sealed = True


class RevokeCalendar(Command, tag="calendar.revoke"):
    """The address shows nothing from now on."""


BookingCommand = (
    AskInvitation
    | SendInvitation
    | WithdrawInvitation
    | DeclineInvitation
    | PressReservation
    | ReleaseReservation
    | PledgeReservation
    | CancelReservation
    | ArriveReservation
    | CompleteReservation
    | MarkNoShow
    | DisputeNoShow
    | JoinWaitlist
    | LeaveWaitlist
    | LinkCalendar
    | RevokeCalendar
)
