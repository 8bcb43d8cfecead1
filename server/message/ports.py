"""What Message needs of others inside its own transaction; wired at the composition root."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from server.kernel.work import Work
from server.protocol.values import Photo, Reservation


class Held(Protocol):
    """Writes the draft for a guest and a room: its id, and itself once the next question is answered."""

    async def __call__(self, *, guest: UUID, room: UUID) -> tuple[UUID, Awaitable[Reservation]]: ...


class Holds(Protocol):
    """Booking: holds a slot for a draft reservation, in the caller's transaction. What it has to ask goes with the caller's next question."""

    def __call__(
        self, work: Work, *, cast: UUID, plan: UUID, starts_at: datetime, valid_s: int, replaces: UUID | None
    ) -> Held: ...


class Photos(Protocol):
    """Portfolio: a photo of `owner` with its addresses; None where it is not theirs, or is not at all."""

    async def __call__(self, work: Work, owner: UUID, id: UUID) -> Photo | None: ...


class Part(Protocol):
    """Booking: ends the drafts between two people in the caller's name; what is confirmed between them and stands."""

    async def __call__(self, work: Work, *, cast: UUID, guest: UUID) -> list[Reservation]: ...


CheckSubscription = Callable[[str, str, str], None]
"""Endpoint, p256dh, auth. Raises Refusal where the address is no push service's, or nothing can be encrypted for the keys."""
