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
