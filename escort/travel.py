"""Scenario -> how far it is between its places, and which closed waters lie between them.

Sea distance over lanes, or the scenario's own matrix. Places are nodes: an asset's start, a
request's rendezvous and release, an asset's base.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

from escort.scenario import CLOSING_KINDS, Asset, EscortRequest, Place, Scenario, Zone
from sea.geodesy import RADIUS_NM, bearing_deg, destination, distance_nm
from sea.lanes import sea_distance_nm, sea_route
from sea.units import SECOND_US, Knots, Microseconds, NauticalMiles

NEVER_US = 10**18
"""Travel time between places with no way between them: thirty thousand years."""

_CHORD_NM = 60.0
"""Step along a great circle; a chart's straight line stays within half a mile of it at 30 N."""

_SAME_NM = 1e-6
_RING_STEP_DEG = 0.1
_RING_SLACK_NM = 10.0
"""Half a step of a zone's ring (3 nm), and what a chart's straight line and a lane's joining may
differ from the measured length."""


def travel_us(distance_nm: NauticalMiles, speed_kn: Knots) -> Microseconds:
    """Time for the distance at the speed, rounded up to whole seconds; `NEVER_US` if endless."""
    if distance_nm == 0.0:
        return 0
    if speed_kn <= 0.0 or not math.isfinite(distance_nm):
        return NEVER_US
    return math.ceil(distance_nm / speed_kn * 3600.0) * SECOND_US


class Travel:
    """Distances and closed waters between the nodes of one scenario.

    Attributes:
        rows: distances, nm, `rows[origin][destination]`, from starts, releases and bases to
            rendezvous and bases; NaN between other nodes. `matrix` is the same as an array.
        leg_nm: length of each request's leg.
        start, rendezvous, release, base: node of each asset or request; base None without one.
    """

    def __init__(self, scenario: Scenario) -> None:
        assets, requests = scenario.assets, scenario.requests
        a, r = len(assets), len(requests)
        self.start = list(range(a))
        self.rendezvous = list(range(a, a + r))
        self.release = list(range(a + r, a + 2 * r))
        self.base = [None if s.base_place is None else a + 2 * r + i for i, s in enumerate(assets)]
        self._places = _nodes(assets, requests)
        self._own = None if scenario.distances is None else scenario.distances.matrix
        matrix, self.leg_nm = self._measure(a, r)
        self.matrix = matrix
        self.rows: list[list[float]] = matrix.tolist()
        self._zones = [zone for zone in scenario.zones if zone.kind in CLOSING_KINDS]
        self._rings = [shapely.Polygon(zone.polygon).buffer(0) for zone in self._zones]
        shapely.prepare(self._rings)
        self._least_nm = self._least_distances()
        self._crossed: dict[tuple[Place, Place], npt.NDArray[np.bool_]] = {}

    def closed_to(self, asset: Asset) -> npt.NDArray[np.bool_] | None:
        """Which closing zones this asset must keep out of, None where none."""
        closed = np.array([_is_closed(zone, asset) for zone in self._zones], bool)
        return closed if closed.any() else None

    def crossed(self, origin: int, goal: int, closed: npt.NDArray[np.bool_] | None) -> list[str]:
        """Ids of those of the zones that the way between two nodes touches.

        A way that cannot be long enough to get to a zone and back is not traced.
        """
        if closed is None:
            return []
        length_nm = self.rows[origin][goal]
        if math.isnan(length_nm):
            length_nm = self.rows[goal][origin]
        least_nm = self._least_nm[origin] + self._least_nm[goal]
        if not (closed & (least_nm <= length_nm)).any():
            return []
        key = (self._places[origin], self._places[goal])
        if key not in self._crossed:
            self._crossed[key] = shapely.intersects(self._rings, self._way(*key, length_nm))
        return [self._zones[i].id for i in np.flatnonzero(closed & self._crossed[key])]

    def _least_distances(self) -> npt.NDArray[np.float64]:
        """At least so far is it from each place to each zone, shape (places, zones), nm.

        Zero with the scenario's own distances, which need not be those of the Earth.
        """
        least = np.zeros((len(self._places), len(self._zones)))
        if self._own is not None or not self._places:
            return least
        lon, lat = np.array([(place.lon, place.lat) for place in self._places]).T
        for i, ring in enumerate(self._rings):
            x, y = shapely.get_coordinates(shapely.segmentize(ring, _RING_STEP_DEG)).T
            apart = distance_nm(lon[:, None], lat[:, None], x, y).min(axis=1)
            inside = shapely.intersects_xy(ring, lon, lat)
            least[:, i] = np.where(inside, 0.0, np.maximum(apart - _RING_SLACK_NM, 0.0))
        return least

    def _way(self, origin: Place, goal: Place, length_nm: NauticalMiles) -> shapely.Geometry:
        ends = [(origin.lon, origin.lat), (goal.lon, goal.lat)]
        if ends[0] == ends[1]:
            return shapely.Point(ends[0])
        if self._own is not None and origin.point is not None and goal.point is not None:
            return shapely.LineString(ends)
        if length_nm <= _straight_nm(*ends[0], *ends[1]) + _SAME_NM:
            return shapely.LineString(_great_circle(ends[0], ends[1], length_nm))
        route = sea_route(*ends[0], *ends[1])
        return shapely.LineString([ends[0], *zip(route.lon, route.lat, strict=True), ends[1]])

    def _measure(self, a: int, r: int) -> tuple[npt.NDArray[np.float64], list[float]]:
        places = self._places
        bases = range(a + 2 * r, len(places))
        origins = [*self.start, *self.release, *bases]
        goals = [*self.rendezvous, *bases]
        matrix = np.full((len(places), len(places)), np.nan)
        matrix[np.ix_(origins, goals)] = self._block(origins, goals)
        # Lanes are as long both ways, so release -> rendezvous, known already, is the leg.
        legs = matrix[self.release, self.rendezvous]
        ways = [(places[i].point, places[j].point) for i, j in self._ends()]
        for i, (one, other) in enumerate(ways):
            if self._own is not None and one is not None and other is not None:
                legs[i] = self._own[one, other]
        return matrix, legs.tolist()

    def _ends(self) -> list[tuple[int, int]]:
        return list(zip(self.rendezvous, self.release, strict=True))

    def _block(self, origins: list[int], goals: list[int]) -> npt.NDArray[np.float64]:
        first, second = [self._places[i] for i in origins], [self._places[j] for j in goals]
        if self._own is None:
            return _sea_block(first, second)
        rows = np.array([-1 if p.point is None else p.point for p in first], np.int64)
        columns = np.array([-1 if p.point is None else p.point for p in second], np.int64)
        listed = (rows >= 0)[:, None] & (columns >= 0)[None, :]
        if listed.all():
            return self._own[rows[:, None], columns[None, :]]
        return np.where(
            listed, self._own[rows[:, None], columns[None, :]], _sea_block(first, second)
        )


def _straight_nm(lon1: float, lat1: float, lon2: float, lat2: float) -> NauticalMiles:
    """Great-circle distance of two positions; `distance_nm` is slow for a single pair."""
    north, south = math.radians(lat1), math.radians(lat2)
    apart = math.sin((south - north) / 2) ** 2
    apart += math.cos(north) * math.cos(south) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2.0 * RADIUS_NM * math.asin(math.sqrt(min(apart, 1.0)))


def _great_circle(
    first: tuple[float, float], last: tuple[float, float], length_nm: NauticalMiles
) -> list[tuple[float, float]]:
    steps = np.linspace(0.0, length_nm, max(math.ceil(length_nm / _CHORD_NM), 1) + 1)[1:-1]
    if not len(steps):
        return [first, last]
    lon, lat = destination(*first, bearing_deg(*first, *last), steps)
    return [first, *zip(lon.tolist(), lat.tolist(), strict=True), last]


def _nodes(assets: Sequence[Asset], requests: Sequence[EscortRequest]) -> list[Place]:
    return [
        *(asset.position for asset in assets),
        *(request.rendezvous for request in requests),
        *(request.release for request in requests),
        *(asset.base_place or asset.position for asset in assets),
    ]


def _sea_block(origins: list[Place], goals: list[Place]) -> npt.NDArray[np.float64]:
    if not origins or not goals:
        return np.zeros((len(origins), len(goals)))
    first, back = np.unique([(p.lon, p.lat) for p in origins], axis=0, return_inverse=True)
    second, forth = np.unique([(p.lon, p.lat) for p in goals], axis=0, return_inverse=True)
    block: npt.NDArray[np.float64] = sea_distance_nm(first, second)[np.ix_(back, forth)]
    return block


def _is_closed(zone: Zone, asset: Asset) -> bool:
    if zone.id in asset.may_enter:
        return False
    return zone.kind == "closed" or zone.nation != asset.nation
