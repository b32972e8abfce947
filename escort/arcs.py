"""Requests and an asset's places -> stops and the ways between them, as arrays for pricing.

Stops are in order of their latest rendezvous: as a window is shorter than its leg, every tasking
goes forward in that order.
"""

from typing import Any, Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from sea.units import SECOND_US

BARRED: Final = -np.inf
"""Profit of a stop that the asset may not serve."""

NEVER_S: Final = 2**31 - 1
"""Travel time, s, where there is no way."""

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
