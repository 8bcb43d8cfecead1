"""Endpoints are hostile input: only push services, only public addresses, looked up once."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kernel.settings import WrongSetting
from server.protocol.errors import Refusal
from server.protocol.limits import ENDPOINT_CHARACTERS
from server.worker.endpoints import (
    PUSH_SERVICES,
    BadEndpoint,
    check_endpoint,
    checked_hosts,
    endpoint_of,
    is_loopback,
    is_public,
    resolve_public,
)

NONE: frozenset[str] = frozenset()

REAL = [
    "https://fcm.googleapis.com/fcm/send/fv3jabydF5c:APA91bE-x_y",
    "https://fcm.googleapis.com/wp/dGVzdA",
    "https://jmt17.google.com/fcm/send/dGVzdA",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABl",
    "https://wns2-sg2p.notify.windows.com/w/?token=BQYAAADZf8QLe5cI%2boyv",
    "https://web.push.apple.com/QGh0",
]


@pytest.mark.parametrize("url", REAL)
def test_the_endpoints_of_real_browsers_are_good(url: str) -> None:
    check_endpoint(url, NONE)


def test_the_parts_are_those_of_the_text() -> None:
    endpoint = endpoint_of("https://WNS2-sg2p.notify.windows.com:443/w/?token=BQ%2b", NONE)
    assert endpoint.target == "/w/?token=BQ%2b"
    assert endpoint.origin == "https://wns2-sg2p.notify.windows.com"
    assert endpoint.host_header == "wns2-sg2p.notify.windows.com"
    assert endpoint.authority == "wns2-sg2p.notify.windows.com:443"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/",
        "fcm.googleapis.com/fcm/send/x",
        "//fcm.googleapis.com/fcm/send/x",
        "http://fcm.googleapis.com/fcm/send/x",
        "ftp://fcm.googleapis.com/x",
        "javascript:alert(1)//fcm.googleapis.com/",
        "file:///etc/passwd",
        "https:///fcm.googleapis.com/x",
        "https://",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com:0/x",
        "https://fcm.googleapis.com:80/x",
        "https://fcm.googleapis.com:99999/x",
        "https://fcm.googleapis.com:-1/x",
        "https://fcm.googleapis.com:٤٤٣/x",
        "https://user@fcm.googleapis.com/x",
        "https://user:password@fcm.googleapis.com/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://@fcm.googleapis.com/x",
        "https://evil.example#@fcm.googleapis.com/x",
        "https://fcm.googleapis.com/x#fragment",
        "https://fcm.googleapis.com/x#",
        "https://fcm.googleapis.com./x",
        "https://.fcm.googleapis.com/x",
        "https://a..fcm.googleapis.com/x",
        "https://-a.notify.windows.com/x",
        "https://a_b.notify.windows.com/x",
        "https://%66cm.googleapis.com/x",
        "https://a%2f.notify.windows.com/x",
        "https://evilfcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://googleapis.com/x",
        "https://storage.googleapis.com/x",
        "https://evil.example/fcm.googleapis.com/x",
        "https://evil.example?fcm.googleapis.com/",
        "https://evil.example\\@fcm.googleapis.com/x",
        "https://evil.example\\.fcm.googleapis.com/x",
        "https://fcm.googleapis.com\t/x",
        "https://fcm.googleapis.com/x\r\nX-Injected: 1",
        "https://fcm.googleapis.com/x y",
        " https://fcm.googleapis.com/x",
        "https://fcm.googleapis.com/x\n",
        "https://fcm.googleapis.com/\x00",
        "https://fcm.googleapis.com/招待",
        "https://\uff46cm.googleapis.com/x",
        "https://fcm\u3002googleapis.com/x",
        "https://127.0.0.1/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://8.8.8.8/x",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[fe80::1%25eth0]/x",
        "https://[::1/x",
        "https://[v1.x]/x",
        "https://localhost/x",
        "https://metadata.google.internal/x",
    ],
)
def test_everything_else_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(BadEndpoint) as refused:
        check_endpoint(url, NONE)
    assert refused.value.message.endswith(".")


def test_the_refusal_is_one_that_a_client_gets() -> None:
    with pytest.raises(Refusal) as refused:
        check_endpoint("https://evil.example/", NONE)
    assert (refused.value.code, refused.value.field) == ("invalid", "endpoint")


def test_an_endpoint_may_be_long_but_not_too_long() -> None:
    start = "https://web.push.apple.com/"
    check_endpoint(start + "a" * (ENDPOINT_CHARACTERS - len(start)), NONE)
    with pytest.raises(BadEndpoint, match="characters"):
        check_endpoint(start + "a" * (ENDPOINT_CHARACTERS - len(start) + 1), NONE)


@given(st.text(max_size=80))
def test_whatever_is_accepted_leads_to_a_push_service(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}fcm.googleapis.com/x", f"https://fcm.googleapis.com{text}"):
        try:
            endpoint = endpoint_of(url, NONE)
        except BadEndpoint:
            continue
        assert (endpoint.scheme, endpoint.port) == ("https", 443)
        assert any(endpoint.host == known or endpoint.host.endswith("." + known) for known in PUSH_SERVICES)
        assert endpoint.target.startswith("/")
        assert endpoint.target.isascii()
        assert endpoint.target.isprintable()


# ── hosts of an operator ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_operator_adds_a_service_with_its_port() -> None:
    hosts = checked_hosts({"Push.Example.org:8443"})
    assert endpoint_of("https://push.example.org:8443/up", hosts).origin == "https://push.example.org:8443"
    for url in ("https://push.example.org/up", "https://a.push.example.org:8443/", "http://push.example.org:8443/up"):
        with pytest.raises(BadEndpoint):
            check_endpoint(url, hosts)


def test_an_added_service_does_not_soften_the_rest() -> None:
    hosts = checked_hosts({"push.example.org:443"})
    check_endpoint("https://push.example.org/up", hosts)
    for url in ("https://user@push.example.org/up", "https://push.example.org/up#x", "https://push.example.org/u p"):
        with pytest.raises(BadEndpoint):
            check_endpoint(url, hosts)


def test_plain_http_is_for_loopback_that_was_added() -> None:
    hosts = checked_hosts({"127.0.0.1:9000", "localhost:9000", "[::1]:9000", "10.0.0.1:9000"})
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert endpoint_of(f"http://{host}:9000/x", hosts).origin == f"http://{host}:9000"
    for url in (
        "http://10.0.0.1:9000/x",
        "http://127.0.0.1:9001/x",
        "http://127.0.0.2:9000/x",
        "ws://127.0.0.1:9000/x",
    ):
        with pytest.raises(BadEndpoint):
            check_endpoint(url, hosts)


@pytest.mark.parametrize(
    "host", ["push.example.org", "https://push.example.org:443", "a:0", "a:b", "::1:80", "a b:80", ":80"]
)
def test_a_wrong_host_of_an_operator_stops_the_start(host: str) -> None:
    with pytest.raises(WrongSetting, match="FUURO_PUSH_HOSTS"):
        checked_hosts({host})


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "142.250.207.10", "2a00:1450:4001:81b::200a", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2a00::1%eth0",
        "64:ff9b::808:808%eth0",
        "2a00::1/..",
        "",
        "localhost",
        "127.1",
        "0x7f.1",
        "010.0.0.1",
    ],
)
def test_no_other_address_is_public(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_to_be_otherwise(ip: IPv4Address | IPv6Address) -> None:
    if is_public(str(ip)):
        assert ip.is_global
        assert not (ip.is_multicast or ip.is_loopback or ip.is_link_local or ip.is_unspecified)
        assert not ip.is_reserved or ip in IPv6Network("64:ff9b::/96")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_wrapped_is_as_public_as_its_core_or_not_at_all(ip: IPv4Address) -> None:
    number = int(ip)
    assert is_public(str(IPv6Address((0x64_FF9B << 96) | number))) == is_public(str(ip))
    assert not is_public(str(IPv6Address((0xFFFF << 32) | number)))
    assert not is_public(str(IPv6Address((0x2002 << 112) | number << 80)))
    assert not is_public(str(IPv6Address((0x2001_0000 << 96) | (number ^ 0xFFFF_FFFF))))


@given(st.ip_addresses(v=6, network=IPv6Network("::/3")) | st.ip_addresses(v=6, network=IPv6Network("4000::/2")))
def test_outside_the_global_range_only_nat64_is_public(ip: IPv6Address) -> None:
    assert not is_public(str(ip)) or ip in IPv6Network("64:ff9b::/96")


@given(st.ip_addresses())
def test_loopback_is_never_public(ip: IPv4Address | IPv6Address) -> None:
    assert not (is_public(str(ip)) and is_loopback(str(ip)))
    assert is_loopback(str(ip)) == (ip.is_loopback and ip == ip_address(str(ip)))


# ── looking up ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.anyio
async def test_the_addresses_come_back_in_their_order() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        assert (host, port) == ("web.push.apple.com", 443)
        return ["2606:4700::1111", "8.8.8.8"]

    assert await resolve_public("web.push.apple.com", 443, False, lookup) == ["2606:4700::1111", "8.8.8.8"]


@pytest.mark.anyio
@pytest.mark.parametrize("bad", ["127.0.0.1", "10.0.0.1", "::ffff:8.8.8.8", "fe80::1%2", "224.0.0.1"])
async def test_one_bad_address_among_good_ones_spoils_the_name(bad: str) -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return ["8.8.8.8", bad, "8.8.4.4"]

    with pytest.raises(BadEndpoint):
        await resolve_public("web.push.apple.com", 443, False, lookup)


@pytest.mark.anyio
async def test_loopback_where_allowed_allows_no_private_network() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.1", "192.168.0.1"]

    with pytest.raises(BadEndpoint):
        await resolve_public("localhost", 9000, True, lookup)


@pytest.mark.anyio
async def test_the_system_resolver_is_asked_and_judged() -> None:
    assert await resolve_public("127.0.0.1", 9000, True) == ["127.0.0.1"]
    for host in ("127.0.0.1", "localhost", "::1", "127.1", "0x7f000001"):
        with pytest.raises(BadEndpoint):
            await resolve_public(host, 443, False)


@pytest.mark.anyio
async def test_a_name_without_an_address_is_a_failure_of_the_network() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return []

    with pytest.raises(OSError, match="no address"):
        await resolve_public("web.push.apple.com", 443, False, lookup)
