"""Arriving: how far a ship is from a port and how fast -> when she is there, and what changed.

The spread of an estimate is that of predicted passages (`sea.ways.SPREAD_GROWTH`): a share of the
time still to go.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, Literal

from sea.instants import iso_z
from sea.units import HOUR_US, MINUTE_US, Knots, Microseconds, NauticalMiles
from sea.ways import SPREAD_GROWTH

THERE_NM: Final = 5.0
"""A ship that lies within this of the port's position has arrived; chosen by us: harbours and their
nearest anchorages."""

SLOW_KN: Final = 3.0
"""Below this sog the time she would need says nothing; chosen by us: drifting, waiting, turning."""

SIDE: Final = 1.645
"""Standard deviations on each side of a 90% interval."""

LEAST_SHIFT_H: Final = 2.0
"""A shift of the estimate since yesterday below this is no news; chosen by us."""

Status = Literal["under_way", "stopped", "arrived"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """When a ship will be at a port; the instants are None where she makes too little way.

    Attributes:
        earliest, likely, latest: us; the first and last bound 90%.
    """

    status: Status
    distance_nm: NauticalMiles
    earliest: Microseconds | None = None
    likely: Microseconds | None = None
    latest: Microseconds | None = None


def estimate(distance_nm: NauticalMiles, sog: Knots, at: Microseconds) -> Estimate:
    """The estimate of a ship so far away at an instant, which made that sog (NaN: unknown)."""
    slow = not sog >= SLOW_KN
    if slow and distance_nm <= THERE_NM:
        return Estimate(status="arrived", distance_nm=distance_nm)
    if slow or not isfinite(distance_nm):
        return Estimate(status="stopped" if slow else "under_way", distance_nm=distance_nm)
    lead_us = distance_nm / sog * HOUR_US
    side_us = SIDE * SPREAD_GROWTH * lead_us
    return Estimate(
        status="under_way", distance_nm=distance_nm, earliest=_minute(at + lead_us - side_us),
        likely=_minute(at + lead_us), latest=_minute(at + lead_us + side_us),
    )  # fmt: skip


def _minute(instant: float) -> Microseconds:
    """The nearest whole minute."""
    return round(instant / MINUTE_US) * MINUTE_US


def changes(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is otherwise than it was, as ``what``, ``was`` and ``now``; unknown is no change.

    Both hold `bound_for` (UN/LOCODE or None), `coercion`, `smuggling` (bands or None), and `likely`
    (us or None).
    """
    told = []
    for what in ("bound_for", "coercion", "smuggling"):
        if before[what] is not None and now[what] is not None and before[what] != now[what]:
            told.append({"what": what, "was": before[what], "now": now[what]})
    was, likely = before["likely"], now["likely"]
    if was is not None and likely is not None and abs(likely - was) >= LEAST_SHIFT_H * HOUR_US:
        told.append({"what": "likely", "was": iso_z(was), "now": iso_z(likely)})
    return told
