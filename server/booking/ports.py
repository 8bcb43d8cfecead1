"""What Booking needs of Offer inside its own transaction; wired at the composition root."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from server.kernel.work import Work
from server.protocol.values import Plan


class Schedule(Protocol):
    """Plans and shifts of a cast, and the lock of her time."""

    async def lock(self, work: Work, cast: UUID) -> None: ...

    async def plan(self, work: Work, cast: UUID, id: UUID) -> Plan | None: ...

    async def check(self, work: Work, cast: UUID, plan: Plan, at: datetime, chain: UUID | None) -> None: ...
