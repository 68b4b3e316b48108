"""Addresses that are not public, however they are written."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.delivery.addresses import is_public, resolved

BARRED = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4",
    "240.0.0.0/4", "::1/128", "::/128", "fc00::/7", "fd00:ec2::254/128", "fe80::/10",
    "fec0::/10", "ff00::/8", "2001:db8::/32", "100::/64", "168.63.129.16/32", "192.0.0.0/24",
    "64:ff9b:1::/48",
)  # fmt: skip


@given(st.sampled_from([ip_network(one) for one in BARRED]), st.integers(0))
def test_no_address_of_a_private_net_is_public(net: IPv4Network | IPv6Network, number: int) -> None:
    """Private, loopback, link-local, shared, reserved, multicast, and where clouds tell secrets."""
    assert not is_public(str(net[number % net.num_addresses]))


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_writing_it_as_another_kind_makes_no_difference(ip: IPv4Address) -> None:
    """Mapped, behind NAT64 or 6to4: what it leads to counts."""
    halves = f"{int(ip) >> 16:x}:{int(ip) & 0xFFFF:x}"
    for way in (f"::ffff:{ip}", f"64:ff9b::{halves}", f"2002:{halves}::1"):
        assert is_public(way) == is_public(str(ip))
    # Teredo writes it inverted.
    inverted = int(ip) ^ 0xFFFFFFFF
    teredo = f"2001:0:4136:e378:8000:63bf:{inverted >> 16:x}:{inverted & 0xFFFF:x}"
    assert is_public(teredo) == is_public(str(ip))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111"])
def test_the_public_net_is_public(address: str) -> None:
    """Else nothing would go anywhere."""
    assert is_public(address)


@pytest.mark.parametrize("address", ["::127.0.0.1", "fe80::1%lo", "64:ff9b::7f00:1"])
def test_odd_spellings_lead_nowhere(address: str) -> None:
    """Compatible addresses of old, a zone behind the address, loopback behind NAT64."""
    assert not is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "2130706433", "localhost"])
def test_names_are_looked_up_before_they_are_checked(host: str) -> None:
    """However loopback is spelt, its address is what counts."""
    found = resolved(host, 80)
    assert found
    assert not any(map(is_public, found))
    assert len(found) == len(set(found))


def test_a_host_that_is_none_raises() -> None:
    """As `Resolve` says."""
    with pytest.raises(socket.gaierror):
        resolved("no-such-host.invalid", 80)
