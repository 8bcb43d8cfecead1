"""The contract's section 1 as a browser meets it: statuses, bodies, cookie."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx
import pytest

from server.app import Server
from server.kernel import settings
from server.kernel.database import Database
from server.protocol import limits
from server.web import auth
from tests.identity.house import NUMBER

pytestmark = pytest.mark.anyio
PERSON = {"display_name": "Aoi", "birth_date": "1999-04-01", "role": "guest"}


PROVIDER = "http://sid:token@127.0.0.1:9/Messages.json?from=%2B15005550006"


@asynccontextmanager
async def browser(
    database: Database, scheme: str = "https", address: str = "127.0.0.1", **env: str
) -> AsyncIterator[httpx.AsyncClient]:
    """One that speaks to a whole server in this process, from `address`."""
    server = Server(
        settings.from_environment({"FUURO_SECRET_KEY": "k" * 32, "FUURO_ROLES": "web", **env}), database.conninfo
    )
    transport = httpx.ASGITransport(server.app(), client=(address, 50_000))  # type: ignore[arg-type]
    async with server.running(), httpx.AsyncClient(transport=transport, base_url=f"{scheme}://localhost") as client:
        yield client


@asynccontextmanager
async def cookie_over(database: Database, scheme: str, **env: str) -> AsyncIterator["Morsel[str]"]:
    """What a signed-in browser is given by a server with these settings; the registration is made on loopback."""
    async with browser(database) as client:
        signed = await register(client)
    async with browser(database, scheme, FUURO_SMS_URL=PROVIDER, **env) as client:
        yield cookie(
            await client.post("/api/auth/refresh", headers={"Cookie": f"{auth.COOKIE}={cookie(signed).value}"})
        )


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(database) as client:
        yield client


async def register(client: httpx.AsyncClient) -> httpx.Response:
    challenge = (await client.post("/api/auth/otp", json={"phone": NUMBER})).json()["challenge"]
    proven = await verify(client, challenge)
    assert proven.json().keys() == {"status", "registration_token"}
    return await client.post(
        "/api/auth/register",
        json=PERSON | {"registration_token": proven.json()["registration_token"], "device": "a phone"},
    )


async def verify(client: httpx.AsyncClient, challenge: str) -> httpx.Response:
    text = (await client.get("/dev/inbox.json")).json()["items"][0]["text"]
    code = "".join(c for c in text if c.isdecimal())[:6]
    return await client.post("/api/auth/verify", json={"challenge": challenge, "code": code})


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def cookie(answer: httpx.Response) -> "Morsel[str]":
    return SimpleCookie(answer.headers["set-cookie"])[auth.COOKIE]


@pytest.mark.covers("POST /api/auth/otp", "POST /api/auth/verify", "POST /api/auth/register")
async def test_sign_in_answers_as_the_contract_says(client: httpx.AsyncClient) -> None:
    sent = await client.post("/api/auth/otp", json={"phone": NUMBER})
    assert sent.status_code == 202
    assert sent.json() == {"challenge": sent.json()["challenge"], "expires_in": 300, "resend_in": 30}
    (text,) = (await client.get("/dev/inbox.json")).json()["items"]
    assert text.keys() == {"to", "text", "at"} and text["to"] == "+819012345678"
    proven = await verify(client, sent.json()["challenge"])
    assert (proven.status_code, proven.json()["status"]) == (200, "registration")
    assert "set-cookie" not in proven.headers
    signed = await client.post(
        "/api/auth/register", json=PERSON | {"registration_token": proven.json()["registration_token"]}
    )
    assert signed.status_code == 200
    assert signed.json().keys() == {"status", "access_token", "expires_in", "account"}
    assert signed.json()["expires_in"] == limits.ACCESS_SECONDS
    assert signed.json()["account"].items() >= {"role": "guest", "display_name": "Aoi"}.items()
    assert signed.headers["cache-control"] == "no-store"


async def test_a_known_number_is_answered_like_an_unknown_one(client: httpx.AsyncClient, clock: Any) -> None:
    await register(client)
    await clock.shift(limits.CODE_RESEND_SECONDS)
    known = await client.post("/api/auth/otp", json={"phone": NUMBER})
    unknown = await client.post("/api/auth/otp", json={"phone": "+81 80 1234 5678"})
    assert (known.status_code, known.json() | {"challenge": ""}) == (
        unknown.status_code,
        unknown.json() | {"challenge": ""},
    )


@pytest.mark.parametrize(
    ("scheme", "env", "secure"),
    [
        ("http", {}, ""),
        ("https", {}, True),
        ("http", {"FUURO_HOST": "0.0.0.0"}, True),
        ("http", {"FUURO_ORIGINS": "https://fuuro.example"}, True),
    ],
    ids=["at home", "a proxy says https", "open to others", "an origin by https"],
)
async def test_the_cookie_is_for_sign_in_alone(
    database: Database, scheme: str, env: dict[str, str], secure: object
) -> None:
    async with cookie_over(database, scheme, **env) as morsel:
        assert (morsel["path"], morsel["httponly"], morsel["samesite"].lower()) == ("/api/auth", True, "strict")
        assert (morsel["secure"], morsel["max-age"]) == (secure, str(60 * 86_400))


@pytest.mark.covers("POST /api/auth/refresh")
async def test_a_refresh_answers_with_a_token_and_the_next_cookie(client: httpx.AsyncClient) -> None:
    first = cookie(await register(client)).value
    refreshed = await client.post("/api/auth/refresh")
    assert refreshed.status_code == 200
    assert refreshed.json().keys() == {"access_token", "expires_in"}
    assert cookie(refreshed).value != first
    assert (await client.get("/api/auth/devices", headers=bearer(refreshed))).status_code == 200


async def test_without_a_cookie_or_a_bearer_one_is_unauthenticated(client: httpx.AsyncClient) -> None:
    answers = [
        await client.post("/api/auth/refresh"),
        await client.post("/api/auth/logout"),
        await client.get("/api/auth/devices"),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(401, "unauthenticated")] * 3


@pytest.mark.covers("POST /api/auth/logout")
async def test_a_logout_takes_the_cookie_away(client: httpx.AsyncClient) -> None:
    signed = await register(client)
    left = await client.post("/api/auth/logout", headers=bearer(signed))
    assert (left.status_code, left.content) == (204, b"")
    assert (cookie(left).value, cookie(left)["max-age"]) == ("", "0")
    again = await client.post("/api/auth/refresh", headers={"Cookie": f"{auth.COOKIE}={cookie(signed).value}"})
    assert again.status_code == 401


@pytest.mark.covers("GET /api/auth/devices", "DELETE /api/auth/devices/{id}")
async def test_devices_are_listed_and_can_be_ended(client: httpx.AsyncClient) -> None:
    signed = await register(client)
    (device,) = (await client.get("/api/auth/devices", headers=bearer(signed))).json()["items"]
    assert device.keys() == {"id", "name", "created_at", "seen_at", "current"}
    assert (device["name"], device["current"]) == ("a phone", True)
    ended = await client.delete(f"/api/auth/devices/{device['id']}", headers=bearer(signed))
    assert (ended.status_code, ended.content) == (204, b"")
    assert (await client.delete(f"/api/auth/devices/{device['id']}", headers=bearer(signed))).status_code == 404


@pytest.mark.parametrize("body", [{"phone": NUMBER, "more": 1}, {"phone": 5}, {}, {"phone": "1" * 300}])
async def test_unknown_fields_and_wrong_values_are_refused_as_problems(client: httpx.AsyncClient, body: Any) -> None:
    answer = await client.post("/api/auth/otp", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.get("/dev/inbox.json")).json() == {"items": []}


async def test_a_body_that_no_form_has_is_too_large(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/auth/otp", json={"phone": "1" * auth.BODY_BYTES})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_too_soon_says_how_long_to_wait(client: httpx.AsyncClient) -> None:
    await client.post("/api/auth/otp", json={"phone": NUMBER})
    answer = await client.post("/api/auth/otp", json={"phone": NUMBER})
    assert (answer.status_code, answer.json()["code"], answer.json()["temporary"]) == (429, "rate_limited", True)
    assert 1 <= answer.json()["retry_after"] <= limits.CODE_RESEND_SECONDS


async def test_the_inbox_page_shows_the_text(client: httpx.AsyncClient) -> None:
    await client.post("/api/auth/otp", json={"phone": NUMBER})
    page = await client.get("/dev/inbox")
    assert "認証コード" in page.text and "+819012345678" in page.text


async def test_with_a_provider_there_is_no_inbox(database: Database) -> None:
    async with browser(database, FUURO_SMS_URL=PROVIDER) as client:
        answers = [await client.get("/dev/inbox"), await client.get("/dev/inbox.json")]
    assert [a.status_code for a in answers] == [404, 404]


async def test_whoever_comes_from_elsewhere_sees_no_inbox(database: Database) -> None:
    """By way of a proxy on this machine, for instance."""
    async with browser(database, address="203.0.113.7") as client:
        answers = [await client.get("/dev/inbox"), await client.get("/dev/inbox.json")]
    assert [a.status_code for a in answers] == [404, 404]
