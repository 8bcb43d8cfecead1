"""Rules of what people say of each other. Pure."""

from server.protocol import limits
from server.protocol.commands import WriteReview
from server.protocol.errors import Refusal, invalid
from server.protocol.values import Axes, Radar, ReservationStatus, Role


def check_scores(command: WriteReview, role: Role) -> None:
    """Scores are the guest's to give, and only whole; casts write a comment. Raises `invalid`."""
    if role == "guest" and command.scores is None:
        raise invalid("scores", "A guest's review needs all five scores, 1 to 5.")
    if role == "cast" and command.scores is not None:
        raise invalid("scores", "Casts write a comment: guests are not scored.")


def check_reviewable(status: ReservationStatus, version: int) -> None:
    """Raises `wrong_state` for all but a completed reservation."""
    if status != "completed":
        raise Refusal("wrong_state", "Only a completed reservation can be reviewed.", version=version)


def radar(version: int, reviews: int, axes: dict[str, float]) -> Radar | None:
    """What is shown: nothing below three reviews."""
    return Radar(version, reviews, Axes(**axes)) if reviews >= limits.RADAR_REVIEWS else None
