"""What contexts tell each other through the outbox: durable, in the order of their aggregate, once to each consumer."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from server.protocol.values import Photo, ReservationStatus, Role


class DomainEvent(Struct, frozen=True, tag_field="type"):
    """`key` names the aggregate whose order its events keep."""

    @property
    def key(self) -> str:
        raise NotImplementedError


class AccountRegistered(DomainEvent, frozen=True, tag="AccountRegistered"):
    account: UUID
    role: Role
    display_name: str

    @property
    def key(self) -> str:
        return str(self.account)


class AccountEnded(DomainEvent, frozen=True, tag="AccountEnded"):
    """Somebody leaves: what they have agreed to for later ends, unless they are back by then."""

    account: UUID

    @property
    def key(self) -> str:
        return str(self.account)


class AccountErased(DomainEvent, frozen=True, tag="AccountErased"):
    """The grace of an ended account is over: whoever has words, names or pictures of it erases them. The id stays, as that of a stub."""

    account: UUID
    role: Role

    @property
    def key(self) -> str:
        return str(self.account)


class PortraitChanged(DomainEvent, frozen=True, tag="PortraitChanged"):
    """A cast shows another photo first, or none any more."""

    account: UUID
    photo: Photo | None

    @property
    def key(self) -> str:
        return str(self.account)


class AccountChanged(DomainEvent, frozen=True, tag="AccountChanged"):
    """Whoever shows this account shows it with another photo from now on."""

    account: UUID

    @property
    def key(self) -> str:
        return str(self.account)


class ReceiptsChanged(DomainEvent, frozen=True, tag="ReceiptsChanged"):
    """Somebody keeps to themselves how far they have read, or no longer."""

    account: UUID
    private: bool

    @property
    def key(self) -> str:
        return str(self.account)


class AccountSuspended(DomainEvent, frozen=True, tag="AccountSuspended"):
    """The house keeps somebody out: what they have agreed to for later ends."""

    account: UUID

    @property
    def key(self) -> str:
        return str(self.account)


class ReservationStepped(DomainEvent, frozen=True, tag="ReservationStepped"):
    """A reservation has a new status; `version` counts its steps. `by` is None where time did it."""

    reservation: UUID
    version: int
    status: ReservationStatus
    room: UUID
    cast: UUID
    guest: UUID
    by: UUID | None
    reason: str | None
    at: datetime

    @property
    def key(self) -> str:
        return str(self.reservation)


class ReviewsChanged(DomainEvent, frozen=True, tag="ReviewsChanged"):
    """The world sees other reviews of `cast` than before: her radar is to be made anew."""

    cast: UUID

    @property
    def key(self) -> str:
        return str(self.cast)


AnyDomainEvent = (
    AccountChanged
    | AccountEnded
    | AccountErased
    | AccountRegistered
    | AccountSuspended
    | PortraitChanged
    | ReceiptsChanged
    | ReservationStepped
    | ReviewsChanged
)
