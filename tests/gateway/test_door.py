"""Who gets in: the origin before the upgrade, the token in the first frame, in time, and for as long as it is good."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.kernel.crypto import Keyring
from server.kernel.tokens import Tokens
from server.kernel.work import Caller
from tests.flow.conftest import Pair
from tests.tools.clones import rows
from tests.tools.house import House, Person, Socket, until

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def stranger(house: House, **options: Any) -> AsyncIterator[Socket]:
    """A socket that has not said who it is."""
    options = {"subprotocols": ["fuuro.v1"], "compression": None} | options
    async with connect(f"ws://127.0.0.1:{house.port}/ws", **options) as raw:
        socket = Socket(raw)
        try:
            yield socket
        finally:
            await socket.end()


def keyring(house: House) -> Keyring:
    """The house's own secret, as it lies in its data: what only a thief would have."""
    return Keyring((Path(house.env["FUURO_DATA"]) / "secret_key").read_text().strip().encode())


# ── before the upgrade ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://localhost:1", "http://localhost", "null", "http://127.0.0.1.evil.example", ""],
)
async def test_a_page_from_elsewhere_is_turned_away_before_the_upgrade(house: House, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with stranger(house, additional_headers={"origin": origin}):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("path", ["/", "/wss", "/ws/x", "/api/casts"])
async def test_elsewhere_there_is_no_socket(house: House, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{house.port}{path}", subprotocols=["fuuro.v1"]):  # type: ignore[list-item]
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_plain_http_finds_no_socket(house: House, method: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.port}") as plain:
        answer = await plain.request(method, "/ws")
    assert (answer.status_code, answer.json()["code"]) == (405, "bad_frame")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST"])
async def test_the_houses_own_page_comes_in(house: House, host: str) -> None:
    async with stranger(house, additional_headers={"origin": f"http://{host}:{house.port}"}) as socket:
        assert socket.raw.subprotocol == "fuuro.v1"


async def test_a_client_that_offers_no_subprotocol_is_accepted_and_one_that_offers_another_is_not(house: House) -> None:
    async with stranger(house, subprotocols=None) as socket:
        assert socket.raw.subprotocol is None
    with pytest.raises(InvalidStatus):
        async with stranger(house, subprotocols=["fuuro.v9"]):
            pass


async def test_compression_is_not_spoken(house: House) -> None:
    async with stranger(house, compression="deflate") as socket:
        assert socket.raw.protocol.extensions == []


# ── the first frame ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_another_command_first_is_answered_and_ends_the_socket(pair: Pair, house: House) -> None:
    async with stranger(house) as socket:
        said = await socket.frame("message.send", room=pair.room, body="x")
        assert said["error"]["code"] == "unauthenticated"
        assert (await socket.closed())[0] == 4004


UNUSABLE = {
    "no token": ({}, "token"),
    "another field": ({"token": "x", "device": "x"}, "device"),
    "rooms that are null": ({"token": "x", "rooms": None}, "rooms"),
    "a room that is no UUID": ({"token": "x", "rooms": {"here": 1}}, "rooms"),
    "a place below zero": ({"token": "x", "rooms": {str(uuid4()): -1}}, "rooms"),
    "more cursors than allowed": ({"token": "x", "rooms": {str(uuid4()): 1 for _ in range(501)}}, "rooms"),
    "a NUL": ({"token": "\0"}, "token"),
}


@pytest.mark.parametrize("fault", UNUSABLE)
async def test_an_opening_that_cannot_be_used_is_answered_and_ends_the_socket(house: House, fault: str) -> None:
    fields, field = UNUSABLE[fault]
    async with stranger(house) as socket:
        said = await socket.frame("session.open", **fields)
        assert (said["error"]["code"], said["error"]["field"]) == ("invalid", field)
        assert await socket.closed() == (4004, "session.open first")


@pytest.mark.parametrize("id", [0, "1", None])
async def test_a_first_frame_whose_id_is_unusable_is_answered_by_null(house: House, id: object) -> None:
    async with stranger(house) as socket:
        said = await socket.say(json.dumps({"id": id, "command": {"type": "session.open"}}))
        assert (said["id"], said["error"]["code"]) == (None, "invalid" if id is None else "bad_frame")
        assert await socket.closed() == (4004, "session.open first")


async def test_who_says_nothing_is_not_waited_for(house: House) -> None:
    async with stranger(house) as socket:
        assert (await socket.closed())[0] == 4004


async def test_opening_twice_is_refused_and_the_socket_carries_on(pair: Pair) -> None:
    async with pair.guest.socket() as guest:
        assert await guest.refused("session.open", token=pair.guest.token) == "wrong_state"
        assert "server_time" in await guest.ask("session.ping")


async def test_frames_sent_right_behind_the_opening_are_answered_in_order(pair: Pair, house: House) -> None:
    async with stranger(house) as socket:
        opening = {"id": 1, "command": {"type": "session.open", "token": pair.guest.token}}
        await socket.raw.send(json.dumps(opening))
        for id in range(2, 12):
            await socket.raw.send(json.dumps({"id": id, "command": {"type": "nothing"}}))
        heard = [await asyncio.wait_for(socket.unasked.get(), 20) for _ in range(11)]
        assert [frame["id"] for frame in heard] == list(range(1, 12))
        assert "epoch" in heard[0]["result"]


# ── tokens ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    head, claims, signature = token.split(".")

    def opened(text: str) -> dict[str, Any]:
        return dict(json.loads(base64.urlsafe_b64decode(text + "==")))

    return opened(head), opened(claims), signature


def unsigned(token: str, house: House) -> str:
    head, claims, _ = parts(token)
    return f"{part(head | {'alg': 'none'})}.{part(claims)}."


def another_key(token: str, house: House) -> str:
    head, claims, _ = parts(token)
    return jwt.encode(claims, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": head["kid"]})


def the_public_key_as_a_secret(token: str, house: House) -> str:
    """The oldest trick against JWT: HS256, signed with what everybody may know."""
    head, claims, _ = parts(token)
    public = keyring(house).signing_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    said = f"{part(head | {'alg': 'HS256'})}.{part(claims)}"
    signature = hmac.new(public, said.encode(), hashlib.sha256).digest()
    return f"{said}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def a_better_role(token: str, house: House) -> str:
    head, claims, signature = parts(token)
    return f"{part(head)}.{part(claims | {'role': 'operator'})}.{signature}"


def signed_by_the_house(**changes: object) -> Callable[[str, House], str]:
    """Even the right key does not make these claims good."""

    def forge(token: str, house: House) -> str:
        head, claims, _ = parts(token)
        claims = {k: v for k, v in (claims | changes).items() if v is not None}
        return jwt.encode(claims, keyring(house).signing_key(), "EdDSA", headers={"kid": head["kid"]})

    return forge


def another_kid(token: str, house: House) -> str:
    _, claims, _ = parts(token)
    return jwt.encode(claims, keyring(house).signing_key(), "EdDSA", headers={"kid": "another"})


FORGED: dict[str, Callable[[str, House], str]] = {
    "alg none": unsigned,
    "another key": another_key,
    "the public key as a secret": the_public_key_as_a_secret,
    "a better role": a_better_role,
    "another audience": signed_by_the_house(aud="another"),
    "no audience": signed_by_the_house(aud=None),
    "another issuer": signed_by_the_house(iss="another"),
    "no expiry": signed_by_the_house(exp=None),
    "no session": signed_by_the_house(sid=None),
    "a role there is not": signed_by_the_house(role="owner"),
    "an account that is no id": signed_by_the_house(sub="me"),
    "a session that is not": signed_by_the_house(sid=str(uuid4())),
    "another kid": another_kid,
    "its end cut off": lambda token, _: token[:-8],
    "nothing": lambda token, _: "",
    "no JWT": lambda token, _: "a.b.c",
    "bytes of no alphabet": lambda token, _: "\u3042" * 20,
}


@pytest.mark.parametrize("forgery", FORGED)
async def test_a_forged_token_opens_nothing(pair: Pair, house: House, forgery: str) -> None:
    token = FORGED[forgery](pair.guest.token, house)
    async with stranger(house) as socket:
        said = await socket.frame("session.open", token=token)
        assert said["error"]["code"] == "unauthenticated"
        assert (await socket.closed())[0] == 4004
    if token and token.isascii():
        answer = await pair.cast.http.get("/api/me", headers={"authorization": f"Bearer {token}"})
        if forgery != "a session that is not":  # a read trusts the signature for the token's ten minutes
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        posted = await pair.cast.http.post(
            "/api/commands",
            json={"type": "room.typing", "room": pair.room, "typing": True},
            headers={"authorization": f"Bearer {token}"},
        )
        assert (posted.status_code, posted.json()["code"]) == (401, "unauthenticated")


def expiring(pair: Pair, house: House, seconds: float) -> str:
    _, claims, _ = parts(pair.guest.token)
    caller = Caller(UUID(claims["sub"]), "guest", UUID(claims["sid"]))
    return Tokens(keyring(house)).sign(caller, datetime.now(UTC) - timedelta(seconds=600 - seconds))


async def test_an_expired_token_says_so_everywhere(pair: Pair, house: House) -> None:
    token = expiring(pair, house, -1)
    async with stranger(house) as socket:
        assert await socket.refused("session.open", token=token) == "session_expired"
        assert (await socket.closed())[0] == 4004
    answer = await pair.cast.http.get("/api/me", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "session_expired")


async def test_a_session_that_ends_while_it_opens_a_socket_gets_its_answer(house: House) -> None:
    """Its snapshot waits meanwhile, and is of before that."""
    guest = await Person(house).register("guest", "健")
    waiting = "select 1 from pg_locks where relation = 'message.positions'::regclass and not granted"
    async with (
        await psycopg.AsyncConnection.connect(house.env["DATABASE_URL"]) as holder,
        stranger(house) as socket,
        asyncio.TaskGroup() as tasks,
    ):
        await holder.execute(b"lock table message.positions in access exclusive mode")
        opening = tasks.create_task(socket.frame("session.open", token=guest.token))
        await until(lambda: rows(house, waiting))
        assert (await guest.http.post("/api/auth/logout")).status_code == 204
        await holder.rollback()
        assert (await opening)["error"]["code"] == "unauthenticated"
        assert await socket.closed() == (4004, "unauthenticated")
    await guest.http.aclose()


@pytest.mark.covers("session.expiring")
async def test_a_socket_is_warned_before_its_token_ends_and_closed_then(pair: Pair, house: House) -> None:
    async with stranger(house) as socket:
        await socket.ask("session.open", token=expiring(pair, house, 3))
        await socket.next("session.expiring")
        assert (await socket.closed())[0] == 4003


@pytest.mark.covers("session.open", "session.refresh", "session.ping")
async def test_a_newer_token_keeps_the_socket(pair: Pair, house: House) -> None:
    async with stranger(house) as brief, stranger(house) as kept:
        for socket in (brief, kept):
            await socket.ask("session.open", token=expiring(pair, house, 3))
        await kept.ask("session.refresh", token=pair.guest.token)
        assert (await brief.closed())[0] == 4003
        assert "server_time" in await kept.ask("session.ping")
        assert await kept.refused("session.refresh", token=pair.cast.token) == "unauthenticated"
        assert await kept.refused("session.refresh", token="none") == "unauthenticated"
        assert "server_time" in await kept.ask("session.ping")
