"""Ways at sea as points, and how far ships are from theirs."""

from typing import Final

import numba
import numpy as np

from ingest.batch import Float64, Int64
from risk.detect.kernel import range_nm
from risk.detect.memory import Array
from sea.geodesy import distance_nm, unit_vectors
from sea.lane_graph import lane_graph

_POINT_NM: Final = 3.0
_AHEAD: Final = 200
"""Points of a way that are looked at around the last one she was near: 600 nm."""


def points_of(lon: Float64, lat: Float64) -> tuple[Float64, Float64]:
    """Points of a way, `_POINT_NM` apart at most."""
    length = distance_nm(lon[:-1], lat[:-1], lon[1:], lat[1:])
    parts = np.maximum(np.ceil(length / _POINT_NM), 1).astype(np.int64)
    leg = np.repeat(np.arange(len(parts)), parts)
    share = (np.arange(len(leg)) - np.repeat(np.cumsum(parts) - parts, parts)) / parts[leg]
    east = (lon[leg + 1] - lon[leg] + 180) % 360 - 180
    return (
        np.append(lon[leg] + share * east, lon[-1]),
        np.append(lat[leg] + share * (lat[leg + 1] - lat[leg]), lat[-1]),
    )


def lane_nm(lon: float, lat: float) -> float:
    """Distance to the nearest lane, by its edges between the nearest joining spots."""
    graph = lane_graph()
    _, spots = graph.spots.query(unit_vectors(lon, lat), k=6)
    nearest = np.inf
    for spot in spots.tolist():
        one, other = graph.ends[spot]
        x, y = points_of(graph.lon[[one, other]], graph.lat[[one, other]])
        nearest = min(nearest, float(distance_nm(lon, lat, x, y).min()))
    return nearest


@numba.njit(cache=True, nogil=True)
def off_way(
    slots: Int64, lon: Float64, lat: Float64, way: Array, half: Array, size: Array, near: Array,
    near_lane: Array, way_lon: Float64, way_lat: Float64,
) -> Float64:  # fmt: skip
    """Distance of each ship from the nearer of her two ways, nm; moves on where she is on each."""
    off = np.empty(len(slots), np.float64)
    for i in range(len(slots)):
        slot = slots[i]
        first, after = way[slot], way[slot] + half[slot]
        near[slot], straight = _nearest(
            way_lon[first:after], way_lat[first:after], near[slot], lon[i], lat[i]
        )
        last = way[slot] + size[slot]
        near_lane[slot], over_lanes = _nearest(
            way_lon[after:last], way_lat[after:last], near_lane[slot], lon[i], lat[i]
        )
        off[i] = min(straight, over_lanes)
    return off


@numba.njit(cache=True, nogil=True)
def _nearest(
    way_lon: Float64, way_lat: Float64, near: int, lon: float, lat: float
) -> tuple[int, float]:
    """The point of a way nearest to a position, looked for around the last one, and how far."""
    best, where = np.inf, near
    for k in range(max(0, near - _AHEAD // 4), min(len(way_lon), near + _AHEAD)):
        away = range_nm(way_lon[k], way_lat[k], lon, lat)
        if away < best:
            best, where = away, k
    return where, best
