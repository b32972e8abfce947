"""The hazard field on a grid: a field -> arrays in which compiled code finds a place's rates.

The sea is cut into tiles of a quarter degree, and tiles that hold cells of the field into squares
of 1', each with the row of the H3 cell its middle lies in. So a border may be off by half a mile.
"""

from typing import Final, NamedTuple

import h3.api.numpy_int as h3i
import numba
import numpy as np
import numpy.typing as npt

from ingest.batch import Float64
from risk.hazard import HazardField
from sea.ports import nearest_port

TILES_PER_DEGREE: Final = 4
SQUARES: Final = 15
"""Squares along a tile's side, each 1'."""

_REACH_DEG: Final = 0.15
"""More than from a cell's middle to its farthest corner at resolution 5; doubled below it."""

_NORTH: Final = 180 * TILES_PER_DEGREE
_ROUND: Final = 360 * TILES_PER_DEGREE


class Raster(NamedTuple):
    """A field as arrays.

    Attributes:
        tiles: by rows from 90 S 180 W, shape (720, 1440): the tile's number, -1 for none.
        rows: by tile, from its south-west corner: row of the rates, the last one elsewhere.
        places: likewise the nearest port where the figures know incidents, else -1.
        mean, low, high: per ship-hour, shape (c + 1, 3). hours: factor by local hour, (24,).
    """

    tiles: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    mean: Float64
    low: Float64
    high: Float64
    hours: Float64


def raster_of(field: HazardField) -> Raster:
    """The field on its grid."""
    tiles = np.full((_NORTH, _ROUND), -1, np.int32)
    for lat, lon in (h3i.cell_to_latlng(cell) for cell in field.cells.tolist()):
        reach = _REACH_DEG * 2.65 ** max(5 - field.params.resolution, 0)
        wide = reach / max(np.cos(np.radians(lat)), 0.05)
        south, north = (int((lat + d + 90) * TILES_PER_DEGREE) for d in (-reach, reach))
        west, east = (int(np.floor((lon + d + 180) * TILES_PER_DEGREE)) for d in (-wide, wide))
        rows = np.clip(np.arange(south, north + 1), 0, _NORTH - 1)
        tiles[np.ix_(rows, np.arange(west, east + 1) % _ROUND)] = 0
    y, x = np.nonzero(tiles == 0)
    tiles[y, x] = np.arange(len(y))
    lon, lat = _middles(x, y)
    rows = field.rows(lon.ravel(), lat.ravel())
    places = np.full(len(rows), -1, np.int32)
    hot = np.flatnonzero(field.near_place(rows))
    if len(hot):
        places[hot] = nearest_port(lon.ravel()[hot], lat.ravel()[hot])[0]
    low, high = field.bounds()
    return Raster(
        tiles=tiles, rows=rows.astype(np.int32).reshape(lon.shape),
        places=places.reshape(lon.shape), mean=field.mean, low=low, high=high, hours=field.hours,
    )  # fmt: skip


def _middles(x: npt.NDArray[np.intp], y: npt.NDArray[np.intp]) -> tuple[Float64, Float64]:
    """Positions of the middles of all squares of tiles, shape (tiles, SQUARES, SQUARES)."""
    inside = (np.arange(SQUARES) + 0.5) / SQUARES
    lon = (x[:, None, None] + inside[None, None, :]) / TILES_PER_DEGREE - 180.0
    lat = (y[:, None, None] + inside[None, :, None]) / TILES_PER_DEGREE - 90.0
    lon, lat = np.broadcast_arrays(lon, lat)
    return lon, lat


@numba.njit(cache=True, nogil=True)
def look_up(raster, lon, lat):  # type: ignore[no-untyped-def]
    """Row of the rates and place of a position."""
    x, y = (lon + 180.0) * TILES_PER_DEGREE, (lat + 90.0) * TILES_PER_DEGREE
    column, row = int(x), min(max(int(y), 0), _NORTH - 1)
    tile = raster.tiles[row, column % _ROUND]
    if tile < 0:
        return len(raster.mean) - 1, -1
    i, j = int((y - row) * SQUARES), int((x - column) * SQUARES)
    i = min(max(i, 0), SQUARES - 1)
    return raster.rows[tile, i, j], raster.places[tile, i, j]
