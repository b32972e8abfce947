"""A line of bytes -> the parts of a plain sentence, its payload packed.

Plain is a sentence at the start of the line or behind a tag block of s, si, c and t, with a right
checksum and an armored payload; what else a line may be is left to `ingest.nmea`.
"""

from typing import Final

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME
from ingest.clock import EARLIEST_US, LATEST_US
from ingest.compiled.arena import STATION_ROOM
from ingest.compiled.bits import CHARACTERS, eight, pack, xor
from ingest.nmea import LINE_LIMIT

(TOTAL, NUMBER, SEQUENCE, CHANNEL, CHANNEL_END, PACKED, FILL, NEXT, AT, STATION, STATION_END,
 START) = range(12)  # fmt: skip
"""Places in what is found of a line: numbers, and where in the data its parts begin and end."""

NO_SEQUENCE: Final = 10
_SHORT_SUFFIX: Final = 8
_CHANNEL_ROOM: Final = 8
_EPOCH_DIGITS: Final = 10

_HEX: Final = np.full(256, -1, np.int64)
for _digits in (b"0123456789abcdef", b"0123456789ABCDEF"):
    _HEX[list(_digits)] = np.arange(16)
_SPACE: Final = np.zeros(256, np.bool_)
_SPACE[list(b" \t\n\r\f\v")] = True
_BREAK: Final = _SPACE.copy()
_BREAK[list(b",;")] = True


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


_FORMATTER: Final = _word(b"!\0\0VDM,\0")
_FORMATTER_MASK: Final = _word(b"\xff\0\0\xff\xff\xfd\xff\0")
"""``M`` and ``O`` differ in the second bit."""


@numba.njit(cache=True, nogil=True, forceinline=True)
def sentence(data, start, end, words, base, packed, found):  # type: ignore[no-untyped-def]
    """Whether a plain line begins at `start`; its payload goes behind the `packed` characters."""
    found[AT] = UNKNOWN_TIME
    found[STATION] = found[STATION_END] = 0
    i = start
    if data[i] == 92:
        i = tag_block(data, i, end, found)
        if i < 0:
            return False
    if end - i < 20 or (eight(data, i) & _FORMATTER_MASK) != _FORMATTER:
        return False
    if not (48 <= data[i + 1] <= 90 and 48 <= data[i + 2] <= 90):
        return False
    if data[i + 8] != 44 or data[i + 10] != 44:
        return False
    total, number = np.int64(data[i + 7]) - 48, np.int64(data[i + 9]) - 48
    if total > 9 or number < 1 or number > total:
        return False
    found[START], found[TOTAL], found[NUMBER] = i, total, number
    whole = _rest(data, i + 11, end, words, base, packed, found)
    return whole and found[NEXT] - start <= LINE_LIMIT + 1


@numba.njit(cache=True, nogil=True, forceinline=True)
def _rest(data, i, end, words, base, packed, found):  # type: ignore[no-untyped-def]
    """The sentence from the sequence number on."""
    found[SEQUENCE] = NO_SEQUENCE
    if 48 <= data[i] <= 57:
        found[SEQUENCE] = data[i] - 48
        i += 1
    if data[i] != 44:
        return False
    found[CHANNEL] = i = i + 1
    while data[i] != 44:
        if data[i] == 42 or data[i] == 10 or i - found[CHANNEL] == _CHANNEL_ROOM or i + 1 == end:
            return False
        i += 1
    found[CHANNEL_END] = i
    i += 1
    found[PACKED] = pack(data, i, words, base, packed)
    i += found[PACKED] - packed
    if found[PACKED] > CHARACTERS or end - i < 6 or data[i] != 44:
        return False
    i += 1
    found[FILL] = 0
    if 48 <= data[i] <= 53:
        found[FILL] = data[i] - 48
        i += 1
    if data[i] != 42 or i + 3 >= end or not checked(data, found[START] + 1, i):
        return False
    return _suffix(data, i + 3, end, found)


@numba.njit(cache=True, nogil=True, forceinline=True)
def checked(data, begin, star):  # type: ignore[no-untyped-def]
    """Whether the bytes up to the asterisk have the checksum behind it."""
    high, low = _HEX[data[star + 1]], _HEX[data[star + 2]]
    return high >= 0 and low >= 0 and xor(data, begin, star) == high * 16 + low


@numba.njit(cache=True, nogil=True, forceinline=True)
def _suffix(data, i, end, found):  # type: ignore[no-untyped-def]
    """Whether the line ends soon, or in words of which the last may be an epoch of ten digits."""
    if data[i] == 10 or (data[i] == 13 and data[i + 1] == 10):
        found[NEXT] = i + (1 if data[i] == 10 else 2)
        return True
    for after in range(i, min(end, i + _SHORT_SUFFIX + 1)):
        if data[after] == 10:
            found[NEXT] = after + 1
            return True
    return _words(data, i, end, found)


@numba.njit(cache=True, nogil=True)
def _words(data, i, end, found):  # type: ignore[no-untyped-def]
    """As `ingest.nmea` reads ``,r003669987,1152921693``: a station anywhere, the time last."""
    station = station_end = last = i
    while i < end and data[i] != 10:
        begin = i
        while not _BREAK[data[i]]:
            i += 1
        if begin < i:
            last = begin
        if station_end == station and _is_station(data, begin, i):
            station, station_end = begin, i
        if data[i] == 44 or data[i] == 59:
            last = i + 1
        i += data[i] != 10
    if i >= end or station_end - station > STATION_ROOM:
        return False
    found[NEXT] = i + 1
    if 48 <= data[last] <= 57:
        after, at = epoch(data, last, end)
        if after < 0 or not _SPACE[data[after]]:
            return False
        if found[AT] == UNKNOWN_TIME:
            found[AT] = at
    if found[STATION] == found[STATION_END]:
        found[STATION], found[STATION_END] = station, station_end
    return True


@numba.njit(cache=True, nogil=True, forceinline=True)
def _is_station(data, i, end):  # type: ignore[no-untyped-def]
    """Whether a word is ``b`` or ``r``, perhaps a small letter, and digits."""
    if i == end or (data[i] != 98 and data[i] != 114):
        return False
    i += 1
    if i < end and 97 <= data[i] <= 122:
        i += 1
    if i == end:
        return False
    while i < end and 48 <= data[i] <= 57:
        i += 1
    return i == end


@numba.njit(cache=True, nogil=True, forceinline=True)
def epoch(data, i, end):  # type: ignore[no-untyped-def]
    """Where an epoch of ten digits ends and its time, us; -1 if there is none."""
    value = np.int64(0)
    for at in range(i, i + _EPOCH_DIGITS):
        if at >= end or not 48 <= data[at] <= 57:
            return -1, UNKNOWN_TIME
        value = value * 10 + (data[at] - 48)
    instant = value * 1_000_000
    if not EARLIEST_US <= instant < LATEST_US:
        return -1, UNKNOWN_TIME
    return i + _EPOCH_DIGITS, instant


@numba.njit(cache=True, nogil=True)
def tag_block(data, i, end, found):  # type: ignore[no-untyped-def]
    """Where what follows a plain tag block begins; -1 if it is another.

    ``s`` names the station, ``si`` where there is no ``s``.
    """
    begin = i = i + 1
    named = False
    while i + 2 < end and data[i] != 42:
        kind = data[i]
        second = kind == 115 and data[i + 1] == 105
        i += 2 if second else 1
        if data[i] != 58:
            return -1
        i += 1
        value = i
        while i < end and data[i] != 44 and data[i] != 42:
            if not 33 <= data[i] <= 126 or data[i] == 92:
                return -1
            i += 1
        if kind == 115 and 0 < i - value <= STATION_ROOM:
            if found[STATION_END] and (named or second):
                return -1
            found[STATION], found[STATION_END], named = value, i, not second
        elif kind == 99 and found[AT] == UNKNOWN_TIME:
            after, found[AT] = epoch(data, value, end)
            if after != i:
                return -1
        elif kind != 116:
            return -1
        if i < end and data[i] == 44:
            i += 1
    if i + 4 >= end or data[i] != 42 or data[i + 3] != 92 or not checked(data, begin, i):
        return -1
    return i + 4
