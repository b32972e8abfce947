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
from sea.units import SECOND_US, Microseconds

_POINTS: Final = 96
"""Fixes a row; chosen by us: a dozen a turn for eight turns."""

FEWER: Final = 0.75
"""Share of the fixes asked for that is enough where nearly all go round the same way."""

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

    def begin(self, slot: int, at: Microseconds, lon: float, lat: float) -> int:
        """A free row for the vessel, with her latest fix."""
        free = np.flatnonzero(self.slot < 0)
        if not len(free):
            before, rows = self.state(), len(self.slot)
            self._make(2 * rows)
            for name, array in before.items():
                getattr(self, name)[:rows] = array
            free = np.array([rows])
        row = int(free[0])
        self.slot[row], self.length[row], self.fresh[row] = slot, 1, False
        self.at[row, 0], self.lon[row, 0], self.lat[row, 0] = at, lon, lat
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
def fitted(
    rows: Array, lon: Array, lat: Array, length: Array, rms_share: float, arc_deg: float,
    least: float,
) -> Array:  # fmt: skip
    """Circles that all fixes of a row lie on, or else the newer six, five ... two eighths of them.

    Columns of the result, shape (n, 6), NaN where there is no circle: centre lon and lat (deg),
    radius (nm), rms over radius, fixes on it, and the first fix looked at. On a circle the rms is
    below `rms_share`, the widest gap `arc_deg` at most, and the fixes are `least` or more: three
    quarters of that where nine in ten steps go round the same way, twice where three in four do
    not.
    """
    found = np.full((len(rows), 6), np.nan)
    for i in range(len(rows)):
        row = rows[i]
        n = length[row]
        for eighths in (8, 6, 5, 4, 3, 2):
            first = n - n * eighths // 8
            lon0, lat0 = lon[row, first], lat[row, first]
            narrow = max(math.cos(math.radians(lat0)), 0.01)
            x = ((lon[row, first:n] - lon0 + 180) % 360 - 180) * 60 * narrow
            y = (lat[row, first:n] - lat0) * 60
            cx, cy, r, rms, gap, kept, way = _trimmed(x, y)
            if rms < rms_share and gap <= arc_deg and kept >= least * _times(way):
                found[i, 0] = (lon0 + cx / 60 / narrow + 180) % 360 - 180
                found[i, 1] = lat0 + cy / 60
                found[i, 2], found[i, 3], found[i, 4], found[i, 5] = r, rms, kept, first
                break
    return found


@numba.njit(cache=True, nogil=True)
def _times(one_way: float) -> float:
    """How many times the fixes it takes, by the share of the steps that go round one way."""
    if one_way >= 0.9:
        return FEWER
    return 1.0 if one_way >= 0.75 else 2.0


@numba.njit(cache=True, nogil=True)
def _trimmed(x: Array, y: Array) -> Any:
    """Circle without the fixes far off it: (x, y, radius, rms over it, widest gap, kept, one way).

    Kept is 0 where there is none, or more than a fifth are off it.
    """
    n = len(x)
    none = (math.nan, math.nan, math.nan, math.nan, math.nan, 0, math.nan)
    cx, cy, r = _circle(x, y, np.ones(n, np.bool_))
    if math.isnan(r):
        return none
    off = np.abs(np.hypot(x - cx, y - cy) - r)
    cx, cy, r = _circle(x, y, off <= max(0.4 * r, np.sort(off)[n - 1 - n // 5]))
    if math.isnan(r):
        return none
    off = np.hypot(x - cx, y - cy) - r
    keep = np.abs(off) <= 0.4 * r
    kept = np.count_nonzero(keep)
    if kept < 0.8 * n or kept < 2:
        return none
    angles = np.degrees(np.arctan2(y - cy, x - cx))[keep]
    left = np.mean((np.diff(angles) + 360) % 360 < 180)
    angles = np.sort(angles)
    gap = max(angles[0] + 360 - angles[-1], np.max(np.diff(angles)))
    rms = math.sqrt(np.sum(off[keep] ** 2) / kept) / r
    return cx, cy, r, rms, gap, kept, max(left, 1 - left)


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
