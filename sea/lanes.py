"""Lanes: two places at sea -> the way between them, and how long it is.

The way is the great circle where that stays clear of land, else the shortest over the lane graph.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sea.geodesy import bearing_deg, distance_nm
from sea.geodesy import destination as reached
from sea.land import crosses_land
from sea.lane_graph import NO_LENGTH_NM, joins_of, lane_graph, ways_to
from sea.units import DegreesEast, DegreesNorth, NauticalMiles

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


def sea_route(
    lon1: DegreesEast, lat1: DegreesNorth, lon2: DegreesEast, lat2: DegreesNorth
) -> Route:
    """The way from 1 to 2; it crosses land cells only where the lane graph or a harbour does."""
    if not crosses_land(lon1, lat1, lon2, lat2)[0]:
        return _densified(np.array([lon1, lon2], float), np.array([lat1, lat2], float))
    return lane_route(lon1, lat1, lon2, lat2)


def lane_route(
    lon1: DegreesEast, lat1: DegreesNorth, lon2: DegreesEast, lat2: DegreesNorth
) -> Route:
    """The way from 1 to 2 that keeps to the lanes, also where nothing lies between."""
    graph, ways = lane_graph(), ways_to(lon2, lat2)
    joins = joins_of(np.array([lon1], float), np.array([lat1], float))
    best = int(np.argmin(joins.length_nm + ways.away_nm[joins.node]))
    nodes = [int(joins.node[best])]
    while ways.onward[nodes[-1]] >= 0:
        nodes.append(int(ways.onward[nodes[-1]]))
    on, off = joins.spot[best], ways.leave_at[nodes[-1]]
    lon = np.r_[lon1, graph.spot_lon[on], graph.lon[nodes], graph.spot_lon[off], lon2]
    lat = np.r_[lat1, graph.spot_lat[on], graph.lat[nodes], graph.spot_lat[off], lat2]
    return _densified(lon, lat)


def sea_distance_nm(origins: npt.ArrayLike, destinations: npt.ArrayLike) -> Floats:
    """Lengths of the ways from n origins to m destinations, (lon, lat) rows -> shape (n, m)."""
    first, second = (np.asarray(p, np.float64).reshape(-1, 2) for p in (origins, destinations))
    if len(first) > len(second):
        return sea_distance_nm(second, first).T
    lon1, lat1, lon2, lat2 = np.broadcast_arrays(
        first[:, :1], first[:, 1:], second[:, 0], second[:, 1]
    )
    distance = distance_nm(lon1, lat1, lon2, lat2)
    blocked = crosses_land(lon1.ravel(), lat1.ravel(), lon2.ravel(), lat2.ravel())
    blocked = blocked.reshape(distance.shape)
    columns = np.flatnonzero(blocked.any(axis=0))
    if not len(columns):
        return distance
    joins = joins_of(*second[columns].T)
    for i in np.flatnonzero(blocked.any(axis=1)):
        away_nm = ways_to(*first[i].tolist()).away_nm
        over_lanes = np.full(len(columns), np.inf)
        np.minimum.at(over_lanes, joins.place, away_nm[joins.node] + joins.length_nm)
        distance[i, columns] = np.where(blocked[i, columns], over_lanes, distance[i, columns])
    return distance


def _densified(lon: Floats, lat: Floats) -> Route:
    """The way over these points along great circles, without doubles, in steps of `_CHORD_NM`."""
    length = distance_nm(lon[:-1], lat[:-1], lon[1:], lat[1:])
    parts = np.maximum(np.ceil(length / _CHORD_NM), 1).astype(np.int64)
    parts[length <= 2 * NO_LENGTH_NM] = 0
    leg = np.repeat(np.arange(len(length)), parts)
    step = np.arange(len(leg)) - np.repeat(np.cumsum(parts) - parts, parts)
    course = bearing_deg(lon[:-1], lat[:-1], lon[1:], lat[1:])
    x, y = reached(lon[leg], lat[leg], course[leg], (length / np.maximum(parts, 1))[leg] * step)
    return Route(
        lon=np.r_[x, lon[-1]], lat=np.r_[y, lat[-1]], length_nm=float(length[parts > 0].sum())
    )
