"""Prices of requests -> at most so much can be gained after each stop, by time of day.

A relaxation: fuel, time at sea and closed waters are left out, and time is rounded down to a part
of each window. So it bounds what any tasking is worth, and tells which labels lead nowhere.
"""

from typing import Any, Final, NamedTuple

import numba
import numpy as np

from escort.arcs import BARRED, NEVER_S, Arcs, Floats, Limits, Stops, Ways
from escort.feasibility import REFUEL_US
from sea.units import SECOND_US

PARTS: Final = 16
"""Parts of a window at most, half of it at least; chosen by us: more bound closer, but slower."""


class Ahead(NamedTuple):
    """What can follow each stop.

    Attributes:
        worth: more than so much is never gained after a rendezvous in a part of the window, shape
            (stops, PARTS); -inf where the asset would not be home in time.
        begin: first instant the asset can meet at the stop, us UTC.
        step: a part is 2 to the power of it long, us.
        reach: no tasking's rest that begins at this stop or a later one is worth more, (stops,).
    """

    worth: Any
    begin: Any
    step: Any
    reach: Any


@numba.njit(cache=True, nogil=True)
def look_ahead(profit: Floats, stops: Stops, arcs: Arcs, ways: Ways, limits: Limits) -> Ahead:
    """What can follow each stop at these profits; endless where ways by base outrun straight ones.

    It holds for ways by base too: they are no shorter than the straight ones but for the crook.
    """
    n = len(profit)
    worth = np.full((n, PARTS), -np.inf)
    begin, step = np.empty(n, np.int64), np.empty(n, np.int64)
    reach = np.full(n + 1, -np.inf)
    outrun = limits.crook_nm > REFUEL_US * limits.nm_per_us
    for i in range(n - 1, -1, -1):
        reach[i] = reach[i + 1]
        reached_at = limits.start_at
        if not outrun:
            reached_at += ways.start_s[i] * SECOND_US
        begin[i] = max(stops.earliest[i], reached_at)
        step[i] = 0
        while (max(stops.latest[i] - begin[i], 0) >> step[i]) >= PARTS:
            step[i] += 1
        if profit[i] == BARRED or begin[i] > stops.latest[i]:
            continue
        home_us = ways.to_base_s[i] * SECOND_US if limits.must_return else 0
        spare_us = limits.until - home_us - stops.leg_us[i] - begin[i]
        if (limits.must_return and ways.to_base_s[i] == NEVER_S) or spare_us < 0:
            continue
        parts = min((spare_us >> step[i]) + 1, PARTS)
        worth[i, :parts] = np.inf if outrun else 0.0
        if not outrun:
            _spread(i, parts, worth, begin, step, reach, profit, stops, arcs, limits)
        reach[i] = max(reach[i], profit[i] + worth[i, 0])
    return Ahead(worth, begin, step, reach)


@numba.njit(cache=True, nogil=True)
def _spread(
    i: int, parts: int, worth: Floats, begin: Any, step: Any, reach: Floats, profit: Floats,
    stops: Stops, arcs: Arcs, limits: Limits,
) -> None:  # fmt: skip
    """Raises what can follow stop i to the best of its arcs."""
    for k in range(arcs.first[i], arcs.first[i + 1]):
        j = arcs.ahead[k]
        if not reach[j] > worth[i, parts - 1]:
            break
        gain = profit[j] - limits.cost_nm * max(arcs.length_nm[k] - limits.crook_nm, 0.0)
        if not gain + worth[j, 0] > worth[i, parts - 1]:
            continue
        at = begin[i] + stops.leg_us[i] + arcs.seconds[k] * SECOND_US
        for part in range(parts):
            if at > stops.latest[j]:
                break
            ahead = gain + worth[j, max(at - begin[j], 0) >> step[j]]
            if ahead > worth[i, part]:
                worth[i, part] = ahead
            at += 1 << step[i]


@numba.njit(cache=True, nogil=True)
def most_worth(profit: Floats, ahead: Ahead, stops: Stops, ways: Ways, limits: Limits) -> float:
    """No tasking is worth more at these profits."""
    most = 0.0
    for j in range(len(profit)):
        if profit[j] != BARRED and ahead.begin[j] <= stops.latest[j]:
            way_nm = max(ways.start_nm[j] - limits.crook_nm, 0.0)
            most = max(most, profit[j] - limits.cost_nm * way_nm + ahead.worth[j, 0])
    return most
