"""The state machine of a reservation, and when a pledge counts. Pure: time comes in as an argument, by the database's clock."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from server.protocol import limits
from server.protocol.errors import Refusal
from server.protocol.values import ReservationStatus

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


class State(Struct, frozen=True):
    """A reservation as a decision needs it; `now` is the clock after the wait for its lock."""

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
    now: datetime

    @property
    def lapsed(self) -> bool:
        """At `expires_at` it is expired, swept or not."""
        return self.status == "draft" and self.now >= self.expires_at


def check_step(state: State, to: ReservationStatus) -> None:
    """Raises `wrong_state`, or `hold_expired` for a draft that has lapsed, where `to` cannot follow."""
    if state.status == "expired" or state.lapsed:
        raise Refusal("hold_expired", version=state.version)
    if to not in NEXT.get(state.status, frozenset()):
        raise Refusal("wrong_state", f"The reservation is {state.status}.", version=state.version)


def check_pledge(state: State, terms_version: int) -> None:
    """In the order of the contract: state, expiry, terms, and the seal held long enough."""
    check_step(state, "confirmed")
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
