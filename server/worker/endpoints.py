"""Push endpoints are hostile input: which addresses may be called, judged when they are saved and again when they are called."""

import asyncio
import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from server.protocol import limits
from server.protocol.errors import Refusal, invalid

SERVICES = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "push.services.mozilla.com",
    "notify.windows.com",
    "push.apple.com",
)
"""Hosts of the browsers' push services, and of what lies below them."""


class BadEndpoint(Exception):
    """A sentence that says what is wrong with an address."""


def check(url: str, extra_hosts: frozenset[str]) -> SplitResult:
    """The parts of `url`. Raises BadEndpoint unless it is https at a known service's usual port, or at one of `extra_hosts`
    ("host:port"; on loopback plain http too)."""
    parts = urlsplit(url)
    if len(url) > limits.ENDPOINT_CHARACTERS or not url.isascii() or any(c.isspace() for c in url):
        raise BadEndpoint("The address is no address of a push service.")
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadEndpoint("The address has a port that is none.") from None
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadEndpoint("The address must hold neither a user nor a fragment.")
    extra = f"{host}:{port or (443 if parts.scheme == 'https' else 80)}" in extra_hosts
    if parts.scheme != "https" and not (extra and parts.scheme == "http" and is_loopback(host)):
        raise BadEndpoint("A push service is reached by https.")
    if not extra and (port not in (None, 443) or not is_known(host)):
        raise BadEndpoint("This push service is not known here.")
    return parts


def refuse_bad(extra_hosts: frozenset[str], url: str) -> None:
    """`check` as a handler needs it: raises `invalid` with its field."""
    try:
        check(url, extra_hosts)
    except (BadEndpoint, ValueError) as error:
        raise invalid("endpoint", str(error)) from None


def is_known(host: str) -> bool:
    return any(host == service or host.endswith("." + service) for service in SERVICES)


def is_loopback(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")


async def resolve(host: str, port: int, *, loopback: bool) -> str:
    """An address of `host` to connect to: this very one, so that a name cannot change between check and call.
    Raises BadEndpoint if any of its addresses is not public (`loopback`: those are meant)."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Refusal("unavailable", f"{host} cannot be found: {error}") from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not is_public(address) and not (loopback and ipaddress.ip_address(address).is_loopback):
            raise BadEndpoint(f"{host} leads to an address that is not public.")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether anybody's host may be there; what is wrapped into IPv6 (mapped, 6to4, NAT64, Teredo) is judged by what is inside."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast
