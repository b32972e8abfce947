"""Taskings -> columns: each judged once, with its worth, and what an asset can gain at prices."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from escort.arcs import Floats
from escort.draft import TRANSIT_COST_PER_NM, Draft
from escort.feasibility import Schedule
from escort.instance import Instance, Way
from escort.master import Column, Master

GAIN: Final = 1e-9
"""Worth below which nothing is a gain."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What stays as it was: asset by request, and what that earns, as a share of the value."""

    asset_of: Mapping[int, int]
    bonus: float


class Columns:
    """All taskings seen of one instance, in a master problem.

    Args:
        instance: what to plan.
        keeping: what the plan before said.
        remaining: seconds left.

    Attributes:
        cut_short: whether time has run out.
    """

    def __init__(
        self, instance: Instance, keeping: Keeping, remaining: Callable[[], float]
    ) -> None:
        scenario = instance.judge.scenario
        self.instance = instance
        self.assets = range(len(instance.limits))
        self.value = np.array([r.risk_value for r in scenario.requests], np.float64)
        self.cap = np.where(instance.able.any(axis=0), self.value, 0.0)
        self.master = Master(len(self.assets), len(self.value), instance.musts)
        self.remaining = remaining
        self.cut_short = False
        self._keeping = keeping
        self._known: dict[Way, int] = {}
        self._of_asset: list[list[int]] = [[] for _ in self.assets]
        self._open: set[Way] = set()
        self._closing = [instance.is_closing(asset) for asset in self.assets]

    def is_over(self) -> bool:
        """Whether time is out, which then is remembered."""
        self.cut_short = self.cut_short or self.remaining() <= 0
        return self.cut_short

    def worths(self, asset: int, prices: Floats | float = 0.0) -> Floats:
        """What serving each request earns the asset beyond its price, the bonus included."""
        left: Floats = self.value - prices
        if self._keeping.bonus > 0.0:
            for request, keeper in self._keeping.asset_of.items():
                if keeper == asset:
                    left[request] += self._keeping.bonus * self.value[request]
        return left

    def best(self, asset: int, worths: Floats, *, certain: bool = True) -> tuple[Way, float]:
        """The asset's best tasking that no closed waters forbid, and what none is worth more.

        Not `certain`: only near the best, and found sooner.
        """
        while True:
            way, most = self.instance.best(asset, worths, certain=certain)
            if not self._closing[asset] or not way.order or way in self._open:
                return way, most
            if self.judged(way) is not None:
                self._open.add(way)
                return way, most
            if not self.instance.close(way):
                return Way(asset, (), ()), most

    def several(
        self,
        asset: int,
        worths: Floats,
        least: float,
        most: int,
        *,
        quick: bool = False,
        every: bool = False,
    ) -> list[Column]:
        """The asset's best columns worth more than `least` at these worths."""
        while True:
            found, _, _ = self.instance.price(asset, worths, least, most, quick=quick, every=every)
            judged = [(way, self.judged(way)) for _, way in found]
            closed = [self.instance.close(way) for way, column in judged if column is None]
            if not any(closed):
                return [column for _, column in judged if column is not None]

    def bound_at(self, prices: Floats) -> float:
        """No plan is worth more, whatever the prices of requests; bonus left out.

        Endless where time did not do for it, or not every tasking is among those priced.
        """
        bound = math.fsum(prices)
        for asset in self.assets:
            if self.is_over() or not self.instance.exact:
                return math.inf
            bound += self.instance.best(asset, self.value - prices)[1]
        return bound

    def known_best(self, asset: int, worths: Floats) -> float:
        """The most that a column of the asset is worth at these worths of requests."""
        best = 0.0
        for i in self._of_asset[asset]:
            column = self.master.columns[i]
            transit = TRANSIT_COST_PER_NM * column.schedule.transit_nm
            best = max(best, float(worths[list(column.way.order)].sum()) - transit)
        return best

    def judged(self, way: Way) -> Column | None:
        """The way as a column; None where the judge refuses it."""
        if way in self._known:
            return self.master.columns[self._known[way]]
        schedule = self.instance.judge.schedule(way.asset, way.order, way.refuels)
        return self.column(schedule) if isinstance(schedule, Schedule) else None

    def column(self, schedule: Schedule) -> Column:
        """The schedule as a column, the bonus in its worth."""
        worths = self.worths(schedule.asset)
        averted = math.fsum(worths[escort.request] for escort in schedule.escorts)
        worth = averted - TRANSIT_COST_PER_NM * schedule.transit_nm
        return Column(_way_of(schedule), schedule, worth)

    def add(self, columns: Iterable[Column]) -> list[int]:
        """Adds what is not there yet, and gives the index of each."""
        listed = list(columns)
        fresh = {column.way: column for column in listed if column.way not in self._known}
        for way in fresh:
            self._of_asset[way.asset].append(len(self._known))
            self._known[way] = len(self._known)
        if fresh:
            self.master.add(list(fresh.values()))
        return [self._known[column.way] for column in listed]

    def add_ways(self, ways: Iterable[Way]) -> list[int]:
        """Adds the ways that the judge allows, and gives the index of each of them."""
        judged = [self.judged(way) for way in ways if way.order]
        return self.add(column for column in judged if column is not None)

    def add_draft(self, draft: Draft) -> list[int]:
        """Adds the draft's schedules as columns, and gives their indices."""
        return self.add(self.column(s) for s in draft.schedules if s.escorts)

    def is_known(self, column: Column) -> bool:
        """Whether the column is there already."""
        return column.way in self._known

    def worth(self, chosen: Iterable[int]) -> float:
        """Worth of a choice of columns, bonus included."""
        return math.fsum(self.master.columns[i].worth for i in chosen)

    def served(self, chosen: Collection[int]) -> set[int]:
        """The requests that a choice of columns serves."""
        return {r for i in chosen for r in self.master.columns[i].way.order}


def _way_of(schedule: Schedule) -> Way:
    """The schedule as pricing would give it."""
    order = tuple(escort.request for escort in schedule.escorts)
    calls = tuple(e.request for e in schedule.escorts if e.refuel is not None)
    return Way(schedule.asset, order, calls)
