"""`POST /api/commands`: the same commands, the same refusals, as problems of HTTP."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from server.protocol import limits
from server.protocol.errors import STATUS
from tests.flow.conftest import Pair, make_pair
from tests.tools.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def pair(house: House) -> AsyncIterator[Pair]:
    made = await make_pair(house)
    yield made
    await made.cast.http.aclose()
    await made.guest.http.aclose()


async def posted(pair: Pair, body: object, key: str | None = None, raw: bytes | None = None) -> tuple[int, Any]:
    headers = {} if key is None else {"idempotency-key": key}
    content = {"content": raw} if raw is not None else {"json": body}
    answer = await pair.guest.http.post("/api/commands", headers=headers, **content)  # type: ignore[arg-type]
    said = answer.json()
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert said["status"] == answer.status_code == STATUS[said["code"]]
        assert {"type", "title", "code", "temporary", "retry_after", "field"} <= said.keys()
    return answer.status_code, said


@pytest.mark.covers("POST /api/commands")
async def test_a_command_and_its_repetition(pair: Pair) -> None:
    key, command = str(uuid4()), {"type": "message.send", "room": pair.room, "body": "by post"}
    async with pair.cast.socket() as cast:
        assert await posted(pair, command, key) == await posted(pair, command, key)
        assert (await cast.next("room.entry"))["entry"]["key"] == key
    status, said = await posted(pair, command | {"body": "another"}, key)
    assert (status, said["code"]) == (409, "key_reused")


@pytest.mark.parametrize(
    ("body", "key", "code", "field"),
    [
        ({"type": "message.send", "room": "ROOM", "body": "x"}, None, "key_required", "key"),
        ({"type": "message.send", "room": "ROOM", "body": "x"}, "once", "invalid", "key"),
        ({"type": "message.send", "room": "ROOM", "body": " "}, "KEY", "invalid", "body"),
        ({"type": "message.send", "room": "KEY", "body": "x"}, "KEY", "not_found", "room"),
        ({"type": "push.unsubscribe", "endpoint": "\0"}, None, "invalid", "endpoint"),
        ({"type": "nothing"}, "KEY", "unknown_command", "type"),
        ({"room": "ROOM"}, "KEY", "bad_frame", "type"),
        ({"type": "session.ping"}, None, "invalid", "type"),
        ({"type": "session.open", "token": "x"}, None, "invalid", "type"),
        ({"type": "room.since", "room": "ROOM", "after": 0}, None, "invalid", "type"),
        ({"type": "room.history", "room": "ROOM"}, None, "invalid", "type"),
        ([], "KEY", "bad_frame", None),
        ("text", "KEY", "bad_frame", None),
        ({"command": {"type": "room.typing"}}, "KEY", "bad_frame", "type"),
    ],
)
async def test_what_is_refused_on_the_socket_is_refused_here(
    pair: Pair, body: object, key: str | None, code: str, field: str | None
) -> None:
    if isinstance(body, dict):
        body = {k: {"ROOM": pair.room, "KEY": str(uuid4())}.get(str(v), v) for k, v in body.items()}
    _, said = await posted(pair, body, str(uuid4()) if key == "KEY" else key)
    assert (said["code"], said["field"]) == (code, field)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 20_000, b'{"type": "\\ud800"}'])
async def test_a_body_that_is_no_json_is_a_bad_frame(pair: Pair, raw: bytes) -> None:
    _, said = await posted(pair, None, str(uuid4()), raw)
    assert said["code"] == "bad_frame"


async def test_a_body_beyond_a_frame_is_too_large(pair: Pair) -> None:
    for size in (limits.FRAME_BYTES + 1, 8 * limits.FRAME_BYTES):
        status, said = await posted(pair, None, str(uuid4()), b" " * size)
        assert (status, said["code"]) == (413, "too_large")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic eDp5", "Bearer a.b.c"])
async def test_nobody_gives_commands_without_a_token(pair: Pair, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    del pair.guest.http.headers["authorization"]
    try:
        answer = await pair.guest.http.post("/api/commands", json={"type": "room.typing"}, headers=headers)
    finally:
        pair.guest.http.headers["authorization"] = f"Bearer {pair.guest.token}"
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_an_address_that_does_not_exist_is_a_problem_too(pair: Pair) -> None:
    answer = await pair.guest.http.get("/api/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_method_that_an_address_does_not_know_is_told_which_it_knows(pair: Pair) -> None:
    answer = await pair.guest.http.delete("/api/commands")
    assert (answer.status_code, answer.json()["code"], "frame" in answer.json()["title"]) == (405, "bad_frame", False)
    assert "POST" in answer.headers["allow"]
    answer = await pair.guest.http.delete("/api/rooms")
    assert {"GET", "HEAD"} <= set(answer.headers["allow"].split(", "))
