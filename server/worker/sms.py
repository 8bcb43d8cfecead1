"""Texts, by a provider of the Twilio shape: a form is posted, 201 means taken. Neither the secret nor a whole number ever gets into a log."""

from typing import Literal
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx
from msgspec import Struct

CALL_SECONDS = 10.0
RETRY_CAP_SECONDS = 300.0


class Outcome(Struct, frozen=True):
    """`refused`: trying again won't help. `retry`: after so many seconds, if said."""

    kind: Literal["accepted", "refused", "retry"]
    detail: str = ""
    retry_after: float | None = None


class SmsSender:
    """`url` is FUURO_SMS_URL: https://USER:PASSWORD@provider/…/Messages.json?from=%2B81… ; raises ValueError with a sentence."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        sender = parse_qs(parts.query).get("from", [""])[0].strip()
        if not parts.username or not parts.password or not parts.hostname:
            raise ValueError("FUURO_SMS_URL must hold user, password and host: https://USER:PASSWORD@host/path?from=%2B81…")
        if not sender:
            raise ValueError("FUURO_SMS_URL must say who sends: …?from=%2B81… (a number, or the id of a service).")
        host = parts.hostname + (f":{parts.port}" if parts.port else "")
        self._url = urlunsplit((parts.scheme, host, parts.path, "", ""))
        self._sender = {"MessagingServiceSid" if sender.startswith("MG") else "From": sender}
        self._http = httpx.AsyncClient(
            timeout=CALL_SECONDS, follow_redirects=False, trust_env=False, auth=(parts.username, parts.password)
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, to: str, text: str) -> Outcome:
        """One attempt to send `text` to `to` (E.164)."""
        try:
            response = await self._http.post(self._url, data={"To": to, "Body": text, **self._sender})
        except httpx.HTTPError as error:
            return Outcome("retry", type(error).__name__)
        status = response.status_code
        if status in (200, 201, 202):
            return Outcome("accepted")
        if status == 429 or status >= 500:
            said = response.headers.get("retry-after", "")
            return Outcome("retry", str(status), min(float(said), RETRY_CAP_SECONDS) if said.isdigit() else None)
        return Outcome("refused", f"{status} for a number ending in {to[-4:]}")
