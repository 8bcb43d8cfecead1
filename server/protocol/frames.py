"""The envelope: one decode of a client's frame, and for what does not decode, the refusal that says why."""

import json
import re
from typing import TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct, ValidationError

from server.protocol.commands import AnyCommand, Command
from server.protocol.errors import Error, Refusal

T = TypeVar("T")
MOST = 2**53 - 1
NUL = "\\u0000"
"""as JSON writes it; behind another backslash the same letters are none"""


class ClientFrame(Struct, forbid_unknown_fields=True):
    """`id` is echoed by the answer; without it none is wanted. `key` is the intent."""

    command: AnyCommand
    id: int | None = None
    key: UUID | None = None


class ErrorFrame(Struct, frozen=True):
    id: int | None
    error: Error


class NotAFrame(Exception):
    """Not even a JSON object: nothing that this client sends can be trusted to be the protocol."""


class BadFrame(Exception):
    """A frame that is refused: `id` as far as it could be read (None: unreadable or left out)."""

    def __init__(self, refusal: Refusal, id: int | None) -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.id = id


COMMANDS: dict[str, type[Command]] = {cls.__struct_config__.tag: cls for cls in AnyCommand.__args__}
_frame = msgspec.json.Decoder(ClientFrame)
_command: msgspec.json.Decoder[Command] = msgspec.json.Decoder(AnyCommand)
_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode(data: str) -> ClientFrame:
    """The frame in `data`. Raises NotAFrame, or BadFrame with `bad_frame`, `unknown_command`, `key_required` or `invalid`."""
    try:
        frame = _frame.decode(data)
        if NUL in data:
            _check_nul(frame.command)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise _refused(data) from None
    if frame.id is not None and not 0 < frame.id <= MOST:
        raise BadFrame(Refusal("bad_frame", "`id` must be a positive integer.", field="id"), None)
    if frame.key is None and type(frame.command).keyed:
        raise BadFrame(Refusal("key_required", field="key"), frame.id)
    return frame


def decode_command(data: bytes, key: str | None) -> tuple[Command, UUID | None]:
    """The command object of `POST /api/commands` and its key. Raises Refusal in the same order as `decode`."""
    try:
        raw = _raw.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Refusal("bad_frame", "The body must be one command object in JSON.") from None
    kind = _kind(raw)
    chosen: UUID | None = None
    if key is not None:
        try:
            chosen = msgspec.convert(key, UUID)
        except ValidationError:
            raise Refusal("invalid", "`Idempotency-Key` must be a UUID.", field="key") from None
    if COMMANDS[kind].keyed and chosen is None:
        raise Refusal("key_required", field="key")
    return _decode_body(data), chosen


def _refused(data: str) -> Exception:
    """Why `data` is no frame; reads the envelope alone, so that the answer can bear its `id`."""
    try:
        raw = _raw.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _nearly_json(data)
    id = _read(raw.get("id"), int)
    if id is not None and not 0 < id <= MOST:
        id = None
    if "id" in raw and id is None and bytes(raw["id"]) != b"null":
        return BadFrame(Refusal("bad_frame", "`id` must be a positive integer.", field="id"), None)
    if unknown := sorted(raw.keys() - {"id", "key", "command"}):
        return BadFrame(Refusal("bad_frame", f"A frame has no member {unknown[0]!r}.", field=unknown[0]), id)
    inner = _read(raw.get("command"), dict[str, msgspec.Raw])
    if inner is None:
        return BadFrame(Refusal("bad_frame", "`command` must be an object with a `type`.", field="command"), id)
    try:
        kind = _kind(inner)
        key = raw.get("key")
        if COMMANDS[kind].keyed and (key is None or bytes(key) == b"null"):
            raise Refusal("key_required", field="key")
        if key is not None and bytes(key) != b"null" and _read(key, UUID) is None:
            raise Refusal("invalid", "`key` must be a UUID.", field="key")
        _decode_body(bytes(raw["command"]))
    except Refusal as refusal:
        return BadFrame(refusal, id)
    return BadFrame(Refusal("bad_frame"), id)


def _nearly_json(data: str) -> Exception:
    """JSON whose strings are no Unicode (half a surrogate pair), or whose numbers are none (NaN), is a fault of one frame, not of the whole client."""
    nameless: list[str] = []
    try:
        loose = json.loads(data, parse_constant=nameless.append)
    except (ValueError, RecursionError):
        return NotAFrame()
    if not isinstance(loose, dict):
        return NotAFrame()
    id = loose.get("id")
    known = id if type(id) is int and 0 < id <= MOST else None
    fault = f"{nameless[0]}, which is no number in JSON" if nameless else "text that is not valid Unicode"
    return BadFrame(Refusal("bad_frame", f"The frame holds {fault}."), known)


def _kind(command: dict[str, msgspec.Raw]) -> str:
    kind = _read(command.get("type"), str)
    if kind is None:
        raise Refusal("bad_frame", "A command is an object whose `type` names it.", field="type")
    if kind not in COMMANDS:
        raise Refusal("unknown_command", field="type")
    return kind


def _decode_body(data: bytes) -> Command:
    try:
        command = _command.decode(data)
        _check_nul(command)
    except ValidationError as error:
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Refusal("invalid", "The text is not valid Unicode.", field=None) from None
    return command


def _check_nul(command: Command) -> None:
    """PostgreSQL's texts hold none, so no field of a command does. Raises ValidationError."""
    for name, value in msgspec.to_builtins(command).items():
        if _has_nul(value):
            raise ValidationError(f"{name}: must not contain a NUL")


def _has_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(_has_nul(part) for part in value)
    return isinstance(value, str) and "\0" in value


def _invalid(said: str) -> Refusal:
    """msgspec's sentence, and the field it is about: ours begin with it, msgspec's end with its path or quote it."""
    sentence, _, path = said.partition(" - at `")
    if ours := re.match(r"([a-z_]+): ", sentence):
        name = ours[1]
    elif "field `" in sentence:
        name = sentence.split("field `")[1].split("`")[0]
    else:
        name = re.sub(
            r"\[.*",
            "",
            path.removesuffix("`").removeprefix("key` in `").removeprefix("$").removeprefix(".").split(".")[0],
        )
    return Refusal("invalid", sentence + ".", field=name or None)


def _read(raw: msgspec.Raw | None, kind: type[T]) -> T | None:
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
