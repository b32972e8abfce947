"""The judge's scenario -> arrays for pricing: stops, ways, limits, who may serve what.

Ways through closed waters are not traced beforehand, they are too many: an arc is open until the
judge refuses a column for it and `Instance.close` bars it. Until then a bound is only looser.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from escort.ahead import look_ahead, most_worth
from escort.arcs import BARRED, NEVER_S, Arcs, Limits, Stops, Ways, arcs_between, crook_nm
from escort.draft import TRANSIT_COST_PER_NM, Workshop
from escort.feasibility import IN_PORT_NM, Feasibility
from escort.pricing import Labels, best_tasking, best_taskings, room_for
from sea.units import HOUR_US, SECOND_US

MOST_LABELS: Final = 400_000
"""Room for labels of one asset, chosen by us: 25 MB; a thousandfold of what has been seen."""

MOST_PARTS: Final = 8
"""Parts that a window no shorter than its leg is split into; chosen by us. Together with
`MOST_SPLIT` it bounds what stays exact; beyond it no bound is claimed."""

MOST_SPLIT: Final = 64
"""Requests with such a window: a label remembers them in the bits of one word."""

CROOK_NM: Final = 1e-6
"""Distances rounded by less than this count as keeping the triangle rule."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Way:
    """A tasking as pricing gives it: the requests in order, and before which it calls at base."""

    asset: int
    order: tuple[int, ...]
    refuels: tuple[int, ...]


class Instance:
    """All that pricing needs of one scenario.

    Attributes:
        musts: requests that an officer locked and that can be served.
        exact: whether every tasking the judge allows is among those priced.
        able: by asset and request, whether time, fuel and standing let it serve it alone.
    """

    def __init__(self, workshop: Workshop, left_out: Collection[int] = ()) -> None:
        self.judge = judge = workshop.judge
        self.musts = frozenset(workshop.held) - set(left_out)
        self._held = workshop.held
        self._alone = [set(able) for able in workshop.able]
        self.stops, self.exact = _stops(judge)
        self._labels = room_for(MOST_LABELS)
        travel = judge.travel
        self._nm = travel.matrix
        self._onward_nm = np.ascontiguousarray(self._nm[np.ix_(travel.release, travel.rendezvous)])
        self._crooks: dict[Any, float] = {}
        assets = range(len(judge.scenario.assets))
        self.ways = [self._ways_of(a) for a in assets]
        self.limits = [self._limits_of(a) for a in assets]
        self.able = np.array([self._able(a) for a in assets], bool)
        self.able = self.able.reshape(len(assets), len(self._alone))
        self.able[:, list(left_out)] = False
        self._keys = [self._key(a) for a in assets]
        self._arcs_of = {key: self._arcs(key) for key in dict.fromkeys(self._keys)}

    def price(
        self,
        asset: int,
        worth: Floats,
        least: float,
        most: int,
        *,
        quick: bool = False,
        every: bool = False,
    ) -> tuple[list[tuple[float, Way]], float, bool]:
        """The asset's best taskings at these worths of requests, best first.

        Args:
            asset: index of the asset.
            worth: of serving each request, shape (requests,); -inf: not by this asset.
            least: taskings worth no more are left out.
            most: how many at most.
            quick: some ways may be lost for speed.
            every: several may end with the same request.

        Returns:
            Pairs of worth (transit cost taken off) and tasking; what no tasking is worth more
            than; and whether nothing was cut off, so that it is the first's worth, or `least`.
        """
        able = self.able[asset]
        profit = np.where(able, worth, BARRED)[self.stops.request]
        arcs, labels = self._arcs_of[self._keys[asset]], self._labels
        ends, highest, whole = best_taskings(
            profit,
            least,
            most,
            quick,
            every,
            self.stops,
            arcs,
            self.ways[asset],
            self.limits[asset],
            labels,
        )
        found = [
            (float(labels.worth[end]), _traced(asset, end, labels, self.stops)) for end in ends
        ]
        whole = bool(whole) and not quick
        if whole:
            highest = max(found[0][0], least) if found else min(least, highest)
        return found, highest, whole

    def best(self, asset: int, worth: Floats, *, certain: bool = True) -> tuple[Way, float]:
        """The asset's best tasking at these worths of requests, and what none is worth more than.

        The tasking is empty where none is worth anything. Where it need not be `certain` to be the
        best, it is only near it, and found sooner.
        """
        profit = np.where(self.able[asset], worth, BARRED)[self.stops.request]
        arcs = self._arcs_of[self._keys[asset]]
        order, calls, _, highest, _ = best_tasking(
            profit,
            certain,
            self.stops,
            arcs,
            self.ways[asset],
            self.limits[asset],
            self._labels,
        )
        served = self.stops.request[order]
        return Way(asset, tuple(served.tolist()), tuple(served[calls].tolist())), highest

    def most(self, asset: int, worth: Floats) -> float:
        """No tasking of the asset is worth more at these worths of requests: quick and loose."""
        profit = np.where(self.able[asset], worth, BARRED)[self.stops.request]
        arcs, ways, limits = self._arcs_of[self._keys[asset]], self.ways[asset], self.limits[asset]
        ahead = look_ahead(profit, self.stops, arcs, ways, limits)
        return float(most_worth(profit, ahead, self.stops, ways, limits))

    def is_closing(self, asset: int) -> bool:
        """Whether there are waters closed to the asset."""
        return self.judge.travel.closed_to(self.judge.scenario.assets[asset]) is not None

    def close(self, way: Way) -> bool:
        """Bars the ways of a tasking that touch closed waters; whether there was any."""
        travel, asset = self.judge.travel, way.asset
        closed = travel.closed_to(self.judge.scenario.assets[asset])
        base, here = travel.base[asset], travel.start[asset]
        last, barred = -1, False
        ways = self.ways[asset]
        for request in way.order:
            goal = travel.rendezvous[request]
            rows = np.flatnonzero(self.stops.request == request)
            before = np.flatnonzero(self.stops.request == last) if last >= 0 else [-1]
            if request in way.refuels:
                assert base is not None, "who refuels has a base"
                if travel.crossed(here, base, closed):
                    ways.to_base_open[before] = False
                    barred = True
                if travel.crossed(base, goal, closed):
                    ways.from_base_open[rows] = False
                    barred = True
            elif travel.crossed(here, goal, closed):
                if last < 0:
                    ways.start_open[rows] = False
                else:
                    self._close_arcs(asset, before, rows)
                barred = True
            here, last = travel.release[request], request
        if (
            base is not None
            and self.limits[asset].must_return
            and travel.crossed(here, base, closed)
        ):
            ways.to_base_open[np.flatnonzero(self.stops.request == last)] = False
            barred = True
        return barred

    def _close_arcs(self, asset: int, before: Any, rows: Any) -> None:
        arcs = self._arcs_of[self._keys[asset]]
        for i in before:
            begin, end = arcs.first[i], arcs.first[i + 1]
            arcs.is_open[begin:end][np.isin(arcs.ahead[begin:end], rows)] = False

    def _limits_of(self, a: int) -> Limits:
        travel, asset = self.judge.travel, self.judge.scenario.assets[a]
        base, node = travel.base[a], travel.start[a]
        start_at = max(self.judge.scenario.now, asset.available_from)
        crook = self._crook_nm(node, base)
        return Limits(
            start_at=start_at,
            in_port=base is not None and travel.rows[node][base] <= IN_PORT_NM,
            has_base=base is not None,
            must_return=asset.must_return,
            detours=travel.closed_to(asset) is not None or crook > 0.0,
            crook_nm=crook,
            until=min(asset.available_until, self._last_end(a)),
            range_nm=asset.range_nm,
            endurance_us=math.floor(asset.endurance_h * HOUR_US),
            nm_per_us=asset.max_speed_kn / HOUR_US,
            cost_nm=TRANSIT_COST_PER_NM,
        )

    def _last_end(self, a: int) -> int:
        """When the asset is done at the latest, whatever it does; no time where it cannot be."""
        asset, ways = self.judge.scenario.assets[a], self.ways[a]
        ends = self.stops.latest + self.stops.leg_us
        if asset.must_return:
            ends = (
                ends + np.where(ways.to_base_s[:-1] == NEVER_S, 0, ways.to_base_s[:-1]) * SECOND_US
            )
        return int(ends.max(initial=self.judge.scenario.now))

    def _ways_of(self, a: int) -> Ways:
        travel, asset, request = (
            self.judge.travel,
            self.judge.scenario.assets[a],
            self.stops.request,
        )
        kn, n = asset.max_speed_kn, len(request)
        goals = np.array(travel.rendezvous, np.int64)[request]
        releases = np.array(travel.release, np.int64)[request]
        start, base = travel.start[a], travel.base[a]
        start_nm = self._nm[start, goals]
        to_base_nm, from_base_nm = np.full(n + 1, np.inf), np.full(n, np.inf)
        if base is not None:
            to_base_nm = self._nm[[*releases, start], base]
            from_base_nm = self._nm[base, goals]
        return Ways(
            start_s=_seconds(start_nm, kn),
            start_nm=start_nm,
            start_open=np.ones(n, bool),
            to_base_s=_seconds(to_base_nm, kn),
            to_base_nm=to_base_nm,
            to_base_open=np.ones(n + 1, bool),
            from_base_s=_seconds(from_base_nm, kn),
            from_base_nm=from_base_nm,
            from_base_open=np.ones(n, bool),
        )

    def _crook_nm(self, start: int, base: int | None) -> float:
        """How much the distances of the asset's places fall short of the triangle rule, nm."""
        travel = self.judge.travel
        if base is None:
            return 0.0
        to_base = self._nm[[*travel.release, start], base]
        from_base = self._nm[base, travel.rendezvous]
        key = (to_base[:-1].tobytes(), from_base.tobytes())
        if key not in self._crooks:
            self._crooks[key] = crook_nm(to_base[:-1], from_base, self._onward_nm)
        own = self._nm[start, travel.rendezvous][None, :]
        crook = max(self._crooks[key], crook_nm(to_base[-1:], from_base, own))
        return crook if crook > CROOK_NM else 0.0

    def _able(self, a: int) -> npt.NDArray[np.bool_]:
        """By request, whether the asset may serve it; closed ways to it are left to pricing."""
        count = len(self.judge.scenario.requests)
        if self.judge.travel.closed_to(self.judge.scenario.assets[a]) is None:
            return np.array([a in able for able in self._alone], bool)
        holders = (self._held.get(r, a) for r in range(count))
        may = [own == a and self.judge.may_serve(a, r) for r, own in enumerate(holders)]
        return np.array(may, bool)

    def _key(self, a: int) -> tuple[float, bytes]:
        asset = self.judge.scenario.assets[a]
        closed = self.judge.travel.closed_to(asset)
        return asset.max_speed_kn, b"" if closed is None else closed.tobytes()

    def _arcs(self, key: tuple[float, bytes]) -> Arcs:
        able = np.any(self.able[[own == key for own in self._keys]], axis=0)
        used = np.asarray(able)[self.stops.request]
        first, ahead, seconds, length_nm = arcs_between(self.stops, used, self._onward_nm, key[0])
        return Arcs(first, ahead, seconds, length_nm, np.ones(len(ahead), bool))


def _seconds(distances_nm: Floats, kn: float) -> npt.NDArray[np.int64]:
    """Travel times as `escort.travel.travel_us`, s, rounded up."""
    seconds = np.ceil(distances_nm / kn * 3600.0)
    return np.where(seconds < NEVER_S, seconds, NEVER_S).astype(np.int64)


def _traced(asset: int, end: int, labels: Labels, stops: Stops) -> Way:
    order, refuels = [], []
    while labels.stop[end] >= 0:
        order.append(int(stops.request[labels.stop[end]]))
        if labels.by_base[end]:
            refuels.append(order[-1])
        end = labels.parent[end]
    return Way(asset, tuple(order[::-1]), tuple(refuels[::-1]))


def _stops(judge: Feasibility) -> tuple[Stops, bool]:
    """All requests as stops by latest rendezvous, and whether every long window could be split."""
    rows, exact, split = [], True, 0
    for r, request in enumerate(judge.scenario.requests):
        leg_us = judge.leg_us[r]
        window_us = request.latest - request.earliest
        parts = 1 if leg_us > window_us else window_us // max(leg_us, 1) + 1
        exact, bit = exact and leg_us > 0, 0
        if parts > 1:
            exact = exact and parts <= MOST_PARTS and split < MOST_SPLIT
            bit, parts = 1 << (split % MOST_SPLIT), min(parts, MOST_PARTS)
            split += 1
        cuts = [request.earliest + (window_us + 1) * part // parts for part in range(parts + 1)]
        rows += [(r, begin, end - 1, bit) for begin, end in pairwise(cuts)]
    rows.sort(key=lambda row: (row[2], row[0]))
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    of = np.array(columns[0], np.int64)
    stops = Stops(
        request=of,
        earliest=np.array(columns[1], np.int64),
        latest=np.array(columns[2], np.int64),
        leg_us=np.array(judge.leg_us, np.int64)[of],
        leg_nm=np.array(judge.travel.leg_nm, np.float64)[of],
        bit=np.array(columns[3], np.uint64),
    )
    return stops, exact
