"""Where a webhook may go: addresses are looked up first, checked, and then connected to."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) -> its addresses, best first; raises OSError where it has none."""

_METADATA = frozenset({"168.63.129.16"})
"""Public addresses behind which a cloud tells its machines their secrets."""

_PROTOCOLS = IPv4Network("192.0.0.0/24")
"""For protocols alone, and for metadata of one cloud; not every Python says that it is private."""

_NAT64 = IPv6Network("64:ff9b::/96")


def resolved(host: str, port: int) -> tuple[str, ...]:
    """
    Return the addresses of a host, each once.

    Raises:
        OSError: It has none, or nobody answers.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))


def is_public(address: str) -> bool:
    """
    Say whether an address is one of the public net.

    Private, loopback, link-local, shared, reserved and multicast ones are not, nor those behind
    which clouds tell machines their secrets; written as IPv6 or not makes no difference.

    Args:
        address: As `resolved` gives it.
    """
    ip = ip_address(address)
    inner = _within(ip) if isinstance(ip, IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    special = ip.is_multicast or ip.is_reserved or getattr(ip, "is_site_local", False)
    return not (special or ip in _PROTOCOLS) and ip.is_global and str(ip) not in _METADATA


def _within(ip: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for, None where it stands for none."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    teredo = None if ip.teredo is None else ip.teredo[1]
    return ip.ipv4_mapped or ip.sixtofour or teredo
