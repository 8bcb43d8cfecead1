"""Commands on what guests look at: follows."""

from uuid import UUID

from server.protocol.commands.base import GuestCommand


class AddFollow(GuestCommand, tag="follow.add"):
    """Follow a cast; with `push`, hear of her evenings."""

    cast: UUID
    push: bool = True


class RemoveFollow(GuestCommand, tag="follow.remove"):
    """Follow a cast no longer."""

    cast: UUID


PortfolioCommand = AddFollow | RemoveFollow
