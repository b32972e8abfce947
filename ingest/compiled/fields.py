"""Packed messages -> columns of reports and of statics.

Offsets are those of ITU-R M.1371-5 annex 8, values those of pyais; "not available" is NaN, 0 or
no text. What is shorter than its fixed fields or otherwise odd is left to pyais.
"""

import math
from typing import Final

import numba
import numpy as np
from pyais.constants import ShipType

from ingest.batch import NAV_STATUS_UNKNOWN
from ingest.compiled.arena import (
    BITS_AT,
    HEARD_AT,
    KIND,
    LEFT,
    LEFT_BOTH,
    LEFT_REPORT,
    LEFT_STATIC,
    LENGTH,
    TIMED,
)
from ingest.compiled.bits import put_text, signed, unsigned
from ingest.compiled.moment import refined

TEXT_ROOM: Final = 58
"""Bytes of text a static row may have: 7 + 20 + 20 + 11, or a name of 34."""

_WITHOUT_ROW: Final = np.zeros(64, np.bool_)
_WITHOUT_ROW[[6, 7, 8, 10, 12, 13, 14, 15, 16, 20, 22, 23, 25, 26]] = True
_FIXED: Final = np.full(64, 10_000)
for _kind, _bits in {
    1: 168, 2: 168, 3: 168, 4: 168, 5: 423, 9: 168, 11: 168, 17: 75, 18: 168, 19: 308, 21: 271,
    24: 162, 27: 95,
}.items():  # fmt: skip
    _FIXED[_kind] = _bits
_NAME_BITS: Final = 160
_RADIO_LAST: Final = np.zeros(64, np.bool_)
_RADIO_LAST[[1, 2, 3, 4, 9, 11, 18]] = True
IS_REPORT: Final = np.zeros(64, np.int64)
IS_REPORT[[1, 2, 3, 4, 9, 11, 17, 18, 19, 21, 27]] = 1
IS_STATIC: Final = np.zeros(64, np.int64)
IS_STATIC[[5, 19, 21, 24]] = 1


def _turn(raw: int) -> float:
    """Degrees a minute, table 48: the square of raw / 4.733; 127 is "more than 10"."""
    if abs(raw) == 127:
        return float(raw)
    return math.nan if raw == -128 else math.copysign(round((raw / 4.733) ** 2), raw)


_TURN: Final = np.array([_turn(raw) for raw in range(-128, 128)], np.float32)
_SHIP_TYPE: Final = np.array([int(ShipType.from_value(raw) or 0) for raw in range(256)], np.int16)
_NAN32: Final = np.float32(np.nan)


@numba.njit(cache=True, nogil=True, forceinline=True)
def kind_of(words, base, characters, bits):  # type: ignore[no-untyped-def]
    """The type of a message that has a row, 0 of one that has none, or `LEFT`."""
    if characters == 0:
        return LEFT
    kind = words[base] >> 42
    if _WITHOUT_ROW[kind]:
        return 0
    part = unsigned(words, base, 38, 2) if kind == 24 else 0
    if kind == 24 and part == 0:
        return kind if bits >= _NAME_BITS else LEFT
    if _RADIO_LAST[kind]:  # what fill bits may cut off is no field of ours
        bits = 6 * characters
    return kind if bits >= _FIXED[kind] and part < 2 else LEFT


@numba.njit(cache=True, nogil=True)
def put_reports(  # type: ignore[no-untyped-def]
    messages, words, as_sent,
    of, mmsi, reported_at, received_at, lon, lat, sog, cog, heading, rot, nav_status, msg_type,
):  # fmt: skip
    """Fills a row for each message with a position; that of one that was left stays empty."""
    row = 0
    for message in range(len(messages)):
        kind, base = messages[message, KIND], messages[message, BITS_AT]
        if kind in (LEFT_REPORT, LEFT_BOTH):
            of[row] = message
            row += 1
        if kind <= 0 or not IS_REPORT[kind]:
            continue
        turn, status, scale = _NAN32, NAV_STATUS_UNKNOWN, 10
        speed, course, head = 1023, 3600, 511
        second, year = 60, 0
        if kind <= 3:  # table 47
            status = unsigned(words, base, 38, 4)
            turn = _TURN[signed(words, base, 42, 8) + 128]
            speed = unsigned(words, base, 50, 10)
            x, y = signed(words, base, 61, 28), signed(words, base, 89, 27)
            course, head = unsigned(words, base, 116, 12), unsigned(words, base, 128, 9)
            second = unsigned(words, base, 137, 6)
        elif kind == 18 or kind == 19:  # tables 68 and 69
            speed = unsigned(words, base, 46, 10)
            x, y = signed(words, base, 57, 28), signed(words, base, 85, 27)
            course, head = unsigned(words, base, 112, 12), unsigned(words, base, 124, 9)
            second = unsigned(words, base, 133, 6)
        elif kind == 4 or kind == 11:  # table 49
            year, second = unsigned(words, base, 38, 14), unsigned(words, base, 72, 6)
            x, y = signed(words, base, 79, 28), signed(words, base, 107, 27)
        elif kind == 9:  # table 55, whose speed is in whole knots
            speed = unsigned(words, base, 50, 10)
            speed = 10 * speed if speed != 1023 else speed
            x, y = signed(words, base, 61, 28), signed(words, base, 89, 27)
            course, second = unsigned(words, base, 116, 12), unsigned(words, base, 128, 6)
        elif kind == 21:  # table 72
            second = unsigned(words, base, 253, 6)
            x, y = signed(words, base, 164, 28), signed(words, base, 192, 27)
        elif kind == 17:  # table 64
            scale = 10_000
            x, y = signed(words, base, 40, 18), signed(words, base, 58, 17)
        else:  # 27, table 82: whole knots and degrees
            scale, status = 10_000, unsigned(words, base, 40, 4)
            x, y = signed(words, base, 44, 18), signed(words, base, 62, 17)
            speed, course = unsigned(words, base, 79, 6), unsigned(words, base, 85, 9)
            speed = 10 * speed if speed != 63 else 1023
            course = 10 * course if course != 511 else -1
        heard = messages[message, HEARD_AT]
        of[row], received_at[row] = message, heard
        reported_at[row] = heard
        if messages[message, TIMED]:
            reported_at[row] = refined(words, base, heard, second, year)
        mmsi[row], msg_type[row] = unsigned(words, base, 8, 30), kind
        lon[row], lat[row] = _degrees(x, y, scale, as_sent)
        sog[row] = _NAN32 if speed == 1023 else np.float32(speed / 10.0)
        unknown = course < 0 or (course >= 3600 and not as_sent) or (course == 3600 and kind != 27)
        cog[row] = _NAN32 if unknown else np.float32(course / 10.0)
        heading[row] = _NAN32 if head == 511 or (head >= 360 and not as_sent) else head
        rot[row], nav_status[row] = turn, status
        row += 1


@numba.njit(cache=True, nogil=True, forceinline=True)
def _degrees(x, y, scale, as_sent):  # type: ignore[no-untyped-def]
    """Degrees rounded to 1e-6 from 1/10,000 minute (scale 10) or 1/10 minute (10,000)."""
    x = (scale * x + 3) // 6
    y = (scale * y + 3) // 6
    beyond = (abs(x) > 180_000_000 and x != 181_000_000) or (
        abs(y) > 90_000_000 and y != 91_000_000
    )
    off = beyond and not as_sent
    return (
        np.nan if off or x == 181_000_000 else x / 1e6,
        np.nan if off or y == 91_000_000 else y / 1e6,
    )


@numba.njit(cache=True, nogil=True)
def put_statics(  # type: ignore[no-untyped-def]
    messages, words, of, mmsi, reported_at, received_at, msg_type, imo, ship_type, size, ends, text
):
    """Fills a row for each message with static data; that of one that was left stays empty.

    `size` has four sides and draught, shape (5, n); `ends` where callsign, name, destination and
    eta end in `text`, one after another, shape (4 n + 1,), first 0.
    """
    row, at = 0, 0
    ends[0] = 0
    for message in range(len(messages)):
        kind, base = messages[message, KIND], messages[message, BITS_AT]
        if kind in (LEFT_STATIC, LEFT_BOTH):
            of[row] = message
            ends[4 * row + 1 : 4 * row + 5] = at
            row += 1
        if kind <= 0 or not IS_STATIC[kind]:
            continue
        bits, heard = messages[message, LENGTH], messages[message, HEARD_AT]
        of[row], received_at[row], msg_type[row] = message, heard, kind
        mmsi[row] = number = unsigned(words, base, 8, 30)
        imo[row], ship_type[row] = 0, 0
        size[:, row] = _NAN32
        second, callsign, name, destination, sides = 60, 0, 0, 0, 0
        if kind == 5:  # table 52
            imo[row] = unsigned(words, base, 40, 30)
            ship_type[row] = _SHIP_TYPE[unsigned(words, base, 232, 8)]
            callsign, name, destination, sides = 70, 112, 302, 240
            draught = unsigned(words, base, 294, 8)
            size[4, row] = np.float32(draught / 10.0) if draught else _NAN32
        elif kind == 19:  # table 69
            ship_type[row] = _SHIP_TYPE[unsigned(words, base, 263, 8)]
            name, sides, second = 143, 271, unsigned(words, base, 133, 6)
        elif kind == 21:  # table 72
            name, sides, second = 43, 219, unsigned(words, base, 253, 6)
        elif unsigned(words, base, 38, 2) == 0:  # table 77
            name = 40
        else:  # table 78; a craft of a mother ship (MMSI 98...) has her number for the sides
            ship_type[row] = unsigned(words, base, 40, 8)
            callsign = 90
            sides = 0 if number // 10_000_000 == 98 else 132
        reported_at[row] = heard
        if messages[message, TIMED]:
            reported_at[row] = refined(words, base, heard, second, 0)
        if sides:
            _put_size(words, base, sides, row, size)
        begin = at
        if callsign:
            at = put_text(words, base, callsign, 42, bits, text, at)
        ends[4 * row + 1] = at
        if name:
            at = put_text(words, base, name, 120, bits, text, at)
        if kind == 21 and at > begin:
            at = put_text(words, base, 272, 88, bits, text, at)
        ends[4 * row + 2] = at
        if destination:
            at = put_text(words, base, destination, 120, bits, text, at)
        ends[4 * row + 3] = at
        if kind == 5:
            at = _put_eta(words, base, text, at)
        ends[4 * row + 4] = at
        row += 1


@numba.njit(cache=True, nogil=True, forceinline=True)
def _put_size(words, base, start, row, size):  # type: ignore[no-untyped-def]
    if unsigned(words, base, start, 30) == 0:
        return
    size[0, row] = unsigned(words, base, start, 9)
    size[1, row] = unsigned(words, base, start + 9, 9)
    size[2, row] = unsigned(words, base, start + 18, 6)
    size[3, row] = unsigned(words, base, start + 24, 6)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _put_eta(words, base, text, at):  # type: ignore[no-untyped-def]
    """Puts ``MM-DDThh:mm`` as sent; nothing without a month and a day."""
    month, day = unsigned(words, base, 274, 4), unsigned(words, base, 278, 5)
    if month == 0 or day == 0:
        return at
    hour, minute = unsigned(words, base, 283, 5), unsigned(words, base, 288, 6)
    for value, mark in ((month, 45), (day, 84), (hour, 58), (minute, 0)):
        text[at] = 48 + value // 10
        text[at + 1] = 48 + value % 10
        text[at + 2] = mark
        at += 3
    return at - 1
