"""A line that tells time and station of the sentence behind it: ``$PGHP`` or a tag block alone."""

from typing import Final

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME
from ingest.compiled.arena import STATION_ROOM
from ingest.compiled.moment import moment_us
from ingest.compiled.sentence import AT, NEXT, STATION, STATION_END, checked, tag_block
from ingest.nmea import LINE_LIMIT

_LEAST_FIELDS: Final = 12
_MOST_DIGITS: Final = 4
_GATEHOUSE: Final = np.frombuffer(b"$PGHP,", np.uint8)


@numba.njit(cache=True, nogil=True, forceinline=True)
def header(data, start, end, found):  # type: ignore[no-untyped-def]
    """Whether a plain header line begins at `start`."""
    found[AT] = UNKNOWN_TIME
    found[STATION] = found[STATION_END] = 0
    if data[start] == 92:
        whole = _ends(data, tag_block(data, start, end, found), end, found)
    else:
        whole = data[start] == 36 and _gatehouse(data, start, end, found)
    return whole and found[NEXT] - start <= LINE_LIMIT + 1


@numba.njit(cache=True, nogil=True, forceinline=True)
def _ends(data, i, end, found):  # type: ignore[no-untyped-def]
    if i < 0 or i >= end:
        return False
    if data[i] == 13:
        i += 1
    found[NEXT] = i + 1
    return i < end and data[i] == 10


@numba.njit(cache=True, nogil=True)
def _gatehouse(data, start, end, found):  # type: ignore[no-untyped-def]
    """The fields that `ingest.nmea.gatehouse` names, where numbers are digits alone."""
    if end - start < len(_GATEHOUSE):
        return False
    for at in range(len(_GATEHOUSE)):
        if data[start + at] != _GATEHOUSE[at]:
            return False
    i = start + len(_GATEHOUSE)
    numbers = np.zeros(7, np.int64)
    for field in range(1, _LEAST_FIELDS):
        begin = i
        while i < end and data[i] != 44 and data[i] != 42:
            if not 33 <= data[i] <= 126:
                return False
            i += 1
        if 2 <= field <= 8 and not _number(data, begin, i, numbers[field - 2 : field - 1]):
            return False
        if field >= 9 and begin < i:
            found[STATION], found[STATION_END] = begin, i
        if i >= end or (data[i] == 42 and field < _LEAST_FIELDS - 1):
            return False
        i += data[i] == 44
    while i < end and data[i] != 42 and data[i] != 10:
        i += 1
    if i + 3 >= end or data[i] != 42 or not checked(data, start + 1, i):
        return False
    year, month, day, hour, minute, second, millisecond = numbers
    found[AT] = moment_us(year, month, day, hour, minute, second)
    if found[AT] == UNKNOWN_TIME or found[STATION_END] - found[STATION] > STATION_ROOM:
        return False
    found[AT] += millisecond * 1000
    return _ends(data, i + 3, end, found)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _number(data, i, end, number):  # type: ignore[no-untyped-def]
    """Whether a few digits, whose number is put in `number`, are all there is."""
    if not 0 < end - i <= _MOST_DIGITS:
        return False
    number[0] = 0
    for at in range(i, end):
        if not 48 <= data[at] <= 57:
            return False
        number[0] = number[0] * 10 + (data[at] - 48)
    return True
