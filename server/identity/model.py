"""Rules of sign-in: numbers, codes, ages, refresh tokens. Pure: chance and time come in."""

import base64
import hmac
from collections.abc import Callable
from datetime import date, datetime
from ipaddress import ip_address, ip_network
from typing import Final, Literal
from uuid import UUID

import phonenumbers
from msgspec import UNSET, Struct
from msgspec.structs import replace

from server.kernel.crypto import Keyring
from server.protocol import limits
from server.protocol.commands import SaveSettings
from server.protocol.commands.base import UNSEEN
from server.protocol.errors import Refusal, invalid
from server.protocol.values import Settings

Language = Literal["ja", "en"]
Notice = Callable[[Language], str]
"""A text to a number, in the language of its account."""
DEFAULT_REGION = "JP"
SIGNUP_ROLES: Final[dict[str, Literal["guest", "cast"]]] = {"guest": "guest", "cast": "cast"}


class RefreshToken(Struct, frozen=True):
    """Which session, and which of its generations; opaque to the client, and proven by a MAC."""

    session: UUID
    generation: int

    def text(self, keyring: Keyring) -> str:
        body = self.session.bytes + self.generation.to_bytes(4, "big")
        return base64.urlsafe_b64encode(body + keyring.mac("refresh", body)).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, keyring: Keyring) -> "RefreshToken":
        """Raises `unauthenticated` for what this house did not make."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            raise Refusal("unauthenticated") from None
        body, mac = raw[:20], raw[20:]
        if len(body) != 20 or not hmac.compare_digest(mac, keyring.mac("refresh", body)):
            raise Refusal("unauthenticated")
        return cls(UUID(bytes=body[:16]), int.from_bytes(body[16:], "big"))


def e164(text: str) -> str:
    """The number as +<country><number> (ITU-T E.164). Raises `invalid`; a number without a country is read as Japanese."""
    try:
        number = phonenumbers.parse(text, DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        raise invalid("phone", "This is no phone number: write it like +81 90 1234 5678.") from None
    if not phonenumbers.is_valid_number(number):
        raise invalid("phone", "There is no such phone number: write it like +81 90 1234 5678.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def prefix(number: str) -> str:
    """The block of 1,000 numbers that `number` lies in."""
    return number[:-3]


def network(address: str) -> str:
    """What one household or machine can call its own: an IPv4 address, or an IPv6 /64, of which it has 2**64 addresses."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    return str(ip) if ip.version == 4 else str(ip_network((ip.packed, 64), strict=False))


def text_for(code: str, language: Language) -> str:
    """The text that carries the code: the only run of six digits in it."""
    if language == "en":
        return f"[Fuuro] Your code: {code} (good for 5 minutes). Tell it to nobody."
    return f"【Fuuro】認証コード: {code}(5分間有効)。誰にも教えないでください。"


def text_of_change(language: Language) -> str:
    """To the old number, when a change of number begins to wait; says how to stop it."""
    hours = limits.PHONE_CHANGE_HOURS
    if language == "en":
        return f"[Fuuro] Your account moves to another number in {hours} hours. Not you? Sign in with this number and stop it."
    return f"【Fuuro】電話番号の変更を受け付けました。{hours}時間後に切り替わります。お心当たりがない場合は、この番号でサインインして変更を取り消してください。"


def text_of_reminder(language: Language, starts_at: datetime) -> str:
    """Says when, by the house's clock, and nothing else: a text is read over shoulders."""
    when = f"{starts_at.month}/{starts_at.day} {starts_at:%H:%M}"
    if language == "en":
        return f"[Fuuro] A reminder: {when}. Details are in the app."
    return f"【Fuuro】{when}のご予定が近づいています。詳しくはアプリをご覧ください。"


def text_of_void_change(language: Language) -> str:
    """To the old number, when the new one has become somebody else's in the meantime."""
    if language == "en":
        return "[Fuuro] The change of your number was not made: the new number belongs to another account by now."
    return "【Fuuro】新しい電話番号が別のアカウントで登録されたため、番号の変更は行われませんでした。"


def check_age(birth: date, today: date) -> None:
    """Raises `invalid` under 18 years, and for dates that are no birth date."""
    years = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    if birth > today or years > 120:
        raise invalid("birth_date", "This cannot be a date of birth.")
    if years < limits.ADULT_YEARS:
        raise invalid("birth_date", f"Fuuro is for people of {limits.ADULT_YEARS} years and older.")


PRINTABLE = str.maketrans("\u200d\u3000", "  ")
"""Python takes neither for printable: what holds the emoji of families and flags together, and the blank between Japanese names."""


def settings_after(before: Settings, said: SaveSettings) -> Settings:
    """What was said, upon what was there. Raises `invalid` for half a pair of quiet hours, and for hours without length."""
    named = {name: getattr(said, name) for name in Settings.__struct_fields__}
    after = replace(before, **{name: value for name, value in named.items() if value is not UNSET})
    if (after.quiet_from is None) != (after.quiet_to is None):
        missing = "quiet_from" if after.quiet_from is None else "quiet_to"
        raise invalid(missing, "Quiet hours have a beginning and an end: set both, or neither.")
    if after.quiet_from is not None and after.quiet_from == after.quiet_to:
        raise invalid("quiet_to", "Quiet hours must end at another time than they begin.")
    return after


def display_name(text: str) -> str:
    """Raises `invalid`, with what is wrong."""
    name = text.strip()
    if not 1 <= len(name) <= limits.NAME_CHARACTERS:
        raise invalid("display_name", f"A name has 1 to {limits.NAME_CHARACTERS} characters.")
    if not name.translate(PRINTABLE).isprintable():
        raise invalid("display_name", "A name stands on one line and has no control characters.")
    if UNSEEN.fullmatch(name):
        raise invalid("display_name", "A name must have a character that can be seen.")
    return name


def signup_role(text: str) -> Literal["guest", "cast"]:
    """Raises `invalid` for whatever nobody can register as; operators are made by the house."""
    if (role := SIGNUP_ROLES.get(text)) is None:
        raise invalid("role", "The role is guest or cast.")
    return role


def device_name(text: str | None) -> str | None:
    """What a client calls itself, cut to length and without control characters; None when it says nothing."""
    return "".join(c for c in text or "" if c.isprintable()).strip()[: limits.DEVICE_CHARACTERS] or None
