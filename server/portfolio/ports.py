"""What Portfolio asks of others, wired in `server/app.py`."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from server.kernel.work import Work
from server.protocol.values import CastProfile


class Profiles(Protocol):
    """Whole profiles: Portfolio's sheet, Offer's plans, Trust's radar."""

    async def __call__(self, work: Work, viewer: UUID, ids: Sequence[UUID]) -> list[CastProfile]: ...


class Notify(Protocol):
    """Tells the devices of `account` that `cast`, whom they follow, is in tonight."""

    async def __call__(self, work: Work, account: UUID, cast: UUID) -> None: ...
