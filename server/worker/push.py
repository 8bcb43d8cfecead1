"""Web push: one encrypted message to one subscription, and what became of it (RFC 8030, 8291, 8292).

Of the library `webpush` only the encryption is used. Its VAPID token names an audience without the port, and its
options stay from one call to the next; so the token is made here with PyJWT and the headers are written here, and what
the library makes of either is thrown away. httpcore is used without httpx, whose log would hold endpoints: who knows
an endpoint is halfway to sending there."""

import asyncio
import re
import ssl
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Literal, Self, get_args

import httpcore
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from msgspec import Struct
from pydantic import AnyHttpUrl
from webpush import WebPush, WebPushSubscription  # type: ignore[import-untyped]
from webpush.types import WebPushKeys  # type: ignore[import-untyped]

from server.kernel.crypto import Keyring
from server.kernel.settings import WrongSetting
from server.protocol.errors import Refusal, invalid
from server.worker.endpoints import (
    BadEndpoint,
    CheckedNetwork,
    Endpoint,
    Lookup,
    check_endpoint,
    checked_hosts,
    endpoint_of,
    system_lookup,
)
from server.worker.outcomes import Outcome, excerpt, header, seconds_to_wait

Urgency = Literal["very-low", "low", "normal", "high"]
"""How much battery a push is worth: RFC 8030, 5.3."""

PAYLOAD_BYTES: Final = 3_993
"""bytes of plaintext; with header, delimiter and tag they make the 4,096 that every service takes (RFC 8291, 4)."""
TTL_SECONDS: Final = 28 * 24 * 60 * 60
"""s a push service keeps a message at the most: four weeks, the limit of Chrome's and Apple's."""
SECONDS: Final = 10.0
"""s for everything: name, connection, request, answer. A third of the worker's lease."""
CONNECT_SECONDS: Final = 3.0
"""s for one address of a service, so that the next one gets its turn."""
TOKEN_SECONDS: Final = 12 * 60 * 60
"""s a VAPID token is good for; services refuse more than a day, and their clocks differ from ours."""
ANSWER_BYTES: Final = 1_024
"""bytes of an answer that are read; its status is what counts."""
P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""of the curve's group (SEC 2, 2.4.2): private keys lie from 1 to one below it."""
CONNECTIONS: Final = 32
"""connections at once, a quarter of them kept; a host has a handful of push services."""


class Target(Struct, frozen=True):
    """What the browser's `PushSubscription.toJSON()` says: keys in base64url, a P-256 point and 16 bytes."""

    endpoint: str
    p256dh: str
    auth: str


class VapidKey:
    """The key pair by which push services know this house (RFC 8292), derived from the server's secret so that all its
    processes have the same. Subscriptions are bound to it: another key, and everybody has to subscribe again."""

    def __init__(self, keyring: Keyring) -> None:
        number = int.from_bytes(keyring.key("vapid"), "big")
        self._use(ec.derive_private_key(number % (P256_ORDER - 1) + 1, ec.SECP256R1()))

    def _use(self, private: ec.EllipticCurvePrivateKey) -> None:
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self._private = private
        self.public: str = _encode(point)
        """The application server key, base64url, for `pushManager.subscribe`."""

    @classmethod
    def generate(cls) -> Self:
        """A key of chance."""
        return cls.from_bytes(_scalar(ec.generate_private_key(ec.SECP256R1())))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """What `to_bytes` gave, or any 32 bytes of a good source. Raises ValueError where they are no P-256 key."""
        if len(raw) != 32:
            raise ValueError("A VAPID key has 32 bytes.")
        key = cls.__new__(cls)
        key._use(ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1()))
        return key

    def to_bytes(self) -> bytes:
        """32 bytes, secret."""
        return _scalar(self._private)

    def pem(self) -> tuple[bytes, bytes]:
        """The private and the public key in PEM."""
        return (
            self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        )

    def authorization(self, audience: str, subject: str, now: datetime) -> str:
        """The `Authorization` header for the origin `audience` of a push service."""
        claims = {"aud": audience, "exp": int(now.timestamp()) + TOKEN_SECONDS, "sub": subject}
        return f"vapid t={jwt.encode(claims, self._private, algorithm='ES256')}, k={self.public}"


class PushSender:
    """Sends pushes signed by `vapid`. `subject` is where a push service complains: `mailto:…` or `https://…`, and
    Apple's refuses every push (403) whose subject is at localhost. `extra_hosts` is the setting FUURO_PUSH_HOSTS.
    Raises WrongSetting for what cannot be used.

    It makes its own connections: a client from outside could not promise to connect where the check looked."""

    def __init__(
        self,
        vapid: VapidKey,
        subject: str,
        extra_hosts: frozenset[str],
        *,
        seconds: float = SECONDS,
        lookup: Lookup = system_lookup,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if not re.fullmatch(r"mailto:\S+@\S+|https://\S+", subject):
            raise WrongSetting("FUURO_PUSH_SUBJECT must be mailto:somebody@example.org or an https:// address.")
        self.vapid = vapid
        self._subject = subject
        self._extra_hosts = checked_hosts(extra_hosts)
        self._seconds = seconds
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS // 4,
            keepalive_expiry=60,
            network_backend=CheckedNetwork(self._extra_hosts, lookup),
        )

    def check_endpoint(self, url: str) -> None:
        """For saving a target. Raises BadEndpoint, a Refusal."""
        check_endpoint(url, self._extra_hosts)

    def check_subscription(self, endpoint: str, p256dh: str, auth: str) -> None:
        """All that can be judged of a subscription before it is saved. Raises Refusal."""
        self.check_endpoint(endpoint)
        check_keys(p256dh, auth)

    async def send(self, target: Target, payload: bytes, *, ttl: int, urgency: Urgency, topic: str | None) -> Outcome:
        """Push `payload` (at most PAYLOAD_BYTES). `ttl`: seconds the service may keep it, 0 is now or never. A later
        push of the same `topic` (up to 32 characters of base64url) replaces one not yet delivered. Answers within
        SECONDS; raises ValueError only for a `ttl`, `urgency` or `topic` that no push may have."""
        headers = _headers(ttl, urgency, topic)
        if len(payload) > PAYLOAD_BYTES:
            return Outcome("refused", f"A push has at most {PAYLOAD_BYTES:,} bytes, and this one {len(payload):,}.")
        try:
            endpoint = endpoint_of(target.endpoint, self._extra_hosts)
            check_keys(target.p256dh, target.auth)
        except Refusal as refusal:
            return Outcome("refused", refusal.message)
        now = datetime.now(UTC)
        headers["Authorization"] = self.vapid.authorization(endpoint.origin, self._subject, now)
        return await self._post(endpoint, headers, self._encrypted(target, payload), now)

    async def close(self) -> None:
        await self._pool.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _post(self, endpoint: Endpoint, headers: dict[str, str], body: bytes, now: datetime) -> Outcome:
        url = httpcore.URL(scheme=endpoint.scheme, host=endpoint.host, port=endpoint.port, target=endpoint.target)
        status, wait, said, failure = 0, None, b"", ""
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._pool.stream(
                    "POST",
                    url,
                    headers=[("Host", endpoint.host_header), ("Content-Length", str(len(body))), *headers.items()],
                    content=body,
                    extensions={"timeout": {"connect": CONNECT_SECONDS}},
                ) as answer,
            ):
                status, wait = answer.status, seconds_to_wait(header(answer.headers, b"retry-after"), now)
                async for part in answer.aiter_stream():
                    said += part
                    if len(said) > ANSWER_BYTES:
                        break
        except BadEndpoint as bad:
            return Outcome("refused", bad.message)
        except (TimeoutError, httpcore.TimeoutException):
            failure = "The push service did not answer in time."
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            failure = f"The push service cannot be reached: {excerpt(str(error).encode()) or type(error).__name__}."
        # Once there is a status, it counts, however badly the rest of the answer went: a push that was accepted
        # must not be sent a second time.
        return _outcome(status, wait, said[:ANSWER_BYTES]) if status else Outcome("retry", failure)

    def _encrypted(self, target: Target, payload: bytes) -> bytes:
        """Encrypted for the subscription, aes128gcm (RFC 8188), in one record. A fresh object for each message: the
        library keeps options in it."""
        library = WebPush(*self.vapid.pem())
        keys = WebPushKeys(auth=target.auth, p256dh=target.p256dh)
        to = WebPushSubscription(endpoint=AnyHttpUrl("https://push.invalid"), keys=keys)
        encrypted: bytes = library.get(payload, to, subscriber="nobody@push.invalid").encrypted
        return encrypted


def check_keys(p256dh: str, auth: str) -> None:
    """Whether something can be encrypted for a target. Raises Refusal: `invalid`, field `keys`."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(p256dh, 65))
        _decode(auth, 16)
    except ValueError:
        raise invalid("keys", "A subscription has a P-256 point and 16 bytes as its keys, in base64url.") from None


def _outcome(status: int, wait: float | None, said: bytes) -> Outcome:
    if 200 <= status < 300:
        return Outcome("accepted", status=status)
    if status in (404, 410):
        return Outcome("gone", f"The push service answered {status}.", status=status)
    reason = f"The push service answered {status}: {excerpt(said) or 'nothing more'}"
    # 406 is how Windows' service says "too many"; 408 and 425 mean that the request itself came badly.
    if status in (406, 408, 425, 429) or status >= 500:
        return Outcome("retry", reason, wait, status)
    return Outcome("refused", reason, status=status)


def _headers(ttl: int, urgency: str, topic: str | None) -> dict[str, str]:
    if not 0 <= ttl <= TTL_SECONDS:
        raise ValueError(f"A push is kept for 0 to {TTL_SECONDS} seconds, not {ttl}.")
    if urgency not in get_args(Urgency):
        raise ValueError(f"A push is very-low, low, normal or high, not {urgency!r}.")
    if topic is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", topic):
        raise ValueError("A topic has up to 32 characters of base64url.")
    return {
        "TTL": str(ttl),
        "Urgency": urgency,
        **({} if topic is None else {"Topic": topic}),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }


def _scalar(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_numbers().private_value.to_bytes(32, "big")


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str, length: int) -> bytes:
    """Strictly: the library's decoder skips what it doesn't know. Raises ValueError."""
    bare = text.rstrip("=")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", bare):
        raise ValueError("not base64url")
    raw = urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    if len(raw) != length:
        raise ValueError(f"not {length} bytes")
    return raw
