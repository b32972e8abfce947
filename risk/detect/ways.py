"""Ways to a port: what a ship may have followed so far, and how far she is off it now.

her wake and the port she declares -> lines over the sea. Nobody tells which way a ship follows.
It may be the great circle to the port, any lane that she was on, followed on towards the port, or
the way over the lanes from where her wake begins. The one that she kept longest is hers.
"""

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from ingest.batch import Float64, Int64
from risk.detect.memory import Array
from sea.geodesy import RADIUS_NM, unit_vectors
from sea.lane_graph import lane_graph, ways_to
from sea.lanes import lane_route
from sea.ports import ports

_AHEAD_NM: Final = 800.0
"""How far ahead a way over the lanes is laid: more than half a day's run at 40 kn."""

_LANES_NEAR: Final = 8
_LANE_NM: Final = 5.0
"""A ship nearer to a lane may be on it. Chosen by us: lanes are some miles wide."""

_ABOUT: Final = 0.8
"""Share of the farthest that a way must be kept for to be likely; chosen by us."""

_ALONG_DEG: Final = 20.0
_MOST_LANES: Final = 64
_MOST_KNOTS: Final = 128


@dataclass(frozen=True, slots=True)
class Way:
    """A line over the sea that a ship kept to for a while.

    Attributes:
        points: unit vectors of its knots, shape (n, 3). habit_nm: how far to port (positive) of
            it she used to keep. kept_nm: how far she did. spread_nm: median distance from there
            meanwhile. straight: the great circle to the port.
    """

    points: Float64
    habit_nm: float
    kept_nm: float
    spread_nm: float
    straight: bool

    def off_nm(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Float64:
        """How far positions are from where she used to keep, shape (n,); positive to port."""
        off: Float64 = sides_nm(np.atleast_2d(unit_vectors(lon, lat)), self.points) - self.habit_nm
        return off


def ways_kept(
    lon: Float64, lat: Float64, port: int, on_nm: float, steady_nm: float, run_nm: float,
    straight_nm: float,
) -> list[Way]:  # fmt: skip
    """Ways to the port that she kept within `on_nm` of for so far, the likeliest first.

    That is the steadiest of those kept for about as far as any; the others come by how far.

    Kept is a way while her distance from it stays the same within `steady_nm` either way: so one
    that she crosses is not, and one that she follows is told from another beside it. Great circles
    must be kept for `straight_nm`: any course leads to some port for a while.
    """
    here, to, lanes = unit_vectors(lon, lat), _towards(port), _lanes()
    knots, length, habit_nm, kept_nm, spread_nm, n = _kept(
        here, _spots_near(here), lanes.ends, lanes.nodes, to.away_nm, to.onward, to.leave, to.goal,
        on_nm, steady_nm, run_nm,
    )  # fmt: skip
    ways = [
        Way(knots[i, :size].copy(), float(habit_nm[i]), float(kept_nm[i]), float(spread_nm[i]),
            straight=bool(size == 2))
        for i, size in enumerate(length[:n].tolist())
        if size > 2 or kept_nm[i] >= straight_nm
    ]  # fmt: skip
    if not ways:
        end = ports()[port]
        route = lane_route(float(lon[0]), float(lat[0]), end.lon, end.lat)
        points = unit_vectors(route.lon, route.lat)
        kept, habit, spread = _kept_one(here, 0, points, on_nm, steady_nm)
        return [Way(points, habit, kept, spread, straight=False)] if kept >= run_nm else []
    about = _ABOUT * max(way.kept_nm for way in ways)
    return sorted(ways, key=lambda way: (0, way.spread_nm) if way.kept_nm >= about
                  else (1, -way.kept_nm))  # fmt: skip


def on_lanes(lon: Float64, lat: Float64, port: int, within_nm: float) -> float:
    """Share of the positions, two or more, on lanes to the port that lead where she sails there."""
    here, lanes = unit_vectors(lon, lat), _lanes()
    return float(_along(here, _spots_near(here), lanes.ends, lanes.nodes, _towards(port).away_nm,
                        within_nm))  # fmt: skip


class _Lanes(NamedTuple):
    """The lane graph by unit vectors: `nodes`, shape (n, 3), and nodes of each spot, (k, 2)."""

    nodes: Float64
    ends: Int64


class _Towards(NamedTuple):
    """Of every node: nm to one port, and the next node on the way there, -1 for none.

    Attributes:
        leave: where the way leaves the lanes for the port, of nodes without a next one.
    """

    away_nm: Array
    onward: Array
    leave: Array
    goal: Float64


@cache
def _lanes() -> _Lanes:
    graph = lane_graph()
    return _Lanes(unit_vectors(graph.lon, graph.lat), np.ascontiguousarray(graph.ends))


@lru_cache(maxsize=1024)
def _towards(port: int) -> _Towards:
    end = ports()[port]
    ways = ways_to(end.lon, end.lat)
    goal, graph = unit_vectors(end.lon, end.lat), lane_graph()
    leave = np.tile(goal, (len(ways.onward), 1)).astype(np.float32)
    nodes, spots = np.array(list(ways.leave_at.items())).T
    leave[nodes] = unit_vectors(graph.spot_lon[spots], graph.spot_lat[spots])
    return _Towards(ways.away_nm.astype(np.float32), ways.onward.astype(np.int32), leave, goal)


def _spots_near(here: Float64) -> Int64:
    _, spots = lane_graph().spots.query(here, k=_LANES_NEAR)
    return np.asarray(spots, np.int64)


@numba.njit(cache=True, nogil=True)
def _kept(  # type: ignore[no-untyped-def]
    here, spots, ends, nodes, away_nm, onward, leave, goal, on_nm, steady_nm, run_nm,
):  # fmt: skip
    """Great circles and lanes from every second fix that were kept for so far.

    (knots, how many of them, habit, kept, spread, all in nm) by way, and how many ways.
    """
    knots = np.zeros((_MOST_LANES, _MOST_KNOTS, 3))
    length = np.zeros(_MOST_LANES, np.int64)
    habit, kept, spread = np.zeros(_MOST_LANES), np.zeros(_MOST_LANES), np.zeros(_MOST_LANES)
    entered, lanes, n = np.zeros(4 * _MOST_LANES, np.int64), 0, 0
    for k in range(0, len(here) - 1, 2):
        for s in range(-1, spots.shape[1]):
            if n == _MOST_LANES or lanes == len(entered):
                break
            if s < 0:
                knots[n, 0], knots[n, 1], used = here[k], goal, 2
            else:
                one, other = ends[spots[k, s]]
                near, far = (one, other) if away_nm[one] < away_nm[other] else (other, one)
                if np.any(entered[:lanes] == near):
                    continue
                knots[n, 0], knots[n, 1] = nodes[far], nodes[near]
                if abs(sides_nm(here[k : k + 1], knots[n, :2])[0]) > _LANE_NM:
                    continue
                entered[lanes] = near
                lanes += 1
                used = _onward(near, onward, nodes, leave, goal, knots[n])
            kept[n], habit[n], spread[n] = _kept_one(here, k, knots[n, :used], on_nm, steady_nm)
            if kept[n] >= run_nm:
                length[n] = used
                n += 1
    return knots, length, habit, kept, spread, n


@numba.njit(cache=True, nogil=True)
def _onward(near: int, onward: Array, nodes: Array, leave: Array, goal: Array, knots: Array) -> int:
    """Lays the way over the lanes behind the first two knots; how many there are then."""
    used, run = 2, 0.0
    while onward[near] >= 0 and used < _MOST_KNOTS - 2 and run < _AHEAD_NM / RADIUS_NM:
        run += math.sqrt(np.sum((nodes[onward[near]] - nodes[near]) ** 2))
        near = onward[near]
        knots[used] = nodes[near]
        used += 1
    if onward[near] < 0:
        knots[used], knots[used + 1] = leave[near], goal
        used += 2
    return used


@numba.njit(cache=True, nogil=True)
def _kept_one(
    here: Float64, first: int, points: Float64, on_nm: float, steady_nm: float
) -> tuple[float, float, float]:
    """How far a way was kept from a fix on, the usual side of it and the spread, all in nm."""
    side = sides_nm(here[first:], points)
    n, run, least, most = 0, 0.0, np.inf, -np.inf
    while n < len(side) and abs(side[n]) <= on_nm:
        least, most = min(least, side[n]), max(most, side[n])
        if most - least > 2 * steady_nm:
            break
        if n > 0:
            run += math.sqrt(np.sum((here[first + n] - here[first + n - 1]) ** 2))
        n += 1
    if n == 0:
        return 0.0, 0.0, 0.0
    habit = float(np.median(side[:n]))
    return run * RADIUS_NM, habit, float(np.median(np.abs(side[:n] - habit)))


@numba.njit(cache=True, nogil=True)
def _along(
    here: Array, spots: Array, ends: Array, nodes: Array, away_nm: Array, within_nm: float
) -> float:
    number = 0
    for k in range(len(here)):
        ahead = here[min(k + 1, len(here) - 1)] - here[max(k - 1, 0)]
        run = math.sqrt(np.sum(ahead**2))
        for s in range(spots.shape[1]):
            one, other = ends[spots[k, s]]
            leg = nodes[ends[spots[k, s]]]
            lane = leg[1] - leg[0] if away_nm[one] > away_nm[other] else leg[0] - leg[1]
            least = math.cos(math.radians(_ALONG_DEG)) * math.sqrt(np.sum(lane**2)) * run
            if (
                least > 0
                and np.sum(lane * ahead) >= least
                and abs(sides_nm(here[k : k + 1], leg)[0]) <= within_nm
            ):
                number += 1
                break
    return number / len(here)


@numba.njit(cache=True, nogil=True)
def sides_nm(here: Array, points: Array) -> Float64:
    """Distance of positions from a line of great circles, positive to port of it; unit vectors."""
    off = np.full(len(here), np.inf)
    for i in range(len(here)):
        x, y, z = here[i]
        for k in range(len(points) - 1):
            ax, ay, az = points[k]
            bx, by, bz = points[k + 1]
            nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
            size = math.sqrt(nx * nx + ny * ny + nz * nz)
            if size < 1e-12:
                continue
            side = (x * nx + y * ny + z * nz) / size
            # abeam of the leg: both a x v and v x b point where a x b does
            past_a = (ay * z - az * y) * nx + (az * x - ax * z) * ny + (ax * y - ay * x) * nz
            past_b = (y * bz - z * by) * nx + (z * bx - x * bz) * ny + (x * by - y * bx) * nz
            if past_a >= 0 and past_b >= 0:
                away = abs(math.asin(max(-1.0, min(1.0, side))))
            else:
                one = math.sqrt((x - ax) ** 2 + (y - ay) ** 2 + (z - az) ** 2)
                other = math.sqrt((x - bx) ** 2 + (y - by) ** 2 + (z - bz) ** 2)
                away = 2 * math.asin(min(1.0, min(one, other) / 2))
            if away < abs(off[i]):
                off[i] = away if side >= 0 else -away
    return off * RADIUS_NM
