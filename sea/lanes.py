"""Lanes: two places at sea -> the way between them; a ship -> where she will be, and when.

The way is the great circle where that stays clear of land, else the shortest over the lane graph.
A passage follows the way to her destination or, where that is not known, the lane ahead of her.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sea.geodesy import bearing_deg, distance_nm, unit_vectors
from sea.geodesy import destination as reached
from sea.land import crosses_land, inland_nm, is_land
from sea.lane_graph import NO_LENGTH_NM, joins_of, lane_graph, ways_to
from sea.ports import Port
from sea.units import (
    HOUR_US,
    DegreesEast,
    DegreesNorth,
    DegreesTrue,
    Knots,
    Microseconds,
    NauticalMiles,
)

SPREAD_GROWTH: Final = 0.08
"""One standard deviation of an ETA as a share of the lead time; chosen by us: about an hour after
half a day, two after a day, until it is measured on real passages."""

STOPPED_KN: Final = 1.0
"""Below this sog a ship is taken to stay where she is; chosen by us, above a ship's swing at
anchor and below any way made on purpose."""

LANE_REACH_NM: Final = 15.0
LANE_BEND_DEG: Final = 30.0
"""How near a lane must be, and how near her course, for a ship to be taken to follow it; chosen
by us: offshore ships keep within some 10 nm of the graph's lines."""

_SHARPEST_TURN_DEG: Final = 60.0
"""At a junction a ship goes on as straight as can be, and not round a sharper turn than this."""

_CHORD_NM: Final = 60.0
"""Longest step between two points of a route, so that straight lines on a chart stay near it."""

_TRACE_NM: Final = 1.0
_SPOTS_NEAR: Final = 12

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way at sea: positions from first to last, both included, and its length."""

    lon: Floats
    lat: Floats
    length_nm: NauticalMiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Where a ship will be: one row an instant, shape (n,), the first of them now.

    Attributes:
        lon, lat: degrees. eta: us UTC. sog: kn, 0 where she stays.
        spread_s: one standard deviation of the eta, by `SPREAD_GROWTH`.
    """

    lon: Floats
    lat: Floats
    eta: Ints
    spread_s: Floats
    sog: Floats


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


def predict_passage(
    lon: DegreesEast,
    lat: DegreesNorth,
    sog: Knots,
    cog: DegreesTrue,
    destination: Port | None,
    now_us: Microseconds,
    horizon_h: float = 72.0,
    step_h: float = 1.0,
    cruise_kn: Knots | None = None,
) -> Passage:
    """Where the ship will be every `step_h` from now to the horizon.

    She makes `cruise_kn`, or her sog where that is None, and stays where her way ends: at her
    destination or before land. Below `STOPPED_KN`, or with nothing known of where she goes, she
    stays where she is.
    """
    lead_h = np.arange(int(horizon_h / step_h + 1e-9) + 1) * step_h
    speed = cruise_kn if cruise_kn is not None else sog
    route = None
    if sog >= STOPPED_KN and speed > 0:
        route = _way_ahead(lon, lat, cog, destination, speed * float(lead_h[-1]) + _TRACE_NM)
    along, way_nm = lead_h * 0.0, 0.0
    x, y = np.full(len(lead_h), lon), np.full(len(lead_h), lat)
    if route is not None:
        along, way_nm = lead_h * speed, route.length_nm
        x, y = _points_along(route, np.minimum(along, way_nm))
    return Passage(
        lon=x,
        lat=y,
        eta=now_us + np.round(lead_h * HOUR_US).astype(np.int64),
        spread_s=(SPREAD_GROWTH * 3600.0 * lead_h).astype(np.float64),
        sog=np.where(along < way_nm, speed, 0.0),
    )


def _way_ahead(
    lon: float, lat: float, cog: float, destination: Port | None, length_nm: float
) -> Route | None:
    """Her way for at least this length, or to where it ends; None where nothing tells it."""
    if destination is not None:
        return sea_route(lon, lat, destination.lon, destination.lat)
    if not np.isfinite(cog):
        return None
    node = _lane_ahead(lon, lat, cog)
    if node is None:
        return _dead_reckoned(lon, lat, cog, length_nm)
    graph = lane_graph()
    course = float(bearing_deg(lon, lat, graph.lon[node], graph.lat[node]))
    nodes = _follow(node, course, length_nm)
    return _densified(np.r_[lon, graph.lon[nodes]], np.r_[lat, graph.lat[nodes]])


def _lane_ahead(lon: float, lat: float, cog: float) -> int | None:
    """The node she steers for, if she is on a lane."""
    graph = lane_graph()
    _, spots = graph.spots.query(unit_vectors(lon, lat), k=_SPOTS_NEAR)
    near = distance_nm(lon, lat, graph.spot_lon[spots], graph.spot_lat[spots]) <= LANE_REACH_NM
    nodes = np.unique(graph.ends[spots[near]])
    x, y = graph.lon[nodes], graph.lat[nodes]
    off = _turn(cog, bearing_deg(lon, lat, x, y))
    fits = np.flatnonzero((off <= LANE_BEND_DEG) & (distance_nm(lon, lat, x, y) > _TRACE_NM))
    fits = fits[~crosses_land(lon, lat, x[fits], y[fits])]
    return int(nodes[fits[np.argmin(off[fits])]]) if len(fits) else None


def _follow(node: int, course: float, length_nm: float) -> list[int]:
    """Nodes of the straightest way over the lanes from a node that is reached on a course."""
    graph, nodes = lane_graph(), [node]
    while length_nm > 0:
        here = nodes[-1]
        span = slice(graph.lengths.indptr[here], graph.lengths.indptr[here + 1])
        ahead, length = graph.lengths.indices[span], graph.lengths.data[span]
        course_to = bearing_deg(
            graph.lon[here], graph.lat[here], graph.lon[ahead], graph.lat[ahead]
        )
        turn = np.where(length > 2 * NO_LENGTH_NM, _turn(course, course_to), 0.0)
        turn[np.isin(ahead, nodes)] = np.inf
        best = int(np.argmin(turn))
        if turn[best] > _SHARPEST_TURN_DEG:
            break
        nodes.append(int(ahead[best]))
        length_nm -= length[best]
        if length[best] > 2 * NO_LENGTH_NM:
            back = bearing_deg(
                graph.lon[nodes[-1]], graph.lat[nodes[-1]], graph.lon[here], graph.lat[here]
            )
            course = float(back) + 180.0
    return nodes


def _dead_reckoned(lon: float, lat: float, cog: float, length_nm: float) -> Route:
    """The great circle on her course, up to the last mile before land."""
    clear_of = float(inland_nm(lon, lat)) + 2 * _TRACE_NM
    along = np.arange(clear_of, max(length_nm, clear_of) + 2 * _TRACE_NM, _TRACE_NM)
    ashore = np.flatnonzero(is_land(*reached(lon, lat, cog, along)))
    end = along[ashore[0]] - _TRACE_NM if len(ashore) else along[-1]
    steps = np.linspace(0.0, end, int(end / _CHORD_NM) + 2)
    x, y = reached(lon, lat, cog, steps)
    return Route(lon=x, lat=y, length_nm=float(end))


def _points_along(route: Route, along: Floats) -> tuple[Floats, Floats]:
    """Positions at these distances from the start of a route, none beyond its end."""
    lon, lat = route.lon, route.lat
    if len(lon) < 2:
        return np.full(len(along), lon[0]), np.full(len(along), lat[0])
    length = distance_nm(lon[:-1], lat[:-1], lon[1:], lat[1:])
    starts = np.r_[0.0, np.cumsum(length)]
    leg = np.clip(np.searchsorted(starts, along, side="right") - 1, 0, len(length) - 1)
    course = bearing_deg(lon[leg], lat[leg], lon[leg + 1], lat[leg + 1])
    return reached(lon[leg], lat[leg], course, along - starts[leg])


def _turn(course: float, other: Floats) -> Floats:
    """Angle between courses, 0..180."""
    angle: Floats = np.abs((other - course + 180.0) % 360.0 - 180.0)
    return angle


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
