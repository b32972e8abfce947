"""Lane density: where somebody listened -> how many ships are under way at a distance from a lane.

What a cell without listening is held to have under way follows from cells as far from a lane in
which there was some.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt

from ingest.batch import Float64
from risk.exposure import CELL_RESOLUTION, LISTENING_RESOLUTION, Cells, Exposure
from risk.incident import Activity
from sea.geodesy import chord_nm, unit_vectors
from sea.land import is_land
from sea.lane_graph import lane_graph

BANDS_NM: Final = (10.0, 20.0, 40.0)
"""Distances that part cells by how far the nearest lane is. Chosen by us: that is known to some
10 nm, by spots along lanes."""


class Home(NamedTuple):
    """A cell's place among others: the cell that listening is told of, and its band."""

    heard: int
    band: int


class LaneDensity(NamedTuple):
    """Ships under way in a sea cell by band, and the cell-hours listened there; shape (4,)."""

    ships: Float64
    listened: Float64


@lru_cache(maxsize=1 << 17)
def home_of(cell: int) -> Home:
    """Where a cell of `CELL_RESOLUTION` belongs."""
    lat, lon = h3i.cell_to_latlng(cell)
    return Home(h3i.cell_to_parent(cell, LISTENING_RESOLUTION), int(_bands(lon, lat)[0]))


@lru_cache(maxsize=4)
def lane_density(exposure: Exposure) -> LaneDensity:
    """What the exposure tells of ships under way by band."""
    children = [h3i.cell_to_children(c, CELL_RESOLUTION) for c in exposure.heard.tolist()]
    hours = np.repeat(exposure.listened.sum(axis=1), [len(c) for c in children])
    around = np.concatenate([np.zeros(0, np.uint64), *children]).astype(np.uint64)
    under_way = exposure.ship_hours[:, :, Activity.UNDER_WAY].sum(axis=1)
    listened, seen = (_by_band(*told) for told in ((around, hours), (exposure.cells, under_way)))
    ships = np.divide(seen, listened, out=np.zeros(len(seen)), where=listened > 0)
    return LaneDensity(ships, listened)


def _by_band(cells: Cells, hours: Float64) -> Float64:
    """The hours of the cells at sea, summed by band."""
    lat, lon = np.array([h3i.cell_to_latlng(c) for c in cells.tolist()]).reshape(-1, 2).T
    sea = ~is_land(lon, lat)
    summed = np.bincount(_bands(lon[sea], lat[sea]), hours[sea], len(BANDS_NM) + 1)
    return np.asarray(summed, np.float64)


def _bands(lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.intp]:
    chord, _ = lane_graph().spots.query(np.atleast_2d(unit_vectors(lon, lat)))
    return np.searchsorted(BANDS_NM, chord_nm(chord), side="right")
