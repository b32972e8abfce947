"""A packed message -> a row of reports, of statics, or both.

Offsets are those of ITU-R M.1371-5 annex 8, values those of pyais; "not available" is NaN, 0 or
no text. What is shorter than its fixed fields or otherwise odd is left to pyais.
"""

import math
from typing import Final

import numba
import numpy as np
from pyais.constants import ShipType

from ingest.batch import NAV_STATUS_UNKNOWN, UNKNOWN_TIME
from ingest.clock import NO_SECOND
from ingest.compiled.arena import REPORTS, STATICS, TEXT
from ingest.compiled.bits import CHARACTERS, put_text, signed, unsigned

LEFT: Final = -1
"""Not understood here: pyais decides."""

NO_ROW: Final = 0
"""A good message of a type without position or static data."""

_WITHOUT_ROW: Final = np.zeros(64, np.bool_)
_WITHOUT_ROW[[6, 7, 8, 10, 12, 13, 14, 15, 16, 20, 22, 23, 25, 26]] = True
_FIXED: Final = np.full(64, 10_000)
for _kind, _bits in {
    1: 168, 2: 168, 3: 168, 4: 168, 5: 423, 9: 168, 11: 168, 17: 75, 18: 168, 19: 308, 21: 271,
    24: 162, 27: 95,
}.items():  # fmt: skip
    _FIXED[_kind] = _bits


def _turn(raw: int) -> float:
    """Degrees a minute, table 48: the square of raw / 4.733; 127 is "more than 10"."""
    if abs(raw) == 127:
        return float(raw)
    return math.nan if raw == -128 else math.copysign(round((raw / 4.733) ** 2), raw)


_TURN: Final = np.array([_turn(raw) for raw in range(-128, 128)], np.float32)
_SHIP_TYPE: Final = np.array([int(ShipType.from_value(raw) or 0) for raw in range(256)], np.int16)
_NAN32: Final = np.float32(np.nan)


@numba.njit(cache=True, nogil=True, forceinline=True)
def decode(words, characters, fill, message, as_sent, state, columns):  # type: ignore[no-untyped-def]
    """Rows that the message gave, `NO_ROW` or `LEFT`."""
    if characters == 0:
        return LEFT
    kind = words[0] >> 54
    if _WITHOUT_ROW[kind]:
        columns.second[message] = NO_SECOND
        columns.stated[message] = UNKNOWN_TIME
        return NO_ROW
    bits = 6 * characters - fill
    if bits < _FIXED[kind] and not (kind == 24 and bits >= 160 and unsigned(words, 38, 2) == 0):
        return LEFT
    if characters > CHARACTERS:
        return LEFT
    if kind == 24 and unsigned(words, 38, 2) > 1:
        return LEFT
    columns.second[message] = NO_SECOND
    columns.stated[message] = UNKNOWN_TIME
    if kind != 5 and kind != 24:
        _report(words, kind, message, as_sent, state, columns)
    if kind == 5 or kind == 24 or kind == 19 or kind == 21:
        _static(words, kind, bits, message, state, columns)
    return 1


@numba.njit(cache=True, nogil=True, forceinline=True)
def _report(words, kind, message, as_sent, state, columns):  # type: ignore[no-untyped-def]
    row = state[REPORTS]
    state[REPORTS] += 1
    columns.report_of[row] = message
    columns.report_id[row] = unsigned(words, 8, 30)
    columns.kind[0, row] = NAV_STATUS_UNKNOWN
    columns.kind[1, row] = kind
    for i in range(4):
        columns.motion[i, row] = _NAN32
    if kind <= 3:  # table 47
        columns.kind[0, row] = unsigned(words, 38, 4)
        columns.motion[3, row] = _TURN[signed(words, 42, 8) + 128]
        _motion(words, 50, 116, 128, row, as_sent, columns)
        columns.second[message] = unsigned(words, 137, 6)
        _place(signed(words, 61, 28), signed(words, 89, 27), 10, row, as_sent, columns)
    elif kind == 18 or kind == 19:  # tables 68 and 69
        _motion(words, 46, 112, 124, row, as_sent, columns)
        columns.second[message] = unsigned(words, 133, 6)
        _place(signed(words, 57, 28), signed(words, 85, 27), 10, row, as_sent, columns)
    elif kind == 4 or kind == 11:  # table 49
        columns.second[message] = unsigned(words, 72, 6)
        columns.stated[message] = _stated(words)
        _place(signed(words, 79, 28), signed(words, 107, 27), 10, row, as_sent, columns)
    elif kind == 9:  # table 55
        speed = unsigned(words, 50, 10)
        columns.motion[0, row] = _NAN32 if speed == 1023 else np.float32(speed)
        columns.motion[1, row] = _course(unsigned(words, 116, 12), as_sent)
        columns.second[message] = unsigned(words, 128, 6)
        _place(signed(words, 61, 28), signed(words, 89, 27), 10, row, as_sent, columns)
    elif kind == 21:  # table 72
        columns.second[message] = unsigned(words, 253, 6)
        _place(signed(words, 164, 28), signed(words, 192, 27), 10, row, as_sent, columns)
    elif kind == 17:  # table 64
        _place(signed(words, 40, 18), signed(words, 58, 17), 10_000, row, as_sent, columns)
    else:  # 27, table 82
        columns.kind[0, row] = unsigned(words, 40, 4)
        speed, course = unsigned(words, 79, 6), unsigned(words, 85, 9)
        columns.motion[0, row] = _NAN32 if speed == 63 else np.float32(speed)
        unknown = course == 511 or (course >= 360 and not as_sent)
        columns.motion[1, row] = _NAN32 if unknown else np.float32(course)
        _place(signed(words, 44, 18), signed(words, 62, 17), 10_000, row, as_sent, columns)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _place(lon, lat, scale, row, as_sent, columns):  # type: ignore[no-untyped-def]
    """Puts degrees rounded to 1e-6 from 1/10,000 minute (scale 10) or 1/10 minute (10,000)."""
    x = (scale * lon + 3) // 6
    y = (scale * lat + 3) // 6
    beyond = (abs(x) > 180_000_000 and x != 181_000_000) or (
        abs(y) > 90_000_000 and y != 91_000_000
    )
    off = beyond and not as_sent
    columns.place[0, row] = np.nan if off or x == 181_000_000 else x / 1e6
    columns.place[1, row] = np.nan if off or y == 91_000_000 else y / 1e6


@numba.njit(cache=True, nogil=True, forceinline=True)
def _motion(words, speed_at, course_at, heading_at, row, as_sent, columns):  # type: ignore[no-untyped-def]
    speed = unsigned(words, speed_at, 10)
    heading = unsigned(words, heading_at, 9)
    columns.motion[0, row] = _NAN32 if speed == 1023 else np.float32(speed / 10.0)
    columns.motion[1, row] = _course(unsigned(words, course_at, 12), as_sent)
    unknown = heading == 511 or (heading >= 360 and not as_sent)
    columns.motion[2, row] = _NAN32 if unknown else np.float32(heading)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _course(tenths, as_sent):  # type: ignore[no-untyped-def]
    if tenths == 3600 or (tenths > 3600 and not as_sent):
        return _NAN32
    return np.float32(tenths / 10.0)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _stated(words):  # type: ignore[no-untyped-def]
    """The UTC time of a base station, us; `UNKNOWN_TIME` where there is no such moment."""
    year, month, day = unsigned(words, 38, 14), unsigned(words, 52, 4), unsigned(words, 56, 5)
    hour, minute, second = unsigned(words, 61, 5), unsigned(words, 66, 6), unsigned(words, 72, 6)
    if not (1 <= year <= 9999 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
        return UNKNOWN_TIME
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    length = 30 + (month + month // 8) % 2
    if month == 2:
        length = 29 if leap else 28
    if not 1 <= day <= length:
        return UNKNOWN_TIME
    # Days from 1970 by years that begin in March, so that a leap day ends one.
    march = year - (1 if month <= 2 else 0)
    days = 365 * march + march // 4 - march // 100 + march // 400
    days += (153 * ((month + 9) % 12) + 2) // 5 + day - 719_469
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000


@numba.njit(cache=True, nogil=True, forceinline=True)
def _static(words, kind, bits, message, state, columns):  # type: ignore[no-untyped-def]
    row = state[STATICS]
    state[STATICS] += 1
    mmsi = unsigned(words, 8, 30)
    columns.static_of[row] = message
    columns.static_id[0, row] = mmsi
    columns.static_id[1, row] = 0
    columns.ship[0, row] = 0
    columns.ship[1, row] = kind
    for i in range(5):
        columns.size[i, row] = _NAN32
    text, at = columns.text, state[TEXT]
    columns.begins[row] = at
    callsign, name, destination, sides = 0, 0, 0, 0
    if kind == 5:  # table 52
        columns.static_id[1, row] = unsigned(words, 40, 30)
        columns.ship[0, row] = _SHIP_TYPE[unsigned(words, 232, 8)]
        callsign, name, destination, sides = 70, 112, 302, 240
        draught = unsigned(words, 294, 8)
        columns.size[4, row] = np.float32(draught / 10.0) if draught else _NAN32
    elif kind == 19:  # table 69
        columns.ship[0, row] = _SHIP_TYPE[unsigned(words, 263, 8)]
        name, sides = 143, 271
    elif kind == 21:  # table 72
        name, sides = 43, 219
    elif unsigned(words, 38, 2) == 0:  # table 77
        name = 40
    else:  # table 78; a craft of a mother ship (MMSI 98...) has her number for the sides
        columns.ship[0, row] = unsigned(words, 40, 8)
        callsign = 90
        sides = 0 if mmsi // 10_000_000 == 98 else 132
    if sides:
        _size(words, sides, row, columns)
    if callsign:
        at = put_text(words, callsign, 42, bits, text, at)
    columns.ends[0, row] = at
    if name:
        at = put_text(words, name, 120, bits, text, at)
    if kind == 21 and at > columns.begins[row]:
        at = put_text(words, 272, 88, bits, text, at)
    columns.ends[1, row] = at
    if destination:
        at = put_text(words, destination, 120, bits, text, at)
    columns.ends[2, row] = at
    if kind == 5:
        at = _put_eta(words, text, at)
    columns.ends[3, row] = at
    state[TEXT] = at


@numba.njit(cache=True, nogil=True, forceinline=True)
def _size(words, start, row, columns):  # type: ignore[no-untyped-def]
    if unsigned(words, start, 30) == 0:
        return
    columns.size[0, row] = np.float32(unsigned(words, start, 9))
    columns.size[1, row] = np.float32(unsigned(words, start + 9, 9))
    columns.size[2, row] = np.float32(unsigned(words, start + 18, 6))
    columns.size[3, row] = np.float32(unsigned(words, start + 24, 6))


@numba.njit(cache=True, nogil=True, forceinline=True)
def _put_eta(words, text, at):  # type: ignore[no-untyped-def]
    """Puts ``MM-DDThh:mm`` as sent; nothing without a month and a day."""
    month, day = unsigned(words, 274, 4), unsigned(words, 278, 5)
    if month == 0 or day == 0:
        return at
    hour, minute = unsigned(words, 283, 5), unsigned(words, 288, 6)
    for value, mark in ((month, 45), (day, 84), (hour, 58), (minute, 0)):
        text[at] = 48 + value // 10
        text[at + 1] = 48 + value % 10
        text[at + 2] = mark
        at += 3
    return at - 1
