"""Where a deposit would stand in the life of a reservation: between the pledge that is held long enough and its confirmation.
No provider is wired yet, so nothing is ever due."""

from uuid import UUID

from server.kernel.work import Work


async def nothing_due(work: Work, reservation: UUID) -> None:
    """The port `Payment` of a house without deposits."""
