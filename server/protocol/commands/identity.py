"""Commands on one's own account."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from server.protocol.commands.base import Command

HourOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](?!\n)$")]


class SaveSettings(Command, tag="settings.save"):
    """What is left out stays. No push comes between `quiet_from` and `quiet_to` ("22:00", in the house's time zone, across midnight
    too); null for both ends that. With `private_receipts` nobody is told how far one has read. `language` is that of pushes and texts."""

    quiet_from: HourOfDay | UnsetType | None = UNSET
    quiet_to: HourOfDay | UnsetType | None = UNSET
    private_receipts: bool | UnsetType = UNSET
    language: Literal["ja", "en"] | UnsetType = UNSET


IdentityCommand = SaveSettings
