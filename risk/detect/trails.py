"""Trails: the fixes of the few vessels that are looked at closely, and circles fitted to them.

fixes of vessels in doubt -> a row of fixes each, thinned by half whenever it is full -> circles.
"""

import math
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from ingest.batch import Int32
from risk.detect.memory import Array
from sea.units import SECOND_US

_POINTS: Final = 96
"""Fixes a row; chosen by us: a dozen a turn for eight turns."""

_EVERY_US: Final = 10 * SECOND_US


class Trails:
    """Collected fixes, a row a vessel: arrays that grow with the vessels in doubt.

    Attributes (arrays by row):
        at (us), lon, lat: the fixes, valid below length; every (us, least between two); fresh:
        whether one is new; slot: whose, -1 for a free row.
    """

    _FIRST_ROWS: Final = 16

    def __init__(self) -> None:
        self._make(self._FIRST_ROWS)

    def _make(self, rows: int) -> None:
        self.at = np.zeros((rows, _POINTS), np.int64)
        self.lon, self.lat = np.zeros((rows, _POINTS)), np.zeros((rows, _POINTS))
        self.length, self.every = np.zeros(rows, np.int32), np.zeros(rows, np.int64)
        self.fresh, self.slot = np.zeros(rows, np.bool_), np.full(rows, -1, np.int32)

    def begin(self, slot: int) -> int:
        """A free row for the vessel."""
        free = np.flatnonzero(self.slot < 0)
        if not len(free):
            before, rows = self.state(), len(self.slot)
            self._make(2 * rows)
            for name, array in before.items():
                getattr(self, name)[:rows] = array
            free = np.array([rows])
        row = int(free[0])
        self.slot[row], self.length[row], self.fresh[row] = slot, 0, False
        self.every[row] = _EVERY_US
        return row

    def end(self, row: int) -> None:
        """Frees a row."""
        self.slot[row], self.length[row], self.fresh[row] = -1, 0, False

    def slots(self) -> Int32:
        """Slots of the vessels that have a row."""
        found: Int32 = self.slot[self.slot >= 0]
        return found

    def looked_at(self, fixes: int) -> npt.NDArray[np.intp]:
        """Rows with as many fixes, one of them new; from now on none is new."""
        rows = np.flatnonzero(self.fresh & (self.length >= fixes))
        self.fresh[rows] = False
        return rows

    def state(self) -> dict[str, Any]:
        """Copies of the arrays."""
        return {name: array.copy() for name, array in vars(self).items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        for name, array in state.items():
            setattr(self, name, np.array(array))


@numba.njit(cache=True, nogil=True)
def collect(
    time: int, lon: float, lat: float, trail_at: Array, trail_lon: Array, trail_lat: Array,
    length: Array, every: Array, row: int,
) -> None:  # fmt: skip
    """Adds a fix to a trail that is thinned by half when full."""
    n = length[row]
    if n > 0 and time - trail_at[n - 1] < every[row]:
        return
    if n == _POINTS:
        for k in range(_POINTS // 2):
            trail_at[k], trail_lon[k], trail_lat[k] = (
                trail_at[2 * k], trail_lon[2 * k], trail_lat[2 * k])  # fmt: skip
        n = _POINTS // 2
        every[row] *= 2
    trail_at[n], trail_lon[n], trail_lat[n] = time, lon, lat
    length[row] = n + 1


@numba.njit(cache=True, nogil=True)
def fitted(rows: Array, lon: Array, lat: Array, length: Array) -> Array:
    """Circles of the rows, shape (n, 7).

    Columns: centre lon and lat (deg), radius (nm), rms over radius, widest gap (deg), fixes kept,
    share of the steps that go round the commoner way; NaN where there is no circle.
    """
    found = np.full((len(rows), 7), np.nan)
    for i in range(len(rows)):
        row = rows[i]
        n = length[row]
        lon0, lat0 = lon[row, 0], lat[row, 0]
        narrow = max(math.cos(math.radians(lat0)), 0.01)
        x = ((lon[row, :n] - lon0 + 180) % 360 - 180) * 60 * narrow
        y = (lat[row, :n] - lat0) * 60
        keep = np.ones(n, np.bool_)
        cx, cy, r = _circle(x, y, keep)
        if math.isnan(r):
            continue
        off = np.abs(np.hypot(x - cx, y - cy) - r)
        keep = off <= max(0.4 * r, np.sort(off)[n - 1 - n // 5])
        cx, cy, r = _circle(x, y, keep)
        if math.isnan(r):
            continue
        off = np.hypot(x - cx, y - cy) - r
        keep = np.abs(off) <= 0.4 * r
        kept = np.count_nonzero(keep)
        if kept < 0.8 * n:
            continue
        rms = math.sqrt(np.sum(off[keep] ** 2) / kept) / r
        angles = np.degrees(np.arctan2(y - cy, x - cx))[keep]
        left = np.mean((np.diff(angles) + 360) % 360 < 180)
        angles = np.sort(angles)
        gap = angles[0] + 360 - angles[-1]
        if kept > 1:
            gap = max(gap, np.max(np.diff(angles)))
        found[i, 0] = (lon0 + cx / 60 / narrow + 180) % 360 - 180
        found[i, 1] = lat0 + cy / 60
        found[i, 2], found[i, 3], found[i, 4], found[i, 5] = r, rms, gap, kept
        found[i, 6] = max(left, 1 - left)
    return found


@numba.njit(cache=True, nogil=True)
def _circle(x: Array, y: Array, keep: Array) -> tuple[float, float, float]:
    """Centre and radius of the circle of least squares in x^2 + y^2 (Kåsa 1976); NaN for a line."""
    n = np.count_nonzero(keep)
    if n < 3:
        return math.nan, math.nan, math.nan
    mx, my = np.sum(x[keep]) / n, np.sum(y[keep]) / n
    u, v = x[keep] - mx, y[keep] - my
    uu, vv, uv = np.sum(u * u), np.sum(v * v), np.sum(u * v)
    z = u * u + v * v
    p, q = np.sum(u * z) / 2, np.sum(v * z) / 2
    det = uu * vv - uv * uv
    if det <= 1e-9 * (uu + vv) ** 2:
        return math.nan, math.nan, math.nan
    a, b = (p * vv - q * uv) / det, (q * uu - p * uv) / det
    return mx + a, my + b, math.sqrt(a * a + b * b + (uu + vv) / n)
