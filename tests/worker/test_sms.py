"""Texts to a real provider of Twilio's shape: what arrives, what is made of each answer, and what nobody may read."""

import logging
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.settings import WrongSetting
from server.worker.outcomes import Outcome
from server.worker.sms import TEXT_CHARACTERS, SmsSender, mask
from tests.tools.http_service import Answer
from tests.tools.sms_provider import SENDER, TOKEN, SmsProvider, fault

pytestmark = pytest.mark.anyio

NUMBER = "+819012345678"
TEXT = "Fuuro: 123456 は確認コードです。"


@pytest.fixture
async def provider() -> AsyncIterator[SmsProvider]:
    async with SmsProvider() as provider:
        yield provider


@pytest.fixture
async def sender(provider: SmsProvider) -> AsyncIterator[SmsSender]:
    async with SmsSender(provider.url) as sender:
        yield sender


# ── what arrives ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_text_arrives_as_it_was_written(provider: SmsProvider, sender: SmsSender) -> None:
    outcome = await sender.send(NUMBER, TEXT)
    (text,) = await provider.received(1)
    assert (text.to, text.sender, text.body) == (NUMBER, SENDER, TEXT)
    assert outcome == Outcome("accepted", text.sid, status=201)


async def test_a_messaging_service_sends_instead_of_a_number(provider: SmsProvider) -> None:
    url = provider.url.partition("?")[0] + "?service=MG0123456789abcdef0123456789abcdef"
    async with SmsSender(url) as sender:
        await sender.send(NUMBER, TEXT)
    (text,) = await provider.received(1)
    assert text.sender == "MG0123456789abcdef0123456789abcdef"
    assert "From=" not in provider.requests[0].body.decode()


async def test_the_secret_is_not_in_the_address_that_is_asked(provider: SmsProvider, sender: SmsSender) -> None:
    await sender.send(NUMBER, TEXT)
    assert provider.requests[0].target == provider.path


async def test_a_text_has_some_and_not_too_many_characters(provider: SmsProvider, sender: SmsSender) -> None:
    assert (await sender.send(NUMBER, "あ" * TEXT_CHARACTERS)).kind == "accepted"
    for text in ("", "あ" * (TEXT_CHARACTERS + 1)):
        assert (await sender.send(NUMBER, text)).kind == "refused"
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    "to",
    [
        "",
        "09012345678",
        "+0901234567",
        "+81",
        "+81 90 1234 5678",
        "+8190123456789012",
        "+\uff18\uff11\uff19\uff10\uff11\uff12\uff13\uff14",
    ],
)
async def test_what_is_no_number_is_not_sent(provider: SmsProvider, sender: SmsSender, to: str) -> None:
    outcome = await sender.send(to, TEXT)
    assert outcome.kind == "refused"
    assert outcome.status is None
    assert provider.connections == 0


# ── what is made of an answer ───────────────────────────────────────────────────────────────────────────────────────


async def test_an_invalid_number_is_final(provider: SmsProvider, sender: SmsSender) -> None:
    provider.invalid.add(NUMBER)
    outcome = await sender.send(NUMBER, TEXT)
    assert outcome == Outcome(
        "refused",
        "The text provider answered 400, code 21211 to a text for …5678: it is not a valid number.",
        status=400,
    )


async def test_who_has_opted_out_is_final(provider: SmsProvider, sender: SmsSender) -> None:
    provider.opted_out.add(NUMBER)
    outcome = await sender.send(NUMBER, TEXT)
    assert outcome.kind == "refused"
    assert "opted out" in outcome.detail


async def test_a_wrong_password_points_at_the_setting(provider: SmsProvider) -> None:
    async with SmsSender(provider.url.replace("characters", "letters")) as sender:
        outcome = await sender.send(NUMBER, TEXT)
    assert outcome.kind == "refused"
    assert outcome.status == 401
    assert "password" in outcome.detail
    assert provider.texts == []


async def test_a_wrong_path_points_at_the_setting(provider: SmsProvider) -> None:
    async with SmsSender(provider.url.replace("Messages", "Massages")) as sender:
        outcome = await sender.send(NUMBER, TEXT)
    assert outcome.kind == "refused"
    assert "FUURO_SMS_URL" in outcome.detail


async def test_a_busy_provider_says_when(provider: SmsProvider, sender: SmsSender) -> None:
    provider.once(
        fault(429, 20429, "Too Many Requests", **{"Retry-After": "9"}), fault(429, 20429, "Too Many Requests")
    )
    first = await sender.send(NUMBER, TEXT)
    second = await sender.send(NUMBER, TEXT)
    assert first.kind == "retry"
    assert second.kind == "retry"
    assert (first.retry_after, second.retry_after) == (9, None)
    assert (await sender.send(NUMBER, TEXT)).kind == "accepted"


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
async def test_a_broken_provider_is_tried_again(provider: SmsProvider, sender: SmsSender, status: int) -> None:
    provider.answer(Answer(status, body=b"<html>oh no"))
    assert (await sender.send(NUMBER, TEXT)).kind == "retry"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_no_redirect_gets_the_password(provider: SmsProvider, sender: SmsSender, status: int) -> None:
    async with SmsProvider() as elsewhere:
        provider.answer(Answer(status, {"Location": f"{elsewhere.origin}{elsewhere.path}"}))
        outcome = await sender.send(NUMBER, TEXT)
        assert outcome.kind == "refused"
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"sid": 7}', b'{"code": "x"}', b"\xff\xfe", b'{"sid": "' + b"x" * 20_000]
)
async def test_an_odd_body_changes_nothing_about_the_status(
    provider: SmsProvider, sender: SmsSender, body: bytes
) -> None:
    provider.once(Answer(201, body=body), Answer(400, body=body))
    assert await sender.send(NUMBER, TEXT) == Outcome("accepted", status=201)
    refused = await sender.send(NUMBER, TEXT)
    assert refused == Outcome(
        "refused", "The text provider answered 400 to a text for …5678: it is refused.", status=400
    )


async def test_a_flood_is_not_read_to_its_end(provider: SmsProvider, sender: SmsSender) -> None:
    provider.once(Answer(201, body=b"x" * 1_000_000, length=10**12))
    assert await sender.send(NUMBER, TEXT) == Outcome("accepted", status=201)
    assert (await sender.send(NUMBER, TEXT)).kind == "accepted"


async def test_a_silent_provider_is_given_up_and_tried_again(provider: SmsProvider) -> None:
    provider.stall()
    async with SmsSender(provider.url, seconds=0.2) as sender:
        outcome = await sender.send(NUMBER, TEXT)
        assert outcome == Outcome("retry", "The text provider did not answer in time.")
        await provider.asked(1)


async def test_a_provider_that_never_ends_its_answer_has_answered(provider: SmsProvider) -> None:
    provider.answer(Answer(201, body=b'{"sid"', length=100))
    async with SmsSender(provider.url, seconds=0.2) as sender:
        assert await sender.send(NUMBER, TEXT) == Outcome("accepted", status=201)


async def test_a_provider_that_is_down_is_tried_again() -> None:
    async with SmsProvider() as provider:
        url = provider.url
    async with SmsSender(url) as sender:
        assert (await sender.send(NUMBER, TEXT)).kind == "retry"


# ── what nobody may read ────────────────────────────────────────────────────────────────────────────────────────────


async def test_neither_number_nor_secret_nor_code_gets_out(
    provider: SmsProvider, sender: SmsSender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    provider.invalid.add(NUMBER)
    provider.once(fault(503, 20503, f"{NUMBER} {TOKEN}"), fault(401, 20003, f"{NUMBER} {TOKEN}"))
    provider.once(fault(302, 1, NUMBER), fault(404, 20404, NUMBER))
    outcomes = [await sender.send(NUMBER, TEXT) for _ in range(5)]
    outcomes.append(await sender.send(NUMBER + "x", TEXT))
    outcomes.append(await sender.send(NUMBER, ""))
    for said in (*(o.detail for o in outcomes if o.kind != "accepted"), repr(sender), caplog.text):
        assert NUMBER not in said
        assert NUMBER[1:] not in said
        assert TOKEN not in said
        assert "123456" not in said
    assert not any(o.kind == "accepted" for o in outcomes)


def test_a_number_shows_its_last_four_digits() -> None:
    assert mask("+819012345678") == "…5678"
    assert mask("+81 90-1234-5678") == "…5678"
    assert mask("1234567") == "…"
    assert mask("") == "…"


@given(st.text())
def test_a_mask_never_shows_more(number: str) -> None:
    assert len(mask(number)) <= 5


# ── the setting ─────────────────────────────────────────────────────────────────────────────────────────────────────

GOOD = "https://AC1:s3cr3t@api.example.org/2010-04-01/Accounts/AC1/Messages.json?from=%2B15005550006"


@pytest.mark.parametrize(
    "sender", ["from=%2B15005550006", "from=Fuuro", "from=12345", "from=Fuuro%20JP", "service=MG1"]
)
def test_a_number_a_short_code_a_name_or_a_service_sends(sender: str) -> None:
    SmsSender(GOOD.partition("?")[0] + "?" + sender)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "https"),
        ("nonsense", "https"),
        (GOOD.replace("https", "ftp"), "https"),
        (GOOD.replace("https", "http"), "https"),
        (GOOD.replace("AC1:s3cr3t@", ""), "user and password"),
        (GOOD.replace(":s3cr3t", ""), "user and password"),
        (GOOD.replace("AC1:s3cr3t", ":s3cr3t"), "user and password"),
        (GOOD.replace("api.example.org", ""), "host"),
        (GOOD.replace("api.example.org", "api.example.org:99999"), "host and port"),
        (GOOD.replace("api.example.org", "[::1"), "host and port"),
        (GOOD.replace("/2010-04-01/Accounts/AC1/Messages.json", ""), "path"),
        (GOOD.replace("s3cr3t", "s3cr#3t"), "address"),
        (GOOD + "#s3cr3t", "fragment"),
        (GOOD.partition("?")[0], "sender"),
        (GOOD.replace("from=%2B15005550006", "from="), "sender"),
        (GOOD.replace("from=%2B15005550006", "from=tel%3A15005550006"), "sender"),
        (GOOD.replace("from=%2B15005550006", "to=%2B15005550006"), "sender"),
        (GOOD.replace("from=%2B15005550006", "from"), "sender"),
        (GOOD + "&service=MG1", "sender"),
        (GOOD.replace("%2B", "+"), "%2B"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name_and_without_its_secret(url: str, word: str) -> None:
    with pytest.raises(WrongSetting) as wrong:
        SmsSender(url)
    sentence = str(wrong.value)
    assert sentence.startswith("FUURO_SMS_URL")
    assert word in sentence
    assert "s3cr" not in sentence
    assert "AC1" not in sentence


def test_plain_http_is_for_loopback() -> None:
    for host in ("127.0.0.1:9", "localhost", "[::1]:9"):
        SmsSender(GOOD.replace("https", "http").replace("api.example.org", host))
