"""The way ahead of one ship, compiled: place, course and port -> the points of her way.

Points are rows (x, y, z, along): a unit vector, and nm from the ship. Between two points the way
is the great circle. It follows the lane graph where the great circle to her port crosses land or,
where no port is known, while a lane leads on along her course.
"""

import math
from typing import Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from sea.compiled.land import arc_between, crosses, off_shore_nm, on_land, place_on_arc
from sea.geodesy import RADIUS_NM
from sea.land import SHORE_ERROR_NM
from sea.lane_graph import NO_LENGTH_NM

MOST_POINTS: Final = 512
"""Points of a way; one that needs more ends there. Three days at 40 kn take some 150."""

SPOTS_NEAR: Final = 12
"""Spots of the lanes among which the way on is sought; chosen by us."""

LANE_REACH_NM: Final = 15.0
LANE_BEND_DEG: Final = 30.0
"""How near a lane must be, and how near her course, for a ship to be taken to follow it; chosen
by us: offshore ships keep within some 10 nm of the graph's lines."""

_SHARPEST_TURN_DEG: Final = 60.0
"""At a junction a ship goes on as straight as can be, and not round a sharper turn than this."""

_TRACE_NM: Final = 1.0
_NOTHING_NM: Final = 2 * NO_LENGTH_NM
_DEG: Final = 180.0 / math.pi


class Lanes(NamedTuple):
    """The lane graph.

    Attributes:
        nodes, spots: unit vectors, shape (n, 3); nodes_inland, spots_inland: nm.
        first, ahead, length: neighbours as a sparse matrix, nm.
        ends, reach: each spot's two nodes, and the nm to them.
    """

    nodes: npt.NDArray[np.float64]
    nodes_inland: npt.NDArray[np.float64]
    first: npt.NDArray[np.int32]
    ahead: npt.NDArray[np.int32]
    length: npt.NDArray[np.float64]
    spots: npt.NDArray[np.float64]
    spots_inland: npt.NDArray[np.float64]
    ends: npt.NDArray[np.int64]
    reach: npt.NDArray[np.float64]


class Bound(NamedTuple):
    """Ports that ships are bound for, one a row.

    Attributes:
        ports: unit vectors. inland: nm. away: nm to the port from each node.
        onward: the next node from each; where the way leaves the lanes, -1 - the spot it does so.
    """

    ports: npt.NDArray[np.float64]
    inland: npt.NDArray[np.float64]
    away: npt.NDArray[np.float32]
    onward: npt.NDArray[np.int32]


@numba.njit(cache=True, nogil=True)
def lay_way(seas, lanes, bound, lon, lat, cog, port, spots, length_nm, way):  # type: ignore[no-untyped-def]
    """Writes the way for at least this length, or to where it ends, to `way`; returns its points.

    `port` is a row of `bound`, negative for none; `spots` are the nearest of the lanes. 0 points
    where nothing tells her way.
    """
    x, y = math.radians(lon), math.radians(lat)
    here = np.array((math.cos(y) * math.cos(x), math.cos(y) * math.sin(x), math.sin(y)))
    inland = max(-off_shore_nm(seas, lon, lat), 0.0)
    way[0, 0], way[0, 1], way[0, 2], way[0, 3] = here[0], here[1], here[2], 0.0
    if port >= 0:
        if crosses(seas, here, inland, bound.ports[port], bound.inland[port]):
            return _over_lanes(seas, lanes, bound, here, inland, port, spots, length_nm, way)
        return _append(way, 1, bound.ports[port])
    if not math.isfinite(cog):
        return 0
    node = _lane_ahead(seas, lanes, here, inland, cog, spots)
    if node >= 0:
        return _along_lane(lanes, here, node, length_nm, way)
    return _dead_reckoned(seas, here, inland, cog, length_nm, way)


@numba.njit(cache=True, nogil=True)
def place_along(way, points, leg, along_nm):  # type: ignore[no-untyped-def]
    """(lon, lat, leg) at this distance along a way; `leg` is where to begin looking."""
    while leg < points - 2 and way[leg + 1, 3] <= along_nm:
        leg += 1
    arc = (way[leg + 1, 3] - way[leg, 3]) / RADIUS_NM
    beyond = min(max(along_nm - way[leg, 3], 0.0) / RADIUS_NM, arc)
    lon, lat = place_on_arc(way[leg], way[leg + 1], arc, beyond)
    return lon, lat, leg


@numba.njit(cache=True, nogil=True)
def _append(way, points, place):  # type: ignore[no-untyped-def]
    if points >= MOST_POINTS:
        return points
    before = way[points - 1]
    length = arc_between(before, place) * RADIUS_NM
    if length <= _NOTHING_NM and points > 1:
        return points
    way[points, 0], way[points, 1], way[points, 2] = place[0], place[1], place[2]
    way[points, 3] = before[3] + length
    return points + 1


@numba.njit(cache=True, nogil=True)
def _over_lanes(seas, lanes, bound, here, inland, port, spots, length_nm, way):  # type: ignore[no-untyped-def]
    """The shortest way over the lanes that is joined clear of land, or else at the nearest spot."""
    away, onward = bound.away[port], bound.onward[port]
    cost = np.empty((SPOTS_NEAR, 2))
    for i in range(SPOTS_NEAR):
        to_spot = arc_between(here, lanes.spots[spots[i]]) * RADIUS_NM
        for end in range(2):
            cost[i, end] = to_spot + lanes.reach[spots[i], end] + away[lanes.ends[spots[i], end]]
    fallback = 0 if cost[0, 0] <= cost[0, 1] else 1
    spot, node = spots[0], lanes.ends[spots[0], fallback]
    for _ in range(SPOTS_NEAR):
        best = int(np.argmin(cost))
        i, end = best // 2, best % 2
        if not crosses(seas, here, inland, lanes.spots[spots[i]], lanes.spots_inland[spots[i]]):
            spot, node = spots[i], lanes.ends[spots[i], end]
            break
        cost[i, 0] = cost[i, 1] = np.inf
    points = _append(way, 1, lanes.spots[spot])
    while True:
        points = _append(way, points, lanes.nodes[node])
        if way[points - 1, 3] >= length_nm or points >= MOST_POINTS:
            return points
        if onward[node] < 0:
            break
        node = onward[node]
    points = _append(way, points, lanes.spots[-1 - onward[node]])
    return _append(way, points, bound.ports[port])


@numba.njit(cache=True, nogil=True)
def _bearing(a, b):  # type: ignore[no-untyped-def]
    """Initial course from unit vector a to b, degrees."""
    east = b[1] * a[0] - b[0] * a[1]
    level = math.sqrt(a[0] * a[0] + a[1] * a[1])
    north = b[2] * level - (a[2] / level) * (b[0] * a[0] + b[1] * a[1])
    return _DEG * math.atan2(east / level, north)


@numba.njit(cache=True, nogil=True)
def _turn(course, other):  # type: ignore[no-untyped-def]
    """Angle between courses, 0..180."""
    return abs((other - course + 180.0) % 360.0 - 180.0)


@numba.njit(cache=True, nogil=True)
def _lane_ahead(seas, lanes, here, inland, cog, spots):  # type: ignore[no-untyped-def]
    """The node she steers for, if she is on a lane; else -1."""
    nodes, off = np.empty(2 * SPOTS_NEAR, np.int64), np.empty(2 * SPOTS_NEAR)
    found = 0
    for i in range(SPOTS_NEAR):
        if arc_between(here, lanes.spots[spots[i]]) * RADIUS_NM > LANE_REACH_NM:
            continue
        for end in range(2):
            node = lanes.ends[spots[i], end]
            turn = _turn(cog, _bearing(here, lanes.nodes[node]))
            far = arc_between(here, lanes.nodes[node]) * RADIUS_NM > _TRACE_NM
            if turn <= LANE_BEND_DEG and far:
                nodes[found], off[found] = node, turn
                found += 1
    for _ in range(found):
        best = int(np.argmin(off[:found]))
        node = nodes[best]
        if not crosses(seas, here, inland, lanes.nodes[node], lanes.nodes_inland[node]):
            return node
        for i in range(found):
            if nodes[i] == node:
                off[i] = np.inf
        if not np.isfinite(off[:found].min()):
            break
    return -1


@numba.njit(cache=True, nogil=True)
def _along_lane(lanes, here, node, length_nm, way):  # type: ignore[no-untyped-def]
    """The straightest way over the lanes, from the node she steers for on."""
    passed = np.empty(MOST_POINTS, np.int64)
    passed[0], count = node, 1
    course = _bearing(here, lanes.nodes[node])
    points = _append(way, 1, lanes.nodes[node])
    while way[points - 1, 3] < length_nm and count < MOST_POINTS:
        best, least, long = -1, _SHARPEST_TURN_DEG, False
        for k in range(lanes.first[node], lanes.first[node + 1]):
            other = lanes.ahead[k]
            if _among(passed, count, other):
                continue
            apart = lanes.length[k] > _NOTHING_NM
            turn = _turn(course, _bearing(lanes.nodes[node], lanes.nodes[other])) if apart else 0.0
            if turn < least or (turn <= least and best < 0):
                best, least, long = other, turn, apart
        if best < 0:
            break
        if long:
            course = _bearing(lanes.nodes[best], lanes.nodes[node]) + 180.0
        points = _append(way, points, lanes.nodes[best])
        passed[count], count, node = best, count + 1, best
    return points


@numba.njit(cache=True, nogil=True)
def _among(passed, count, node):  # type: ignore[no-untyped-def]
    return bool((passed[:count] == node).any())


@numba.njit(cache=True, nogil=True)
def _dead_reckoned(seas, here, inland, cog, length_nm, way):  # type: ignore[no-untyped-def]
    """The great circle on her course, up to the last mile before land."""
    course = math.radians(cog)
    level = math.sqrt(here[0] * here[0] + here[1] * here[1])
    north = np.array((-here[2] * here[0] / level, -here[2] * here[1] / level, level))
    east = np.array((-here[1] / level, here[0] / level, 0.0))
    onto = math.cos(course) * north + math.sin(course) * east
    along = inland + 2 * _TRACE_NM
    end = max(length_nm, along) + _TRACE_NM
    while along < end:
        arc = along / RADIUS_NM
        lon, lat = place_on_arc(here, onto, math.pi / 2, arc)
        if on_land(seas, lon, lat):
            end = along - _TRACE_NM
            break
        along += max(off_shore_nm(seas, lon, lat) - SHORE_ERROR_NM, _TRACE_NM)
    arc = end / RADIUS_NM
    there = math.cos(arc) * here + math.sin(arc) * onto
    way[1, 0], way[1, 1], way[1, 2], way[1, 3] = there[0], there[1], there[2], end
    return 2
