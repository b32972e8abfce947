"""Outward: where alerts may be sent. An address a user names must not lead into our own network.

A host is resolved by us, each address is judged, and the connection is made to that very address,
so that a name which leads elsewhere a moment later leads nowhere (no DNS rebinding).
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult

from sea.errors import SafePassageError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TUNNELS: Final = tuple(
    ipaddress.IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
)
"""IPv6 networks that hold IPv4 ones (RFC 6052, 8215, 3056), and so may lead inside."""

RESOLVE_S: Final = 5.0


class ForbiddenAddressError(SafePassageError):
    """Nothing is sent there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Public addresses, and those of the networks that were allowed."""

    networks: Sequence[Network] = ()

    def allows(self, address: str, *, plain: bool = False) -> bool:
        """Whether something may be sent there; `plain`: without TLS, so only where allowed."""
        ip: Address = ipaddress.ip_address(address.partition("%")[0])
        mapped = getattr(ip, "ipv4_mapped", None)
        ip = ip if mapped is None else mapped
        if any(ip.version == network.version and ip in network for network in self.networks):
            return True
        tunnel = ip.version == 6 and any(ip in network for network in _TUNNELS)
        return not plain and ip.is_global and not ip.is_multicast and not tunnel

    def check(self, host: str, *, plain: bool = False) -> None:
        """Refuses a host that is an address and not allowed; a name is judged when resolved.

        Raises:
            ForbiddenAddressError: nothing is sent there.
        """
        try:
            allowed = self.allows(host.strip("[]"), plain=plain)
        except ValueError:
            return
        if not allowed:
            raise ForbiddenAddressError(f"nothing is sent to {host}")

    async def resolve(
        self, host: str, port: int, *, plain: bool = False, family: int = 0,
        kind: int = socket.SOCK_STREAM,
    ) -> list[tuple[int, str, int]]:  # fmt: skip
        """Families, addresses and ports of the host to which something may be sent.

        Raises:
            ForbiddenAddressError: there is none.
            OSError: the name is unknown.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(RESOLVE_S):
            found = await loop.getaddrinfo(host, port, family=family, type=kind)
        allowed = [
            (int(each), str(where[0]), int(where[1]))
            for each, _, _, _, where in found
            if self.allows(str(where[0]), plain=plain)
        ]
        if not allowed:
            raise ForbiddenAddressError(f"nothing is sent to {host}")
        return allowed


class GuardedResolver(AbstractResolver):
    """What aiohttp connects by: the addresses that the guard allows."""

    def __init__(self, guard: Guard, *, plain: bool) -> None:
        self._guard, self._plain = guard, plain

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses to connect to."""
        found = await self._guard.resolve(host, port, plain=self._plain, family=family)
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=each, proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for each, address, _ in found
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing to close."""
