"""Sign-in over HTTP (section 1 of the contract). The refresh token travels in its cookie alone."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Controller, MediaType, Request, Response, delete, get, post
from litestar.datastructures import Cookie, ResponseHeader
from msgspec import Struct, to_builtins

from server.identity.service import Registration, SignedIn
from server.identity.store import Text
from server.kernel.work import Caller
from server.protocol import limits
from server.protocol.errors import Refusal, not_found
from server.web.house import House, body, from_loopback, uuid

COOKIE = "fuuro_refresh"
BODY_BYTES = 8 * 1024
"""bytes; the longest form has a few hundred."""


class Otp(Struct, forbid_unknown_fields=True):
    phone: str


class Verify(Struct, forbid_unknown_fields=True):
    challenge: UUID
    code: str
    device: str | None = None


class Register(Struct, forbid_unknown_fields=True):
    registration_token: str
    display_name: str
    birth_date: date
    role: str
    cast_code: str | None = None
    device: str | None = None


class PhoneProof(Struct, forbid_unknown_fields=True):
    challenge: UUID
    code: str


class AuthController(Controller):
    path = "/api/auth"
    request_max_body_size = BODY_BYTES
    response_headers = (ResponseHeader(name="cache-control", value="no-store"),)

    @post("/otp", status_code=202)
    async def otp(self, request: Request[Any, Any, Any], house: House) -> dict[str, Any]:
        """Sends a code; the same answer for known and unknown numbers."""
        asked: Otp = body(await request.body(), Otp)
        challenge = await house.identity.otp(asked.phone, address(request))
        return {"challenge": challenge, "expires_in": limits.CODE_SECONDS, "resend_in": limits.CODE_RESEND_SECONDS}

    @post("/verify", status_code=200)
    async def verify(self, request: Request[Any, Any, Any], house: House) -> Response[Any]:
        """The code: signed in, or invited to register."""
        asked: Verify = body(await request.body(), Verify)
        done = await house.identity.verify(asked.challenge, asked.code.strip(), asked.device, address(request))
        if isinstance(done, Registration):
            return Response({"status": "registration", "registration_token": done.token})
        return signed_in(done, request, house)

    @post("/register", status_code=200)
    async def register(self, request: Request[Any, Any, Any], house: House) -> Response[Any]:
        """A new account for a proven number."""
        asked: Register = body(await request.body(), Register)
        done = await house.identity.register(
            asked.registration_token,
            asked.display_name,
            asked.birth_date,
            asked.role,
            asked.cast_code,
            asked.device,
            address(request),
        )
        return signed_in(done, request, house)

    @post("/refresh", status_code=200)
    async def refresh(self, request: Request[Any, Any, Any], house: House) -> Response[Any]:
        """A new access token, and the next cookie."""
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            raise Refusal("unauthenticated")
        done = await house.identity.refresh(cookie, address(request))
        return signed_in(done, request, house, {"access_token": done.access, "expires_in": limits.ACCESS_SECONDS})

    @post("/logout", status_code=204)
    async def logout(self, request: Request[Any, Any, Any], caller: Caller, house: House) -> Response[None]:
        """This device's session, its sockets and its push subscription end."""
        await house.identity.logout(caller)
        return Response(None, status_code=204, cookies=[cookie_of("", request, house, max_age=0)])

    @get("/devices")
    async def devices(self, caller: Caller, house: House) -> dict[str, Any]:
        """Where the account is signed in."""
        found = await house.identity.devices(caller)
        return {"items": [to_builtins(d) | {"current": d.id == caller.session} for d in found]}

    @delete("/devices/{id:str}", status_code=204)
    async def end_device(self, caller: Caller, house: House, id: str) -> None:
        """That device is signed out; its sockets close within a second."""
        await house.identity.end_device(caller, uuid(id))

    @post("/phone", status_code=202)
    async def ask_phone(self, request: Request[Any, Any, Any], caller: Caller, house: House) -> dict[str, Any]:
        """Another number for one's account: sends it a code; the same answer for known and unknown numbers."""
        asked: Otp = body(await request.body(), Otp)
        challenge = await house.identity.phones.ask(caller, asked.phone, address(request))
        return {"challenge": challenge, "expires_in": limits.CODE_SECONDS, "resend_in": limits.CODE_RESEND_SECONDS}

    @post("/phone/verify", status_code=202)
    async def prove_phone(self, request: Request[Any, Any, Any], caller: Caller, house: House) -> dict[str, Any]:
        """The code: the new number counts from `effective_at` on. The old one is told by text, and counts until then."""
        asked: PhoneProof = body(await request.body(), PhoneProof)
        proven = await house.identity.phones.prove(caller, asked.challenge, asked.code.strip(), address(request))
        return {"effective_at": proven}

    @delete("/phone", status_code=204)
    async def keep_phone(self, caller: Caller, house: House) -> None:
        """Stops a change of number that waits, from any signed-in device: whoever has the old number can sign in with it
        and do this."""
        await house.identity.phones.stop(caller)


@get("/dev/inbox.json")
async def inbox(request: Request[Any, Any, Any], house: House) -> dict[str, Any]:
    """The texts that would have been sent; only where no provider is configured, for loopback."""
    texts = await _texts(request, house)
    return {"items": [{"to": t.recipient, "text": t.body, "at": t.at} for t in texts]}


@get("/dev/inbox", media_type=MediaType.TEXT)
async def inbox_page(request: Request[Any, Any, Any], house: House) -> str:
    """The same for people."""
    lines = [f"{t.at:%H:%M:%S}  {t.recipient}\n{t.body}\n" for t in await _texts(request, house)]
    return "\n".join(lines) or "まだメッセージはありません。 / No texts yet.\n"


async def _texts(request: Request[Any, Any, Any], house: House) -> list[Text]:
    """Raises `not_found` where there is no inbox, and for whoever comes from elsewhere: there are codes in it."""
    if not house.identity.has_inbox or not from_loopback(request):
        raise not_found()
    return await house.identity.inbox()


def signed_in(
    done: SignedIn, request: Request[Any, Any, Any], house: House, answer: dict[str, Any] | None = None
) -> Response[Any]:
    said = answer or {
        "status": "signed_in",
        "access_token": done.access,
        "expires_in": limits.ACCESS_SECONDS,
        "account": done.account,
    }
    return Response(said, cookies=[cookie_of(done.refresh, request, house)])


def cookie_of(
    value: str, request: Request[Any, Any, Any], house: House, max_age: int = limits.REFRESH_DAYS * 86_400
) -> Cookie:
    """Only by https where anybody comes by it, here or at a proxy before us, and wherever others than this machine may come."""
    settings = house.settings
    return Cookie(
        key=COOKIE,
        value=value,
        path="/api/auth",
        httponly=True,
        samesite="strict",
        secure=settings.by_tls or not settings.on_loopback or request.url.scheme == "https",
        max_age=max_age,
    )


def address(request: Request[Any, Any, Any]) -> str:
    return request.client.host if request.client else "unknown"
