"""Prices of requests -> the asset's best taskings at those prices: label setting, compiled.

A label is a way to end with one escort: worth, time, distance since fuel, steaming time since port
and the latest time to have left port. The rules are those of `escort.feasibility`, to the second.
Stops are in order of their latest rendezvous: as a window is shorter than its leg, every way goes
forward in that order.
"""

from typing import Any, Final, NamedTuple

import numba
import numpy as np

from escort.ahead import Ahead, look_ahead, most_worth
from escort.arcs import BARRED, NEVER_S, Arcs, Floats, Limits, Stops, Ways
from escort.feasibility import REFUEL_US
from sea.units import HOUR_US, SECOND_US

AT_SEA_US: Final = -(10**15)
"""Steaming time of an asset that began at sea: its time at sea is what has passed since."""

QUICK_US: Final = HOUR_US
"""Quick pricing overlooks what is no more than so much earlier; chosen by us."""

SHORT_OF: Final = (0.1, 0.3, 0.6, 1.0)
"""The best tasking is sought so near to what none exceeds, as shares of what the one led by the
look ahead falls short of that; chosen by us: the nearer, the fewer labels."""

_NM_SLACK: Final = 1e-6


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


@numba.njit(cache=True, nogil=True, inline="always")
def _promise(worth: float, at: int, j: int, stops: Stops, ahead: Ahead) -> float:
    """What a label of this worth, at stop j's rendezvous then, can come to at most."""
    if at > stops.latest[j]:
        return -np.inf
    most: float = worth + ahead.worth[j, max(at - ahead.begin[j], 0) >> ahead.step[j]]
    return most


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


@numba.njit(cache=True, nogil=True, inline="always")
def _begun(labels: Labels, limits: Limits) -> None:
    """Writes the first label: the asset where it starts."""
    labels.worth[0], labels.at[0], labels.sailed_nm[0] = 0.0, limits.start_at, 0.0
    labels.steaming_us[0], labels.leave_by[0] = AT_SEA_US, limits.start_at
    labels.stop[0], labels.parent[0], labels.met[0], labels.by_base[0] = -1, -1, 0, False
    labels.following[0] = -1


@numba.njit(cache=True, nogil=True)
def label_ways(
    profit: Floats,
    ahead: Ahead,
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
    _begun(labels, limits)
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
                if not labels.worth[x] + ahead.reach[j] > least:
                    break
                if not worth + ahead.worth[j, 0] > least or not is_open or way_s == NEVER_S:
                    continue
                meet_at = labels.at[x] + way_s * SECOND_US
                if not _promise(worth, meet_at, j, stops, ahead) > least:
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
            count = _by_base(labels, head, count, x, i, profit, ahead, least, stops, ways,
                             limits, endurance_free, quick)  # fmt: skip
            if count < 0:
                return head, -1
            x = labels.following[x]
    return head, count


@numba.njit(cache=True, nogil=True, inline="always")
def _may_call(
    labels: Labels, x: int, i: int, ways: Ways, limits: Limits, endurance_free: bool
) -> bool:
    """Whether label x at stop i (-1 the start) can call at base, and has something from it.

    Whoever cannot run out of fuel or endurance does not call, but to get round closed waters.
    """
    if not limits.has_base or (i < 0 and limits.in_port):
        return False
    most_nm = labels.sailed_nm[x] + (limits.until - labels.at[x]) * limits.nm_per_us
    if endurance_free and most_nm + _NM_SLACK <= limits.range_nm and not limits.detours:
        return False
    row = len(ways.from_base_s) if i < 0 else i
    if ways.to_base_s[row] == NEVER_S or not ways.to_base_open[row]:
        return False
    if labels.sailed_nm[x] + ways.to_base_nm[row] > limits.range_nm:
        return False
    base_us = ways.to_base_s[row] * SECOND_US
    sea_us = max(labels.steaming_us[x], labels.at[x] - labels.leave_by[x]) + base_us
    may: bool = sea_us <= limits.endurance_us
    return may


@numba.njit(cache=True, nogil=True)
def _by_base(
    labels: Labels,
    head: Any,
    count: int,
    x: int,
    i: int,
    profit: Floats,
    ahead: Ahead,
    least: float,
    stops: Stops,
    ways: Ways,
    limits: Limits,
    endurance_free: bool,
    quick: bool,
) -> int:
    """Extends label x at stop i (-1 the start) by way of base; the count of labels, or -1."""
    if not _may_call(labels, x, i, ways, limits, endurance_free):
        return count
    row = len(profit) if i < 0 else i
    base_us, base_nm = ways.to_base_s[row] * SECOND_US, ways.to_base_nm[row]
    left_at = labels.at[x]
    labels.at[x] = left_at + base_us
    for j in range(i + 1, len(profit)):
        if profit[j] == BARRED or not ways.from_base_open[j] or ways.from_base_s[j] == NEVER_S:
            continue
        worth = labels.worth[x] + profit[j]
        worth -= limits.cost_nm * (base_nm + ways.from_base_nm[j])
        if not worth + ahead.worth[j, 0] > least or labels.met[x] & stops.bit[j] != 0:
            continue
        way_s, way_nm = ways.from_base_s[j], ways.from_base_nm[j]
        meet_at = labels.at[x] + REFUEL_US + way_s * SECOND_US
        if not _promise(worth, meet_at, j, stops, ahead) > least:
            continue
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
    every: bool,
    stops: Stops,
    arcs: Arcs,
    ways: Ways,
    limits: Limits,
    labels: Labels,
) -> tuple[Any, float, bool]:
    """The best taskings worth more than `least`, one a last stop or `every`, `most` in all.

    Returns:
        Labels that end them, best first (the first is the best of all); what no tasking exceeds by
        the look ahead; and whether all labels had room: if not, a better tasking may exist.
    """
    ahead = look_ahead(profit, stops, arcs, ways, limits)
    highest = most_worth(profit, ahead, stops, ways, limits)
    if highest <= least:
        return np.empty(0, np.int32), highest, True
    head, count = label_ways(profit, ahead, least, quick, stops, arcs, ways, limits, labels)
    n = len(profit)
    room = max(n, len(labels.at) if count < 0 else count)
    ends, worth, found = np.empty(room, np.int32), np.empty(room), 0
    for i in range(n):
        if limits.must_return and not ways.to_base_open[i]:
            continue
        x, before = head[i], found
        while x >= 0:
            if labels.worth[x] > least and (every or found == before):
                ends[found], worth[found] = x, labels.worth[x]
                found += 1
            elif labels.worth[x] > least and labels.worth[x] > worth[before]:
                ends[before], worth[before] = x, labels.worth[x]
            x = labels.following[x]
    ranked = np.argsort(-worth[:found], kind="mergesort")[:most]
    return ends[ranked], highest, count >= 0


@numba.njit(cache=True, nogil=True)
def _led(
    profit: Floats, ahead: Ahead, stops: Stops, arcs: Arcs, ways: Ways, limits: Limits,
    labels: Labels,
) -> int:  # fmt: skip
    """Label that ends the tasking which takes, step by step, what promises most; 0: none."""
    n = len(profit)
    endurance_free = limits.until - limits.start_at <= limits.endurance_us
    _begun(labels, limits)
    x = 0
    while True:
        i, best = labels.stop[x], 0.0
        begin, end = (0, n) if i < 0 else (arcs.first[i], arcs.first[i + 1])
        for k in range(begin, end):
            if i < 0:
                j, way_s, way_nm = k, ways.start_s[k], ways.start_nm[k]
                is_open = ways.start_open[k]
            else:
                j, way_s, way_nm = arcs.ahead[k], arcs.seconds[k], arcs.length_nm[k]
                is_open = arcs.is_open[k]
            if not ahead.reach[j] > best:
                break
            gain = profit[j] - limits.cost_nm * way_nm
            if not gain + ahead.worth[j, 0] > best or not is_open or way_s == NEVER_S:
                continue
            promise = _promise(gain, labels.at[x] + way_s * SECOND_US, j, stops, ahead)
            if not promise > best or labels.met[x] & stops.bit[j] != 0:
                continue
            if _extended(labels, x + 1, x, j, way_s, way_nm, False, stops, ways, limits):
                labels.worth[x + 1], best = labels.worth[x] + gain, promise
        if _may_call(labels, x, i, ways, limits, endurance_free):
            best = _led_by_base(best, x, i, profit, ahead, stops, ways, limits, labels)
        if best == 0.0 or x + 2 == len(labels.at):
            return x
        x += 1


@numba.njit(cache=True, nogil=True)
def _led_by_base(
    best: float, x: int, i: int, profit: Floats, ahead: Ahead, stops: Stops, ways: Ways,
    limits: Limits, labels: Labels,
) -> float:  # fmt: skip
    """As `_led` for one step by way of base: writes the next label where it promises more."""
    row = len(profit) if i < 0 else i
    base_us, base_nm = ways.to_base_s[row] * SECOND_US, ways.to_base_nm[row]
    left_at = labels.at[x]
    labels.at[x] = left_at + base_us
    for j in range(i + 1, len(profit)):
        if profit[j] == BARRED or not ways.from_base_open[j] or ways.from_base_s[j] == NEVER_S:
            continue
        way_s, way_nm = ways.from_base_s[j], ways.from_base_nm[j]
        gain = profit[j] - limits.cost_nm * (base_nm + way_nm)
        if not gain + ahead.worth[j, 0] > best or labels.met[x] & stops.bit[j] != 0:
            continue
        promise = _promise(gain, labels.at[x] + REFUEL_US + way_s * SECOND_US, j, stops, ahead)
        if not promise > best:
            continue
        if _extended(labels, x + 1, x, j, way_s, way_nm, True, stops, ways, limits):
            labels.worth[x + 1], best = labels.worth[x] + gain, promise
    labels.at[x] = left_at
    return best


@numba.njit(cache=True, nogil=True)
def best_tasking(
    profit: Floats, certain: bool, stops: Stops, arcs: Arcs, ways: Ways, limits: Limits,
    labels: Labels,
) -> tuple[Any, Any, float, float, bool]:  # fmt: skip
    """The tasking led by the look ahead or, if it is to be `certain`, a better one if there is.

    Returns:
        Its stops in order, whether each is reached by way of base, its worth (0 and no stops:
        none is worth anything); what no tasking is worth more than; and whether it is the best
        for certain.
    """
    ahead = look_ahead(profit, stops, arcs, ways, limits)
    highest = most_worth(profit, ahead, stops, ways, limits)
    end = _led(profit, ahead, stops, arcs, ways, limits, labels) if highest > 0.0 else 0
    if end > 0 and limits.must_return and not ways.to_base_open[labels.stop[end]]:
        end = 0
    worth = max(labels.worth[end], 0.0) if end > 0 else 0.0
    end = end if worth > 0.0 else 0
    order, calls = _chain(end, labels)
    if highest <= worth or not certain:
        return order, calls, worth, highest, highest <= worth
    led = worth
    for share in SHORT_OF:
        least = highest - share * (highest - led)
        head, count = label_ways(profit, ahead, least, False, stops, arcs, ways, limits, labels)
        if count < 0:
            return order, calls, led, highest, False
        end = _best_end(head, least, ways, limits, labels)
        if end > 0:
            order, calls = _chain(end, labels)
            return order, calls, labels.worth[end], labels.worth[end], True
    return order, calls, led, led, True


@numba.njit(cache=True, nogil=True)
def _best_end(head: Any, least: float, ways: Ways, limits: Limits, labels: Labels) -> int:
    """The label worth most, more than `least`, that a tasking can end with; 0: none."""
    end, best = 0, least
    for i in range(len(head)):
        if limits.must_return and not ways.to_base_open[i]:
            continue
        x = head[i]
        while x >= 0:
            if labels.worth[x] > best:
                end, best = x, labels.worth[x]
            x = labels.following[x]
    return end


@numba.njit(cache=True, nogil=True)
def _chain(end: int, labels: Labels) -> tuple[Any, Any]:
    """Stops of the tasking that a label ends, in order, and which are reached by way of base."""
    count, x = 0, end
    while x > 0:
        count, x = count + 1, labels.parent[x]
    order, calls = np.empty(count, np.int64), np.empty(count, np.bool_)
    x = end
    for k in range(count - 1, -1, -1):
        order[k], calls[k], x = labels.stop[x], labels.by_base[x], labels.parent[x]
    return order, calls
