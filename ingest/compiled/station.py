"""Names of stations -> small numbers, so that a message holds one number for who heard it."""

from typing import Final

import numba
import numpy as np

from ingest.compiled.arena import (
    NAME,
    NAME_LENGTH,
    NUMBER_OF,
    STATION_LIMIT,
    STATION_ROOM,
    STATIONS,
)

_FNV_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)
"""FNV-1a of 64 bits: Fowler, Noll and Vo, draft-eastlake-fnv."""


@numba.njit(cache=True, nogil=True)
def number_of(data, begin, end, state, stations):  # type: ignore[no-untyped-def]
    """The station's number, from 1 on; -1 where there is no room for another."""
    length = end - begin
    key = _FNV_OFFSET
    for i in range(begin, end):
        key = (key ^ np.uint64(data[i])) * _FNV_PRIME
    row = np.int64((key >> np.uint64(32)) % np.uint64(len(stations)))
    while stations[row, NUMBER_OF]:
        same = stations[row, NAME_LENGTH] == length
        for i in range(length):
            same = same and stations[row, NAME + i] == data[begin + i]
        if same:
            return np.int64(stations[row, NUMBER_OF])
        row = (row + 1) % len(stations)
    if state[STATIONS] >= STATION_LIMIT or length > STATION_ROOM:
        return np.int64(-1)
    state[STATIONS] += 1
    stations[row, NUMBER_OF], stations[row, NAME_LENGTH] = state[STATIONS], length
    for i in range(length):
        stations[row, NAME + i] = data[begin + i]
    return state[STATIONS]
