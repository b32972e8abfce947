"""Wakes: where each ship under way was in the last hours, a fix every half hour or so.

fixes -> a row of the latest `POINTS` of each vessel, oldest first; a silence or a stop of three
hours begins it anew.
"""

import math
from typing import Any, Final

import numba
import numpy as np

from ingest.batch import Float64, Int32, Int64, ReportBatch
from ingest.picture import Picture
from risk.detect.memory import Array
from sea.units import HOUR_US, MINUTE_US

POINTS: Final = 24
"""Fixes a vessel; chosen by us: half a day, in 400 bytes."""

_EVERY_US: Final = 30 * MINUTE_US
_BREAK_US: Final = 3 * HOUR_US


class Wakes:
    """The wakes by the picture's slots, as rings.

    Args:
        sog_kn: under way above.
    """

    def __init__(self, sog_kn: float) -> None:
        self._sog_kn = sog_kn
        self._length = 0
        self._make(0)

    def reach(self, picture: Picture) -> None:
        """Makes room for every slot of the picture."""
        self._length = len(picture)
        if len(self.count) < picture.capacity:
            before = self.at, self.lon, self.lat, self.count
            self._make(picture.capacity)
            self._fill(*before)

    def follow(self, slots: Int32, reports: ReportBatch) -> Int64:
        """Keeps the fixes that are due; the slots they are of, ascending."""
        kept = np.zeros(len(slots), np.bool_)
        _keep(slots, reports.reported_at, reports.lon, reports.lat, reports.sog, self._sog_kn,
              self.at, self.lon, self.lat, self.count, kept)  # fmt: skip
        return np.unique(slots[kept]).astype(np.int64)

    def forget(self, slot: int) -> None:
        """Begins the wake of a vessel anew with her next fix."""
        self.count[slot] = 0

    def of(self, slot: int) -> tuple[Int64, Float64, Float64]:
        """(at, lon, lat) of a vessel's wake, oldest first."""
        count = int(self.count[slot])
        order = np.arange(max(0, count - POINTS), count) % POINTS
        return (
            self.at[slot, order],
            self.lon[slot, order].astype(np.float64),
            self.lat[slot, order].astype(np.float64),
        )

    def bent(self, slots: Int64, hours: float, spans_h: float, bend_nm: float) -> Int64:
        """Those whose wake spans so long and strays from a straight line over the last hours."""
        found = np.zeros(len(slots), np.bool_)
        _strays(slots, hours * HOUR_US, spans_h * HOUR_US, bend_nm, self.at, self.lon, self.lat,
                self.count, found)  # fmt: skip
        return slots[found]

    def state(self) -> dict[str, Any]:
        """Copies of the arrays, trimmed to the slots in use."""
        return {name: getattr(self, name)[: self._length].copy()
                for name in ("at", "lon", "lat", "count")}  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._length = len(state["count"])
        self._make(self._length)
        self._fill(state["at"], state["lon"], state["lat"], state["count"])

    def _fill(self, at: Array, lon: Array, lat: Array, count: Array) -> None:
        n = len(count)
        self.at[:n], self.lon[:n], self.lat[:n], self.count[:n] = at, lon, lat, count

    def _make(self, vessels: int) -> None:
        shape = vessels, POINTS
        self.at = np.zeros(shape, np.int64)
        self.lon, self.lat = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.count = np.zeros(vessels, np.int32)


@numba.njit(cache=True, nogil=True)
def _keep(
    slots: Int32, times: Int64, lon: Float64, lat: Float64, sog: Array, sog_kn: float, at: Array,
    wake_lon: Array, wake_lat: Array, count: Array, kept: Array,
) -> None:  # fmt: skip
    for i in range(len(slots)):
        if not sog[i] > sog_kn or math.isnan(lon[i]) or math.isnan(lat[i]):
            continue
        slot = slots[i]
        if count[slot] > 0:
            since = times[i] - at[slot, (count[slot] - 1) % POINTS]
            if since < _EVERY_US:
                continue
            if since > _BREAK_US:
                count[slot] = 0
        k = count[slot] % POINTS
        at[slot, k], wake_lon[slot, k], wake_lat[slot, k] = times[i], lon[i], lat[i]
        count[slot] += 1
        kept[i] = True


@numba.njit(cache=True, nogil=True)
def _strays(
    slots: Int64, window_us: float, spans_us: float, bend_nm: float, at: Array, lon: Array,
    lat: Array, count: Array, found: Array,
) -> None:  # fmt: skip
    """Flat-earth, about the last fix: to be compared with some miles, not to measure."""
    for i in range(len(slots)):
        slot, n = slots[i], count[slots[i]]
        first, last = max(0, n - POINTS), (n - 1) % POINTS
        if n < 2 or at[slot, last] - at[slot, first % POINTS] < spans_us:
            continue
        while at[slot, last] - at[slot, (first + 1) % POINTS] >= window_us:
            first += 1
        narrow = 60 * math.cos(math.radians(lat[slot, last]))
        x = ((lon[slot, first % POINTS] - lon[slot, last] + 180) % 360 - 180) * narrow
        y = (lat[slot, first % POINTS] - lat[slot, last]) * 60
        length = math.hypot(x, y)
        for k in range(first, n - 1):
            east = ((lon[slot, k % POINTS] - lon[slot, last] + 180) % 360 - 180) * narrow
            north = (lat[slot, k % POINTS] - lat[slot, last]) * 60
            if abs(east * y - north * x) > bend_nm * length:
                found[i] = True
                break
