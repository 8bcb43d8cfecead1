"""Web push (RFC 8030, 8291, 8292): the `webpush` library encrypts; addresses, sizes, headers and the VAPID token are judged and made here, since
its options leak into later messages, its `aud` loses the port, and it checks neither address nor size."""

import io
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from email.utils import parsedate_to_datetime
from typing import Literal

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from msgspec import Struct
from pydantic import ValidationError
from webpush import WebPush, WebPushSubscription
from webpush.types import WebPushKeys

from server.kernel.crypto import Keyring
from server.protocol.errors import Refusal
from server.worker import endpoints
from server.worker.endpoints import BadEndpoint

PLAINTEXT_BYTES = 3_993
"""bytes; one record of 4,096 with its header and tag. Longer ones cannot be decrypted."""
TOKEN_SECONDS = 12 * 3_600
"""s that a VAPID token is good for; at most a day (RFC 8292)."""
CALL_SECONDS = 10.0
RETRY_CAP_SECONDS = 3_600.0
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""of the curve P-256 (SEC 2)."""
Urgency = Literal["very-low", "low", "normal", "high"]


class VapidKey:
    """The P-256 key by which push services know this house; derived, so that all its processes have the same."""

    def __init__(self, keyring: Keyring) -> None:
        scalar = int.from_bytes(keyring.key("vapid"), "big") % (ORDER - 1) + 1
        self._private = ec.derive_private_key(scalar, ec.SECP256R1())
        point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public = urlsafe_b64encode(point).decode().rstrip("=")

    def authorization(self, origin: str, subject: str, now: float) -> str:
        claims = {"aud": origin, "exp": int(now) + TOKEN_SECONDS, "sub": subject}
        return f"vapid t={jwt.encode(claims, self._private, algorithm='ES256')}, k={self.public}"

    def pems(self) -> tuple[bytes, bytes]:
        """Private and public, as the library reads them."""
        private = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return private, public


class Target(Struct, frozen=True):
    """A subscription of a browser; keys base64url."""

    endpoint: str
    p256dh: str
    auth: str


class Outcome(Struct, frozen=True):
    """`gone`: the subscription has ended (404, 410). `refused`: trying again won't help. `retry`: after so many seconds, if said."""

    kind: Literal["accepted", "gone", "refused", "retry"]
    detail: str = ""
    retry_after: float | None = None


class PushSender:
    """`subject`: a mailto: or https: address of the operator; `extra_hosts`: push services beyond the known ones."""

    def __init__(self, key: VapidKey, subject: str, extra_hosts: frozenset[str]) -> None:
        self._key = key
        self._subject = subject
        self._extra_hosts = extra_hosts
        self._http = httpx.AsyncClient(timeout=CALL_SECONDS, follow_redirects=False, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, target: Target, plain: bytes, *, ttl: int, urgency: Urgency, topic: str | None) -> Outcome:
        """One attempt; `ttl` in seconds, `topic` at most 32 characters of base64url: a later message replaces an earlier one of it."""
        try:
            parts = endpoints.check(target.endpoint, self._extra_hosts)
            body = self._encrypt(target, plain)
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
            address = await endpoints.resolve(host, port, loopback=endpoints.is_loopback(host))
        except (BadEndpoint, ValueError) as error:
            return Outcome("refused", str(error))
        except Refusal as error:
            return Outcome("retry", error.message)
        headers = {
            "host": parts.netloc,
            "ttl": str(ttl),
            "urgency": urgency,
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "authorization": self._key.authorization(f"{parts.scheme}://{parts.netloc}", self._subject, time.time()),
        }
        if topic is not None:
            headers["topic"] = topic
        numeric = f"[{address}]" if ":" in address else address
        query = f"?{parts.query}" if parts.query else ""
        url = f"{parts.scheme}://{numeric}:{port}{parts.path}{query}"
        try:
            async with self._http.stream(
                "POST", url, content=body, headers=headers, extensions={"sni_hostname": host}
            ) as response:
                return _outcome(response)
        except httpx.HTTPError as error:
            return Outcome("retry", type(error).__name__)

    def _encrypt(self, target: Target, plain: bytes) -> bytes:
        """A library object for each call: its options would stay for the next. Raises ValueError."""
        if len(plain) > PLAINTEXT_BYTES:
            raise ValueError(f"A push holds at most {PLAINTEXT_BYTES} bytes, not {len(plain)}.")
        if len(urlsafe_b64decode(target.auth + "=" * (-len(target.auth) % 4))) != 16:
            raise ValueError("The subscription's auth secret must have 16 bytes.")
        private, public = self._key.pems()
        library = WebPush(private_key=io.BytesIO(private), public_key=io.BytesIO(public))
        try:
            keys = WebPushKeys(auth=target.auth, p256dh=target.p256dh)
            subscription = WebPushSubscription(endpoint=target.endpoint, keys=keys)  # type: ignore[arg-type]
        except ValidationError:
            raise ValueError("The subscription cannot be read.") from None
        message = library.get(plain, subscription, subscriber="operator@localhost")
        return message.encrypted


def _outcome(response: httpx.Response) -> Outcome:
    status = response.status_code
    if 200 <= status < 300:
        return Outcome("accepted")
    if status in (404, 410):
        return Outcome("gone", str(status))
    if status == 429 or status >= 500:
        return Outcome("retry", str(status), _retry_after(response.headers.get("retry-after")))
    return Outcome("refused", str(status))


def _retry_after(text: str | None) -> float | None:
    """Seconds, from seconds or an HTTP date; capped, since others' clocks are not ours."""
    if text is None:
        return None
    try:
        seconds = float(text) if text.isdigit() else parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), RETRY_CAP_SECONDS)
