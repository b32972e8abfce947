"""Prices of requests and a plan without any linear program: assets bid one after another.

`bid_up` finds prices: each asset in turn takes its best tasking at the prices of the moment, which
rise for what it takes and fall for all else (incremental subgradient, Nedic and Bertsekas 2001).
`settle` makes a plan of them: who bids for what another has pays ever more for it (alternating
direction method of multipliers, as Yao et al. 2019 for routing), until nobody is in another's way.
"""

from typing import Final

import numpy as np

from escort.arcs import Floats
from escort.columns import GAIN, Columns
from escort.instance import Way

FIRST_PRICE: Final = 0.8
"""Share of its value that a request costs at first."""

STEP: Final = 0.1
"""First step of a price, as a share of the request's value."""

DECAY: Final = 0.1
"""How fast steps fall, a pass."""

CERTAIN_FROM: Final = 0.6
"""Share of the passes that may take what is only near the best; chosen by us."""

EVERY: Final = 5
"""Passes between two looks at the bound."""

RIVALRY: Final = (0.01, 0.5)
"""Share of its value that a request costs more where another has it, from the first pass to the
last. This and what stands above is chosen by us, tried on synthetic scenarios."""

SHIFT: Final = 0.1
"""Share of that by which prices follow, a pass; chosen by us."""


def bid_up(
    columns: Columns, prices: Floats, passes: int, rng: np.random.Generator, step: float = STEP
) -> tuple[Floats, float]:
    """The prices that bound plans best, of those seen from `prices` on, and their bound."""
    best, bound = prices, columns.bound_at(prices)
    now, share = prices.copy(), 1.0 / max(len(columns.assets), 1)
    for turn in range(passes):
        rise = step / (1.0 + DECAY * turn) * columns.cap
        total = np.zeros(len(now))
        for asset in rng.permutation(len(columns.assets)).tolist():
            if columns.is_over():
                return best, bound
            worths = columns.worths(asset, now)
            way, _ = columns.best(asset, worths, certain=turn >= CERTAIN_FROM * passes)
            order = list(way.order)
            now -= share * rise
            now[order] += rise[order]
            np.clip(now, 0.0, columns.cap, out=now)
            total += share * now
        if turn % EVERY == EVERY - 1 or turn == passes - 1:
            found = columns.bound_at(total)
            if found < bound:
                best, bound = total, found
    return best, bound


def settle(
    columns: Columns, prices: Floats, passes: int, rng: np.random.Generator
) -> tuple[list[Way], list[Way]]:
    """Taskings in which nobody takes what another has, and all that were seen on the way there."""
    holders = np.zeros(len(prices))
    ways = {asset: Way(asset, (), ()) for asset in columns.assets}
    seen: dict[Way, None] = {}
    prices, (low, high) = prices.copy(), RIVALRY
    for turn in range(passes):
        rival = low * (high / low) ** (turn / max(passes - 1, 1)) * columns.cap
        for asset in rng.permutation(len(columns.assets)).tolist():
            if columns.is_over():
                break
            holders[list(ways[asset].order)] -= 1
            worths = columns.worths(asset, prices + rival * (holders - 0.5))
            ways[asset] = columns.best(asset, _with_musts(columns, worths))[0]
            holders[list(ways[asset].order)] += 1
            seen[ways[asset]] = None
        prices = np.clip(prices + SHIFT * rival * (holders - 1.0), 0.0, columns.cap)
    return _apart(columns, ways), list(seen)


def _apart(columns: Columns, ways: dict[int, Way]) -> list[Way]:
    """The ways, those anew that take what another before them has."""
    taken: set[int] = set()
    apart = dict(ways)
    for asset, way in ways.items():
        if taken & set(way.order):
            others = {r for each in apart.values() if each.asset != asset for r in each.order}
            worths = _with_musts(columns, columns.worths(asset))
            worths[list(others)] = -np.inf
            apart[asset] = columns.best(asset, worths)[0]
        taken |= set(apart[asset].order)
    return list(apart.values())


def _with_musts(columns: Columns, worths: Floats) -> Floats:
    """The worths with locked requests above all others."""
    worths[list(columns.instance.musts)] += 1.0 + 2.0 * float(columns.value.sum())
    return worths


def improve(columns: Columns, chosen: list[int]) -> list[int]:
    """The choice with each asset's tasking the best there is beside those of the others."""
    by_asset = {columns.master.columns[i].way.asset: i for i in chosen}
    holders = columns.served(chosen)
    changed = True
    while changed:
        changed = False
        for asset in columns.assets:
            if columns.is_over():
                return list(by_asset.values())
            now = columns.master.columns[by_asset[asset]] if asset in by_asset else None
            own = set(now.way.order) if now else set()
            worths = columns.worths(asset)
            worths[list(holders - own)] = -np.inf
            way, _ = columns.best(asset, _with_musts(columns, worths))
            column = columns.judged(way) if way.order else None
            if column is None or column.worth <= (now.worth if now else 0.0) + GAIN:
                continue
            if columns.instance.musts & own <= set(way.order):
                by_asset[asset] = columns.add([column])[0]
                holders = holders - own | set(way.order)
                changed = True
    return list(by_asset.values())
