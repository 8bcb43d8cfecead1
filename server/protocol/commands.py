"""Every command of the contract (section 4): its fields, who may give it, whether it needs a key, and what orders it.

Decoding is validation: what comes out of `msgspec` here is trimmed, within its limits and of the right type. What needs
the database to be judged is judged by the handler."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from server.protocol import limits
from server.protocol.values import Money, Role

Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
EntrySeq = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Instant = Annotated[datetime, Meta(tz=True)]
Lane = Literal["room", "reservation"]


class Command(Struct, forbid_unknown_fields=True, tag_field="type"):
    """`roles` may give it; with `keyed` it needs a key; commands of one socket with one `lane` take effect in order sent."""

    roles: ClassVar[frozenset[Role]] = frozenset({"cast", "guest"})
    keyed: ClassVar[bool] = False
    lane: ClassVar[Lane | None] = None
    socket_only: ClassVar[bool] = False


class CastCommand(Command):
    roles = frozenset({"cast"})


class GuestCommand(Command):
    roles = frozenset({"guest"})


def trimmed(value: str, name: str, most: int) -> str:
    """`value` without blanks at its ends; a ValueError naming the field `name` when nothing, a NUL or more than `most` is left."""
    value = value.strip()
    if not value:
        raise ValueError(f"{name}: must not be blank")
    if len(value) > most:
        raise ValueError(f"{name}: at most {most} characters")
    if "\0" in value:
        raise ValueError(f"{name}: must not contain a NUL")
    return value


def instant(value: datetime, name: str) -> datetime:
    """`value` in UTC; a ValueError where the calendar could not reckon with it."""
    if not 2000 <= value.year <= 2999:
        raise ValueError(f"{name}: must lie between the years 2000 and 2999")
    return value.astimezone(UTC)


# ── session ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class OpenSession(Command, tag="session.open"):
    """The first frame of a socket: who is it, and what does it have already."""

    roles = frozenset({"cast", "guest", "operator"})
    socket_only = True
    token: str
    epoch: str | None = None
    rooms: Annotated[dict[UUID, Seq], Meta(max_length=limits.CURSORS)] | UnsetType = UNSET


class RefreshSession(Command, tag="session.refresh"):
    """A newer access token of the same session keeps the socket beyond the old one's expiry."""

    roles = frozenset({"cast", "guest", "operator"})
    socket_only = True
    token: str


class PingSession(Command, tag="session.ping"):
    """Asks for the server's time."""

    roles = frozenset({"cast", "guest", "operator"})
    socket_only = True


# ── room ────────────────────────────────────────────────────────────────────────────────────────────────────────────
class OpenRoom(Command, tag="room.open"):
    """The one conversation with someone; made where there is none. A cast may open one only to a follower."""

    with_: UUID = field(name="with")


class RoomHistory(Command, tag="room.history"):
    """The newest page before `before`, folded: edited texts as they are now."""

    socket_only = True
    lane = "room"
    room: UUID
    before: EntrySeq | None = None
    limit: Annotated[int, Meta(ge=1, le=limits.HISTORY_ENTRIES)] = 50


class RoomSince(Command, tag="room.since"):
    """The log after `after`, as it was written."""

    socket_only = True
    lane = "room"
    room: UUID
    after: Seq
    limit: Annotated[int, Meta(ge=1, le=limits.PAGE_ENTRIES)] = limits.PAGE_ENTRIES


class ReadRoom(Command, tag="room.read"):
    """Everything up to `seq` has been seen; only ever rises."""

    lane = "room"
    room: UUID
    seq: Seq


class TypeInRoom(Command, tag="room.typing"):
    """Ephemeral: expires by itself after 6 s."""

    lane = "room"
    room: UUID
    typing: bool


class MuteRoom(Command, tag="room.mute"):
    """No push from this room until then; None ends it."""

    lane = "room"
    room: UUID
    until: Instant | None

    def __post_init__(self) -> None:
        if self.until is not None:
            self.until = instant(self.until, "until")


# ── message ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class SendMessage(Command, tag="message.send"):
    """A text, a photo, or a photo with a text."""

    keyed = True
    lane = "room"
    room: UUID
    body: str | None = None
    photo: UUID | None = None
    reply_to: EntrySeq | None = None

    def __post_init__(self) -> None:
        if self.body is not None:
            self.body = trimmed(self.body, "body", limits.BODY_CHARACTERS)
        elif self.photo is None:
            raise ValueError("body: a message needs a body or a photo")


class EditMessage(Command, tag="message.edit"):
    """A new body for one's own text or photo, within 24 hours."""

    keyed = True
    lane = "room"
    room: UUID
    seq: EntrySeq
    body: str

    def __post_init__(self) -> None:
        self.body = trimmed(self.body, "body", limits.BODY_CHARACTERS)


class DeleteMessage(Command, tag="message.delete"):
    """One's own text or photo leaves the conversation, within 24 hours; its place in the log stays."""

    keyed = True
    lane = "room"
    room: UUID
    seq: EntrySeq


# ── invitation ──────────────────────────────────────────────────────────────────────────────────────────────────────
class AskInvitation(GuestCommand, tag="invitation.ask"):
    """A guest asks for an invitation; holds nothing."""

    keyed = True
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
    """A plan and a time, as a message; holds the slot as a draft reservation for `valid_s` seconds."""

    keyed = True
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


# ── reservation ─────────────────────────────────────────────────────────────────────────────────────────────────────
class PressReservation(GuestCommand, tag="reservation.press"):
    """The finger is down on the seal."""

    lane = "reservation"
    reservation: UUID


class ReleaseReservation(GuestCommand, tag="reservation.release"):
    """The finger was lifted too soon."""

    lane = "reservation"
    reservation: UUID


class PledgeReservation(GuestCommand, tag="reservation.pledge"):
    """Draft → confirmed, after the seal was held for `hold_ms`; to these terms."""

    keyed = True
    lane = "reservation"
    reservation: UUID
    terms_version: EntrySeq


class CancelReservation(WithReason, tag="reservation.cancel"):
    """Confirmed → cancelled, until the start. After `cancel_until` only with `late`, which is recorded."""

    late: bool = False


# ── offer ───────────────────────────────────────────────────────────────────────────────────────────────────────────
TermMinutes = Annotated[int, Meta(ge=0, le=limits.TERM_MINUTES)]
BufferMinutes = Annotated[int, Meta(ge=0, le=limits.BUFFER_MINUTES)]


class SavePlan(CastCommand, tag="plan.save"):
    """A new plan, or the whole of an existing one anew."""

    keyed = True
    name: str
    minutes: Annotated[int, Meta(ge=limits.PLAN_MINUTES[0], le=limits.PLAN_MINUTES[1])]
    price: Money
    terms: str
    plan: UUID | None = None
    description: str = ""
    buffer_before: BufferMinutes = 0
    buffer_after: BufferMinutes = 0
    notice_minutes: TermMinutes = 0
    cancel_minutes: TermMinutes = 0
    waitlist: bool = False

    def __post_init__(self) -> None:
        self.name = trimmed(self.name, "name", 2 * limits.NAME_CHARACTERS)
        self.terms = trimmed(self.terms, "terms", limits.BODY_CHARACTERS)
        if self.description.strip():
            self.description = trimmed(self.description, "description", limits.BODY_CHARACTERS)
        if not 0 <= self.price.amount <= limits.PRICE:
            raise ValueError(f"price: between 0 and {limits.PRICE} minor units")


class ArchivePlan(CastCommand, tag="plan.archive"):
    """Offered no longer; ends no invitation."""

    plan: UUID


class Span(CastCommand):
    """A span of a cast's time, half-open."""

    starts_at: Instant
    ends_at: Instant

    def __post_init__(self) -> None:
        self.starts_at = instant(self.starts_at, "starts_at")
        self.ends_at = instant(self.ends_at, "ends_at")
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at: must be after `starts_at`")


class AddShift(Span, tag="schedule.add"):
    """Works then; overlapping shifts merge."""


class RemoveShift(Span, tag="schedule.remove"):
    """Doesn't work then after all; refused where a live reservation stands in what is removed."""


# ── follows and push ────────────────────────────────────────────────────────────────────────────────────────────────
class AddFollow(GuestCommand, tag="follow.add"):
    """Follow a cast; with `push`, hear of her evenings."""

    cast: UUID
    push: bool = True


class RemoveFollow(GuestCommand, tag="follow.remove"):
    """Follow a cast no longer."""

    cast: UUID


class PushKeys(Struct, forbid_unknown_fields=True, frozen=True):
    """`PushSubscription.getKey()` of the browser, base64url: a P-256 point, and 16 bytes."""

    p256dh: Annotated[str, Meta(max_length=100)]
    auth: Annotated[str, Meta(max_length=40)]


class SubscribePush(Command, tag="push.subscribe"):
    """An endpoint belongs to its last subscriber's session."""

    endpoint: Annotated[str, Meta(max_length=limits.ENDPOINT_CHARACTERS)]
    keys: PushKeys


class UnsubscribePush(Command, tag="push.unsubscribe"):
    """This endpoint gets no more pushes; one's own alone."""

    endpoint: Annotated[str, Meta(max_length=limits.ENDPOINT_CHARACTERS)]


AnyCommand = (
    OpenSession
    | RefreshSession
    | PingSession
    | OpenRoom
    | RoomHistory
    | RoomSince
    | ReadRoom
    | TypeInRoom
    | MuteRoom
    | SendMessage
    | EditMessage
    | DeleteMessage
    | AskInvitation
    | SendInvitation
    | WithdrawInvitation
    | DeclineInvitation
    | PressReservation
    | ReleaseReservation
    | PledgeReservation
    | CancelReservation
    | SavePlan
    | ArchivePlan
    | AddShift
    | RemoveShift
    | AddFollow
    | RemoveFollow
    | SubscribePush
    | UnsubscribePush
)
