"""Access tokens: short JWTs, EdDSA (RFC 8037), that say who somebody is without asking the database."""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from server.kernel.crypto import Keyring
from server.kernel.work import Caller
from server.protocol import limits
from server.protocol.errors import Refusal

ISSUER = "fuuro"
AUDIENCE = "fuuro"
CLAIMS = ["iss", "aud", "sub", "sid", "role", "iat", "exp"]


PROVEN = 10_000
"""tokens whose signature is not computed again."""


class Pass(Struct, frozen=True):
    """A token that was verified: who, and until when."""

    caller: Caller
    expires_at: datetime


class Tokens:
    """Signs and verifies with the key of the house. Any process with the same secret accepts what another signed."""

    def __init__(self, keyring: Keyring) -> None:
        self._private = keyring.signing_key()
        self._public = self._private.public_key()
        self._proven = lru_cache(PROVEN)(self._prove)
        self._kid = hashlib.sha256(self._public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]

    def sign(self, caller: Caller, now: datetime, seconds: int = limits.ACCESS_SECONDS) -> str:
        """A token for `caller`, good for `seconds` from `now` on."""
        issued = int(now.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(caller.account),
            "sid": str(caller.session),
            "role": caller.role,
            "iat": issued,
            "exp": issued + seconds,
        }
        return jwt.encode(claims, self._private, algorithm="EdDSA", headers={"kid": self._kid})

    def verify(self, token: str) -> Pass:
        """Who `token` proves. Raises Refusal: `session_expired` when it was good once, else `unauthenticated`."""
        proven = self._proven(token)
        if proven.expires_at <= datetime.now(UTC):
            raise Refusal("session_expired")
        return proven

    def _prove(self, token: str) -> Pass:
        try:
            decoded = jwt.decode_complete(
                token,
                self._public,
                algorithms=["EdDSA"],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": CLAIMS, "verify_iat": False},
            )
            claims = decoded["payload"]
            if decoded["header"].get("kid") != self._kid or claims["role"] not in ("guest", "cast", "operator"):
                raise Refusal("unauthenticated")
            caller = Caller(UUID(claims["sub"]), claims["role"], UUID(claims["sid"]))
            return Pass(caller, datetime.fromtimestamp(claims["exp"], UTC))
        except jwt.ExpiredSignatureError:
            raise Refusal("session_expired") from None
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, UnicodeError):
            raise Refusal("unauthenticated") from None
