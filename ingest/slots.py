"""Vessel numbers -> slots: an open-addressed hash table of slots, beside the column of numbers.

A table holds slots, -1 where it is empty; whose slot it is stands in the column `mmsi`.
"""

from typing import Final

import numba
import numpy as np

from ingest.batch import Int32

_EMPTY: Final = -1


def empty(capacity: int) -> Int32:
    """A table for so many vessels, at most half full of them."""
    return np.full(1 << (2 * capacity - 1).bit_length(), _EMPTY, np.int32)


@numba.njit(cache=True, nogil=True)
def find(table: Int32, mmsi: Int32, wanted: Int32) -> Int32:
    """The slot of each wanted vessel, -1 for one that has none."""
    found = np.empty(len(wanted), np.int32)
    for i in range(len(wanted)):
        place = _home(wanted[i], len(table))
        while table[place] != _EMPTY and mmsi[table[place]] != wanted[i]:
            place = (place + 1) & (len(table) - 1)
        found[i] = table[place]
    return found


@numba.njit(cache=True, nogil=True)
def insert(table: Int32, mmsi: Int32, first: int, last: int) -> None:
    """Enters the vessels of slots first <= slot < last, which the table does not have."""
    for slot in range(first, last):
        place = _home(mmsi[slot], len(table))
        while table[place] != _EMPTY:
            place = (place + 1) & (len(table) - 1)
        table[place] = slot


@numba.njit(cache=True, nogil=True, forceinline=True)
def _home(number, size):  # type: ignore[no-untyped-def]
    """Where to look for a number first: Knuth's multiplicative hash (TAOCP 3, 6.4)."""
    mixed = np.uint64(number) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(mixed >> np.uint64(32)) & (size - 1)
