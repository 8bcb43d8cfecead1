"""XMPP over WebSocket (RFC 7395), as ejabberd speaks it: one element a frame."""

from base64 import b64encode

from loadtests.compare.dialects.dialect import Refused

DOMAIN = "localhost"
RESOURCE = "bench"
OPEN = f'<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{DOMAIN}" version="1.0"/>'.encode()
BIND = (
    '<iq xmlns="jabber:client" type="set" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind">'
    f"<resource>{RESOURCE}</resource></bind></iq>"
).encode()
PRESENCE = b'<presence xmlns="jabber:client"/>'


class Xmpp:
    """A member's id is the name, the token the password. Signed in is who is told of the own presence."""

    headers = {"Sec-WebSocket-Protocol": "xmpp"}  # noqa: RUF012 - never changed

    def __init__(self) -> None:
        self._id = 0
        self._inside = False

    def url(self, port: int, pair: dict, member: str) -> str:
        return f"ws://127.0.0.1:{port}/ws"

    def hello(self, pair: dict, member: str) -> bytes:
        one = pair[member]
        secret = b64encode(f"\0{one['id']}\0{one['token']}".encode()).decode()
        self._auth = f'<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{secret}</auth>'.encode()
        return OPEN

    def reply(self, text: str) -> bytes | None:
        """The steps of the sign-in: mechanisms, success, features, bound."""
        if self._inside:
            return None
        if text.startswith("<stream:features"):
            return self._auth if "<mechanisms" in text else BIND
        if text.startswith("<success"):
            return OPEN
        if text.startswith("<iq") and "<jid>" in text:
            return PRESENCE
        return None

    def welcomed(self, text: str) -> bool:
        if not text.startswith(("<open", "<presence")):
            raise Refused(text)
        self._inside = text.startswith("<presence")
        return self._inside

    def line(self, pair: dict, body: str) -> bytes:
        """To the other's session, as clients do once a conversation runs (RFC 6121, 5.1)."""
        self._id += 1
        to = f"{pair['guest']['id']}@{DOMAIN}/{RESOURCE}"
        return (
            f'<message xmlns="jabber:client" type="chat" to="{to}" id="{self._id}"><body>{body}</body></message>'
        ).encode()

    def shows_line(self, text: str) -> bool:
        if text.startswith("<presence"):  # that a session of an earlier round, which this one replaced, has left
            return False
        if not text.startswith("<message") or "<error" in text:
            raise Refused(text)
        return True
