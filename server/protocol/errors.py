"""The closed list of refusals: code, HTTP status, and the sentence a person reads when nobody said it better."""

from typing import Final, Literal, get_args

from msgspec import UNSET, Struct, UnsetType

Code = Literal[
    "bad_frame",
    "unknown_command",
    "invalid",
    "key_required",
    "unauthenticated",
    "session_expired",
    "code_wrong",
    "code_expired",
    "forbidden",
    "blocked",
    "not_found",
    "key_reused",
    "slot_taken",
    "outside_schedule",
    "hold_expired",
    "not_held",
    "terms_changed",
    "too_late",
    "too_early",
    "wrong_state",
    "already_exists",
    "too_large",
    "rate_limited",
    "internal",
    "unavailable",
]

STATUS: Final[dict[Code, int]] = {
    "bad_frame": 400,
    "unknown_command": 400,
    "invalid": 400,
    "key_required": 400,
    "unauthenticated": 401,
    "session_expired": 401,
    "code_wrong": 401,
    "code_expired": 401,
    "forbidden": 403,
    "blocked": 403,
    "not_found": 404,
    "key_reused": 409,
    "slot_taken": 409,
    "outside_schedule": 409,
    "hold_expired": 409,
    "not_held": 409,
    "terms_changed": 409,
    "too_late": 409,
    "too_early": 409,
    "wrong_state": 409,
    "already_exists": 409,
    "too_large": 413,
    "rate_limited": 429,
    "internal": 500,
    "unavailable": 503,
}

SENTENCE: Final[dict[Code, str]] = {
    "bad_frame": "This is not a frame of the protocol: send one JSON object with `id`, `key` and `command`.",
    "unknown_command": "There is no command of this type.",
    "invalid": "A field has a value that cannot be used.",
    "key_required": "This command needs a `key`: a UUID, new for each intent and the same for each repetition.",
    "unauthenticated": "Sign in first.",
    "session_expired": "The access token has expired: refresh it and try again.",
    "code_wrong": "The code is not right.",
    "code_expired": "The code can no longer be used: ask for a new one.",
    "forbidden": "Your role cannot do this.",
    "blocked": "This is not possible between the two of you.",
    "not_found": "There is no such thing.",
    "key_reused": "This key was used for another command: make a new one.",
    "slot_taken": "This time is already taken.",
    "outside_schedule": "The cast is not available at this time.",
    "hold_expired": "The invitation has expired.",
    "not_held": "The seal was not held long enough.",
    "terms_changed": "The terms have changed: read them again.",
    "too_late": "It is too late for this.",
    "too_early": "It is too early for this.",
    "wrong_state": "This is not possible in its present state.",
    "already_exists": "This exists already.",
    "too_large": "This is too large.",
    "rate_limited": "Too many at once: wait a moment.",
    "internal": "Something went wrong on our side. It has been written down.",
    "unavailable": "Not possible just now. Nothing was lost: try again.",
}

TEMPORARY: Final[frozenset[Code]] = frozenset({"rate_limited", "unavailable"})

assert set(STATUS) == set(SENTENCE) == set(get_args(Code))


class Error(Struct, frozen=True):
    """A refusal as it goes over the wire. `retry_after` in seconds; `version` only with `wrong_state`."""

    code: Code
    message: str
    temporary: bool
    retry_after: float | None
    field: str | None
    version: int | UnsetType = UNSET


class Refusal(Exception):
    """Raised by whoever says no; mapped to an `Error` in one place. Nothing of the command takes effect."""

    def __init__(
        self,
        code: Code,
        message: str | None = None,
        *,
        field: str | None = None,
        retry_after: float | None = None,
        version: int | None = None,
    ) -> None:
        super().__init__(code, message)
        self.code: Code = code
        self.message = message or SENTENCE[code]
        self.field = field
        self.retry_after = retry_after
        self.version = version

    def error(self) -> Error:
        return Error(
            code=self.code,
            message=self.message,
            temporary=self.code in TEMPORARY,
            retry_after=self.retry_after,
            field=self.field,
            version=UNSET if self.version is None else self.version,
        )


def not_found(field: str | None = None) -> Refusal:
    """Also for what exists but is none of the caller's business: never a hint that it does."""
    return Refusal("not_found", field=field)


def invalid(field: str, sentence: str) -> Refusal:
    return Refusal("invalid", sentence, field=field)
