"""Numbers shown outside: row numbers of decisions, plans and what-ifs, so that they tell nothing.

A row's own number tells how many rows there are, those one may not see among them. What is shown
is the number under a secret permutation of 52 bits, which JSON readers keep exact: a Feistel
network of four rounds (Luby and Rackoff, 1988) with BLAKE2b. The key is the database's, so all
processes show the same.
"""

from hashlib import blake2b
from typing import Final, Literal

import asyncpg

from api.store import TIMEOUT_S

What = Literal["decision", "plan", "what_if"]

_HALF: Final = 26
_MASK: Final = (1 << _HALF) - 1
LARGEST: Final = (1 << 2 * _HALF) - 1
_ROUNDS: Final = 4
_KEY: Final = "SELECT secret FROM secrets WHERE name = 'numbers'"


class Numbers:
    """Numbers of one database, whose key is read when it is first needed."""

    def __init__(self, database: asyncpg.Pool) -> None:
        self._database = database
        self._key: bytes | None = None

    async def shown(self, what: What, number: int) -> int:
        """What people see of the number; 0 stays 0, which means none."""
        return permuted(await self._secret(), what, number) if number else 0

    async def meant(self, what: What, shown: int) -> int:
        """The number of which this is shown; 0 where there can be none."""
        if not 0 <= shown <= LARGEST:
            return 0
        return permuted(await self._secret(), what, shown, back=True)

    async def _secret(self) -> bytes:
        if self._key is None:
            self._key = bytes(await self._database.fetchval(_KEY, timeout=TIMEOUT_S))
        return self._key


def permuted(key: bytes, what: What, number: int, *, back: bool = False) -> int:
    """The number's image, or the number of the image."""
    left, right = number >> _HALF, number & _MASK
    for turn in reversed(range(_ROUNDS)) if back else range(_ROUNDS):
        if back:
            left, right = right ^ _mixed(key, what, turn, left), left
        else:
            left, right = right, left ^ _mixed(key, what, turn, right)
    return left << _HALF | right


def _mixed(key: bytes, what: What, turn: int, half: int) -> int:
    told = f"{what} {turn} {half}".encode()
    return int.from_bytes(blake2b(told, key=key, digest_size=8).digest()) & _MASK
