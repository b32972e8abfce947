"""Prices of requests -> the asset's best taskings at those prices: label setting, compiled.

A label is a way to end with one escort: worth, time, distance since fuel, steaming time since port
and the latest time to have left port. The rules are those of `escort.feasibility`, to the second.
Stops are in order of their latest rendezvous: as a window is shorter than its leg, every way goes
forward in that order.
"""

from typing import Any, Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from escort.feasibility import REFUEL_US
from sea.units import HOUR_US, SECOND_US

BARRED: Final = -np.inf
"""Profit of a stop that the asset may not serve."""

AT_SEA_US: Final = -(10**15)
"""Steaming time of an asset that began at sea: its time at sea is what has passed since."""

NEVER_S: Final = 2**31 - 1
"""Travel time, s, where there is no way."""

QUICK_US: Final = HOUR_US
"""Quick pricing overlooks what is no more than so much earlier; chosen by us."""

_NM_SLACK: Final = 1e-6


Floats = npt.NDArray[np.float64]


class Stops(NamedTuple):
    """Requests as stops, one or more a request, by latest rendezvous; arrays of shape (n,)."""

    request: Any
    earliest: Any
    latest: Any
    leg_us: Any
    leg_nm: Any
    bit: Any


class Arcs(NamedTuple):
    """Ways from release to rendezvous at one speed: stop i's are `first[i]:first[i + 1]`."""

    first: Any
    ahead: Any
    seconds: Any
    length_nm: Any
    is_open: Any


class Ways(NamedTuple):
    """An asset's ways from its start, to and from its base, by stop: s, nm, and whether open."""

    start_s: Any
    start_nm: Any
    start_open: Any
    to_base_s: Any
    to_base_nm: Any
    to_base_open: Any
    from_base_s: Any
    from_base_nm: Any
    from_base_open: Any


class Limits(NamedTuple):
    """What an asset can do.

    Attributes:
        until: when all it could do is over, us UTC.
        detours: it may call at base though neither fuel nor endurance could run out, to get round
            closed waters.
        crook_nm: a way by base may be shorter than the straight one by so much.
    """

    start_at: int
    in_port: bool
    has_base: bool
    must_return: bool
    detours: bool
    crook_nm: float
    until: int
    range_nm: float
    endurance_us: int
    nm_per_us: float
    cost_nm: float


class Labels(NamedTuple):
    """Room for labels; `following` chains those of one stop."""

    worth: Any
    at: Any
    sailed_nm: Any
    steaming_us: Any
    leave_by: Any
    met: Any
    stop: Any
    parent: Any
    by_base: Any
    following: Any


def room_for(labels: int) -> Labels:
    """Empty labels."""
    return Labels(
        *(np.empty(labels, kind) for kind in (float, np.int64, float, np.int64, np.int64)),
        *(np.empty(labels, kind) for kind in (np.uint64, np.int32, np.int32, bool, np.int32)),
    )


@numba.njit(cache=True, nogil=True)
def seconds_under_way(distance_nm: float, kn: float) -> int:
    """Travel time in s, rounded up, as `escort.travel.travel_us`; `NEVER_S` if endless."""
    if distance_nm == 0.0:
        return 0
    if not np.isfinite(distance_nm):
        return NEVER_S
    seconds = np.ceil(distance_nm / kn * 3600.0)
    return NEVER_S if seconds >= NEVER_S else int(seconds)


@numba.njit(cache=True, nogil=True)
def arcs_between(stops: Stops, used: Any, distance_nm: Floats, kn: float) -> Any:
    """Arcs that time allows between used stops at a speed; distance by request, (from, to)."""
    n = len(stops.request)
    first = np.zeros(n + 1, np.int64)
    ahead = np.empty(0, np.int32)
    seconds = np.empty(0, np.int32)
    length_nm = np.empty(0, np.float64)
    for counted in (False, True):
        if counted:
            ahead = np.empty(first[n], np.int32)
            seconds = np.empty(first[n], np.int32)
            length_nm = np.empty(first[n], np.float64)
        k = 0
        for i in range(n):
            free_at = stops.earliest[i] + stops.leg_us[i]
            for j in range(i + 1, n if used[i] else 0):
                if not used[j] or stops.latest[j] < free_at or stops.request[i] == stops.request[j]:
                    continue
                nm = distance_nm[stops.request[i], stops.request[j]]
                s = seconds_under_way(nm, kn)
                if s == NEVER_S or free_at + s * SECOND_US > stops.latest[j]:
                    continue
                if counted:
                    ahead[k], seconds[k], length_nm[k] = j, s, nm
                k += 1
            if not counted:
                first[i + 1] = k
    return first, ahead, seconds, length_nm


@numba.njit(cache=True, nogil=True)
def crook_nm(to_base_nm: Floats, from_base_nm: Floats, straight_nm: Floats) -> float:
    """How much shorter than the straight one a way by base can be."""
    most = 0.0
    for i in range(straight_nm.shape[0]):
        for j in range(straight_nm.shape[1]):
            by_base_nm = to_base_nm[i] + from_base_nm[j]
            if by_base_nm < np.inf:
                most = max(most, straight_nm[i, j] - by_base_nm)
    return most


@numba.njit(cache=True, nogil=True)
def _worth_ahead(profit: Floats, arcs: Arcs, limits: Limits) -> Floats:
    """At most so much can be gained after each stop, whatever the time of day."""
    n = len(profit)
    worth = np.zeros(n)
    for i in range(n - 1, -1, -1):
        if profit[i] == BARRED:
            continue
        best = 0.0
        for k in range(arcs.first[i], arcs.first[i + 1]):
            j = arcs.ahead[k]
            way_nm = max(arcs.length_nm[k] - limits.crook_nm, 0.0)
            gain = profit[j] + worth[j] - limits.cost_nm * way_nm
            if gain > best:
                best = gain
        worth[i] = best
    return worth


@numba.njit(cache=True, nogil=True, inline="always")
def _dominates(
    labels: Labels, x: int, y: int, limits: Limits, endurance_free: bool, quick: bool
) -> bool:
    """Whether whatever can follow label y can follow x as well, at no less worth.

    Quick: it is taken for so when worth and, nearly, time say it, which loses some ways.
    """
    if quick:
        nearly: bool = labels.worth[x] >= labels.worth[y]
        return nearly and labels.at[x] <= labels.at[y] + QUICK_US
    if labels.worth[x] < labels.worth[y] or labels.at[x] > labels.at[y]:
        return False
    if labels.sailed_nm[x] > labels.sailed_nm[y]:
        most_nm = labels.sailed_nm[x] + (limits.until - labels.at[x]) * limits.nm_per_us
        if most_nm + _NM_SLACK > limits.range_nm:
            return False
    if not endurance_free and (
        labels.steaming_us[x] > labels.steaming_us[y] or labels.leave_by[x] < labels.leave_by[y]
    ):
        return False
    met: bool = labels.met[x] & ~labels.met[y] == 0
    return met


@numba.njit(cache=True, nogil=True, inline="always")
def _extended(
    labels: Labels,
    new: int,
    x: int,
    j: int,
    way_s: int,
    way_nm: float,
    from_base: bool,
    stops: Stops,
    ways: Ways,
    limits: Limits,
) -> bool:
    """Writes label `new`: x, then stop j straight or, having called there, from base.

    False where the rules forbid it; closed ways are the caller's to look at.
    """
    at, in_port = labels.at[x], labels.stop[x] < 0 and limits.in_port
    sailed_nm, steaming, leave_by = labels.sailed_nm[x], labels.steaming_us[x], labels.leave_by[x]
    if from_base:
        at, in_port, sailed_nm = at + REFUEL_US, True, 0.0
    meet_at = max(at + way_s * SECOND_US, stops.earliest[j])
    if meet_at > stops.latest[j]:
        return False
    last_leave = stops.latest[j] - way_s * SECOND_US
    if in_port:
        steaming, leave_by = 0, last_leave
    if steaming >= 0:
        leave_by = min(leave_by, last_leave - steaming)
        steaming += way_s * SECOND_US + stops.leg_us[j]
    at = meet_at + stops.leg_us[j]
    home_us, home_nm = 0, 0.0
    if limits.must_return:
        if ways.to_base_s[j] == NEVER_S:
            return False
        home_us, home_nm = ways.to_base_s[j] * SECOND_US, ways.to_base_nm[j]
    if sailed_nm + way_nm + stops.leg_nm[j] + home_nm > limits.range_nm:
        return False
    if max(steaming, at - leave_by) + home_us > limits.endurance_us or at + home_us > limits.until:
        return False
    labels.at[new], labels.stop[new], labels.parent[new] = at, j, x
    labels.sailed_nm[new] = sailed_nm + (way_nm + stops.leg_nm[j])
    labels.steaming_us[new], labels.leave_by[new] = steaming, leave_by
    labels.met[new] = labels.met[x] | stops.bit[j]
    labels.by_base[new] = from_base
    return True


@numba.njit(cache=True, nogil=True, inline="always")
def _kept(
    labels: Labels, head: Any, new: int, j: int, limits: Limits, endurance_free: bool, quick: bool
) -> bool:
    """Whether the label stays among those of stop j; those it dominates go."""
    before, y = -1, head[j]
    while y >= 0:
        onward = labels.following[y]
        if _dominates(labels, y, new, limits, endurance_free, quick):
            return False
        if _dominates(labels, new, y, limits, endurance_free, quick):
            if before < 0:
                head[j] = onward
            else:
                labels.following[before] = onward
        else:
            before = y
        y = onward
    labels.following[new] = head[j]
    head[j] = new
    return True


@numba.njit(cache=True, nogil=True)
def label_ways(
    profit: Floats,
    least: float,
    quick: bool,
    stops: Stops,
    arcs: Arcs,
    ways: Ways,
    limits: Limits,
    labels: Labels,
) -> tuple[Any, int]:
    """Sets all labels that can lead to more than `least`.

    Returns:
        Head of each stop's chain of labels, and how many labels were written; -1 on overflow.
    """
    n, room = len(profit), len(labels.at)
    head = np.full(n, -1, np.int32)
    endurance_free = limits.until - limits.start_at <= limits.endurance_us
    ahead_worth = _worth_ahead(profit, arcs, limits)
    if limits.crook_nm > REFUEL_US * limits.nm_per_us:
        ahead_worth += np.inf
    labels.worth[0], labels.at[0], labels.sailed_nm[0] = 0.0, limits.start_at, 0.0
    labels.steaming_us[0], labels.leave_by[0] = AT_SEA_US, limits.start_at
    labels.stop[0], labels.parent[0], labels.met[0], labels.by_base[0] = -1, -1, 0, False
    labels.following[0] = -1
    count = 1
    for i in range(-1, n):
        x: Any = np.int32(0) if i < 0 else head[i]
        while x >= 0:
            begin, end = (0, n) if i < 0 else (arcs.first[i], arcs.first[i + 1])
            for k in range(begin, end):
                if i < 0:
                    j, way_s, way_nm = k, ways.start_s[k], ways.start_nm[k]
                    is_open = ways.start_open[k]
                else:
                    j, way_s, way_nm = arcs.ahead[k], arcs.seconds[k], arcs.length_nm[k]
                    is_open = arcs.is_open[k]
                worth = labels.worth[x] + profit[j] - limits.cost_nm * way_nm
                if not worth + ahead_worth[j] > least or not is_open or way_s == NEVER_S:
                    continue
                if labels.at[x] + way_s * SECOND_US > stops.latest[j]:
                    continue
                if labels.met[x] & stops.bit[j] != 0:
                    continue
                if not _extended(labels, count, x, j, way_s, way_nm, False, stops, ways, limits):
                    continue
                labels.worth[count] = worth
                if _kept(labels, head, count, j, limits, endurance_free, quick):
                    count += 1
                    if count == room:
                        return head, -1
            count = _by_base(labels, head, count, x, i, profit, ahead_worth, least, stops, ways,
                             limits, endurance_free, quick)  # fmt: skip
            if count < 0:
                return head, -1
            x = labels.following[x]
    return head, count


@numba.njit(cache=True, nogil=True)
def _by_base(
    labels: Labels,
    head: Any,
    count: int,
    x: int,
    i: int,
    profit: Floats,
    ahead_worth: Floats,
    least: float,
    stops: Stops,
    ways: Ways,
    limits: Limits,
    endurance_free: bool,
    quick: bool,
) -> int:
    """Extends label x at stop i (-1 the start) by way of base; the count of labels, or -1.

    Whoever cannot run out of fuel or endurance does not call, but to get round closed waters.
    """
    if not limits.has_base or (i < 0 and limits.in_port):
        return count
    most_nm = labels.sailed_nm[x] + (limits.until - labels.at[x]) * limits.nm_per_us
    if endurance_free and most_nm + _NM_SLACK <= limits.range_nm and not limits.detours:
        return count
    row = len(profit) if i < 0 else i
    base_us, base_nm = ways.to_base_s[row] * SECOND_US, ways.to_base_nm[row]
    if ways.to_base_s[row] == NEVER_S or not ways.to_base_open[row]:
        return count
    if labels.sailed_nm[x] + base_nm > limits.range_nm:
        return count
    sea_us = max(labels.steaming_us[x], labels.at[x] - labels.leave_by[x]) + base_us
    if sea_us > limits.endurance_us:
        return count
    left_at = labels.at[x]
    labels.at[x] = left_at + base_us
    for j in range(i + 1, len(profit)):
        if profit[j] == BARRED or not ways.from_base_open[j] or ways.from_base_s[j] == NEVER_S:
            continue
        worth = labels.worth[x] + profit[j]
        worth -= limits.cost_nm * (base_nm + ways.from_base_nm[j])
        if not worth + ahead_worth[j] > least or labels.met[x] & stops.bit[j] != 0:
            continue
        way_s, way_nm = ways.from_base_s[j], ways.from_base_nm[j]
        if not _extended(labels, count, x, j, way_s, way_nm, True, stops, ways, limits):
            continue
        labels.worth[count] = worth
        if _kept(labels, head, count, j, limits, endurance_free, quick):
            count += 1
            if count == len(labels.at):
                count = -1
                break
    labels.at[x] = left_at
    return count


@numba.njit(cache=True, nogil=True)
def best_taskings(
    profit: Floats,
    least: float,
    most: int,
    quick: bool,
    stops: Stops,
    arcs: Arcs,
    ways: Ways,
    limits: Limits,
    labels: Labels,
) -> tuple[Any, bool]:
    """The best taskings worth more than `least`, at most one a last stop and `most` in all.

    Returns:
        Labels that end them, best first (the first is the best of all), and whether all labels
        had room: if not, a better tasking may exist.
    """
    head, count = label_ways(profit, least, quick, stops, arcs, ways, limits, labels)
    n = len(profit)
    ends = np.empty(n, np.int32)
    worth = np.empty(n)
    found = 0
    for i in range(n):
        if limits.must_return and not ways.to_base_open[i]:
            continue
        x, best, best_worth = head[i], -1, least
        while x >= 0:
            if labels.worth[x] > best_worth:
                best, best_worth = x, labels.worth[x]
            x = labels.following[x]
        if best >= 0:
            ends[found], worth[found] = best, best_worth
            found += 1
    ranked = np.argsort(-worth[:found], kind="mergesort")[:most]
    return ends[ranked], count >= 0
