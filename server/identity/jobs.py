"""Identity's effects outside Postgres: texts. Neither number nor code lies in clear in the queue."""

from base64 import b64decode, b64encode

from msgspec import Struct

from server.kernel.crypto import Keyring

SEND_TEXT = "sms.send"


class SendText(Struct, frozen=True):
    """A sealed number and a sealed text, base64."""

    to: str
    text: str

    @classmethod
    def sealed(cls, keyring: Keyring, to: str, text: str) -> "SendText":
        return cls(*(b64encode(keyring.seal("text", part.encode())).decode() for part in (to, text)))

    def opened(self, keyring: Keyring) -> tuple[str, str]:
        """The number (E.164) and the text."""
        to, text = (keyring.unseal("text", b64decode(part)).decode() for part in (self.to, self.text))
        return to, text
