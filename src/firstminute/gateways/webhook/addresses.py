"""Where a webhook may go: to hosts that the operator named, and there only to addresses that the whole world may reach.

Idea: an address in a message is a wish, not an order. The URL is held against a list of hosts; then every address that its name stands for is looked at in
the form in which a connection would use it, so that no spelling (decimal, octal, IPv6 around IPv4, a tunnel) hides an inner one. An operator may name
networks of the house; the addresses by which clouds tell their secrets stay shut all the same.
Source: OWASP, Server-Side Request Forgery Prevention; IANA special-purpose address registries, as Python's `ipaddress` knows them.
Limits: whoever holds a named host decides what stands behind it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
URL_MOST = 2_000
PORTS = {"https": 443, "http": 80}
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
NEVER: tuple[Network, ...] = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "fe80::/10", "fd00:ec2::/32", "ff00::/8",
    )
)  # fmt: skip
"""Link-local, metadata services of clouds, multicast, nothing: not even where a named network holds them."""


class Forbidden(ValueError):
    """It may not go there. The text is a code: url_unfit, host_not_named, address_not_allowed, plain_text."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart."""

    host: str
    port: int
    path: str
    secure: bool


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator named: hosts (`name` or `name:port`), and networks of the house."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()


def allowed_of(hosts: str, networks: str) -> Allowed:
    """Both lists from the settings, parted by commas. Raises ValueError for a network that is none."""
    return Allowed(
        frozenset(each.strip().lower() for each in hosts.split(",") if each.strip()),
        tuple(ipaddress.ip_network(each.strip()) for each in networks.split(",") if each.strip()),
    )


def target_of(url: str, allowed: Allowed) -> Target:
    """Where a URL points, where its host is named. Raises Forbidden."""
    if (
        not 8 <= len(url) <= URL_MOST
        or not url.isascii()
        or not url.isprintable()
        or set(url) & set(' "<>\\^`{|}')
    ):
        raise Forbidden("url_unfit")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError:
        raise Forbidden("url_unfit") from None
    if (
        parts.scheme not in PORTS
        or parts.username is not None
        or parts.password is not None
        or parts.fragment
        or not host
    ):
        raise Forbidden("url_unfit")
    usual = PORTS[parts.scheme]
    named = f"{host}:{port or usual}" in allowed.hosts or (port in (None, usual) and host in allowed.hosts)
    if not named:
        raise Forbidden("host_not_named")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port or usual, path, parts.scheme == "https")


def checked(found: Iterable[str], target: Target, allowed: Allowed) -> Sequence[str]:
    """The addresses of a name, where all of them are allowed. Raises Forbidden."""
    addresses = list(dict.fromkeys(found))
    if not addresses or not all(permitted(each, allowed.networks) for each in addresses):
        raise Forbidden("address_not_allowed")
    inner = (any(real(each) in network for network in allowed.networks) for each in addresses)
    if not target.secure and not all(inner):
        raise Forbidden("plain_text")
    return addresses


def permitted(address: str, networks: Sequence[Network] = ()) -> bool:
    """Whether a connection may go to an address.

    >>> [permitted(each) for each in ("93.184.216.34", "127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254", "64:ff9b::7f00:1")]
    [True, False, False, False, False]
    """
    try:
        meant = real(address)
    except ValueError:
        return False
    if any(meant in network for network in NEVER):
        return False
    if any(meant in network for network in networks):
        return True
    return meant.is_global and not (meant.is_multicast or meant.is_reserved or meant.is_unspecified)


def real(address: str) -> Address:
    """The address that is reached in the end: IPv4 that stands within IPv6 is IPv4. Raises ValueError."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return found
    inside = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
    if inside is None and (found in NAT64 or (int(found) >> 32 == 0 and int(found) > 1)):
        inside = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return inside or found
