"""Scenario -> how far it is between its places, and which closed waters lie between them.

Sea distance over lanes, or the scenario's own matrix. Places are nodes: an asset's start, a
request's rendezvous and release, an asset's base.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from sea.lanes import sea_distance_nm, sea_route

from escort.scenario import CLOSING_KINDS, Asset, EscortRequest, Place, Scenario, Zone
from sea.units import SECOND_US, Knots, Microseconds, NauticalMiles

NEVER_US = 10**18
"""Travel time between places with no way between them: thirty thousand years."""


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
            rendezvous and bases; NaN between other nodes.
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
        self.rows: list[list[float]] = matrix.tolist()
        self._zones = [zone for zone in scenario.zones if zone.kind in CLOSING_KINDS]
        self._rings = [shapely.Polygon(zone.polygon).buffer(0) for zone in self._zones]
        shapely.prepare(self._rings)
        self._crossed: dict[tuple[Place, Place], int] = {}

    def closed_to(self, asset: Asset) -> int:
        """Bit mask of the zones this asset must keep out of."""
        return sum(1 << i for i, zone in enumerate(self._zones) if _is_closed(zone, asset))

    def crossed(self, origin: int, destination: int) -> int:
        """Bit mask of the closing zones that the way between two nodes touches."""
        if not self._zones:
            return 0
        key = (self._places[origin], self._places[destination])
        mask = self._crossed.get(key)
        if mask is None:
            way = self._way(*key)
            touched = shapely.intersects(self._rings, way)
            mask = sum(1 << int(i) for i in np.flatnonzero(touched))
            self._crossed[key] = mask
        return mask

    def zone_names(self, mask: int) -> list[str]:
        """Ids of the zones in a bit mask."""
        return [zone.id for i, zone in enumerate(self._zones) if mask >> i & 1]

    def _way(self, origin: Place, destination: Place) -> shapely.Geometry:
        ends = [(origin.lon, origin.lat), (destination.lon, destination.lat)]
        if ends[0] == ends[1]:
            return shapely.Point(ends[0])
        if self._own is not None and origin.point is not None and destination.point is not None:
            return shapely.LineString(ends)
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
