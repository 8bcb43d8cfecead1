"""The generated documents: docs/protocol.md, docs/asyncapi.json, docs/openapi.json, all made from the message types and the routes."""

import asyncio
import inspect
import math
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from server.app import Server
from server.kernel.settings import ROLES, Settings
from server.protocol import commands, limits, values
from server.protocol.commands import Command
from server.protocol.errors import SENTENCE, STATUS
from server.protocol.events import AnyEvent
from server.protocol.frames import COMMANDS, ClientFrame, ErrorFrame
from server.protocol.results import RESULT, Done, ResultFrame

EVENTS: list[Any] = list(AnyEvent.__args__)
CLOSE = {
    1007: "not UTF-8",
    1009: "frame too large",
    1012: "restart; the reason is how many ms to wait",
    4000: "slow consumer: resume",
    4001: "no pong",
    4002: "resume needed",
    4003: "token expired: refresh it first",
    4004: "not authenticated (in time)",
    4501: "protocol error",
    4502: "session revoked",
    4504: "too many sockets",
}
THINGS = [
    values.Account,
    values.RoomCard,
    values.Entry,
    values.Reservation,
    values.FrozenPlan,
    values.Ended,
    values.Plan,
    values.Shift,
    values.Rule,
    values.Wait,
    values.Slot,
    values.Status,
    values.CastProfile,
    values.Settings,
    values.Scores,
    values.Axes,
    values.Radar,
    values.Review,
    values.Memo,
    values.GuestCard,
    values.Report,
    values.Standing,
    values.Photo,
    values.Money,
    values.Tag,
    commands.PushKeys,
    commands.ReportedAccount,
    commands.ReportedEntry,
    commands.ReportedReview,
]


def write(into: Path) -> list[Path]:
    """Writes the documents into the folder `into`; which they are."""
    made = {"protocol.md": protocol(), "asyncapi.json": asyncapi(), "openapi.json": openapi()}
    for name, text in made.items():
        (into / name).write_text(text, "utf-8")
    return [into / name for name in made]


def protocol() -> str:
    lines = [
        "# Protocol",
        "",
        "Made by `bin/docs` from `server/protocol/`; do not edit. Order and the life of a command: ARCHITECTURE.md.",
        "",
    ]
    lines += ["## Commands", ""]
    for tag, command in sorted(COMMANDS.items()):
        lines += _command(tag, command)
    lines += ["## Events", ""]
    for event in EVENTS:
        lines += [f"### `{event.__struct_config__.tag}`", "", *_said(event), *_fields(event), ""]
    lines += ["## Results", ""]
    for result in sorted({r for r in RESULT.values() if r is not Done}, key=lambda r: r.__name__):
        if result not in THINGS:
            lines += [f"### {result.__name__}", "", *_said(result), *_fields(result), ""]
    lines += ["## Things", ""]
    for thing in THINGS:
        lines += [f"### {thing.__name__}", "", *_said(thing), *_fields(thing), ""]
    lines += ["## Refusals", "", "| code | HTTP | sentence |", "|---|---|---|"]
    lines += [f"| `{code}` | {STATUS[code]} | {SENTENCE[code]} |" for code in STATUS]
    lines += ["", "## Close codes", "", "| code | meaning |", "|---|---|"]
    lines += [f"| {code} | {meaning} |" for code, meaning in CLOSE.items()]
    return "\n".join(lines) + "\n"


def _command(tag: str, command: type[Command]) -> list[str]:
    result = RESULT[command]
    answer = "`{}`" if result is Done else result.__name__
    key = "key required" if command.keyed else "key ignored" if command.reads else "key accepted"
    facts = [f"by {', '.join(sorted(command.roles))}", key]
    if command.lane:
        facts.append(f"ordered by {command.lane}")
    if command.socket_only:
        facts.append("on the socket only")
    return [f"### `{tag}`", "", *_said(command), f"{'; '.join(facts)}. Answer: {answer}.", "", *_fields(command), ""]


def _said(kind: Any) -> list[str]:
    text = inspect.getdoc(kind) if "__doc__" in vars(kind) and vars(kind)["__doc__"] else None
    return [text, ""] if text else []


def _fields(kind: Any) -> list[str]:
    schema = msgspec.json.schema(kind)
    own = schema["$defs"][kind.__name__]
    properties = {
        name: p
        for name, p in own.get("properties", {}).items()
        if name != "type" or ("const" not in p and "enum" not in p)
    }
    if not properties:
        return []
    required = set(own.get("required", ()))
    most = {name: f" (at most {n} characters, trimmed)" for name, n in trimmed(kind).items()}
    rows = [
        f"| `{name}`{'' if name in required else '?'} | {_type(p)}{most.get(name, '')} |"
        for name, p in properties.items()
    ]
    return ["| field | type |", "|---|---|", *rows]


def trimmed(kind: Any) -> dict[str, int]:
    """Field → characters at most, of the texts that `kind` trims when it is made: no schema knows of these."""
    made = getattr(kind, "__post_init__", None)
    if made is None:
        return {}
    calls = re.findall(r'trimmed\(self\.\w+, "(\w+)", ([^)]+)\)', inspect.getsource(made))
    return {name: math.prod(_number(factor) for factor in most.split(" * ")) for name, most in calls}


def _number(text: str) -> int:
    return int(getattr(limits, text.removeprefix("limits."))) if text.startswith("limits.") else int(text)


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "anyOf" in schema:
        return " or ".join(_type(s) for s in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{v}`" for v in schema["enum"])
    kind = str(schema.get("format") or schema.get("type", "any"))
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    limits = [f"{word} {schema[name]}" for name, word in LIMITS.items() if name in schema]
    return f"{kind} ({', '.join(limits)})" if limits else kind


LIMITS = {"minimum": "from", "maximum": "to", "maxLength": "at most", "maxProperties": "at most", "pattern": "like"}


def asyncapi() -> str:
    """AsyncAPI 3: one channel, both directions."""
    results = sorted(set(RESULT.values()), key=lambda r: r.__name__)
    kinds = [ClientFrame, ResultFrame, ErrorFrame, *EVENTS, *results]
    _, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    messages = {"command": "ClientFrame", "result": "ResultFrame", "error": "ErrorFrame"}
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": "Fuuro", "version": "1", "license": {"name": "Apache-2.0"}},
        "channels": {
            "socket": {
                "address": "/ws",
                "description": "Subprotocol fuuro.v1, text frames of JSON.",
                "messages": {
                    **{name: {"payload": _ref(schema)} for name, schema in messages.items()},
                    "event": {
                        "payload": {"type": "object", "required": ["event"], "properties": {"event": _any_event()}}
                    },
                },
            }
        },
        "operations": {
            "command": {
                "action": "receive",
                "channel": {"$ref": "#/channels/socket"},
                "messages": [_message("command")],
            },
            "answer": {
                "action": "send",
                "channel": {"$ref": "#/channels/socket"},
                "messages": [_message(name) for name in ("result", "error", "event")],
            },
        },
        "components": {"schemas": components},
    }
    return msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=1).decode() + "\n"


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _any_event() -> dict[str, Any]:
    return {"oneOf": [_ref(event.__name__) for event in EVENTS]}


def _message(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/socket/messages/{name}"}


def openapi() -> str:
    """The HTTP side, as Litestar sees its routes."""

    async def schema() -> dict[str, Any]:
        return Server(_nowhere(), "").app().openapi_schema.to_schema()

    return msgspec.json.format(msgspec.json.encode(asyncio.run(schema()), order="sorted"), indent=1).decode() + "\n"


def _nowhere() -> Settings:
    """Settings that reach nothing: only the routes are looked at."""
    return Settings(
        database_url=None,
        redis_url=None,
        host="127.0.0.1",
        port=8000,
        data=Path(),
        secret_key=bytes(32),
        time_zone=ZoneInfo("UTC"),
        origins=frozenset(),
        sms_url=None,
        limits=1.0,
        roles=ROLES,
        push_hosts=frozenset(),
        push_subject="mailto:operator@example.org",
        metrics_open=False,
    )
