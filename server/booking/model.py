"""The state machine of a reservation, and when a pledge counts. Pure: time comes in as an argument, by the database's clock."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from server.protocol import limits
from server.protocol.errors import Refusal
from server.protocol.values import Ended, Reservation, ReservationStatus

NEXT: Final[dict[ReservationStatus, frozenset[ReservationStatus]]] = {
    "draft": frozenset({"confirmed", "declined", "withdrawn", "expired"}),
    "confirmed": frozenset({"arrived", "cancelled", "no_show", "completed"}),
    "arrived": frozenset({"completed", "no_show"}),
    "no_show": frozenset({"arrived", "disputed"}),
    "disputed": frozenset({"upheld", "cleared"}),
}
ENDED: Final[frozenset[ReservationStatus]] = frozenset(
    {"declined", "withdrawn", "expired", "cancelled", "no_show", "completed"}
)
MOVES_TIME: Final = ENDED | {"arrived"}
"""Steps that may give time back to the cast, or take it: who arrives after a no-show takes it again."""


class State(Struct, frozen=True):
    """A reservation as a decision needs it; `now` is the clock after the wait for its lock, `stepped_at` the time of its last
    step, `marked_at` that of the first word on whether the guest came."""

    id: UUID
    version: int
    status: ReservationStatus
    cast_id: UUID
    guest_id: UUID
    room: UUID
    terms_version: int
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    cancel_until: datetime
    chain: UUID
    replaces: UUID | None
    pressed_at: datetime | None
    hold_ms: int
    stepped_at: datetime
    marked_at: datetime | None
    now: datetime

    @property
    def lapsed(self) -> bool:
        """At `expires_at` it is expired, swept or not."""
        return self.status == "draft" and self.now >= self.expires_at

    @property
    def is_over(self) -> bool:
        """It completes by itself: arrived at the end, confirmed so many hours later, swept or not."""
        left = {"arrived": timedelta(0), "confirmed": timedelta(hours=limits.NO_SHOW_HOURS)}.get(self.status)
        return left is not None and self.now >= self.ends_at + left

    @property
    def current(self) -> ReservationStatus:
        """Where it is by the clock, whatever has been swept."""
        return "expired" if self.lapsed else "completed" if self.is_over else self.status


class Whole(State, frozen=True):
    """The same, with what both sides see of it: what a step starts from. `absent`: one of the two is there no more, suspended or about to
    leave."""

    document: Reservation
    absent: bool

    def after(self, to: ReservationStatus, by: UUID | None, reason: str | None, late: bool) -> Reservation:
        """What both see once it has taken that step now. What was ended by mistake (a no-show who arrived) is not ended."""
        ended = Ended(by, reason, late, self.now) if to in ENDED else None if to == "arrived" else self.document.ended
        confirmed_at = self.now if to == "confirmed" else self.document.confirmed_at
        return replace(self.document, status=to, version=self.version + 1, confirmed_at=confirmed_at, ended=ended)


def check_step(state: State, to: ReservationStatus) -> None:
    """Raises `wrong_state`, or `hold_expired` for a draft that has lapsed, where `to` cannot follow."""
    status = state.status if to == "completed" else state.current
    if state.current == "expired":
        raise Refusal("hold_expired", version=state.version)
    if to not in NEXT.get(status, frozenset()):
        raise Refusal("wrong_state", f"The reservation is {status}.", version=state.version)


def check_pledge(state: Whole, terms_version: int) -> None:
    """In the order of the contract: state, expiry, terms, and the seal held long enough. `wrong_state`, too, where one of the two is gone."""
    check_step(state, "confirmed")
    if state.absent:
        raise Refusal("wrong_state", "One of the two is there no more.", version=state.version)
    if terms_version != state.terms_version:
        raise Refusal("terms_changed", field="terms_version")
    if not is_held(state):
        raise Refusal("not_held")


def is_held(state: State) -> bool:
    if state.pressed_at is None:
        return False
    held = state.now - state.pressed_at
    return timedelta(milliseconds=state.hold_ms) <= held <= timedelta(seconds=limits.PRESS_SECONDS)


def check_cancel(state: State, late: bool) -> bool:
    """Whether it is a late one. Raises `too_late` after the start, and after `cancel_until` where `late` was not said."""
    check_step(state, "cancelled")
    if state.now >= state.starts_at:
        raise Refusal("too_late", "The reservation has begun.")
    if state.now <= state.cancel_until:
        return False
    if not late:
        raise Refusal("too_late", "The time for a free cancellation is over: say that you mean it.", field="late")
    return True


def check_arrival(state: State) -> None:
    """Raises `wrong_state`, `too_early` the day before, `too_late` where a no-show is too old to be put right."""
    check_step(state, "arrived")
    if state.now < state.starts_at - timedelta(hours=limits.ARRIVAL_HOURS):
        raise Refusal("too_early", "The reservation is of another day.")
    _check_correction(state)


def check_completion(state: State) -> None:
    """Raises `wrong_state`, or `too_early` before the start."""
    check_step(state, "completed")
    if state.now < state.starts_at:
        raise Refusal("too_early", "The reservation has not begun.")


def check_no_show(state: State) -> None:
    """Raises `wrong_state`, `too_early` or `too_late`."""
    if state.status == "confirmed" and state.is_over:
        raise Refusal("too_late", f"Until {limits.NO_SHOW_HOURS} hours after the end.")
    check_step(state, "no_show")
    if state.now < state.starts_at + timedelta(minutes=limits.NO_SHOW_MINUTES):
        raise Refusal("too_early", f"From {limits.NO_SHOW_MINUTES} minutes after the start on.")
    _check_correction(state)


def check_dispute(state: State) -> None:
    """Raises `wrong_state` or `too_late`."""
    check_step(state, "disputed")
    if state.now >= state.stepped_at + timedelta(days=limits.DISPUTE_DAYS):
        raise Refusal("too_late", f"Within {limits.DISPUTE_DAYS} days.")


def _check_correction(state: State) -> None:
    """From the first word on, but not before a no-show could be marked at all: who was taken for another an hour early can be put right."""
    if state.status == "confirmed":
        return
    assert state.marked_at is not None
    since = max(state.marked_at, state.starts_at + timedelta(minutes=limits.NO_SHOW_MINUTES))
    if state.now >= since + timedelta(minutes=limits.CORRECTION_MINUTES):
        raise Refusal("too_late", f"Arrival and no-show can be put right for {limits.CORRECTION_MINUTES} minutes.")
