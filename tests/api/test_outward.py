"""Where nothing is sent, whatever a name leads to."""

import ipaddress
import socket

import pytest

from api.outward import ForbiddenAddressError, Guard, GuardedResolver

INSIDE = [
    "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "239.2.3.1", "255.255.255.255", "192.0.2.7", "198.18.0.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_is_sent_to_addresses_that_are_not_public(address):
    assert not Guard().allows(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_sent_to_with_tls_alone(address):
    assert Guard().allows(address)
    assert not Guard().allows(address, plain=True)


def test_a_network_that_was_allowed_is_sent_to_and_no_other():
    guard = Guard(networks=[ipaddress.ip_network("10.1.0.0/16")])
    assert guard.allows("10.1.2.3", plain=True)
    assert guard.allows("::ffff:10.1.2.3")
    assert not guard.allows("10.2.0.1")


def test_a_host_that_is_an_address_is_judged_at_once_and_a_name_later():
    Guard().check("example.org")
    for host in ("127.0.0.1", "[::1]", "169.254.169.254"):
        with pytest.raises(ForbiddenAddressError):
            Guard().check(host)


async def test_a_name_that_leads_inside_leads_nowhere():
    with pytest.raises(ForbiddenAddressError):
        await GuardedResolver(Guard(), plain=False).resolve("localhost", 80)
    guard = Guard(networks=[ipaddress.ip_network("127.0.0.0/8")])
    found = await GuardedResolver(guard, plain=True).resolve("localhost", 80, socket.AF_INET)
    assert [each["host"] for each in found] == ["127.0.0.1"]
    assert found[0]["flags"] == socket.AI_NUMERICHOST, "the connection goes to this very address"
