"""An instance -> the best plan found and a bound that no plan exceeds.

An auction (`escort.auction`) gives prices, a bound and a plan. Column generation sharpens them
where taskings are short enough for linear programs: the master LP prices requests, each asset's
best taskings at those prices become columns, a dive and a MIP over the columns make the plan.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from escort.arcs import Floats
from escort.auction import FIRST_PRICE, bid_up, improve, settle
from escort.columns import GAIN, Columns, Keeping
from escort.draft import Draft, Workshop
from escort.feasibility import Schedule
from escort.instance import Instance
from escort.master import Column, Prices, best_choice

BIDDING: Final = 40
"""Passes of the auction to find prices; chosen by us."""

SETTLING: Final = 80
"""Passes of the auction to settle on a plan; chosen by us."""

LONG: Final = 5.0
"""Escorts a tasking from which on linear programs take longer than they help; chosen by us."""

CLOSED_GAP: Final = 1e-5
"""Prices are found once the bound is within this share of the LP; chosen by us."""

QUICK_GAP: Final = 0.02
"""Pricing is quick until the bound is within this share of the LP; chosen by us."""

SMOOTHING: Final = 0.6
"""Weight of the best prices so far against the LP's own (Wentges 1997); chosen by us."""

NEAR_BEST: Final = 0.97
"""Pricing asks for taskings worth this share of the asset's best column at the same prices; chosen
by us: less finds more columns, and takes longer."""

COLUMNS_A_ROUND: Final = 8
"""Taskings an asset adds a round; chosen by us: more make the LP slower than they save rounds."""

ENRICHED_GAP: Final = 0.01
"""Columns near the LP are added where a plan is within this share of it; chosen by us."""

MOST_ENRICHED: Final = 200
"""Columns an asset so adds at most; chosen by us."""

DIVE_SHARE: Final = 0.08
"""Share of the assets that a step of the dive fixes beyond what is whole; chosen by us."""

PLAN_SHARE: Final = 0.25
"""Share of the time kept for choosing whole taskings once prices are found; chosen by us."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to.

    Attributes:
        bound: no plan is worth more.
        prices: of requests, as the bound has them.
        stopped: whether time cut the search short.
    """

    schedules: tuple[Schedule, ...]
    bound: float
    prices: Floats
    columns: int
    rounds: int
    stopped: bool


class Generation:
    """Column generation over columns that are there already, from these prices on."""

    def __init__(self, columns: Columns, centre: Floats, bound: float) -> None:
        self.columns, self.master = columns, columns.master
        self.centre, self.bound = centre, bound
        self.rounds = 0

    def generate(self) -> Prices | None:
        """Adds columns until prices are found or time is out; the last LP's optimum."""
        prices = self._solved(None)
        quick = True
        while prices is not None and not self.columns.is_over():
            self.rounds += 1
            smooth = SMOOTHING * self.centre + (1.0 - SMOOTHING) * prices.request
            added = self._priced(prices, smooth, quick)
            if not added:
                added = self._priced(prices, prices.request, quick)
            gap = self.bound - prices.worth
            if gap <= CLOSED_GAP * abs(prices.worth) or (not added and not quick):
                break
            quick = quick and bool(added) and gap > QUICK_GAP * abs(prices.worth)
            prices = self._solved(prices) if added else prices
        return prices

    def _solved(self, before: Prices | None) -> Prices | None:
        """The LP's optimum, or those prices from before where time did not do for it."""
        over = self.columns.is_over()
        solved = None if over else self.master.solve(self.columns.remaining())
        self.columns.cut_short = self.columns.cut_short or solved is None
        return solved or before

    def _priced(self, prices: Prices, request_prices: Floats, quick: bool) -> int:
        """Adds the best columns at these prices; tightens the bound; how many are new and pay."""
        columns, fresh = self.columns, []
        for asset in columns.assets:
            if columns.is_over():
                break
            worths = columns.worths(asset, request_prices)
            least = max(float(prices.asset[asset]), NEAR_BEST * columns.known_best(asset, worths))
            found = columns.several(asset, worths, least, COLUMNS_A_ROUND, quick=quick)
            fresh += [column for column in found if not columns.is_known(column)]
        columns.add(fresh)
        bound = columns.bound_at(request_prices)
        if bound < self.bound:
            self.bound, self.centre = bound, request_prices
        return sum(self._reduced(column, prices) > GAIN for column in fresh)

    def dive(self, prices: Prices) -> list[int]:
        """A whole choice of columns: step by step what the LP takes is fixed, at new prices."""
        assets = len(self.columns.assets)
        fixed: list[int] = []
        while not self.columns.is_over():
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
        busy = {self.master.columns[i].way.asset for i in fixed}
        served = list(self.columns.served(fixed))
        fresh: list[Column] = []
        for asset in set(self.columns.assets) - busy:
            if self.columns.is_over():
                return prices
            worths = self.columns.worths(asset, prices.request)
            worths[served] = -np.inf
            least = float(prices.asset[asset])
            found = self.columns.several(asset, worths, least, COLUMNS_A_ROUND, quick=True)
            fresh += [column for column in found if not self.columns.is_known(column)]
        self.columns.add(fresh)
        return (self._solved(prices) if fresh else None) or prices

    def enrich(self, prices: Prices, best: Sequence[int]) -> None:
        """Adds columns that could be part of a plan above `best`."""
        slack = prices.worth - self.columns.worth(best)
        for asset in self.columns.assets:
            if slack <= GAIN or slack > ENRICHED_GAP * prices.worth or self.columns.is_over():
                return
            worths = self.columns.worths(asset, prices.request)
            least = float(prices.asset[asset]) - slack
            found = self.columns.several(asset, worths, least, MOST_ENRICHED, every=True)
            self.columns.add(found)

    def choose(self, prices: Prices | None, start: Sequence[int], seed: int) -> list[int]:
        """The best choice among the columns that could be part of a better one than `start`."""
        listed = self.master.columns
        inside = set(range(len(listed)))
        if prices is not None and prices.worth < math.inf:
            slack = prices.worth - self.columns.worth(start)
            reduced = [self._reduced(column, prices) for column in listed]
            inside = {i for i in inside if reduced[i] >= -slack - GAIN}
        ranked = sorted(inside | set(start))
        place = {i: k for k, i in enumerate(ranked)}
        taken, ended = best_choice(
            [listed[i] for i in ranked],
            len(self.columns.assets),
            len(self.columns.value),
            [place[i] for i in start],
            musts=self.columns.instance.musts,
            seconds=self.columns.remaining(),
            seed=seed,
        )
        self.columns.cut_short = self.columns.cut_short or not ended
        return [ranked[k] for k in taken]

    def _reduced(self, column: Column, prices: Prices) -> float:
        own = float(prices.request[list(column.way.order)].sum())
        return column.worth - own - float(prices.asset[column.way.asset])


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
        return Found((), 0.0, np.zeros(0), 0, 0, False)
    instance = Instance(workshop, left_out)
    begun, rng = remaining(), np.random.default_rng(seed)
    columns = Columns(instance, Keeping(kept, keep_bonus), remaining)
    best = max([columns.add_draft(draft) for draft in drafts], key=columns.worth)
    prices, bound = bid_up(columns, FIRST_PRICE * columns.cap, BIDDING, rng)
    bound = min(bound, math.fsum(columns.cap))
    ways, seen = settle(columns, prices, SETTLING, rng)
    settled = columns.add_ways(ways)
    if instance.musts <= columns.served(settled):
        best = max(best, settled, key=columns.worth)
    best = improve(columns, best)
    stopped, generation = columns.cut_short, Generation(columns, prices, bound)
    columns.add_ways(seen)
    if len(columns.served(best)) <= LONG * len(best):
        best, stopped = _sharpened(generation, best, begun, seed)
    else:
        best = improve(columns, generation.choose(None, best, seed))
    schedules = tuple(columns.master.columns[i].schedule for i in best)
    known = len(columns.master.columns)
    stopped = stopped or columns.cut_short
    return Found(schedules, generation.bound, generation.centre, known, generation.rounds, stopped)


def _sharpened(
    generation: Generation, best: list[int], begun: float, seed: int
) -> tuple[list[int], bool]:
    """A better choice by column generation, and whether time cut that short."""
    columns = generation.columns
    remaining = columns.remaining
    columns.remaining = lambda: remaining() - PLAN_SHARE * begun
    lp = generation.generate()
    stopped = columns.cut_short
    columns.remaining, columns.cut_short = remaining, False
    if lp is not None:
        best = max(best, improve(columns, generation.dive(lp)), key=columns.worth)
        generation.enrich(lp, best)
    return improve(columns, generation.choose(lp, best, seed)), stopped
