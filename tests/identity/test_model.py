import re
from datetime import date
from uuid import UUID

import pytest

from server.identity import model
from server.identity.jobs import SendText
from server.identity.model import RefreshToken
from server.kernel.crypto import Keyring
from server.protocol.errors import Refusal

KEYRING = Keyring(b"a secret of thirty-two characters")
SESSION = UUID("01234567-89ab-cdef-0123-456789abcdef")


@pytest.mark.parametrize(
    "text",
    ["+81 90-1234-5678", "090-1234-5678", "0 9 0 1 2 3 4 5 6 7 8", "０９０１２３４５６７８", "+81 (0)90 1234 5678"],
)
def test_one_number_has_one_form_however_it_is_written(text: str) -> None:
    assert model.e164(text) == "+819012345678"


@pytest.mark.parametrize("text", ["", "hello", "110", "+81 90", "+999 1234 5678", "1" * 300, "\0"])
def test_what_is_no_number_is_invalid(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        model.e164(text)
    assert (refused.value.code, refused.value.field) == ("invalid", "phone")


def test_who_is_eighteen_today_may_register_and_a_day_younger_may_not() -> None:
    model.check_age(date(2000, 5, 10), date(2018, 5, 10))
    for birth in (date(2000, 5, 11), date(2018, 5, 11), date(1880, 1, 1)):
        with pytest.raises(Refusal) as refused:
            model.check_age(birth, date(2018, 5, 10))
        assert (refused.value.code, refused.value.field) == ("invalid", "birth_date")


def test_who_was_born_on_a_leap_day_is_eighteen_on_the_first_of_march() -> None:
    model.check_age(date(2008, 2, 29), date(2026, 3, 1))
    with pytest.raises(Refusal):
        model.check_age(date(2008, 2, 29), date(2026, 2, 28))


def test_a_name_is_trimmed_and_has_one_to_forty_characters() -> None:
    assert model.display_name("  葵 \n") == "葵"
    assert model.display_name("👩‍👩‍👧") == "👩‍👩‍👧"
    assert model.display_name("星野\u3000葵") == "星野\u3000葵"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        *((text, "1 to 40 characters") for text in ("", "   ", "\u3000", "x" * 41)),
        *((text, "control characters") for text in ("a\0b", "a\nb", "a\u200bb")),
        *((text, "can be seen") for text in ("\u200d", "\u3164", "\u2800 \u2800", "\u115f\uffa0", "\ufe0f")),
    ],
)
def test_a_name_that_cannot_be_read_is_refused_with_what_is_wrong(text: str, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence) as refused:
        model.display_name(text)
    assert refused.value.field == "display_name"


def test_a_device_name_is_cut_and_loses_control_characters() -> None:
    assert model.device_name("Pixel\0 9\n") == "Pixel 9"
    assert model.device_name("x" * 200) == "x" * 80
    assert model.device_name(" ") is None
    assert model.device_name(None) is None


def test_nobody_registers_as_operator() -> None:
    assert (model.signup_role("guest"), model.signup_role("cast")) == ("guest", "cast")
    with pytest.raises(Refusal):
        model.signup_role("operator")


def test_the_code_is_the_only_run_of_six_digits_in_its_text() -> None:
    assert [re.findall(r"\d{6}", model.text_for("012345", language)) for language in ("ja", "en")] == [["012345"]] * 2


def test_a_refresh_token_reads_back_and_any_changed_character_is_refused() -> None:
    token = RefreshToken(SESSION, 7)
    text = token.text(KEYRING)
    assert RefreshToken.read(text, KEYRING) == token
    for position in range(len(text) - 1):  # The last character has unused bits.
        changed = text[:position] + ("A" if text[position] != "A" else "B") + text[position + 1 :]
        with pytest.raises(Refusal, match="unauthenticated"):
            RefreshToken.read(changed, KEYRING)


@pytest.mark.parametrize("text", ["", "A", "!!!!", "é", "A" * 70, "A" * 4_000])
def test_what_is_no_refresh_token_is_unauthenticated(text: str) -> None:
    with pytest.raises(Refusal, match="unauthenticated"):
        RefreshToken.read(text, KEYRING)


def test_a_refresh_token_of_another_house_is_unauthenticated() -> None:
    with pytest.raises(Refusal, match="unauthenticated"):
        RefreshToken.read(RefreshToken(SESSION, 1).text(Keyring(b"another secret, as long as that.")), KEYRING)


def test_an_ipv6_network_counts_as_one_address() -> None:
    assert model.network("2001:db8:0:1:ffff::1") == model.network("2001:db8:0:1::2") == "2001:db8:0:1::/64"
    assert model.network("192.0.2.1") == "192.0.2.1"
    assert model.network("testclient") == "testclient"


def test_a_queued_text_shows_neither_number_nor_code() -> None:
    queued = SendText.sealed(KEYRING, "+819012345678", "123456")
    assert queued.opened(KEYRING) == ("+819012345678", "123456")
    assert "9012345678" not in queued.to
    with pytest.raises(ValueError):
        queued.opened(Keyring(b"another secret, as long as that."))
