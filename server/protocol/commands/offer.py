"""Commands on plans and on the schedule."""

from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, field

from server.protocol import limits
from server.protocol.commands.base import CastCommand, Instant, instant, trimmed
from server.protocol.values import Money

TermMinutes = Annotated[int, Meta(ge=0, le=limits.TERM_MINUTES)]
BufferMinutes = Annotated[int, Meta(ge=0, le=limits.BUFFER_MINUTES)]


class SavePlan(CastCommand, tag="plan.save"):
    """A new plan, or the whole of an existing one anew."""

    keyed = True
    name: str
    minutes: Annotated[int, Meta(ge=limits.PLAN_MINUTES[0], le=limits.PLAN_MINUTES[1])]
    price: Money
    terms: str
    plan: UUID | None = None
    description: str = ""
    buffer_before: BufferMinutes = 0
    buffer_after: BufferMinutes = 0
    notice_minutes: TermMinutes = 0
    cancel_minutes: TermMinutes = 0
    waitlist: bool = False

    def __post_init__(self) -> None:
        self.name = trimmed(self.name, "name", 2 * limits.NAME_CHARACTERS)
        self.terms = trimmed(self.terms, "terms", limits.BODY_CHARACTERS)
        if self.description.strip():
            self.description = trimmed(self.description, "description", limits.BODY_CHARACTERS)
        if not 0 <= self.price.amount <= limits.PRICE:
            raise ValueError(f"price: between 0 and {limits.PRICE} minor units")


class ArchivePlan(CastCommand, tag="plan.archive"):
    """Offered no longer; ends no invitation."""

    plan: UUID


class Span(CastCommand):
    """A span of a cast's time, half-open."""

    starts_at: Instant
    ends_at: Instant

    def __post_init__(self) -> None:
        self.starts_at = instant(self.starts_at, "starts_at")
        self.ends_at = instant(self.ends_at, "ends_at")
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at: must be after `starts_at`")


class AddShift(Span, tag="schedule.add"):
    """Works then; overlapping shifts merge."""


class RemoveShift(Span, tag="schedule.remove"):
    """Doesn't work then after all; refused where a live reservation stands in what is removed."""


class SetRule(CastCommand, tag="schedule.rule"):
    """The shift of a weekday, from tonight on; `from` null ends it. Times in night notation: a business day runs from 06:00 to 30:00.
    What was invited stays, whatever the rule says later."""

    weekday: Annotated[int, Meta(ge=0, le=6)]
    from_: str | None = field(name="from")
    to: str | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.from_ is None:
            return
        if self.to is None:
            raise ValueError("to: must be given with `from`")
        if night_minutes(self.to, "to") <= night_minutes(self.from_, "from"):
            raise ValueError("to: must be after `from`")


def night_minutes(text: str, name: str) -> int:
    """Minutes after midnight of the business day: "25:30" is 1530. A ValueError naming the field `name` for what is no such time."""
    hours, colon, minutes = text.partition(":")
    digits = len(hours) == len(minutes) == 2 and (hours + minutes).isascii() and (hours + minutes).isdigit()
    if not (colon and digits and int(minutes) < 60 and 360 <= 60 * int(hours) + int(minutes) <= 1_800):
        raise ValueError(f'{name}: must be a time from "06:00" to "30:00"')
    return 60 * int(hours) + int(minutes)


OfferCommand = SavePlan | ArchivePlan | AddShift | RemoveShift | SetRule
