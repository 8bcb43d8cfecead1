"""Commands on what guests look at: profile, status, follows."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from server.protocol import limits
from server.protocol.commands.base import CastCommand, GuestCommand, trimmed


class SaveProfile(CastCommand, tag="profile.save"):
    """What is left out stays as it is. `photos` are ids of one's own, in the order shown; the first is the portrait.
    `published` governs search and profile only."""

    headline: str | None = None
    about: str | None = None
    tags: Annotated[list[str], Meta(max_length=limits.PROFILE_TAGS)] | None = None
    photos: Annotated[list[UUID], Meta(max_length=limits.PROFILE_PHOTOS)] | None = None
    area: str | UnsetType | None = UNSET
    published: bool | None = None

    def __post_init__(self) -> None:
        self.headline = _clearable(self.headline, "headline", limits.HEADLINE_CHARACTERS)
        self.about = _clearable(self.about, "about", limits.BODY_CHARACTERS)
        if isinstance(self.area, str):
            self.area = trimmed(self.area, "area", limits.NAME_CHARACTERS)
        for name, values in (("tags", self.tags), ("photos", self.photos)):
            if values is not None and len(set(values)) < len(values):
                raise ValueError(f"{name}: names the same one twice")


class SetStatus(CastCommand, tag="status.set"):
    """`tonight` lasts until the business night ends; `invisible` hides from everybody that one is online."""

    tonight: bool
    invisible: bool | None = None


class AddFollow(GuestCommand, tag="follow.add"):
    """Follow a cast; with `push`, hear of her evenings."""

    cast: UUID
    push: bool = True


class RemoveFollow(GuestCommand, tag="follow.remove"):
    """Follow a cast no longer."""

    cast: UUID


def _clearable(value: str | None, name: str, most: int) -> str | None:
    """As `trimmed`, but nothing is allowed: it takes back what was there."""
    return value if value is None else trimmed(value, name, most) if value.strip() else ""


PortfolioCommand = SaveProfile | SetStatus | AddFollow | RemoveFollow
