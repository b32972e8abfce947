"""The hazard field on the map: a field -> expected incidents a year in cells, the worst cells."""

import math
from itertools import pairwise
from typing import Any

import h3
import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.batch import Float64
from risk.hazard import HOURS_PER_YEAR, Cells, HazardField, Rate, centres_of, interval_of, ring_of
from sea.errors import BadInputError
from sea.land import SHORE_ERROR_NM, is_land, shore_distance_nm
from sea.units import M_PER_NM

KM2_PER_NM2 = (M_PER_NM / 1000.0) ** 2


def per_year(field: HazardField, cells: Cells, area_nm2: Float64) -> Rate:
    """Expected incidents a year in whole cells of which `area_nm2` is sea.

    Those of the places, and those of everywhere: of the region's ships that lie in a cell
    like it, by its distance from a port.
    """
    lat, lon = centres_of(cells)
    shape, mean = gamma_per_year(field, cells, area_nm2, ring_of(lon, lat))
    low, high = interval_of(shape, mean, field.params.interval)
    return Rate(mean=mean, low=low, high=high)


def gamma_per_year(
    field: HazardField, cells: Cells, area_nm2: Float64, ring: npt.NDArray[np.intp]
) -> tuple[Float64, Float64]:
    """Shape and mean of the Gamma of each cell's incidents a year; `ring` is `ring_of` it."""
    rows, base = field.rows_of(cells), field.mean[-1]
    ships = field.ring_ships[ring] * area_nm2[:, None]
    near = (field.mean[rows] - base) * field.ship_hours[rows]
    far = base * ships * HOURS_PER_YEAR
    mean = (near + far).sum(axis=1)
    variance = (near**2 / field.shape[rows] + far**2 / field.shape[-1]).sum(axis=1)
    return mean**2 / variance, mean


def cells_in(field: HazardField, bbox: tuple[float, float, float, float]) -> pd.DataFrame:
    """The cells of a box (west, south, east, north; west > east crosses 180), by H3 index.

    Columns ``cell, lon, lat, area_nm2, incidents_per_year, low, high``; those whose centre is
    at sea or that hold an incident. ``area_nm2`` is the sea part, of 49 samples a cell.

    Raises:
        BadInputError: the box is none.
    """
    inside = np.array(sorted(_box_cells(bbox, field.params.resolution)), np.uint64)
    lat, lon = centres_of(inside)
    rows = field.rows_of(inside)
    keep = ~is_land(lon, lat) | np.append(field.at_sea, False)[rows]
    inside, lon, lat = inside[keep], lon[keep], lat[keep]
    area = _sea_area_nm2(inside, lon, lat)
    rate = per_year(field, inside, area)
    return pd.DataFrame(
        {
            "cell": [h3.int_to_str(c) for c in inside.tolist()],
            "lon": lon, "lat": lat, "area_nm2": area,
            "incidents_per_year": rate.mean, "low": rate.low, "high": rate.high,
        }
    )  # fmt: skip


def worst_cells(field: HazardField, top: int = 150) -> dict[str, Any]:
    """The cells with most expected incidents a year, as a GeoJSON FeatureCollection."""
    cells = field.cells[field.at_sea]
    lat, lon = centres_of(cells)
    rate = per_year(field, cells, _sea_area_nm2(cells, lon, lat))
    order = np.lexsort((cells, -rate.mean))[:top]
    return {
        "type": "FeatureCollection",
        "features": [
            _feature(field, rank, int(cells[i]), rate, int(i)) for rank, i in enumerate(order, 1)
        ],
    }


def _feature(field: HazardField, rank: int, index: int, rate: Rate, i: int) -> dict[str, Any]:
    cell = h3.int_to_str(index)
    ring = [[round(x, 5), round(y, 5)] for y, x in h3.cell_to_boundary(cell)]
    return {
        "type": "Feature",
        "id": cell,
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        "properties": {
            "cell": cell,
            "rank": rank,
            "incidents_per_year": round(float(rate.mean[i]), 5),
            "low": round(float(rate.low[i]), 5),
            "high": round(float(rate.high[i]), 5),
            "source": field.source,
        },
    }


def _box_cells(bbox: tuple[float, float, float, float], resolution: int) -> set[int]:
    west, south, east, north = bbox
    if not (-90 <= south < north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise BadInputError(
            f"not a box: {bbox}", field="bbox", mend="write west,south,east,north in degrees"
        )
    if west > east:
        one, other = (west, south, 180.0, north), (-180.0, south, east, north)
        return _box_cells(one, resolution) | _box_cells(other, resolution)
    edges = np.linspace(west, east, math.ceil((east - west) / 60) + 1).tolist()
    found: set[int] = set()
    for left, right in pairwise(edges):
        box = [(south, left), (south, right), (north, right), (north, left)]
        found.update(int(c) for c in h3i.polygon_to_cells(h3.LatLngPoly(box), resolution))
    return found


def _sea_area_nm2(cells: Cells, lon: Float64, lat: Float64) -> Float64:
    """Sea part of each cell; a cell well off the coast is not sampled."""
    area = np.array([h3i.cell_area(c, "km^2") for c in cells.tolist()]) / KM2_PER_NM2
    radius_nm = np.sqrt(area)
    for i in np.flatnonzero(shore_distance_nm(lon, lat) < radius_nm + SHORE_ERROR_NM).tolist():
        cell = int(cells[i])
        inner_lat, inner_lon = centres_of(h3i.cell_to_children(cell, h3i.get_resolution(cell) + 2))
        area[i] *= 1 - is_land(inner_lon, inner_lat).mean()
    return np.asarray(area)
