"""A push service as browsers have one, and the browser's half of the keys: it verifies and decrypts with code that is
not the server's own (the `http_ece` package; ES256 by hand), and keeps what arrived."""

import json
import re
import secrets
import ssl
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from tests.tools.http_service import Answer, HttpService, Request

BODY_BYTES = 4_096
DAY_SECONDS = 24 * 60 * 60


class Subscribed(Struct, frozen=True):
    """What a browser hands to the page: `endpoint`, and keys in base64url."""

    endpoint: str
    p256dh: str
    auth: str

    def as_json(self) -> dict[str, object]:
        """As `PushSubscription.toJSON()`, and as `push.subscribe` takes it."""
        return {"endpoint": self.endpoint, "keys": {"p256dh": self.p256dh, "auth": self.auth}}


class Push(Struct, frozen=True):
    """One push that arrived, verified and decrypted. Header names in lower case; `claims` of its VAPID token."""

    subscription: Subscribed
    headers: dict[str, str]
    plaintext: bytes
    claims: dict[str, object]


class Rejected(Exception):
    """Status and reason, as the service answers them."""


class PushService(HttpService):
    """`async with PushService() as service:` then `service.subscribe()`, and `await service.received(1)`. What is wrong
    with a push is answered as RFC 8030 and 8292 have it, and kept in `complaints`."""

    def __init__(self, tls: ssl.SSLContext | None = None, name: str | None = None) -> None:
        super().__init__(tls)
        self._name = name
        self._keys: dict[str, tuple[Subscribed, ec.EllipticCurvePrivateKey, bytes, str | None]] = {}
        self.pushes: list[Push] = []
        self.complaints: list[str] = []

    @property
    def origin(self) -> str:
        """With `name` where the test lets a name lead here."""
        return super().origin if self._name is None else super().origin.replace("127.0.0.1", self._name)

    def subscribe(self, application_key: str | None = None) -> Subscribed:
        """A new subscription; with `application_key` only pushes signed with it are taken, as in a browser."""
        private = ec.generate_private_key(ec.SECP256R1())
        auth = secrets.token_bytes(16)
        path = f"/push/{secrets.token_urlsafe(12)}"
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        subscription = Subscribed(f"{self.origin}{path}", encode(point), encode(auth))
        self._keys[path] = (subscription, private, auth, application_key)
        return subscription

    def unsubscribe(self, subscription: Subscribed) -> None:
        """From now on the endpoint answers 410."""
        del self._keys[subscription.endpoint.removeprefix(self.origin)]

    async def received(self, count: int) -> list[Push]:
        """The pushes, once there are `count` of them."""
        await self.until(lambda: len(self.pushes) >= count)
        return self.pushes

    async def handle(self, request: Request) -> Answer:
        try:
            self.pushes.append(self._take(request))
        except Rejected as rejected:
            status, reason = rejected.args
            self.complaints.append(reason)
            return Answer(status, body=json.dumps({"reason": reason}).encode())
        return Answer(201, {"Location": f"{self.origin}/message/{secrets.token_urlsafe(8)}"})

    def _take(self, request: Request) -> Push:
        if request.method != "POST":
            raise Rejected(405, "only POST")
        if request.target not in self._keys:
            raise Rejected(410, "no such subscription")
        if len(request.body) > BODY_BYTES:
            raise Rejected(413, "more than 4,096 bytes")
        subscription, private, auth, application_key = self._keys[request.target]
        headers = request.headers
        if not re.fullmatch(r"[0-9]+", headers.get("ttl", "")):
            raise Rejected(400, "no TTL")
        if headers.get("urgency", "normal") not in ("very-low", "low", "normal", "high"):
            raise Rejected(400, "no such urgency")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers.get("topic", "ok")):
            raise Rejected(400, "bad topic")
        if headers.get("content-encoding") != "aes128gcm":
            raise Rejected(415, "unknown encoding")
        claims = self._verified(headers.get("authorization", ""), application_key)
        try:
            plaintext = http_ece.decrypt(request.body, private_key=private, auth_secret=auth, version="aes128gcm")
        except (http_ece.ECEException, ValueError) as error:
            raise Rejected(400, f"cannot be decrypted: {error}") from error
        return Push(subscription, headers, plaintext, claims)

    def _verified(self, authorization: str, application_key: str | None) -> dict[str, object]:
        match = re.fullmatch(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)", authorization)
        if match is None:
            raise Rejected(401, "no VAPID")
        head, body, signature, key = match.groups()
        if application_key is not None and key != application_key:
            raise Rejected(403, "signed with another key")
        if json.loads(decode(head)).get("alg") != "ES256":
            raise Rejected(401, "not ES256")
        raw = decode(signature)
        dss = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(key))
        try:
            point.verify(dss, f"{head}.{body}".encode(), ec.ECDSA(SHA256()))
        except InvalidSignature:
            raise Rejected(401, "bad signature") from None
        claims = json.loads(decode(body))
        if claims.get("aud") != self.origin:
            raise Rejected(401, f"for {claims.get('aud')}, but this is {self.origin}")
        if not time.time() < claims.get("exp", 0) <= time.time() + DAY_SECONDS:
            raise Rejected(401, "expired, or good for more than a day")
        if not re.match(r"mailto:|https://", claims.get("sub", "")):
            raise Rejected(401, "no subject")
        return claims


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
