"""What Booking needs of others inside its own transaction; wired at the composition root."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from server.kernel.work import Work
from server.protocol.values import Plan, Reservation


class IsOpenTo(Protocol):
    """Portfolio: whether a cast is there for an account: nobody is leaving, nobody is blocked."""

    async def __call__(self, work: Work, id: UUID, account: UUID) -> bool: ...


class Invite(Protocol):
    """Message: an invitation in the cast's name, in the room of the two, made where there is none; the reservation that it holds."""

    async def __call__(
        self, work: Work, *, cast: UUID, guest: UUID, plan: UUID, starts_at: datetime, valid_s: int, key: UUID
    ) -> UUID: ...


class Remind(Protocol):
    """Message: a reminder to the devices of `account`, about the room; it says neither who nor what."""

    async def __call__(self, work: Work, account: UUID, room: UUID) -> None: ...


class Text(Protocol):
    """Identity: a text to the number of `account` that something begins then."""

    async def __call__(self, work: Work, account: UUID, starts_at: datetime) -> None: ...


class Payment(Protocol):
    """Asked before a pledge is confirmed, in its transaction and with its locks held: raises a Refusal where something is due and not there."""

    async def __call__(self, work: Work, reservation: UUID) -> None: ...


class Offered(Protocol):
    """Offer: a plan, the clock, and what stands against a start of it: nothing, that something else is then, or that she doesn't work then."""

    @property
    def plan(self) -> Plan: ...

    @property
    def now(self) -> datetime: ...

    @property
    def start(self) -> Literal["possible", "taken", "outside"]: ...


class Held(Protocol):
    """Writes the draft for a guest and a room: its id, and itself once the next question is answered."""

    async def __call__(self, *, guest: UUID, room: UUID) -> tuple[UUID, Awaitable[Reservation]]: ...


class Schedule(Protocol):
    """Plans and shifts of a cast, and the lock of her time."""

    def lock(self, work: Work, cast: UUID) -> None: ...

    def lock_of(self, work: Work, reservation: UUID, account: UUID) -> None: ...

    def changed(self, work: Work, cast: UUID) -> None: ...

    async def plan(self, work: Work, cast: UUID, id: UUID) -> Plan | None: ...

    def offered(
        self, work: Work, cast: UUID, plan: UUID, at: datetime, chain: UUID | None
    ) -> Awaitable[Offered | None]: ...

    async def first_start(
        self, work: Work, cast: UUID, plan: UUID, from_: datetime, to: datetime
    ) -> datetime | None: ...
