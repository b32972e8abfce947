"""The guard: how many wrong secrets an address may try, and how many requests a credential makes.

Both remember a bounded number of addresses and credentials, the longest unseen forgotten first.
Time is an argument, in seconds of any steady clock.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

MOST_GUESSES: Final = 10
"""Different wrong secrets of one address within `GUESSES_S` before it is locked out; chosen by us:
a page that asks on with a session that ended brings one, a person pasting keys a few."""

GUESSES_S: Final = 300.0
LOCKED_S: Final = 900.0
REMEMBERED: Final = 10_000

Known = TypeVar("Known")


class _Recent(Generic[Known]):
    """What is known by key, of the keys used last."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: OrderedDict[Hashable, Known] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: Hashable) -> Known | None:
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key)

    def put(self, key: Hashable, value: Known) -> None:
        self._known[key] = value
        self._known.move_to_end(key)
        if len(self._known) > self._size:
            self._known.popitem(last=False)

    def drop(self, key: Hashable) -> None:
        self._known.pop(key, None)


@dataclass(slots=True)
class _Guesses:
    began_at: float
    secrets: set[bytes] = field(default_factory=set)
    locked_until: float = 0.0


class Lockout:
    """Addresses that tried many different wrong secrets have to wait.

    A secret that was good a moment ago is let through all the same, so that one who guesses does
    not lock out those with whom he shares an address.
    """

    def __init__(self, size: int = REMEMBERED) -> None:
        self._guesses: _Recent[_Guesses] = _Recent(size)
        self._good: _Recent[bool] = _Recent(size)

    def wait_s(self, address: str, secret: bytes, now: float) -> float:
        """How long this secret may not be tried from there; 0 where it may."""
        known = self._guesses.get(network_of(address))
        if known is None or self._good.get(secret):
            return 0.0
        return max(0.0, known.locked_until - now)

    def failed(self, address: str, secret: bytes, now: float) -> bool:
        """Notes a wrong secret; whether it is one that was not tried from there before."""
        self._good.drop(secret)
        network = network_of(address)
        known = self._guesses.get(network)
        if known is None or now - known.began_at > GUESSES_S:
            known = _Guesses(began_at=now)
            self._guesses.put(network, known)
        if secret in known.secrets:
            return False
        known.secrets.add(secret)
        if len(known.secrets) >= MOST_GUESSES:
            self._guesses.put(network, _Guesses(began_at=now, locked_until=now + LOCKED_S))
        return True

    def opened(self, secret: bytes) -> None:
        """Notes a good secret."""
        self._good.put(secret, True)


class Rates:
    """A bucket of requests for each credential, which fills again steadily."""

    def __init__(self, per_s: float, burst: float, size: int = REMEMBERED) -> None:
        self._per_s = per_s
        self._burst = burst
        self._buckets: _Recent[tuple[float, float]] = _Recent(size)

    def take(self, credential: Hashable, now: float) -> float:
        """Takes a request out; 0, or how many seconds to wait where there is none."""
        left, at = self._buckets.get(credential) or (self._burst, now)
        left = min(self._burst, left + (now - at) * self._per_s)
        if left < 1.0:
            self._buckets.put(credential, (left, now))
            return (1.0 - left) / self._per_s
        self._buckets.put(credential, (left - 1.0, now))
        return 0.0


def network_of(address: str) -> str:
    """What is locked out for the address: itself, or the /64 of IPv6, which is one host's."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return address
    if given.version == 4:
        return str(given)
    if given.ipv4_mapped is not None:
        return str(given.ipv4_mapped)
    return str(ipaddress.ip_network((given, 64), strict=False))


def client_address(peer: str, forwarded: str, trusted: tuple[str, ...]) -> str:
    """Where a request comes from: the last address in X-Forwarded-For that no trusted proxy has.

    Args:
        peer: the other end of the connection.
        forwarded: the header; only what trusted proxies added to it is believed.
        trusted: networks of proxies.
    """
    networks = [ipaddress.ip_network(network, strict=False) for network in trusted]

    def is_proxy(address: str) -> bool:
        try:
            given = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(given in network for network in networks)

    address = peer
    for before in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not is_proxy(address):
            break
        address = before
    return address
