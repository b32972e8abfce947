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
from sea.units import HOUR_US

_AHEAD_NM: Final = 800.0
"""How far ahead a way over the lanes is laid: more than half a day's run at 40 kn."""

_LANES_NEAR: Final = 8
_LANE_NM: Final = 5.0
"""A ship nearer to a lane may be on it. Chosen by us: lanes are some miles wide."""

_ALONG_DEG: Final = 20.0
_MOST_LANES: Final = 64
_MOST_KNOTS: Final = 128


@dataclass(frozen=True, slots=True)
class Way:
    """A line over the sea that a ship kept to for a while.

    Attributes:
        points: unit vectors of its knots, shape (n, 3). habit_nm: how far to port (positive) of
            it she used to keep. kept_us: how long she did. straight: the great circle to the port.
    """

    points: Float64
    habit_nm: float
    kept_us: int
    straight: bool

    def off_nm(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Float64:
        """How far positions are from where she used to keep, shape (n,); positive to port."""
        off: Float64 = sides_nm(np.atleast_2d(unit_vectors(lon, lat)), self.points) - self.habit_nm
        return off


def ways_kept(
    at: Int64, lon: Float64, lat: Float64, port: int, on_nm: float, hours: float, straight_h: float
) -> list[Way]:
    """Ways to the port that she kept within `on_nm` of for so long, longest first.

    Great circles must be kept for `straight_h`: any course leads to some port for a while.
    """
    here, least_us, to = unit_vectors(lon, lat), int(hours * HOUR_US), _towards(port)
    lanes, spots = _lanes(), _spots_near(here)
    knots, length, habit_nm, kept_us, n = _kept(
        at, here, spots, lanes.ends, lanes.nodes, to.away_nm, to.onward, to.goal, on_nm, least_us
    )
    found = [
        Way(knots[i, :size].copy(), float(habit_nm[i]), int(kept_us[i]), straight=bool(size == 2))
        for i, size in enumerate(length[:n].tolist())
    ]
    ways = [way for way in found if not way.straight or way.kept_us >= straight_h * HOUR_US]
    if not ways:
        end = ports()[port]
        route = lane_route(float(lon[0]), float(lat[0]), end.lon, end.lat)
        points = unit_vectors(route.lon, route.lat)
        kept, habit = _kept_one(at, here, 0, points, on_nm)
        if kept >= least_us:
            ways = [Way(points, habit, kept, straight=False)]
    return sorted(ways, key=lambda way: -way.kept_us)


def on_lanes(lon: Float64, lat: Float64, within_nm: float) -> float:
    """Share of the positions, two or more, that lie on lanes that lead where she sails there."""
    here, lanes = unit_vectors(lon, lat), _lanes()
    return float(_along(here, _spots_near(here), lanes.ends, lanes.nodes, within_nm))


class _Lanes(NamedTuple):
    """The lane graph by unit vectors: `nodes`, shape (n, 3), and nodes of each spot, (k, 2)."""

    nodes: Float64
    ends: Int64


class _Towards(NamedTuple):
    """Of every node: nm to one port, and the next node on the way there, -1 for none."""

    away_nm: Array
    onward: Array
    goal: Float64


@cache
def _lanes() -> _Lanes:
    graph = lane_graph()
    return _Lanes(unit_vectors(graph.lon, graph.lat), np.ascontiguousarray(graph.ends))


@lru_cache(maxsize=1024)
def _towards(port: int) -> _Towards:
    end = ports()[port]
    ways = ways_to(end.lon, end.lat)
    return _Towards(ways.away_nm.astype(np.float32), ways.onward.astype(np.int32),
                    unit_vectors(end.lon, end.lat))  # fmt: skip


def _spots_near(here: Float64) -> Int64:
    _, spots = lane_graph().spots.query(here, k=_LANES_NEAR)
    return np.asarray(spots, np.int64)


@numba.njit(cache=True, nogil=True)
def _kept(  # type: ignore[no-untyped-def]
    at, here, spots, ends, nodes, away_nm, onward, goal, on_nm, least_us,
):  # fmt: skip
    """Great circles and lanes from every second fix that were kept for so long.

    (knots, how many of them, habit in nm, kept in us) by way, and how many ways.
    """
    knots = np.zeros((_MOST_LANES, _MOST_KNOTS, 3))
    length = np.zeros(_MOST_LANES, np.int64)
    habit, kept = np.zeros(_MOST_LANES), np.zeros(_MOST_LANES, np.int64)
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
                used = _onward(near, onward, nodes, goal, knots[n])
            kept[n], habit[n] = _kept_one(at, here, k, knots[n, :used], on_nm)
            if kept[n] >= least_us:
                length[n] = used
                n += 1
    return knots, length, habit, kept, n


@numba.njit(cache=True, nogil=True)
def _onward(near: int, onward: Array, nodes: Array, goal: Array, knots: Array) -> int:
    """Lays the way over the lanes behind the first two knots; how many there are then."""
    used, run = 2, 0.0
    while onward[near] >= 0 and used < _MOST_KNOTS - 1 and run < _AHEAD_NM / RADIUS_NM:
        run += math.sqrt(np.sum((nodes[onward[near]] - nodes[near]) ** 2))
        near = onward[near]
        knots[used] = nodes[near]
        used += 1
    if onward[near] < 0:
        knots[used] = goal
        used += 1
    return used


@numba.njit(cache=True, nogil=True)
def _kept_one(
    at: Int64, here: Float64, first: int, points: Float64, on_nm: float
) -> tuple[int, float]:
    """How long a way was kept from a fix on, us, and the usual side of it, nm."""
    side = sides_nm(here[first:], points)
    n = 0
    while n < len(side) and abs(side[n]) <= on_nm:
        n += 1
    if n == 0:
        return 0, 0.0
    return at[first + n - 1] - at[first], float(np.median(side[:n]))


@numba.njit(cache=True, nogil=True)
def _along(here: Array, spots: Array, ends: Array, nodes: Array, within_nm: float) -> float:
    number = 0
    for k in range(len(here)):
        ahead = here[min(k + 1, len(here) - 1)] - here[max(k - 1, 0)]
        run = math.sqrt(np.sum(ahead**2))
        for s in range(spots.shape[1]):
            leg = nodes[ends[spots[k, s]]]
            lane = leg[1] - leg[0]
            least = math.cos(math.radians(_ALONG_DEG)) * math.sqrt(np.sum(lane**2)) * run
            if (
                least > 0
                and abs(np.sum(lane * ahead)) >= least
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
