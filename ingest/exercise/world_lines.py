"""The world's ships in one minute -> their lines, written by one compiled pass.

Layouts, armour and tag blocks are those of `ingest.exercise.encode`, which the tests hold this to.
The arrays that say where ships sail are `world.Fleet` and `world_lanes.Lanes`.
"""

import math
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

LINE_ROOM: Final = 128
"""Bytes of the longest line, 107, and some."""

LINES_A_SHIP: Final = 4
"""Lines of one ship in a minute: a position, again by another receiver, and two of her statics."""

SATELLITES: Final = 12

_FIRST_PART: Final = 60
_STATIC_EVERY_MIN: Final = 6
_LYING_EVERY_MIN: Final = 3
_SECOND_HEARING: Final = 25
"""One report in so many is heard by a satellite too."""

_COURSE_S: Final = 10.0
_CELL_DEG: Final = 3
_NOISE: Final = 40
"""Most error of a fix, 1/10 000 minute: some 7 m."""

_WIDTHS_A: Final = np.array([6, 2, 30, 4, 8, 10, 1, 28, 27, 12, 9, 6, 6, 19], np.int64)
_WIDTHS_B: Final = np.array([6, 2, 30, 8, 10, 1, 28, 27, 12, 9, 6, 9, 20], np.int64)
_CS_UNIT: Final = 0x5C
_CS_STATE: Final = 0xE0006
"""What a carrier-sense class B unit says of itself, as in `encode.position_b`."""

_SLOTS: Final = 2250
_ARMOUR: Final = np.array([v + 48 if v < 40 else v + 56 for v in range(64)], np.uint8)
_HEX: Final = np.frombuffer(b"0123456789ABCDEF", np.uint8)

UNDER_WAY: Final = 0
ANCHORED: Final = 1
MOORED: Final = 5

Array = npt.NDArray[Any]


@numba.njit(cache=True, nogil=True)
def write_minute(  # type: ignore[no-untyped-def]
    minute, minute_us, start_us, order, fleet, lanes, texts, out, ends, received_us
):
    """Writes the lines received in a minute, in order; returns how many.

    `minute` is its number from the start, `order` the ships by the instant of the minute at which
    they are received; `fleet`, `lanes` and `texts` are tuples of arrays, see `world.World`. There
    is room for the bytes in `out`, for where each line ends in `ends`, and when it came.
    """
    phase_us, delay_us, _, class_b, plate = fleet[:5]
    lines, at = 0, 0
    for ship in order:
        received = minute_us + phase_us[ship]
        measured = received - delay_us[ship]
        t = (measured - start_us) / 1e6
        lon, lat, lying, coastal, outward = _place(ship, t, fleet, lanes)
        luck = _luck(ship, minute)
        satellite = _luck(ship, minute // 10 - 1) % SATELLITES
        seconds = received // 1_000_000
        if lying == UNDER_WAY or (minute + ship) % _LYING_EVERY_MIN == 0:
            hearings = 2 if coastal and luck % _SECOND_HEARING == 0 else 1
            for hearing in range(hearings):
                near = coastal and hearing == 0
                at, check = _open(out, at, near, lon, lat, satellite, seconds, (minute + ship) % 2)
                at, check = _position(
                    out, at, check, ship, t, lon, lat, lying, luck, measured, fleet, lanes
                )
                at = _close(out, at, check, 48)
                ends[lines], received_us[lines] = at, received
                lines += 1
        if (minute + ship // 3) % _STATIC_EVERY_MIN == 0:
            for part in range(2):
                first = at
                at = _static(
                    out,
                    at,
                    part,
                    coastal,
                    lon,
                    lat,
                    satellite,
                    seconds,
                    (minute + ship) % 2,
                    ship,
                    class_b[ship],
                    plate[ship],
                    outward,
                    texts,
                )
                if at > first:
                    ends[lines], received_us[lines] = at, received
                    lines += 1
    return lines


@numba.njit(cache=True, nogil=True, forceinline=True)
def _luck(ship, minute):  # type: ignore[no-untyped-def]
    """A number of 63 bits for each ship and minute, by SplitMix64 as in `chance`."""
    x = np.uint64(ship) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(minute)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((x ^ (x >> np.uint64(31))) >> np.uint64(1))


@numba.njit(cache=True, nogil=True)
def _place(ship, t, fleet, lanes):  # type: ignore[no-untyped-def]
    """(lon, lat, nav status, whether a station hears her, whether outward bound) at t seconds."""
    cruise, lane, begin_nm, end_nm, stay_s, ahead_s, aside_x, aside_y, at_rest = fleet[5:14]
    first, knot_lon, knot_lat, aside_lon, aside_lat, coastal, step_nm = lanes
    span_nm = end_nm[ship] - begin_nm[ship]
    leg_s, stay = span_nm / cruise[ship] * 3600.0, stay_s[ship]
    into = (t + ahead_s[ship]) % (2 * (leg_s + stay))
    outward = into < leg_s + stay
    if not outward:
        into -= leg_s + stay
    lying = at_rest[ship] if into >= leg_s else UNDER_WAY
    along = min(into / leg_s, 1.0) * span_nm
    along = begin_nm[ship] + along if outward else end_nm[ship] - along
    way = lane[ship]
    knots = first[way + 1] - first[way]
    part = along / step_nm[way]
    knot = min(max(int(part), 0), knots - 2)
    part -= knot
    i = first[way] + knot
    east = aside_lon[i] + part * (aside_lon[i + 1] - aside_lon[i])
    north = aside_lat[i] + part * (aside_lat[i + 1] - aside_lat[i])
    lon = knot_lon[i] + part * (knot_lon[i + 1] - knot_lon[i]) + east * aside_x[ship]
    lat = knot_lat[i] + part * (knot_lat[i + 1] - knot_lat[i]) + north * aside_y[ship]
    return (lon + 180.0) % 360.0 - 180.0, lat, lying, coastal[i], outward


@numba.njit(cache=True, nogil=True)
def _motion(ship, t, lon, lat, fleet, lanes):  # type: ignore[no-untyped-def]
    """(sog in kn, cog in degrees) by where she is some seconds later."""
    later_lon, later_lat, _, _, _ = _place(ship, t + _COURSE_S, fleet, lanes)
    north = (later_lat - lat) * 60.0
    east = ((later_lon - lon + 540.0) % 360.0 - 180.0) * 60.0 * math.cos(math.radians(lat))
    course = math.degrees(math.atan2(east, north)) % 360.0
    return math.hypot(east, north) * 3600.0 / _COURSE_S, course


@numba.njit(cache=True, nogil=True, forceinline=True)
def _byte(out, at, check, value):  # type: ignore[no-untyped-def]
    out[at] = value
    return at + 1, check ^ value


@numba.njit(cache=True, nogil=True, forceinline=True)
def _digits(out, at, check, value, width):  # type: ignore[no-untyped-def]
    left = value
    for place in range(at + width - 1, at - 1, -1):
        out[place] = 48 + left % 10
        check ^= 48 + left % 10
        left //= 10
    return at + width, check


@numba.njit(cache=True, nogil=True)
def _open(out, at, near, lon, lat, satellite, seconds, channel):  # type: ignore[no-untyped-def]
    """Tag block and head of a whole message: (where the payload goes, checksum so far)."""
    at = _tag(out, at, near, lon, lat, satellite, seconds)
    return _head(out, at, 1, 1, -1, channel)


@numba.njit(cache=True, nogil=True)
def _tag(out, at, near, lon, lat, satellite, seconds):  # type: ignore[no-untyped-def]
    r"""``\s:EX-N24W081,c:1768435200*hh\``, or a satellite's name."""
    check = np.int64(0)
    out[at] = 92
    at += 1
    for value in (115, 58, 69, 88, 45):
        at, check = _byte(out, at, check, value)
    if near:
        south = math.floor(lat / _CELL_DEG) * _CELL_DEG
        west = math.floor(lon / _CELL_DEG) * _CELL_DEG
        at, check = _byte(out, at, check, 78 if south >= 0 else 83)
        at, check = _digits(out, at, check, abs(south), 2)
        at, check = _byte(out, at, check, 69 if west >= 0 else 87)
        at, check = _digits(out, at, check, abs(west), 3)
    else:
        for value in (83, 65, 84):
            at, check = _byte(out, at, check, value)
        at, check = _digits(out, at, check, satellite + 1, 2)
    for value in (44, 99, 58):
        at, check = _byte(out, at, check, value)
    at, check = _digits(out, at, check, seconds, 10)
    out[at], out[at + 1], out[at + 2] = 42, _HEX[check >> 4], _HEX[check & 15]
    out[at + 3] = 92
    return at + 4


@numba.njit(cache=True, nogil=True)
def _head(out, at, total, number, sequence, channel):  # type: ignore[no-untyped-def]
    """``!AIVDM,1,1,,A,``; the sequence number is left out if it is negative."""
    check = np.int64(0)
    out[at] = 33
    at += 1
    for value in (65, 73, 86, 68, 77, 44, 48 + total, 44, 48 + number, 44):
        at, check = _byte(out, at, check, value)
    if sequence >= 0:
        at, check = _byte(out, at, check, 48 + sequence)
    for value in (44, 65 + channel, 44):
        at, check = _byte(out, at, check, value)
    return at, check


@numba.njit(cache=True, nogil=True)
def _close(out, at, check, fill):  # type: ignore[no-untyped-def]
    """``,0*hh`` and the end of the line; `fill` is a digit in ASCII."""
    for value in (44, fill):
        at, check = _byte(out, at, check, value)
    out[at], out[at + 1], out[at + 2] = 42, _HEX[check >> 4], _HEX[check & 15]
    out[at + 3], out[at + 4] = 13, 10
    return at + 5


@numba.njit(cache=True, nogil=True)
def _static(  # type: ignore[no-untyped-def]
    out, at, part, near, lon, lat, satellite, seconds, channel, ship, class_b, plate, outward, texts
):
    """One of the two lines of what a ship says of herself."""
    type_5, type_24_a, type_24_b = texts
    check = np.int64(0)
    if class_b:
        at, check = _open(out, at, near, lon, lat, satellite, seconds, channel)
        payload = type_24_b[plate] if part else type_24_a[plate]
        begin, end, fill = 0, len(payload), 48 if part else 50
    else:
        payload = type_5[0 if outward else 1, plate]
        begin, end = (_FIRST_PART, len(payload)) if part else (0, _FIRST_PART)
        fill = 50 if part else 48
        at = _tag(out, at, near, lon, lat, satellite, seconds)
        at, check = _head(out, at, 2, part + 1, ship % 10, channel)
    for i in range(begin, end):
        at, check = _byte(out, at, check, np.int64(payload[i]))
    return _close(out, at, check, fill)


@numba.njit(cache=True, nogil=True)
def _position(  # type: ignore[no-untyped-def]
    out, at, check, ship, t, lon, lat, lying, luck, measured, fleet, lanes
):
    """The 28 characters of a type 1, 3 or 18: (where they end, checksum so far)."""
    mmsi, class_b, trawls = fleet[2], fleet[3], fleet[14]
    sog, cog, heading = np.int64(0), np.int64(0), np.int64(ship * 47 % 360)
    status = np.int64(lying)
    if lying == UNDER_WAY:
        knots, course = _motion(ship, t, lon, lat, fleet, lanes)
        sog = np.int64(min(round(knots * 10), 1022))
        cog = np.int64(round(course * 10) % 3600)
        heading = cog // 10
        status = np.int64(7 if trawls[ship] else 0)
    x = np.int64(round(lon * 600_000)) + (luck >> 20) % (2 * _NOISE) - _NOISE
    y = np.int64(round(lat * 600_000)) + (luck >> 40) % (2 * _NOISE) - _NOISE
    second = measured // 1_000_000 % 60
    number = np.int64(mmsi[ship])
    if class_b[ship]:
        fields = np.array(
            [18, 0, number, 0, sog, 1, x, y, cog, heading, second, _CS_UNIT, _CS_STATE]
        )
        return _armoured(out, at, check, fields, _WIDTHS_B)
    fields = np.array([3 if lying else 1, 0, number, status, 0, sog, 1, x, y, cog, heading, second,
                       0, luck % _SLOTS])  # fmt: skip
    return _armoured(out, at, check, fields, _WIDTHS_A)


@numba.njit(cache=True, nogil=True)
def _armoured(out, at, check, fields, widths):  # type: ignore[no-untyped-def]
    """Fields of so many bits each, most significant bit first, as armoured characters."""
    held, bits = np.int64(0), 0
    for i in range(len(fields)):
        width = widths[i]
        held = (held << width) | (fields[i] & ((np.int64(1) << width) - 1))
        bits += width
        while bits >= 6:
            bits -= 6
            at, check = _byte(out, at, check, np.int64(_ARMOUR[(held >> bits) & 63]))
            held &= (np.int64(1) << bits) - 1
    return at, check
