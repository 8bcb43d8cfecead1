"""What Postgres says, mapped to what a client hears; and which of it is worth another try."""

import psycopg
from psycopg import errors as pg

from server.protocol.errors import Code, Refusal

CONSTRAINT: dict[str, Code] = {
    "reservations_no_overlap": "slot_taken",
    "reservations_one_draft_a_chain": "wrong_state",
    "reservations_one_confirmed_a_chain": "wrong_state",
    "steps_pkey": "wrong_state",
    "entries_key": "key_reused",
    "phones_lookup_key": "already_exists",
    "reviews_once": "already_exists",
}
"""Constraints carry the rules of the business: each one that a client can run into has its code here."""

AGAIN = (pg.SerializationFailure, pg.DeadlockDetected)
"""The whole transaction may succeed when it is tried again (40001, 40P01)."""
GONE = (psycopg.OperationalError, psycopg.InterfaceError)
"""No connection, or none any more; whether a commit under way arrived is unknown, and the same key will tell."""
ANY = psycopg.Error
"""Whatever Postgres or the way to it says."""


def refusal(error: psycopg.Error) -> Refusal | None:
    """The refusal that `error` means, or None where it is a fault of ours."""
    if isinstance(error, AGAIN):
        return Refusal("unavailable", retry_after=1)
    code = CONSTRAINT.get(error.diag.constraint_name or "")
    if code is not None:
        return Refusal(code)
    if isinstance(error, GONE):
        return Refusal("unavailable", retry_after=1)
    return None
