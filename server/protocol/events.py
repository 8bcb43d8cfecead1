"""What the server tells a socket unasked. All but `room.entry` may be lost: a snapshot says the same."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from server.protocol.values import Entry, Radar, Report, Reservation, RoomCard, Settings, Status


class Event(Struct, frozen=True, tag_field="type"):
    pass


class RoomOpened(Event, frozen=True, tag="room.opened"):
    """A room has been made; to both sides, each with their own card."""

    card: RoomCard


class RoomChanged(Event, frozen=True, tag="room.changed"):
    """Something about a room is different for oneself (blocked, muted, receipts); each side gets their own card."""

    card: RoomCard


class RoomEntry(Event, frozen=True, tag="room.entry"):
    """To every socket of both sides, except the one whose result bears that `seq`."""

    entry: Entry


class RoomRead(Event, frozen=True, tag="room.read"):
    room: UUID
    by: UUID
    seq: int


class SealDelivery(Event, frozen=True, tag="seal.delivery"):
    """The seal at `seq` has come further on its way to `by`: to one of their devices, or shown there as a push. To both sides."""

    room: UUID
    seq: int
    by: UUID
    state: Literal["reached", "displayed"]


class RoomTyping(Event, frozen=True, tag="room.typing"):
    """None: stopped. Expires by itself at `until`."""

    room: UUID
    by: UUID
    until: datetime | None


class ReservationChanged(Event, frozen=True, tag="reservation.changed"):
    reservation: Reservation


class ReservationPressing(Event, frozen=True, tag="reservation.pressing"):
    """To the cast while the guest's finger is on the seal."""

    reservation: UUID
    by: UUID
    pressed: bool
    hold_ms: int
    until: datetime | None


class AvailabilityChanged(Event, frozen=True, tag="availability.changed"):
    cast: UUID


class RadarUpdated(Event, frozen=True, tag="radar.updated"):
    """To the cast and her followers. None: there are too few reviews to show."""

    cast: UUID
    radar: Radar | None


class ReportSettled(Event, frozen=True, tag="report.settled"):
    """To who filed it; `GET /api/reports` says the same."""

    report: Report


class SettingsChanged(Event, frozen=True, tag="settings.changed"):
    """To one's own devices."""

    settings: Settings


class StatusChanged(Event, frozen=True, tag="status.changed"):
    """To the cast's followers, and to herself."""

    cast: UUID
    status: Status


class SessionExpiring(Event, frozen=True, tag="session.expiring"):
    """The access token ends at `at`: send `session.refresh`."""

    at: datetime


AnyEvent = (
    RoomOpened
    | RoomChanged
    | RoomEntry
    | RoomRead
    | SealDelivery
    | RoomTyping
    | ReservationChanged
    | ReservationPressing
    | AvailabilityChanged
    | StatusChanged
    | RadarUpdated
    | ReportSettled
    | SettingsChanged
    | SessionExpiring
)


class EventFrame(Struct, frozen=True):
    event: Event
