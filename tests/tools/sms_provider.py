"""A text provider of the shape of Twilio's Messages resource, with its errors."""

import json
import re
import secrets
from base64 import b64decode
from urllib.parse import parse_qs

from msgspec import Struct

from tests.tools.http_service import Answer, HttpService, Request

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "a-token/with:odd@characters"
SENDER = "+15005550006"


class Text(Struct, frozen=True):
    """One text that was taken. `sender` is the value of From or of MessagingServiceSid."""

    to: str
    sender: str
    body: str
    sid: str


class SmsProvider(HttpService):
    """`async with SmsProvider() as provider:` then `SmsSender(provider.url)` and
    `await provider.received(1)`. `invalid` and `opted_out` are numbers it refuses."""

    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[Text] = []
        self.invalid: set[str] = set()
        self.opted_out: set[str] = set()

    @property
    def url(self) -> str:
        """As FUURO_SMS_URL has it."""
        return f"http://{ACCOUNT}:a-token%2Fwith%3Aodd%40characters@{self.host}{self.path}?from=%2B15005550006"

    async def received(self, count: int) -> list[Text]:
        """The texts, once there are `count` of them."""
        await self.until(lambda: len(self.texts) >= count)
        return self.texts

    async def handle(self, request: Request) -> Answer:
        if request.method != "POST" or request.target != self.path:
            return fault(404, 20404, "The requested resource was not found")
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or b64decode(given).decode() != f"{ACCOUNT}:{TOKEN}":
            return fault(401, 20003, "Authenticate")
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            return fault(400, 21602, "Message body is required.")
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        to, sender = form.get("To", ""), form.get("From") or form.get("MessagingServiceSid", "")
        if not re.fullmatch(r"\+[1-9][0-9]{7,14}", to) or to in self.invalid:
            return fault(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if to in self.opted_out:
            return fault(400, 21610, f"Attempt to send to unsubscribed recipient {to}")
        if not sender:
            return fault(400, 21603, "A 'From' phone number is required.")
        if not form.get("Body"):
            return fault(400, 21602, "Message body is required.")
        sid = f"SM{secrets.token_hex(16)}"
        self.texts.append(Text(to, sender, form["Body"], sid))
        kept = {"sid": sid, "status": "queued", "to": to, "body": form["Body"], "error_code": None}
        return Answer(201, {"Content-Type": "application/json"}, json.dumps(kept).encode())


def fault(status: int, code: int, message: str, **headers: str) -> Answer:
    """An error as the provider words it; its message quotes the number."""
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Answer(status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode())
