"""Where a push connects: to the address that was checked, by its own name, and to nobody inside."""

from pathlib import Path

import httpcore
import pytest

from server.worker.outcomes import Outcome
from server.worker.push import PushSender, Target, VapidKey
from tests.tools.certificates import tls_for
from tests.tools.push_service import PushService, Subscribed
from tests.worker.pushes import SUBJECT, TAKEN, push

pytestmark = pytest.mark.anyio


def known(to: Subscribed) -> Target:
    return Target("https://web.push.apple.com/x", to.p256dh, to.auth)


async def test_what_was_saved_is_checked_again_at_sending(service: PushService) -> None:
    subscription = service.subscribe()
    async with PushSender(VapidKey.generate(), SUBJECT, frozenset()) as sender:
        outcome = await push(sender, subscription)
    assert outcome.kind == "refused"
    assert outcome.status is None
    assert service.connections == 0


async def test_a_known_name_that_leads_inside_is_refused(service: PushService) -> None:
    asked = []

    async def lookup(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    # Loopback is allowed to the operator's host and not, by that, to others.
    async with PushSender(VapidKey.generate(), SUBJECT, frozenset({service.host}), lookup=lookup) as sender:
        outcome = await sender.send(known(service.subscribe()), b"", ttl=0, urgency="low", topic=None)
    assert outcome == Outcome("refused", "The push service has an address that is not public.")
    assert asked == [("web.push.apple.com", 443)]
    assert service.connections == 0


async def test_a_name_that_is_not_found_is_tried_again(service: PushService) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    async with PushSender(VapidKey.generate(), SUBJECT, frozenset(), lookup=lookup) as sender:
        outcome = await sender.send(known(service.subscribe()), b"", ttl=0, urgency="low", topic=None)
    assert outcome == Outcome("retry", "The push service cannot be reached: Name or service not known.")


async def test_the_name_is_looked_up_once_and_its_address_connected_to_under_tls(tmp_path: Path) -> None:
    asked = []

    async def lookup(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.99"]

    server_tls, client_tls = tls_for("push.test", tmp_path)
    async with PushService(server_tls, "push.test") as service:
        hosts = frozenset({f"push.test:{service.port}"})
        async with PushSender(VapidKey.generate(), SUBJECT, hosts, lookup=lookup, tls=client_tls) as sender:
            assert await push(sender, service.subscribe(sender.vapid.public)) == TAKEN
        (arrived,) = await service.received(1)
    assert asked == ["push.test"]
    assert arrived.headers["host"] == f"push.test:{service.port}"
    assert arrived.claims["aud"] == f"https://push.test:{service.port}"


async def test_an_address_that_does_not_answer_gives_way_to_the_next(service: PushService) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.99", "127.0.0.1"]

    hosts = frozenset({f"localhost:{service.port}"})
    service._name = "localhost"
    async with PushSender(VapidKey.generate(), SUBJECT, hosts, lookup=lookup) as sender:
        assert await push(sender, service.subscribe()) == TAKEN


async def test_a_certificate_for_another_name_is_not_good_enough(tmp_path: Path) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    server_tls, client_tls = tls_for("other.test", tmp_path)
    async with PushService(server_tls, "push.test") as service:
        hosts = frozenset({f"push.test:{service.port}"})
        async with PushSender(VapidKey.generate(), SUBJECT, hosts, lookup=lookup, tls=client_tls) as sender:
            outcome = await push(sender, service.subscribe())
        assert outcome.kind == "retry"
        assert "certificate" in outcome.detail.lower()
        assert service.requests == []


async def test_a_proxy_in_the_environment_is_not_asked(service: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    async with PushService() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.origin)
        async with PushSender(VapidKey.generate(), SUBJECT, frozenset({service.host})) as sender:
            assert await push(sender, service.subscribe()) == TAKEN
        assert proxy.requests == []


async def test_a_sender_that_was_closed_holds_no_connection(service: PushService) -> None:
    async with PushSender(VapidKey.generate(), SUBJECT, frozenset({service.host})) as sender:
        await push(sender, service.subscribe())
        pool: httpcore.AsyncConnectionPool = sender._pool
        assert len(pool.connections) == 1
    assert pool.connections == []
