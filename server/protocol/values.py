"""The things of the contract (section 3): what results, events and reads are made of. Times are UTC, money in minor units."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

Role = Literal["guest", "cast", "operator"]
Kind = Literal["text", "photo", "edit", "delete", "request", "invitation", "seal", "notice"]
ReservationStatus = Literal[
    "draft",
    "confirmed",
    "declined",
    "withdrawn",
    "expired",
    "arrived",
    "cancelled",
    "completed",
    "no_show",
    "disputed",
    "upheld",
    "cleared",
]

Delivery = Literal["stored", "reached", "displayed"]

UNREAD_KINDS: frozenset[Kind] = frozenset({"text", "photo", "request", "invitation", "seal"})
"""What counts as unread; edits, deletions and notices don't call for an answer."""


class Money(Struct, frozen=True, forbid_unknown_fields=True):
    """`amount` in minor units of `currency` (ISO 4217): 12,000 yen are 12000."""

    amount: int
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}(?!\n)$")] = "JPY"


class Photo(Struct, frozen=True):
    """`sizes`: width in pixels → address."""

    id: UUID
    sizes: dict[str, str]


class Account(Struct, frozen=True):
    id: UUID
    role: Role
    display_name: str
    photo: Photo | UnsetType = UNSET


class FrozenPlan(Struct, frozen=True):
    """A plan as it stood when the invitation was sent; later changes never touch it."""

    id: UUID
    name: str
    minutes: int
    price: Money
    terms: str
    terms_version: int


class Ended(Struct, frozen=True):
    """Who ended it (None: time did), why, and whether a cancellation came after `cancel_until`."""

    by: UUID | None
    reason: str | None
    late: bool
    at: datetime


class Reservation(Struct, frozen=True):
    id: UUID
    version: int
    status: ReservationStatus
    cast: Account
    guest: Account
    room: UUID
    plan: FrozenPlan
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    cancel_until: datetime
    hold_ms: int
    replaces: UUID | None
    ended: Ended | None


class Entry(Struct, frozen=True):
    """One line of a room's log. `seq` is dense from 1; `by` is None for what the house writes. `delivery` of a seal: how far it has come
    to each of the two (account → stored, reached a device, displayed as a push); not told of a blocked room."""

    room: UUID
    seq: int
    at: datetime
    by: UUID | None
    kind: Kind
    key: UUID | UnsetType = UNSET
    body: str | UnsetType = UNSET
    photo: Photo | UnsetType = UNSET
    reply_to: int | UnsetType = UNSET
    target: int | UnsetType = UNSET
    plan: UUID | UnsetType = UNSET
    starts_at: datetime | UnsetType = UNSET
    note: str | UnsetType = UNSET
    reservation: Reservation | UnsetType = UNSET
    replaces: UUID | UnsetType = UNSET
    status: ReservationStatus | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    edited_at: datetime | UnsetType = UNSET
    delivery: dict[UUID, Delivery] | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET


class RoomCard(Struct, frozen=True):
    """A room as its list shows it. `their_read` is None when they keep receipts private; a blocked one shows neither that nor
    anything unread."""

    room: UUID
    with_: Account = field(name="with")
    head: int
    read: int
    their_read: int | None
    unread: int
    last: Entry | None
    muted_until: datetime | None
    blocked: bool


class Plan(Struct, frozen=True):
    """What a cast offers. All durations in minutes; `terms_version` counts the changes of price, minutes and terms from 1."""

    id: UUID
    name: str
    minutes: int
    price: Money
    terms: str
    terms_version: int
    description: str
    buffer_before: int
    buffer_after: int
    notice_minutes: int
    cancel_minutes: int
    waitlist: bool
    archived: bool


class Shift(Struct, frozen=True):
    """A span in which a cast works; half-open, may cross midnight."""

    starts_at: datetime
    ends_at: datetime


class Rule(Struct, frozen=True):
    """A shift of every week: `weekday` 0 is Monday, of the business day; times in night notation, "29:00" is five in the morning of
    the next. `until` is its last business day."""

    weekday: int
    from_: str = field(name="from")
    to: str
    until: date | None


class Wait(Struct, frozen=True):
    """Somebody waits for a start of `plan` between `from` and `to`; `place` counts from 1 among those whose times touch.
    `reservation` is the hold that was made for them."""

    waitlist: UUID
    cast: Account
    guest: Account
    plan: UUID
    from_: datetime = field(name="from")
    to: datetime
    place: int
    reservation: UUID | None


class Slot(Struct, frozen=True):
    """A span in which a start is possible: from `from` on, at the latest at `to`."""

    from_: datetime = field(name="from")
    to: datetime


class Status(Struct, frozen=True):
    """Whether a cast has a socket open, and works tonight."""

    online: bool
    tonight: bool
    tonight_until: datetime | None


class Tag(Struct, frozen=True):
    id: str
    ja: str
    en: str
    category: str


class Scores(Struct, frozen=True, forbid_unknown_fields=True):
    """What a guest says of an evening, 1 to 5 an axis."""

    conversation: Annotated[int, Meta(ge=1, le=5)]
    attentiveness: Annotated[int, Meta(ge=1, le=5)]
    style: Annotated[int, Meta(ge=1, le=5)]
    punctuality: Annotated[int, Meta(ge=1, le=5)]
    reunion: Annotated[int, Meta(ge=1, le=5)]


class Axes(Struct, frozen=True):
    """Means of what guests said, 1.0 to 5.0, to one place."""

    conversation: float
    attentiveness: float
    style: float
    punctuality: float
    reunion: float


class Radar(Struct, frozen=True):
    """What `reviews` visible reviews of a cast say; shown from three on. `version` rises with every change."""

    version: int
    reviews: int
    axes: Axes


class Review(Struct, frozen=True):
    """What one side said of the other after an evening. Nobody but its writer sees it before `visible_at`; scores are the guest's alone."""

    id: UUID
    reservation: UUID
    by: UUID
    about: UUID
    comment: str | None
    at: datetime
    visible_at: datetime
    scores: Scores | UnsetType = UNSET


class Memo(Struct, frozen=True):
    """A cast's own note on a guest."""

    guest: UUID
    body: str
    updated_at: datetime


class GuestCard(Struct, frozen=True):
    """A guest as a cast who knows them sees them. `visits`, `last_visit` and `reservations` (the latest 50) are those with her alone.
    Cancellations (the guest's own, late ones among them) and no-shows are those of the last 365 days in the whole house: older ones
    count no more, and a no-show counts neither while it is disputed nor once it is cleared."""

    account: Account
    following: bool
    visits: int
    cancellations: int
    late_cancellations: int
    no_shows: int
    last_visit: datetime | None
    memo: Memo | None
    reservations: list[Reservation]


class Report(Struct, frozen=True):
    """What one told the house, and what came of it. `subject` as it was filed."""

    id: UUID
    status: Literal["open", "settled"]
    subject: dict[str, Any]
    reason: str
    note: str | None
    at: datetime
    outcome: Literal["upheld", "dismissed"] | None
    settled_at: datetime | None


class Standing(Struct, frozen=True):
    """An account as the house sees it. `suspended_until` None while `suspended`: until it is restored."""

    account: Account
    suspended: bool
    suspended_until: datetime | None
    suspended_reason: str | None
    age_checked_at: datetime | None


class CastProfile(Struct, frozen=True):
    """What a guest sees of a cast."""

    account: Account
    headline: str
    about: str
    tags: list[Tag]
    photos: list[Photo]
    area: str | None
    published: bool
    status: Status
    radar: Radar | None
    plans: list[Plan]
    following: bool


class Settings(Struct, frozen=True):
    """An account's own settings. Quiet hours as "HH:MM" in the house's time zone."""

    quiet_from: str | None = None
    quiet_to: str | None = None
    private_receipts: bool = False
    language: Literal["ja", "en"] = "ja"
