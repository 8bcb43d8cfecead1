"""What Trust needs of others inside its own transaction; wired at the composition root."""

from typing import Protocol
from uuid import UUID

from server.kernel.work import Work
from server.protocol.values import Photo


class Photos(Protocol):
    """Portfolio: a photo of `owner`, held to the end of the transaction; None where it is gone."""

    async def __call__(self, work: Work, owner: UUID, id: UUID) -> Photo | None: ...
