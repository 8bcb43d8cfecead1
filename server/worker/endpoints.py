"""Where pushes may go. An endpoint comes from a stranger, and the server will connect to it: it is checked when it is
saved, and again at each connection, against the very addresses that are then connected to."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from httpcore import (
    SOCKET_OPTION,
    AnyIOBackend,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    ConnectError,
    ConnectTimeout,
)
from msgspec import Struct

from server.kernel.settings import WrongSetting
from server.protocol.errors import Refusal
from server.protocol.limits import ENDPOINT_CHARACTERS

PUSH_SERVICES: Final = (
    "fcm.googleapis.com",  # Chrome, Edge on Android, Opera, Samsung Internet, Brave
    "jmt17.google.com",  # Chromium as Linux distributions build it
    "push.services.mozilla.com",  # Firefox: updates.push.services.mozilla.com
    "notify.windows.com",  # Edge on Windows: wns2-<region>.notify.windows.com
    "push.apple.com",  # Safari and home-screen apps: web.push.apple.com
)
"""The push services of browsers, each with all names below it. An operator adds others (FUURO_PUSH_HOSTS)."""

DEFAULT_PORT: Final = {"https": 443, "http": 80}

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""All addresses of a name, as text. Raises OSError where it has none."""


class BadEndpoint(Refusal):
    """An address that no push goes to; the sentence says why. As a Refusal it is `invalid`, field `endpoint`."""

    def __init__(self, sentence: str) -> None:
        super().__init__("invalid", sentence, field="endpoint")


class Endpoint(Struct, frozen=True):
    """A checked endpoint in its parts, so that nobody parses the text a second time and reads it differently."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """`host:port`, the port always written: the form in which extra hosts are listed."""
        return authority(self.host, self.port)

    @property
    def origin(self) -> str:
        """`scheme://host`, with the port only where it is not the default: RFC 6454, 6.2."""
        return f"{self.scheme}://{self.host_header}"

    @property
    def host_header(self) -> str:
        default = self.port == DEFAULT_PORT[self.scheme]
        return self.authority.rpartition(":")[0] if default else self.authority


def check_endpoint(url: str, extra_hosts: frozenset[str]) -> None:
    """Whether a push may ever go to `url`; `extra_hosts` as of `checked_hosts`. Raises BadEndpoint."""
    endpoint_of(url, extra_hosts)


def endpoint_of(url: str, extra_hosts: frozenset[str]) -> Endpoint:
    """The parts of `url`: https, the default port and a known push service, without user, password and fragment. Of
    `extra_hosts` any port is good, and plain http too where the host is loopback. Raises BadEndpoint."""
    if len(url) > ENDPOINT_CHARACTERS:
        raise BadEndpoint(f"An endpoint has at most {ENDPOINT_CHARACTERS} characters.")
    # urlsplit silently drops tabs and line breaks, browsers read \ as /: neither ever is in a real endpoint.
    if not re.fullmatch(r"[!-\[\]-~]+", url):
        raise BadEndpoint("An endpoint consists of visible ASCII characters, without blanks and backslashes.")
    try:
        parts = urlsplit(url)
        port = DEFAULT_PORT.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError:
        raise BadEndpoint("An endpoint must be the address of a push service.") from None
    if "#" in url or "@" in parts.netloc:
        raise BadEndpoint("An endpoint has no user, no password and no fragment.")
    endpoint = Endpoint(parts.scheme, parts.hostname or "", port, _target(parts))
    if endpoint.authority in extra_hosts:
        if endpoint.scheme == "https" or (endpoint.scheme == "http" and _is_loopback_name(endpoint.host)):
            return endpoint
        raise BadEndpoint("An endpoint begins with https://.")
    if endpoint.scheme != "https":
        raise BadEndpoint("An endpoint begins with https://.")
    if endpoint.port != DEFAULT_PORT["https"]:
        raise BadEndpoint("An endpoint has no port but 443.")
    if not any(endpoint.host == known or endpoint.host.endswith(f".{known}") for known in PUSH_SERVICES):
        raise BadEndpoint("This is not one of the known push services. An operator can add one with FUURO_PUSH_HOSTS.")
    if not re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]+", endpoint.host):
        raise BadEndpoint("The name of the push service is misspelt.")
    return endpoint


def checked_hosts(hosts: Iterable[str]) -> frozenset[str]:
    """The setting FUURO_PUSH_HOSTS, lower-cased. Raises WrongSetting where one is not `host:port`."""
    checked = frozenset(host.lower() for host in hosts)
    for host in checked:
        if not re.fullmatch(r"([a-z0-9.-]+|\[[0-9a-f:.]+\]):[1-9][0-9]{0,4}", host):
            raise WrongSetting(f"FUURO_PUSH_HOSTS takes hosts with a port, like push.example.org:443, not {host!r}.")
    return checked


def authority(host: str, port: int) -> str:
    """`host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def system_lookup(host: str, port: int) -> list[str]:
    """By the system's resolver, in its order of preference (RFC 6724)."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def resolve_public(host: str, port: int, allow_loopback: bool, lookup: Lookup = system_lookup) -> list[str]:
    """The addresses to connect to, in order of preference. Raises BadEndpoint if any one of them is not public (one
    bad address among good ones is how a name is turned against its asker), OSError if there are none."""
    addresses = await lookup(host, port)
    if not addresses:
        raise OSError(f"{host} has no address")
    for address in addresses:
        if not is_public(address) and not (allow_loopback and is_loopback(address)):
            raise BadEndpoint("The push service has an address that is not public.")
    return addresses


_PRIVATE_IPV4: Final = tuple(
    IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
    )
)
"""IANA's registry of special-purpose addresses, multicast and class E; the last is the host's agent in Azure, which
hides in a public range. Written out because `ipaddress.is_global` changes with Python's patch level."""

_GLOBAL_IPV6: Final = IPv6Network("2000::/3")
_SPECIAL_IPV6: Final = tuple(IPv6Network(n) for n in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
"""Inside the global range: protocol assignments with Teredo, documentation, 6to4 (which wraps any IPv4 address)."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""What a network without IPv4 makes of an IPv4 address (RFC 6052): as public as the address inside."""


def is_public(address: str) -> bool:
    """Whether `address` lies in the open internet. Anything wrapped (mapped, 6to4, Teredo), scoped or unreadable does
    not, but for NAT64 around a public address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _PRIVATE_IPV4)
    if ip in _NAT64 and ip.scope_id is None:
        return is_public(str(IPv4Address(int(ip) & 0xFFFF_FFFF)))
    return ip.scope_id is None and ip in _GLOBAL_IPV6 and not any(ip in network for network in _SPECIAL_IPV6)


def is_loopback(address: str) -> bool:
    """127.0.0.0/8 or ::1, and no other spelling of them."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return ip in IPv4Network("127.0.0.0/8") if isinstance(ip, IPv4Address) else ip == IPv6Address("::1")


class CheckedNetwork(AsyncNetworkBackend):
    """Connects httpcore to names of push services. A name is looked up once, its addresses are judged, and one of
    those is connected to: a name that changes between check and connection has nothing to change. TLS and `Host` still
    go by the name, and so do kept connections: two names on one address never share one."""

    def __init__(self, extra_hosts: frozenset[str], lookup: Lookup = system_lookup) -> None:
        self._extra_hosts = extra_hosts
        self._lookup = lookup
        self._network = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """The first of the name's addresses that answers, each for `timeout` seconds. Raises BadEndpoint, OSError and
        httpcore's ConnectError and ConnectTimeout."""
        *others, last = await resolve_public(host, port, authority(host, port) in self._extra_hosts, self._lookup)
        for address in others:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (ConnectError, ConnectTimeout):
                continue
        return await self._network.connect_tcp(last, port, timeout, local_address, socket_options)


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _is_loopback_name(host: str) -> bool:
    return host == "localhost" or is_loopback(host)
