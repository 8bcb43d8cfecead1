"""Pushes to a real push service: what arrives, and what is made of each answer."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from server.kernel.settings import WrongSetting
from server.protocol.limits import BACKOFF_SECONDS
from server.worker.outcomes import Outcome
from server.worker.push import ANSWER_BYTES, PAYLOAD_BYTES, TTL_SECONDS, PushSender, Target, VapidKey
from tests.tools.http_service import Answer
from tests.tools.push_service import PushService
from tests.worker.pushes import PAYLOAD, SUBJECT, TAKEN, as_stored, push

pytestmark = pytest.mark.anyio


# ── what arrives ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_push_arrives_signed_and_readable_by_its_browser_alone(
    service: PushService, sender: PushSender
) -> None:
    subscription = service.subscribe(sender.vapid.public)
    outcome = await sender.send(as_stored(subscription), PAYLOAD, ttl=300, urgency="high", topic="room-0198")
    assert outcome == TAKEN
    (arrived,) = await service.received(1)
    assert (arrived.subscription, arrived.plaintext) == (subscription, PAYLOAD)
    assert arrived.headers["ttl"] == "300"
    assert arrived.headers["urgency"] == "high"
    assert arrived.headers["topic"] == "room-0198"
    assert arrived.headers["host"] == service.host
    assert PAYLOAD not in service.requests[0].body
    assert service.complaints == []


async def test_the_audience_is_the_origin_with_its_port(service: PushService, sender: PushSender) -> None:
    await push(sender, service.subscribe())
    (arrived,) = await service.received(1)
    assert arrived.claims["aud"] == f"http://127.0.0.1:{service.port}"
    assert arrived.claims["sub"] == SUBJECT


async def test_nothing_of_one_push_stays_for_the_next(service: PushService, sender: PushSender) -> None:
    subscription = as_stored(service.subscribe())
    await sender.send(subscription, b"1", ttl=86_400, urgency="high", topic="one")
    await sender.send(subscription, b"2", ttl=0, urgency="very-low", topic=None)
    first, second = await service.received(2)
    assert (first.headers["ttl"], first.headers["urgency"], first.headers["topic"]) == ("86400", "high", "one")
    assert (second.headers["ttl"], second.headers["urgency"]) == ("0", "very-low")
    assert "topic" not in second.headers


async def test_two_pushes_of_the_same_words_look_nothing_alike(service: PushService, sender: PushSender) -> None:
    subscription = service.subscribe()
    await push(sender, subscription)
    await push(sender, subscription)
    one, two = (request.body for request in await service.asked(2))
    assert one[:16] != two[:16]
    assert one[21:86] != two[21:86]
    assert one[86:] != two[86:]


async def test_the_largest_push_arrives_and_one_byte_more_is_not_sent(service: PushService, sender: PushSender) -> None:
    subscription = service.subscribe()
    assert await push(sender, subscription, b"x" * PAYLOAD_BYTES) == TAKEN
    (arrived,) = await service.received(1)
    assert arrived.plaintext == b"x" * PAYLOAD_BYTES
    assert len(service.requests[0].body) == 4_096
    refused = await push(sender, subscription, b"x" * (PAYLOAD_BYTES + 1))
    assert refused == Outcome("refused", "A push has at most 3,993 bytes, and this one 3,994.")
    assert len(service.requests) == 1


@pytest.mark.parametrize("payload", [b"", b"\x00", b"\x02\x00\x00", bytes(range(256)), "招待状".encode()])
async def test_any_bytes_arrive_as_they_are(service: PushService, sender: PushSender, payload: bytes) -> None:
    assert await push(sender, service.subscribe(), payload) == TAKEN
    (arrived,) = await service.received(1)
    assert arrived.plaintext == payload


async def test_pushes_to_one_service_share_a_connection(service: PushService, sender: PushSender) -> None:
    for _ in range(5):
        await push(sender, service.subscribe())
    assert service.connections == 1


async def test_many_pushes_at_once_all_arrive(service: PushService, sender: PushSender) -> None:
    subscriptions = [service.subscribe() for _ in range(100)]
    outcomes = await asyncio.gather(*(push(sender, s, s.endpoint.encode()) for s in subscriptions))
    assert outcomes == [TAKEN] * 100
    arrived = await service.received(100)
    assert {p.plaintext.decode() for p in arrived} == {s.endpoint for s in subscriptions}
    assert all(p.plaintext.decode() == p.subscription.endpoint for p in arrived)


async def test_no_log_knows_an_endpoint(
    service: PushService, sender: PushSender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    subscription = service.subscribe()
    await push(sender, subscription)
    assert subscription.endpoint.rpartition("/")[2] not in caplog.text


# ── what is made of an answer ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_every_success_is_acceptance(service: PushService, sender: PushSender, status: int) -> None:
    service.answer(Answer(status))
    assert await push(sender, service.subscribe()) == Outcome("accepted", status=status)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_has_ended_is_gone(service: PushService, sender: PushSender, status: int) -> None:
    service.answer(Answer(status))
    assert await push(sender, service.subscribe()) == Outcome(
        "gone", f"The push service answered {status}.", status=status
    )


async def test_an_unsubscribed_browser_is_gone(service: PushService, sender: PushSender) -> None:
    subscription = service.subscribe()
    service.unsubscribe(subscription)
    assert await push(sender, subscription) == Outcome("gone", "The push service answered 410.", status=410)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 405, 413, 415, 422, 431, 451])
async def test_other_client_errors_are_final(service: PushService, sender: PushSender, status: int) -> None:
    service.answer(Answer(status, body=b'{"reason":\n"BadJwtToken\x07"}'))
    outcome = await push(sender, service.subscribe())
    assert outcome == Outcome(
        "refused", f'The push service answered {status}: {{"reason": "BadJwtToken "}}', status=status
    )


@pytest.mark.parametrize("status", [406, 408, 425, 429, 500, 502, 503, 504, 599])
async def test_a_busy_or_broken_service_is_tried_again(service: PushService, sender: PushSender, status: int) -> None:
    service.answer(Answer(status))
    outcome = await push(sender, service.subscribe())
    assert outcome.kind == "retry"
    assert outcome.retry_after is None
    assert str(status) in outcome.detail


async def test_the_service_says_when(service: PushService, sender: PushSender) -> None:
    service.once(Answer(429, {"Retry-After": "17"}), Answer(503, {"retry-after": "0"}))
    service.once(Answer(503, {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(days=9), usegmt=True)}))
    service.once(Answer(429, {"Retry-After": "whenever"}))
    subscription = service.subscribe()
    outcomes = [await push(sender, subscription) for _ in range(4)]
    assert [o.retry_after for o in outcomes if o.kind == "retry"] == [17.0, 0.0, float(BACKOFF_SECONDS), None]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
async def test_no_redirect_is_followed(service: PushService, sender: PushSender, status: int) -> None:
    async with PushService() as elsewhere:
        service.answer(Answer(status, {"Location": elsewhere.subscribe().endpoint}))
        outcome = await push(sender, service.subscribe())
        assert outcome.kind == "refused"
        assert outcome.status == status
        assert elsewhere.requests == []


async def test_a_key_that_the_subscription_is_not_bound_to_is_refused(service: PushService, sender: PushSender) -> None:
    outcome = await push(sender, service.subscribe(application_key=VapidKey.generate().public))
    assert outcome.kind == "refused"
    assert outcome.status == 403
    assert service.complaints == ["signed with another key"]


async def test_a_service_that_says_nothing_is_given_up_and_tried_again(service: PushService) -> None:
    service.stall()
    async with PushSender(VapidKey.generate(), SUBJECT, frozenset({service.host}), seconds=0.2) as sender:
        assert await push(sender, service.subscribe()) == Outcome("retry", "The push service did not answer in time.")
        await service.asked(1)
        service.go_on()
        assert await push(sender, service.subscribe()) == TAKEN


async def test_a_service_that_never_ends_its_answer_has_answered(service: PushService) -> None:
    async with PushSender(VapidKey.generate(), SUBJECT, frozenset({service.host}), seconds=0.2) as sender:
        service.answer(Answer(201, body=b"so", length=1_000))
        assert await push(sender, service.subscribe()) == TAKEN
        service.answer(Answer(429, {"Retry-After": "5"}, length=1_000))
        outcome = await push(sender, service.subscribe())
        assert outcome.kind == "retry"
        assert outcome.retry_after == 5


async def test_of_a_flood_only_the_beginning_is_read(service: PushService, sender: PushSender) -> None:
    service.answer(Answer(400, body=b"flood " * 200_000, length=10**12))
    outcome = await push(sender, service.subscribe())
    assert outcome.kind == "refused"
    assert len(outcome.detail) < ANSWER_BYTES
    service.answer(None)
    assert await push(sender, service.subscribe()) == TAKEN


async def test_a_service_that_hangs_up_is_tried_again(service: PushService, sender: PushSender) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        writer.close()

    for behave in (hang_up, babble):
        server = await asyncio.start_server(behave, "127.0.0.1", 0)
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, PushSender(VapidKey.generate(), SUBJECT, frozenset({host})) as other:
            to = service.subscribe()
            outcome = await other.send(
                Target(f"http://{host}/x", to.p256dh, to.auth), b"", ttl=0, urgency="low", topic=None
            )
            assert outcome.kind == "retry"


async def test_a_service_that_is_down_is_tried_again() -> None:
    async with PushService() as service:
        subscription = service.subscribe()
    async with PushSender(VapidKey.generate(), SUBJECT, frozenset({service.host})) as sender:
        outcome = await push(sender, subscription)
    assert outcome.kind == "retry"
    assert outcome.detail.startswith("The push service cannot be reached")


# ── what no push may have ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ttl", [-1, TTL_SECONDS + 1])
async def test_a_time_to_live_out_of_range_is_a_mistake_of_ours(
    service: PushService, sender: PushSender, ttl: int
) -> None:
    with pytest.raises(ValueError, match="kept for"):
        await push(sender, service.subscribe(), ttl=ttl)


@pytest.mark.parametrize("topic", ["", "a" * 33, "room 1", "room/1", "トーク", "a=", "a\r\nX: y"])
async def test_a_topic_is_short_base64url(service: PushService, sender: PushSender, topic: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        await sender.send(as_stored(service.subscribe()), b"", ttl=0, urgency="low", topic=topic)
    assert service.connections == 0


async def test_there_are_four_urgencies(service: PushService, sender: PushSender) -> None:
    with pytest.raises(ValueError, match="very-low"):
        await sender.send(as_stored(service.subscribe()), b"", ttl=0, urgency="urgent", topic=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "subject", ["", "operator@example.org", "mailto: a@example.org", "mailto:", "http://example.org"]
)
def test_a_subject_that_a_push_service_cannot_write_to_stops_the_start(subject: str) -> None:
    with pytest.raises(WrongSetting, match="FUURO_PUSH_SUBJECT"):
        PushSender(VapidKey.generate(), subject, frozenset())


def test_a_wrong_host_stops_the_start() -> None:
    with pytest.raises(WrongSetting, match="FUURO_PUSH_HOSTS"):
        PushSender(VapidKey.generate(), SUBJECT, frozenset({"push.example.org"}))
