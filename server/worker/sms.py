"""Text messages: one to one number, and what became of it. Numbers and secrets never enter a reason or a log."""

import asyncio
import re
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

import httpx
import msgspec

from server.kernel.settings import LOOPBACK, WrongSetting
from server.worker.outcomes import Outcome, seconds_to_wait

TEXT_CHARACTERS: Final = 1_600
"""characters of a text that the provider takes, cut into parts by itself."""
SECONDS: Final = 10.0
"""s for everything; a third of the worker's lease."""
ANSWER_BYTES: Final = 16 * 1024
"""bytes of an answer that are read; a real one has one or two thousand."""


class SmsSender:
    """A provider of the shape of Twilio's Messages resource: a form by POST, basic authentication, an answer in JSON
    (https://www.twilio.com/docs/messaging/api/message-resource). It knows no idempotency: after a time-out a text may
    go out twice."""

    def __init__(self, url: str, *, seconds: float = SECONDS) -> None:
        """By the setting FUURO_SMS_URL, `https://SID:TOKEN@host/2010-04-01/Accounts/SID/Messages.json?from=%2B1…` or
        `…?service=MG…`. Raises WrongSetting, whose sentence shows nothing of the URL, as there is a secret in it."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise WrongSetting("FUURO_SMS_URL is no address: look at its host and port.") from None
        if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
            raise WrongSetting("FUURO_SMS_URL must begin with https://, for its password's sake (http:// on loopback).")
        if not host:
            raise WrongSetting("FUURO_SMS_URL names no host.")
        if not parts.username or not parts.password:
            raise WrongSetting("FUURO_SMS_URL must have user and password before the host: https://SID:TOKEN@host/….")
        if parts.path in ("", "/"):
            raise WrongSetting("FUURO_SMS_URL must have the path of the provider's messages, …/Messages.json.")
        if parts.fragment:
            raise WrongSetting("FUURO_SMS_URL has a fragment: write # in a password as %23.")
        self._url = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
        self._auth = httpx.BasicAuth(unquote(parts.username), unquote(parts.password))
        self._sender = _sender(parts)
        self._seconds = seconds
        self._http = httpx.AsyncClient(trust_env=False)

    async def send(self, to: str, text: str) -> Outcome:
        """Hand one text to the provider, within SECONDS. Raises nothing of the network's."""
        if (refused := _refusal(to, text)) is not None:
            return refused
        field, value = self._sender
        status, wait, said, failure = 0, None, b"", ""
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._http.stream(
                    "POST",
                    self._url,
                    data={"To": to, field: value, "Body": text},
                    headers={"Accept-Encoding": "identity"},
                    auth=self._auth,
                    follow_redirects=False,
                    timeout=self._seconds,
                ) as answer,
            ):
                status, wait = answer.status_code, seconds_to_wait(answer.headers.get("retry-after"), datetime.now(UTC))
                async for part in answer.aiter_raw():
                    said += part
                    if len(said) > ANSWER_BYTES:
                        break
        except (TimeoutError, httpx.TimeoutException):
            failure = "The text provider did not answer in time."
        except (httpx.TransportError, OSError) as error:
            failure = f"The text provider cannot be reached ({type(error).__name__})."
        # Once there is a status, it counts, however badly the rest went: nobody wants the same code twice.
        return _outcome(status, wait, said, to) if status else Outcome("retry", failure)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def mask(number: str) -> str:
    """All that may be shown of a number: its last four digits. Nothing of one that is too short to hide the rest."""
    digits = re.sub(r"[^0-9]", "", number)
    return f"…{digits[-4:]}" if len(digits) >= 8 else "…"


class _Answer(msgspec.Struct):
    """The part of the provider's answer that is looked at; its `message` quotes the number and is not."""

    sid: str | None = None
    code: int | None = None


MEANING: Final = {
    20003: "user or password are wrong",
    21211: "it is not a valid number",
    21408: "the account may not send to this country",
    21606: "the sender cannot send texts",
    21608: "the trial account may only send to verified numbers",
    21610: "its owner has opted out of texts",
    21612: "the sender cannot reach it",
    21614: "it is not a mobile number",
    21617: "the text is too long",
}
"""The provider's codes worth a word (https://www.twilio.com/docs/api/errors). For operators only: the provider adds
codes, so what is done follows from the HTTP status alone."""


def _outcome(status: int, wait: float | None, said: bytes, to: str) -> Outcome:
    try:
        answer = msgspec.json.decode(said, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = _Answer()
    if 200 <= status < 300:
        return Outcome("accepted", answer.sid or "", status=status)
    code = "" if answer.code is None else f", code {answer.code}"
    reason = f"The text provider answered {status}{code} to a text for {mask(to)}"
    if status in (408, 425, 429) or status >= 500:
        return Outcome("retry", f"{reason}.", wait, status)
    if 300 <= status < 400:
        return Outcome("refused", f"{reason}: it has moved, and FUURO_SMS_URL must follow.", status=status)
    if status in (401, 403, 404) and answer.code not in MEANING:
        return Outcome("refused", f"{reason}: look at user, password and path in FUURO_SMS_URL.", status=status)
    return Outcome("refused", f"{reason}: {MEANING.get(answer.code or 0, 'it is refused')}.", status=status)


def _refusal(to: str, text: str) -> Outcome | None:
    if not re.fullmatch(r"\+[1-9][0-9]{7,14}", to):
        return Outcome("refused", f"{mask(to)} is not a number: write + and 8 to 15 digits, the country's first.")
    if not 1 <= len(text) <= TEXT_CHARACTERS:
        return Outcome("refused", f"A text has 1 to {TEXT_CHARACTERS:,} characters, and this one {len(text):,}.")
    return None


_SENDER: Final = r"\+[1-9][0-9]{7,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ]{0,10}"
"""A number, a short code, or a name with at least one letter."""


def _sender(parts: SplitResult) -> tuple[str, str]:
    try:
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query), errors="strict")
    except ValueError:
        query = []
    match query:
        case [("service", service)] if re.fullmatch(r"[A-Za-z0-9]{1,64}", service):
            return "MessagingServiceSid", service
        case [("from", sender)] if re.fullmatch(_SENDER, sender):
            return "From", sender
        case [("from", sender)] if sender.startswith(" "):
            raise WrongSetting("FUURO_SMS_URL: write the + of the sender's number as %2B, ?from=%2B15005550006.")
        case _:
            raise WrongSetting("FUURO_SMS_URL must end with one sender: ?from=%2B15005550006, a name, or ?service=MG….")
