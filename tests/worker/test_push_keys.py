"""Keys of browsers and of the house: which are good, and what a bad one is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.crypto import Keyring
from server.protocol.errors import Refusal
from server.worker.outcomes import Outcome
from server.worker.push import PushSender, Target, VapidKey, check_keys
from tests.tools.push_service import PushService, decode

pytestmark = pytest.mark.anyio


POINT = VapidKey.generate().public
AUTH = "AAECAwQFBgcICQoLDA0ODw"


def test_keys_of_a_browser_are_good_padded_or_not() -> None:
    check_keys(POINT, AUTH)
    check_keys(POINT + "=", AUTH + "==")


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", AUTH),
        (POINT, ""),
        (POINT, AUTH + "AA"),
        (POINT, AUTH[:-2]),
        (POINT, "AAECAwQFBgcICQoLDA0OD"),
        (POINT[:-4], AUTH),
        (POINT[:-1] + "\n", AUTH),
        (POINT[:40] + "!" + POINT[40:], AUTH),
        (POINT[:-4] + "AAAA", AUTH),
        ("A" * 87, AUTH),
        (POINT.replace(POINT[5], "+"), AUTH),
        (POINT, "招待状"),
    ],
    ids=[f"other-{n}" for n in range(12)],
)
async def test_other_keys_are_refused_before_anything_is_sent(
    service: PushService, sender: PushSender, p256dh: str, auth: str
) -> None:
    with pytest.raises(Refusal) as refused:
        check_keys(p256dh, auth)
    assert (refused.value.code, refused.value.field) == ("invalid", "keys")
    endpoint = service.subscribe().endpoint
    outcome = await sender.send(Target(endpoint, p256dh, auth), b"", ttl=0, urgency="low", topic=None)
    assert outcome == Outcome("refused", refused.value.message)
    assert service.connections == 0


@given(st.text(max_size=100), st.text(max_size=40))
def test_no_keys_break_the_check(p256dh: str, auth: str) -> None:
    with pytest.raises(Refusal):
        check_keys(p256dh, auth)


def test_one_secret_makes_one_key_and_another_secret_another() -> None:
    one, again, other = (VapidKey(Keyring(secret * 40)) for secret in (b"a", b"a", b"b"))
    assert one.public == again.public != other.public


def test_a_vapid_key_survives_as_32_bytes() -> None:
    key = VapidKey.generate()
    again = VapidKey.from_bytes(key.to_bytes())
    assert len(key.to_bytes()) == 32
    assert (again.public, again.to_bytes()) == (key.public, key.to_bytes())
    assert (len(decode(key.public)), decode(key.public)[0]) == (65, 4)


@pytest.mark.parametrize("raw", [b"", b"x" * 31, b"x" * 33, bytes(32), b"\xff" * 32])
def test_bytes_that_are_no_key_are_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):
        VapidKey.from_bytes(raw)
