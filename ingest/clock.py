"""Message times: epoch texts and the AIS second field -> microseconds UTC.

A receiver says when it heard a message, to the second or better. The message itself says at most
in which second of the minute the ship measured. The two together give the time of measurement.
"""

from typing import Final

import numpy as np

from ingest.batch import UNKNOWN_TIME, Float64, Int8, Int64
from ingest.decoded import Bools
from sea.units import DAY_US, MINUTE_US, SECOND_US, Microseconds

EARLIEST_US: Final = 631_152_000 * SECOND_US
"""1990-01-01: before the first AIS trials, so an earlier epoch is a fault."""

LATEST_US: Final = 4_102_444_800 * SECOND_US
"""2100-01-01, chosen by us: later epochs are a fault."""

AHEAD_US: Final = 5 * SECOND_US
"""How far a ship's clock may run ahead of the receiver's. Chosen by us: in the Danish coast
stations' record 30% of the positions carry the second after the receiver's, 0.2% more than 3 s."""

FUTURE_US: Final = 10 * MINUTE_US
"""A time this far beyond our own clock is a fault of the other one. Chosen by us."""

LEAP_US: Final = DAY_US
"""Chosen by us: satellites and networks hand on reports that are hours old, so a leap by hours may
be one to the present."""

_FOLLOWERS: Final = 25
_FEWEST: Final = 5

NO_SECOND: Final = 60
"""ITU-R M.1371-5 table 48: 60 not available, 61 manual, 62 dead reckoning, 63 inoperative."""

_UNITS: Final = ((10**11, SECOND_US, 1), (10**14, 1000, 1), (10**17, 1, 1), (10**20, 1, 1000))


def epoch_us(text: bytes) -> Microseconds | None:
    """Microseconds of a Unix epoch in s, ms, us or ns, told apart by size; None if it is none.

    A decimal fraction of a second is kept to the microsecond.
    """
    whole, _, fraction = text.partition(b".")
    if not whole.isdigit() or len(whole) > 20 or (fraction and not fraction.isdigit()):
        return None
    value = int(whole)
    for limit, factor, divisor in _UNITS:
        if value < limit:
            instant = value * factor // divisor
            if fraction and factor == SECOND_US:
                instant += int(fraction[:6].ljust(6, b"0"))
            return instant if EARLIEST_US <= instant < LATEST_US else None
    return None


def measured_at(heard_at: Int64, second: Int8, stated_at: Int64) -> Int64:
    """When each message was measured, us, shape (n,).

    Args:
        heard_at: when it was heard, us.
        second: its UTC second, 60 and above unknown; the latest such second up to `AHEAD_US`
            after `heard_at` is meant, for a message is heard within the minute.
        stated_at: the full UTC time of a base station's report, `UNKNOWN_TIME` elsewhere; it is
            taken where it is within a minute of `heard_at`.
    """
    latest = heard_at + AHEAD_US
    back = (latest - second.astype(np.int64) * SECOND_US) % MINUTE_US
    refined = np.where(second < NO_SECOND, latest - back, heard_at)
    refined = np.where(stated_at != UNKNOWN_TIME, heard_at, refined)
    near = (stated_at > heard_at - MINUTE_US) & (stated_at < heard_at + MINUTE_US)
    return np.where(near, stated_at, refined)


def leaps(times: Int64) -> Bools:
    """Which times of a feed, in its order, lie more than `LEAP_US` ahead of those after them.

    After them are the next 25, and half of these decide; where a block ends within 5, the time is
    believed. A feed that goes on from a later time does not leap.
    """
    found = np.zeros(len(times), bool)
    for row in np.flatnonzero(times > np.median(times) + LEAP_US) if len(times) else ():
        after = times[row + 1 : row + 1 + _FOLLOWERS]
        found[row] = len(after) >= _FEWEST and np.median(after) < times[row] - LEAP_US
    return found


def epochs_us(numbers: Float64) -> tuple[Int64, Bools]:
    """`epoch_us` of a column of numbers: microseconds, and where there are any."""
    limits = np.array([limit for limit, _, _ in _UNITS], np.float64)
    unit = np.searchsorted(limits, numbers, side="right").clip(max=len(_UNITS) - 1)
    scale = np.array([factor / divisor for _, factor, divisor in _UNITS])[unit]
    instants = np.where(np.isfinite(numbers), numbers, 0) * scale
    told: Bools = (instants >= EARLIEST_US) & (instants < LATEST_US)
    return np.rint(np.where(told, instants, 0)).astype(np.int64), told
