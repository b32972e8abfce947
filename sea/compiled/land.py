"""Land and shore, compiled: the grids of `sea.land` and the same questions, one place at a time."""

import math
from functools import cache
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from sea import land
from sea.geodesy import RADIUS_NM

_ROWS, _COLUMNS = 180 * land.CELLS_PER_DEGREE, 360 * land.CELLS_PER_DEGREE
_SHORE_ROWS = 180 * land.SHORE_CELLS_PER_DEGREE
_SHORE_COLUMNS = 360 * land.SHORE_CELLS_PER_DEGREE
_CELLS, _SHORE_CELLS = land.CELLS_PER_DEGREE, land.SHORE_CELLS_PER_DEGREE
_ERROR_NM, _HARBOUR_NM, _SHORTEST_NM = land.SHORE_ERROR_NM, land.HARBOUR_NM, land.SHORTEST_NM
_DEEPEST = 64


class Seas(NamedTuple):
    """The grids of land and shore.

    Attributes:
        turns: cells at which sea turns to land and back. rows: the first turn of each row of cells.
        codes: of the distance from the shore. nm: what each code means, negative inland.
    """

    turns: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint8]
    nm: npt.NDArray[np.float64]


@cache
def seas() -> Seas:
    """The packaged grids."""
    turns = land.turns()
    rows = np.searchsorted(turns, np.arange(_ROWS + 1) * _COLUMNS, side="right")
    return Seas(turns, rows.astype(np.int64), land.shore_codes(), land.NM_OF_CODE)


@numba.njit(cache=True, nogil=True)
def on_land(seas, lon, lat):  # type: ignore[no-untyped-def]
    """Whether a known position lies in a land cell."""
    row = min(max(int((90.0 - lat) * _CELLS), 0), _ROWS - 1)
    cell = row * _COLUMNS + math.floor((lon + 180.0) * _CELLS) % _COLUMNS
    low, high = seas.rows[row], seas.rows[row + 1]
    while low < high:
        middle = (low + high) // 2
        if seas.turns[middle] <= cell:
            low = middle + 1
        else:
            high = middle
    return low % 2 == 1


@numba.njit(cache=True, nogil=True)
def off_shore_nm(seas, lon, lat):  # type: ignore[no-untyped-def]
    """Distance from the shore line, interpolated; negative inland."""
    y = min(max((90.0 - lat) * _SHORE_CELLS - 0.5, 0.0), _SHORE_ROWS - 1.0)
    x = (lon + 180.0) * _SHORE_CELLS - 0.5
    row, column = int(y), math.floor(x)
    down, right = y - row, x - column
    below, beside = min(row + 1, _SHORE_ROWS - 1), (column + 1) % _SHORE_COLUMNS
    column %= _SHORE_COLUMNS
    codes, nm = seas.codes, seas.nm
    upper = nm[codes[row, column]] * (1 - right) + nm[codes[row, beside]] * right
    lower = nm[codes[below, column]] * (1 - right) + nm[codes[below, beside]] * right
    return upper * (1 - down) + lower * down


@numba.njit(cache=True, nogil=True)
def arc_between(a, b):  # type: ignore[no-untyped-def]
    """Angle between two unit vectors, rad; exact near 0 too."""
    x = a[1] * b[2] - a[2] * b[1]
    y = a[2] * b[0] - a[0] * b[2]
    z = a[0] * b[1] - a[1] * b[0]
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return math.atan2(math.sqrt(x * x + y * y + z * z), dot)


@numba.njit(cache=True, nogil=True)
def place_on_arc(a, b, arc, along):  # type: ignore[no-untyped-def]
    """(lon, lat) in degrees at an angle along the arc from unit vector a to b."""
    one, two = math.sin(arc - along), math.sin(along)
    if arc < 1e-12:
        one, two = 1.0, 0.0
    x, y, z = one * a[0] + two * b[0], one * a[1] + two * b[1], one * a[2] + two * b[2]
    lat = math.atan2(z, math.sqrt(x * x + y * y))
    return math.degrees(math.atan2(y, x)), math.degrees(lat)


@numba.njit(cache=True, nogil=True)
def crosses(seas, a, inland_a_nm, b, inland_b_nm):  # type: ignore[no-untyped-def]
    """Whether the great circle between unit vectors crosses land, as `sea.land.crosses_land`."""
    arc = arc_between(a, b)
    start = inland_a_nm + _HARBOUR_NM
    length = arc * RADIUS_NM - start - inland_b_nm - _HARBOUR_NM
    if length <= 0:
        return False
    middles, halves = np.empty(_DEEPEST), np.empty(_DEEPEST)
    middles[0], halves[0], depth = start + length / 2, length / 2, 1
    while depth > 0:
        depth -= 1
        middle, half = middles[depth], halves[depth]
        lon, lat = place_on_arc(a, b, arc, middle / RADIUS_NM)
        if on_land(seas, lon, lat):
            return True
        if half > _SHORTEST_NM and max(off_shore_nm(seas, lon, lat), 0.0) - _ERROR_NM < half:
            middles[depth], halves[depth] = middle + half / 2, half / 2
            middles[depth + 1], halves[depth + 1] = middle - half / 2, half / 2
            depth += 2
    return False
