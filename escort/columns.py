"""An instance -> the best plan found and a bound that no plan exceeds: column generation.

Prices of requests come from the master LP, smoothed; pricing finds each asset's best taskings at
those prices; the sum of prices and of what each asset could gain at them bounds every plan. A dive
then fixes taskings one after another, at new prices each time; improvement and a MIP over all
columns seen make the best of it.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from escort.draft import TRANSIT_COST_PER_NM, Draft, Workshop
from escort.feasibility import Schedule
from escort.instance import Instance, Way
from escort.master import Column, Master, Prices, best_choice
from sea.units import HOUR_US

Floats = npt.NDArray[np.float64]

CLOSED_GAP: Final = 1e-5
"""Prices are found once the bound is within this share of the LP; chosen by us."""

QUICK_GAP: Final = 0.02
"""Pricing is quick, and proves nothing, until it seems within this share; chosen by us."""

SMOOTHING: Final = 0.6
"""Weight of the best prices so far against the LP's own (Wentges 1997); chosen by us."""

SCARCE: Final = 0.15
"""Share of the escorts of a plain plan that would rather be left for better ones: the least worth
an hour of the others is the first price of an asset's hour. Chosen by us."""

SWEEPS: Final = 3
"""Plans made asset by asset before the first LP; chosen by us: without any its prices are poor."""

NEAR_BEST: Final = 0.97
"""Pricing asks for taskings worth this share of the asset's best column at the same prices; chosen
by us: less finds more columns, and takes longer."""

COLUMNS_A_ROUND: Final = 8
"""Taskings an asset adds a round; chosen by us: more make the LP slower than they save rounds."""

DIVE_SHARE: Final = 0.08
"""Share of the assets that a step of the dive fixes beyond what is whole; chosen by us."""

PLAN_SHARE: Final = 0.45
"""Share of the time kept for choosing whole taskings once prices are found; chosen by us."""

GAIN: Final = 1e-9
"""Worth below which nothing is a gain."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to.

    Attributes:
        bound: no plan is worth more; None where nothing is proven.
        stopped: whether time cut the search short.
    """

    schedules: tuple[Schedule, ...]
    bound: float | None
    columns: int
    rounds: int
    stopped: bool


class Search:
    """Column generation for one instance.

    Args:
        instance: what to plan.
        kept: asset by request where keeping the two together earns `keep_bonus` of its value.
        remaining: seconds left.
    """

    def __init__(
        self,
        instance: Instance,
        remaining: Callable[[], float],
        kept: Mapping[int, int] | None = None,
        keep_bonus: float = 0.0,
    ) -> None:
        self.instance = instance
        self.requests = instance.judge.scenario.requests
        self.value = np.array([r.risk_value for r in self.requests], np.float64)
        self.master = Master(len(instance.limits), len(self.requests), instance.musts)
        self.bound = math.inf
        self.rounds = 0
        self.remaining = remaining
        self.cut_short = False
        self._kept = {r: a for r, a in (kept or {}).items() if keep_bonus > 0}
        self._bonus = keep_bonus
        self._known: dict[Way, int] = {}
        self._guess = math.inf
        self._centre = np.zeros(len(self.requests))
        self._columns_of: list[list[int]] = [[] for _ in instance.limits]

    def add_draft(self, draft: Draft) -> list[int]:
        """Adds the draft's schedules as columns, and gives their indices."""
        columns = [self._column(schedule) for schedule in draft.schedules if schedule.escorts]
        self._add(columns)
        return [self._known[column.way] for column in columns]

    def worth(self, chosen: Iterable[int]) -> float:
        """Worth of a choice of columns, bonus included."""
        return math.fsum(self.master.columns[i].worth for i in chosen)

    def worths(self, asset: int, prices: Floats | float = 0.0) -> Floats:
        """What serving each request earns the asset beyond its price."""
        left: Floats = self.value - prices
        for request, keeper in self._kept.items():
            if keeper == asset:
                left[request] += self._bonus * self.value[request]
        return left

    def guess_prices(self, draft: Draft) -> None:
        """First prices: what a request is worth above the hours it takes, from a plain plan."""
        judge = self.instance.judge
        escorts = [escort for schedule in draft.schedules for escort in schedule.escorts]
        if not escorts:
            return
        assets = [s.asset for s in draft.schedules for _ in s.escorts]
        speeds = [judge.scenario.assets[a].max_speed_kn for a in assets]
        transit_h = sum(e.transit_nm / kn for e, kn in zip(escorts, speeds, strict=True))
        hours = np.array(judge.leg_us) / HOUR_US + transit_h / len(escorts)
        rate = self.value / np.maximum(hours, 1e-3)
        least = float(np.quantile(rate[[escort.request for escort in escorts]], SCARCE))
        self._centre = np.maximum(self.value - least * hours, 0.0)

    def sweep(self, order: Iterable[int]) -> list[int]:
        """A plan in which the assets, in this order, each take the best that the others left."""
        chosen: list[int] = []
        barred: list[int] = []
        for asset in order:
            if self.is_over():
                break
            worths = self.worths(asset, self._centre)
            worths[barred] = -np.inf
            _, found, _ = self._best_of(asset, worths, 0.0, True)
            self._add(found)
            if found:
                chosen.append(self._known[found[0].way])
                barred += found[0].way.order
        return chosen

    def generate(self) -> Prices | None:
        """Adds columns until prices are found or time is out; the last LP's optimum."""
        prices = self._solved(None)
        quick = True
        while prices is not None and not self.is_over():
            self.rounds += 1
            smooth = SMOOTHING * self._centre + (1.0 - SMOOTHING) * prices.request
            added = self._priced(prices, smooth, quick)
            if not added:
                added = self._priced(prices, prices.request, quick)
            if self.bound <= prices.worth + CLOSED_GAP * abs(prices.worth):
                break
            if not added and not quick:
                break
            near = self._guess - prices.worth <= QUICK_GAP * abs(prices.worth)
            if quick and (not added or near):
                quick, self._guess = False, math.inf
            prices = self._solved(prices) if added else prices
        return prices

    def is_over(self) -> bool:
        """Whether time is out, which then is remembered."""
        self.cut_short = self.cut_short or self.remaining() <= 0
        return self.cut_short

    def _solved(self, before: Prices | None) -> Prices | None:
        """The LP's optimum, or those prices from before where time did not do for it."""
        solved = None if self.is_over() else self.master.solve(self.remaining())
        self.cut_short = self.cut_short or solved is None
        return solved or before

    def _priced(self, prices: Prices, request_prices: Floats, quick: bool) -> int:
        """Adds the best columns at these prices; tightens the bound; how many are new and pay."""
        guess, whole, paying = math.fsum(request_prices), True, 0
        fresh: list[Column] = []
        for asset in range(len(self.instance.limits)):
            if self.is_over():
                whole = False
                break
            worths = self.worths(asset, request_prices)
            least = max(float(prices.asset[asset]), NEAR_BEST * self._known_best(asset, worths))
            best, columns, exact = self._best_of(asset, worths, least, quick)
            guess += best
            whole = whole and (exact or quick)
            fresh += [column for column in columns if column.way not in self._known]
        self._add(fresh)
        for column in fresh:
            own = prices.request[list(column.way.order)].sum() + prices.asset[column.way.asset]
            paying += column.worth - own > GAIN
        if whole and guess < self._guess:
            self._guess, self._centre = guess, request_prices
        if whole and not quick and self.instance.exact:
            self.bound = min(guess, self.bound)
        return paying

    def _known_best(self, asset: int, worths: Floats) -> float:
        """The most that a column of the asset is worth at these worths of requests."""
        best = 0.0
        for i in self._columns_of[asset]:
            column = self.master.columns[i]
            transit = TRANSIT_COST_PER_NM * column.schedule.transit_nm
            best = max(best, float(worths[list(column.way.order)].sum()) - transit)
        return best

    def _best_of(
        self, asset: int, worths: Floats, least: float, quick: bool
    ) -> tuple[float, list[Column], bool]:
        """What the asset gains at most, its best columns by the judge's word, and exactness."""
        while True:
            found, whole = self.instance.price(asset, worths, least, COLUMNS_A_ROUND, quick=quick)
            best = max(found[0][0], least) if found else least
            judged = [(way, self._judged(way)) for _, way in found]
            closed = [self.instance.close(way) for way, column in judged if column is None]
            if not any(closed):
                return best, [column for _, column in judged if column is not None], whole

    def bound_without_bonus(self, prices: Prices) -> float:
        """A bound where keeping earns nothing; infinite where time or labels did not do for it.

        It is proven where `bound` is: where the instance is exact.
        """
        bonus, self._bonus = self._bonus, 0.0
        bound = math.fsum(prices.request)
        try:
            for asset in range(len(self.instance.limits)):
                worths = self.worths(asset, prices.request)
                least = self._known_best(asset, worths)
                best, _, whole = self._best_of(asset, worths, least, False)
                bound += best
                if not whole or self.is_over():
                    return math.inf
        finally:
            self._bonus = bonus
        return bound

    def dive(self, prices: Prices) -> list[int]:
        """A whole choice of columns: step by step what the LP takes is fixed, at new prices."""
        assets = len(self.instance.limits)
        fixed: list[int] = []
        while not self.is_over():
            free = np.setdiff1d(np.flatnonzero(prices.shares > GAIN), fixed)
            if not len(free):
                break
            free = free[np.argsort(-prices.shares[free], kind="stable")]
            whole = int((prices.shares[free] > 1.0 - 1e-6).sum())
            fresh = free[: max(whole, math.ceil(DIVE_SHARE * assets))]
            fixed += self.master.fix(fresh.tolist(), fixed)
            prices = self._solved(prices) or prices
            if whole < len(fresh):
                prices = self._priced_around(prices, fixed)
        self.master.release(fixed)
        return fixed

    def _priced_around(self, prices: Prices, fixed: Sequence[int]) -> Prices:
        """One quick round of pricing for the assets and requests that are not fixed yet."""
        columns = [self.master.columns[i] for i in fixed]
        busy = {column.way.asset for column in columns}
        served = [r for column in columns for r in column.way.order]
        fresh: list[Column] = []
        for asset in set(range(len(self.instance.limits))) - busy:
            if self.is_over():
                return prices
            worths = self.worths(asset, prices.request)
            worths[served] = -np.inf
            _, found, _ = self._best_of(asset, worths, float(prices.asset[asset]), True)
            fresh += [column for column in found if column.way not in self._known]
        self._add(fresh)
        return (self._solved(prices) if fresh else None) or prices

    def improve(self, chosen: Sequence[int]) -> list[int]:
        """The choice with each asset's tasking the best there is beside those of the others."""
        by_asset = {self.master.columns[i].way.asset: i for i in chosen}
        served = {r for i in by_asset.values() for r in self.master.columns[i].way.order}
        high = 1.0 + float(self.value.sum()) * 2.0
        changed = True
        while changed:
            changed = False
            for asset in range(len(self.instance.limits)):
                if self.is_over():
                    return list(by_asset.values())
                now = self.master.columns[by_asset[asset]] if asset in by_asset else None
                own = set(now.way.order) if now else set()
                worths = self.worths(asset)
                worths[list(served - own)] = -np.inf
                musts = self.instance.musts & own
                worths[list(musts)] += high
                least = (now.worth if now else 0.0) + high * len(musts) + GAIN
                _, found, _ = self._best_of(asset, worths, least, False)
                if found and musts <= set(found[0].way.order):
                    self._add(found[:1])
                    by_asset[asset] = self._known[found[0].way]
                    served = served - own | set(found[0].way.order)
                    changed = True
        return list(by_asset.values())

    def choose(self, prices: Prices | None, start: Sequence[int], seed: int) -> list[int]:
        """The best choice among the columns that could be part of a better one than `start`."""
        columns = self.master.columns
        worth = self.worth(start)
        inside = set(range(len(columns)))
        if prices is not None and prices.worth < math.inf:
            slack = prices.worth - worth
            reduced = [self._reduced(column, prices) for column in columns]
            inside = {i for i in inside if reduced[i] >= -slack - GAIN}
        listed = sorted(inside | set(start))
        place = {i: k for k, i in enumerate(listed)}
        taken, ended = best_choice(
            [columns[i] for i in listed],
            len(self.instance.limits),
            len(self.requests),
            [place[i] for i in start],
            musts=self.instance.musts,
            seconds=self.remaining(),
            seed=seed,
        )
        self.cut_short = self.cut_short or not ended
        return [listed[k] for k in taken]

    def _reduced(self, column: Column, prices: Prices) -> float:
        own = float(prices.request[list(column.way.order)].sum())
        return column.worth - own - float(prices.asset[column.way.asset])

    def _judged(self, way: Way) -> Column | None:
        if way in self._known:
            return self.master.columns[self._known[way]]
        schedule = self.instance.judge.schedule(way.asset, way.order, way.refuels)
        return self._column(schedule) if isinstance(schedule, Schedule) else None

    def _column(self, schedule: Schedule) -> Column:
        worths = self.worths(schedule.asset)
        averted = math.fsum(worths[escort.request] for escort in schedule.escorts)
        worth = averted - TRANSIT_COST_PER_NM * schedule.transit_nm
        return Column(way_of(schedule), schedule, worth)

    def _add(self, columns: Iterable[Column]) -> None:
        fresh = {column.way: column for column in columns if column.way not in self._known}
        for way in fresh:
            self._columns_of[way.asset].append(len(self._known))
            self._known[way] = len(self._known)
        if fresh:
            self.master.add(list(fresh.values()))


def search(
    workshop: Workshop,
    left_out: Collection[int],
    drafts: Sequence[Draft],
    remaining: Callable[[], float],
    *,
    kept: Mapping[int, int],
    keep_bonus: float,
    seed: int,
) -> Found:
    """The best plan found from these drafts on, before the seconds remaining are over.

    Args:
        workshop: the judge, and who can serve what.
        left_out: requests that nobody may serve.
        drafts: plans that are possible already, one at least.
        remaining: seconds left.
        kept: asset of each request in the plan before.
        keep_bonus: share of its value that a request earns for staying with that asset.
        seed: of what is random.
    """
    if not workshop.scenario.assets or not workshop.scenario.requests:
        return Found((), 0.0, 0, 0, False)
    instance = Instance(workshop, left_out)
    begun = remaining()
    pricing = Search(instance, lambda: remaining() - PLAN_SHARE * begun, kept, keep_bonus)
    choices = [pricing.add_draft(draft) for draft in drafts]
    best = max(choices, key=pricing.worth)
    pricing.guess_prices(drafts[choices.index(best)])
    rng = np.random.default_rng(seed)
    sweeps = 0 if kept or instance.musts else SWEEPS
    orders = [rng.permutation(len(instance.limits)).tolist() for _ in range(sweeps)]
    swept = [pricing.sweep(order) for order in orders]
    best = max([best, *swept], key=pricing.worth)
    prices = pricing.generate()
    stopped, least_bound = pricing.cut_short, pricing.bound
    pricing.cut_short = False
    if prices is not None and kept and math.isfinite(least_bound):
        least_bound = min(least_bound, pricing.bound_without_bonus(prices))
    pricing.remaining, pricing.cut_short = remaining, False
    if prices is not None:
        dived = pricing.improve(pricing.dive(prices))
        best = max(best, dived, key=pricing.worth)
    best = pricing.choose(prices, pricing.improve(best), seed)
    best = pricing.improve(best)
    schedules = tuple(pricing.master.columns[i].schedule for i in best)
    stopped = stopped or pricing.cut_short
    bound = least_bound if math.isfinite(least_bound) else None
    return Found(schedules, bound, len(pricing.master.columns), pricing.rounds, stopped)


def way_of(schedule: Schedule) -> Way:
    """The schedule as pricing would give it."""
    order = tuple(escort.request for escort in schedule.escorts)
    calls = tuple(e.request for e in schedule.escorts if e.refuel is not None)
    return Way(schedule.asset, order, calls)
