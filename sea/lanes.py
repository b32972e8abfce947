"""Lanes: two places at sea -> the way between them and its length.

The way is the great circle where that stays clear of land; else it joins searoute's world lane
graph (Apache-2.0), takes the shortest way over it and leaves it again. The graph holds rivers,
canals and harbour approaches narrower than the land mask's cells. The Northwest Passage is closed.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from sea.gazetteer import lane_edges
from sea.geodesy import bearing_deg, destination, distance_nm, unit_vectors, wrap_lon
from sea.land import crosses_land
from sea.units import DegreesEast, DegreesNorth, NauticalMiles

CLOSED_PASSAGES: Final = frozenset({"northwest"})

_SPOT_NM: Final = 20.0
"""Longest stretch of a lane between two spots at which it can be joined; chosen by us."""

_SPOTS_TRIED: Final = 12
"""Nearest spots among which the clear ones are taken; chosen by us."""

_CHORD_NM: Final = 60.0
"""Longest step between two points of a route, so that straight lines on a chart stay near it."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way at sea: positions from first to last, both included, and its length."""

    lon: Floats
    lat: Floats
    length_nm: NauticalMiles


class Lanes(NamedTuple):
    """The lane graph.

    Attributes:
        lon, lat: of the nodes, shape (n,).
        lengths: nm between neighbours, shape (n, n), sparse.
        spot_lon, spot_lat: places along the edges, shape (k,); spots: tree of their unit vectors.
        ends: nodes of each spot's edge, shape (k, 2); reach: nm to them, shape (k, 2).
    """

    lon: Floats
    lat: Floats
    lengths: csr_array
    spot_lon: Floats
    spot_lat: Floats
    spots: cKDTree
    ends: Ints
    reach: Floats


class Joins(NamedTuple):
    """How places reach the lanes: each row one place, one spot and one end of the spot's edge."""

    place: Ints
    spot: Ints
    node: Ints
    length_nm: Floats


def sea_route(
    lon1: DegreesEast, lat1: DegreesNorth, lon2: DegreesEast, lat2: DegreesNorth
) -> Route:
    """The way from 1 to 2; it crosses land only where the lane graph or a harbour does."""
    if not crosses_land(lon1, lat1, lon2, lat2)[0]:
        return _densified(np.array([lon1, lon2]), np.array([lat1, lat2]))
    lanes = _lanes()
    away, onward, exit_spot = _way_to(lon2, lat2)
    joins = _joins(np.array([lon1]), np.array([lat1]))
    total = joins.length_nm + away[joins.node]
    best = int(np.argmin(total))
    nodes = [int(joins.node[best])]
    while onward[nodes[-1]] >= 0:
        nodes.append(int(onward[nodes[-1]]))
    spots = [int(joins.spot[best]), int(exit_spot[nodes[-1]])]
    lon = [lon1, lanes.spot_lon[spots[0]], *lanes.lon[nodes], lanes.spot_lon[spots[1]], lon2]
    lat = [lat1, lanes.spot_lat[spots[0]], *lanes.lat[nodes], lanes.spot_lat[spots[1]], lat2]
    return _densified(np.array(lon, np.float64), np.array(lat, np.float64))


def sea_distance_nm(origins: npt.ArrayLike, destinations: npt.ArrayLike) -> Floats:
    """Lengths of the ways from n origins to m destinations, (lon, lat) rows -> shape (n, m)."""
    first, second = (np.asarray(p, np.float64).reshape(-1, 2) for p in (origins, destinations))
    if len(first) > len(second):
        return sea_distance_nm(second, first).T
    lon1, lat1, lon2, lat2 = np.broadcast_arrays(
        first[:, :1], first[:, 1:], second[:, 0], second[:, 1]
    )
    straight = distance_nm(lon1, lat1, lon2, lat2)
    blocked = crosses_land(lon1.ravel(), lat1.ravel(), lon2.ravel(), lat2.ravel())
    blocked = blocked.reshape(straight.shape)
    if not blocked.any():
        return straight
    joins = _joins(*second[blocked.any(axis=0)].T)
    over_lanes = np.full(straight.shape, np.inf)
    for i in np.flatnonzero(blocked.any(axis=1)):
        away, _, _ = _way_to(*first[i].tolist())
        shortest = np.full(blocked.any(axis=0).sum(), np.inf)
        np.minimum.at(shortest, joins.place, away[joins.node] + joins.length_nm)
        over_lanes[i, blocked.any(axis=0)] = shortest
    return np.where(blocked, over_lanes, straight)


@lru_cache(maxsize=256)
def _way_to(lon: float, lat: float) -> tuple[Floats, Ints, dict[int, int]]:
    """From every node to a place: nm, next node (-1: leave the lanes), and the spot to leave at."""
    lanes = _lanes()
    n = len(lanes.lon)
    joins = _joins(np.array([lon]), np.array([lat]))
    order = np.argsort(joins.length_nm, kind="stable")[::-1]
    nearest = dict(zip(joins.node[order].tolist(), order.tolist(), strict=True))
    rows = np.fromiter(nearest.values(), np.int64)
    graph = csr_array(
        (
            np.r_[lanes.lengths.data, np.maximum(joins.length_nm[rows], _NO_LENGTH)],
            np.r_[lanes.lengths.indices, joins.node[rows]],
            np.r_[lanes.lengths.indptr, len(lanes.lengths.data) + len(rows)],
        ),
        shape=(n + 1, n + 1),
    )
    away, onward = dijkstra(graph, indices=n, return_predecessors=True)
    onward = np.where(onward == n, -1, onward)[:n].astype(np.int64)
    return away[:n], onward, {node: int(joins.spot[row]) for node, row in nearest.items()}


def _joins(lon: Floats, lat: Floats) -> Joins:
    """The spots each place can reach clear of land, or its nearest spot where there is none."""
    lanes = _lanes()
    _, spot = lanes.spots.query(unit_vectors(lon, lat), k=_SPOTS_TRIED)
    place = np.repeat(np.arange(len(lon)), _SPOTS_TRIED)
    spot = spot.ravel()
    ends = lon[place], lat[place], lanes.spot_lon[spot], lanes.spot_lat[spot]
    clear = ~crosses_land(*ends)
    none = ~clear.reshape(-1, _SPOTS_TRIED).any(axis=1)
    clear.reshape(-1, _SPOTS_TRIED)[none, 0] = True
    length = distance_nm(*ends)[clear, None] + lanes.reach[spot[clear]]
    return Joins(
        np.repeat(place[clear], 2),
        np.repeat(spot[clear], 2),
        lanes.ends[spot[clear]].ravel(),
        length.ravel(),
    )


_NO_LENGTH: Final = 1e-6
"""Length of edges between two names of one place, nm; a sparse graph takes 0 for no edge."""


@cache
def _lanes() -> Lanes:
    table = lane_edges()
    number = {node: i for i, node in enumerate(table)}
    pairs = np.array(
        [
            (number[one], number[other])
            for one, others in table.items()
            for other, edge in others.items()
            if edge.get("passage") not in CLOSED_PASSAGES
        ]
    )
    lon, lat = np.array(list(table), np.float64).T
    lon = wrap_lon(lon)
    one, other = pairs.T
    length = distance_nm(lon[one], lat[one], lon[other], lat[other])
    graph = csr_array((np.maximum(length, _NO_LENGTH), (one, other)), shape=(len(lon), len(lon)))
    once = one < other
    ends, reach, spot_lon, spot_lat = _spots(lon, lat, pairs[once], length[once])
    tree = cKDTree(unit_vectors(spot_lon, spot_lat))
    return Lanes(lon, lat, graph, spot_lon, spot_lat, tree, ends, reach)


def _spots(
    lon: Floats, lat: Floats, pairs: Ints, length: Floats
) -> tuple[Ints, Floats, Floats, Floats]:
    """Spots along each edge, its first end included: (ends, reach, lon, lat)."""
    parts = np.maximum(np.ceil(length / _SPOT_NM), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(pairs)), parts)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)
    along = length[edge] * step / parts[edge]
    one, other = pairs[edge].T
    course = bearing_deg(lon[one], lat[one], lon[other], lat[other])
    spot_lon, spot_lat = destination(lon[one], lat[one], course, along)
    return pairs[edge], np.stack([along, length[edge] - along], axis=1), spot_lon, spot_lat


def _densified(lon: Floats, lat: Floats) -> Route:
    """The way over these points along great circles, without doubles, in steps of `_CHORD_NM`."""
    length = distance_nm(lon[:-1], lat[:-1], lon[1:], lat[1:])
    parts = np.maximum(np.ceil(length / _CHORD_NM), 1).astype(np.int64)
    parts[length <= 2 * _NO_LENGTH] = 0
    leg = np.repeat(np.arange(len(length)), parts)
    step = np.arange(len(leg)) - np.repeat(np.cumsum(parts) - parts, parts)
    course = bearing_deg(lon[:-1], lat[:-1], lon[1:], lat[1:])
    x, y = destination(lon[leg], lat[leg], course[leg], (length / np.maximum(parts, 1))[leg] * step)
    return Route(
        lon=np.r_[x, lon[-1]], lat=np.r_[y, lat[-1]], length_nm=float(length[parts > 0].sum())
    )
