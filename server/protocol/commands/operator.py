"""Commands of the house: of operators alone."""

from typing import Literal
from uuid import UUID

from server.protocol import limits
from server.protocol.commands.base import Command, trimmed


class OperatorCommand(Command):
    """Whoever is no operator is refused before anything is looked at. What was done stands in the audit log."""

    roles = frozenset({"operator"})


class SettleReport(OperatorCommand, tag="report.settle"):
    """Who filed it is told the outcome, not the note. An upheld report of a review takes the review out of sight."""

    report: UUID
    outcome: Literal["upheld", "dismissed"]
    note: str | None = None

    def __post_init__(self) -> None:
        if self.note is not None:
            self.note = trimmed(self.note, "note", limits.BODY_CHARACTERS)


HouseCommand = SettleReport
