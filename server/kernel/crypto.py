"""Keys for each purpose out of one secret, and the few ways in which they are used."""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Keyring:
    """Keys derived from the server's secret by HKDF-SHA-256 (RFC 5869), one a purpose: none tells of another."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def key(self, purpose: str) -> bytes:
        """32 bytes for `purpose`."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"fuuro " + purpose.encode()).derive(self._secret)

    def signing_key(self) -> Ed25519PrivateKey:
        """What access tokens are signed with."""
        return Ed25519PrivateKey.from_private_bytes(self.key("access token"))

    def mac(self, purpose: str, message: bytes) -> bytes:
        """HMAC-SHA-256, 32 bytes."""
        return hmac.new(self.key(purpose), message, hashlib.sha256).digest()

    def fingerprint(self) -> bytes:
        """32 bytes that tell this secret from another, and nothing of it: a database keeps them."""
        return self.mac("fingerprint", b"")

    def seal(self, purpose: str, plain: bytes) -> bytes:
        """AES-256-GCM with a nonce of chance: 12 bytes nonce, then ciphertext and tag."""
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(self.key(purpose)).encrypt(nonce, plain, None)

    def unseal(self, purpose: str, sealed: bytes) -> bytes:
        """What `seal` was given. Raises ValueError where key or text are not the same."""
        try:
            return AESGCM(self.key(purpose)).decrypt(sealed[:12], sealed[12:], None)
        except InvalidTag:
            raise ValueError(f"cannot be opened with the present secret key: {purpose}") from None


class DataKey:
    """A key of chance for the texts of one owner. It is kept wrapped by the keyring; once the wrapped key is gone, so are the texts."""

    def __init__(self, key: bytes) -> None:
        self._key = AESGCM(key)
        self._plain = key

    @classmethod
    def new(cls) -> "DataKey":
        return cls(secrets.token_bytes(32))

    @classmethod
    def unwrap(cls, keyring: Keyring, purpose: str, wrapped: bytes) -> "DataKey":
        """Raises ValueError where `wrapped` is of another secret or purpose."""
        return cls(keyring.unseal(purpose, wrapped))

    def wrapped(self, keyring: Keyring, purpose: str) -> bytes:
        return keyring.seal(purpose, self._plain)

    def seal(self, plain: bytes, place: bytes) -> bytes:
        """AES-256-GCM, bound to the `place` where it lies: moved elsewhere it does not open."""
        nonce = secrets.token_bytes(12)
        return nonce + self._key.encrypt(nonce, plain, place)

    def unseal(self, sealed: bytes, place: bytes) -> bytes:
        """Raises ValueError where key, place or text are not the same."""
        try:
            return self._key.decrypt(sealed[:12], sealed[12:], place)
        except InvalidTag:
            raise ValueError("cannot be opened with this key in this place") from None
