"""Land and shore: positions -> on land or not, and how far the nearest shore is.

Source: the sea mask of the GLOBE digital elevation model, 30" (GLOBE Task Team, Hastings and
Dunbar 1999, NOAA National Geophysical Data Center), as packaged by global-land-mask (MIT),
thinned by ``tools/make_land.py`` to cells of 1' and a grid of distances every 6'. Lakes and
rivers count as land; harbours narrower than a cell may. Not for navigation.
"""

import lzma
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from sea.geodesy import RADIUS_NM, distance_nm, unit_vectors

CELLS_PER_DEGREE: Final = 60
"""Cells of the land mask; one is 1 nm from north to south."""

SHORE_CELLS_PER_DEGREE: Final = 10
"""Cells of the shore distance grid; between their middles distances are interpolated."""

INLAND_LIMIT_NM: Final = 15.0
"""Distances inland are known up to this only."""

SHORE_ERROR_NM: Final = 4.5
"""By how much `shore_distance_nm` may be too far: the grid's diagonal, halved, and some."""

HARBOUR_NM: Final = 2.0
SHORTEST_NM: Final = 0.5

_SCALE_NM: Final = 20.0
_FARTHEST_NM: Final = 1500.0
"""Beyond the sea's loneliest place, 1450 nm from land (Lukatela 1992)."""

_SEA_CODES: Final = 255 - INLAND_LIMIT_NM
_CODES_PER_E: Final = _SEA_CODES / np.log1p(_FARTHEST_NM / _SCALE_NM)

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def is_land(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Bools:
    """Whether each position lies in a land cell; False where it is NaN."""
    lon, lat = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    known = np.isfinite(lon) & np.isfinite(lat)
    row = np.where(known, (90 - lat) * CELLS_PER_DEGREE, 0).astype(np.int32)
    column = np.floor(np.where(known, lon + 180, 0) * CELLS_PER_DEGREE).astype(np.int32)
    columns = 360 * CELLS_PER_DEGREE
    cell = np.clip(row, 0, 180 * CELLS_PER_DEGREE - 1) * columns + column % columns
    land: Bools = np.searchsorted(turns(), cell, side="right") % 2 == 1
    land &= known
    return land


def shore_distance_nm(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """Distance of each position from the nearest shore, 0 on land, NaN where it is NaN.

    Interpolated. Within 40 nm of ten American coasts, nine in ten were within 1.6 nm of a search
    of the mask and the worst 3.4 nm off; islets smaller than the grid may make it 4.5 nm. Far
    out it is rounded to 1%.
    """
    away = np.where(is_land(lon, lat), 0.0, np.maximum(_interpolated(lon, lat), 0.0))
    return away


def inland_nm(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """How far inland each position lies, up to `INLAND_LIMIT_NM`; 0 at sea, NaN where NaN."""
    return np.maximum(-_interpolated(lon, lat), 0.0)


def crosses_land(
    lon1: npt.ArrayLike, lat1: npt.ArrayLike, lon2: npt.ArrayLike, lat2: npt.ArrayLike
) -> Bools:
    """Whether the great circle between each pair of positions crosses land cells, shape (n,).

    Harbours often lie in land cells: at each end, land is allowed for as far as the place is
    inland and two cells more. Stretches are halved until each is farther from the shore than it
    is long, or shorter than a cell.
    """
    ends = np.broadcast_arrays(*(np.atleast_1d(x).astype(float) for x in (lon1, lat1, lon2, lat2)))
    first, last = unit_vectors(*ends[:2]), unit_vectors(*ends[2:])
    arc = distance_nm(*ends) / RADIUS_NM
    start, end = (inland_nm(*place) + HARBOUR_NM for place in (ends[:2], ends[2:]))
    length = arc * RADIUS_NM - start - end
    crossing = np.zeros(len(arc), bool)
    pair = np.flatnonzero(length > 0)
    middle, half = (start + length / 2)[pair], length[pair] / 2
    while len(pair):
        lon, lat = _between(first[pair], last[pair], arc[pair], middle / RADIUS_NM)
        crossing[pair[is_land(lon, lat)]] = True
        doubtful = (shore_distance_nm(lon, lat) - SHORE_ERROR_NM < half) & (half > SHORTEST_NM)
        doubtful &= ~crossing[pair]
        half = np.repeat(half[doubtful] / 2, 2)
        middle = np.repeat(middle[doubtful], 2) + np.tile([-1.0, 1.0], len(half) // 2) * half
        pair = np.repeat(pair[doubtful], 2)
    return crossing


def encode_shore(away_nm: Floats) -> npt.NDArray[np.uint8]:
    """One byte for each distance from the shore, negative inland: 1 nm inland, finer at sea."""
    at_sea = np.log1p(np.clip(away_nm, 0, _FARTHEST_NM) / _SCALE_NM) * _CODES_PER_E
    code = INLAND_LIMIT_NM + np.where(away_nm < 0, np.maximum(away_nm, -INLAND_LIMIT_NM), at_sea)
    return np.round(code).astype(np.uint8)


def _between(first: Floats, last: Floats, arc: Floats, along: Floats) -> tuple[Floats, Floats]:
    """Positions at an angle along the arcs from first to last (unit vectors), in degrees."""
    weights = np.sin(arc - along)[:, None] * first + np.sin(along)[:, None] * last
    x, y, z = weights.T
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))


def _interpolated(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    lon, lat = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    known = np.isfinite(lon) & np.isfinite(lat)
    rows, columns = 180 * SHORE_CELLS_PER_DEGREE, 360 * SHORE_CELLS_PER_DEGREE
    y = np.clip(np.where(known, 90 - lat, 0) * SHORE_CELLS_PER_DEGREE - 0.5, 0, rows - 1)
    x = np.where(known, lon + 180, 0) * SHORE_CELLS_PER_DEGREE - 0.5
    row, column = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    down, right = y - row, x - column
    below, beside = np.minimum(row + 1, rows - 1), (column + 1) % columns
    column %= columns
    codes, nm = shore_codes(), NM_OF_CODE
    upper = nm[codes[row, column]] * (1 - right) + nm[codes[row, beside]] * right
    lower = nm[codes[below, column]] * (1 - right) + nm[codes[below, beside]] * right
    return np.where(known, upper * (1 - down) + lower * down, np.nan)


_SEA_CODE: Final = np.arange(256) - INLAND_LIMIT_NM
NM_OF_CODE: Final[Floats] = np.where(
    _SEA_CODE < 0, _SEA_CODE, np.expm1(np.maximum(_SEA_CODE, 0) / _CODES_PER_E) * _SCALE_NM
)


@cache
def turns() -> npt.NDArray[np.int32]:
    """Cells, counted along the rows from 90 N 180 W, at which sea turns to land and back."""
    return np.cumsum(_packaged("land.npy.xz"), dtype=np.int32)


@cache
def shore_codes() -> npt.NDArray[np.uint8]:
    """Distances from the shore as codes, from 90 N 180 W along the rows."""
    return np.cumsum(_packaged("shore.npy.xz"), axis=1, dtype=np.uint8)


def _packaged(name: str) -> npt.NDArray[np.generic]:
    with (files("sea") / "data" / name).open("rb") as raw, lzma.open(raw) as unpacked:
        array: npt.NDArray[np.generic] = np.load(unpacked)
    return array
