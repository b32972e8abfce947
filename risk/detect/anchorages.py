"""Anchorages: waters where ships wait, learnt from those that did.

A cell of H3 resolution 6 (10 nm2, 3.5 nm from centre to centre) is an anchorage for good once a
number of vessels, none of them fishing, have each lain still in it for half a day. Ports are known
beforehand and need not be learnt. Where the stops come from: `risk.detect.stop`.

What is asked of it depends only on which vessels lay where, not on the order they were noted in,
until more cells wait to become one than are kept; then those least lately lain in are forgotten.
"""

from typing import Any, Final

import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from sea.geodesy import chord_nm, unit_vectors
from sea.units import Microseconds

_RESOLUTION: Final = 6
"""Chosen by us: a road of twenty ships, each with half a mile to swing in, lies in a cell or two;
Global Fishing Watch learns single anchor spots, in cells of 0.5 km."""

_CELLS: Final = 20_000
"""Cells kept that are none yet; chosen by us, five for each port of the gazetteer: some 20 MB."""

Floats = npt.NDArray[np.float64]


class Anchorages:
    """Cells that are anchorages, and who has lain in those that may become one.

    Attributes:
        cells: most that are remembered before they are anchorages.
    """

    def __init__(self, cells: int = _CELLS) -> None:
        self.cells = cells
        self._known: set[int] = set()
        self._lain: dict[int, dict[int, Microseconds]] = {}
        self._tree: cKDTree | None = None

    def __len__(self) -> int:
        return len(self._known)

    def note(self, mmsi: int, lon: float, lat: float, at_us: Microseconds, vessels: float) -> None:
        """A vessel has lain here for long; with `vessels` different ones it is an anchorage."""
        cell = int(h3i.latlng_to_cell(lat, lon, _RESOLUTION))
        if cell in self._known:
            return
        lain = self._lain.setdefault(cell, {})
        lain[mmsi] = max(at_us, lain.get(mmsi, at_us))
        if len(lain) >= vessels:
            del self._lain[cell]
            self._known.add(cell)
            self._tree = None
        elif len(self._lain) > self.cells:
            self._forget()

    def away_nm(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
        """Distance of each position from the centre of the nearest anchorage, inf for none."""
        lon, lat = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        away = np.full(lon.shape, np.inf)
        if not self._known:
            return away
        if self._tree is None:
            centres = np.array([h3i.cell_to_latlng(cell) for cell in sorted(self._known)])
            self._tree = cKDTree(unit_vectors(centres[:, 1], centres[:, 0]))
        placed = np.isfinite(lon) & np.isfinite(lat)
        chord = self._tree.query(unit_vectors(lon[placed], lat[placed]))[0]
        away[placed] = chord_nm(chord)
        return away

    def state(self) -> dict[str, Any]:
        """What is learnt, and one row a cell and vessel of what is not yet."""
        rows = [(cell, *row) for cell, lain in self._lain.items() for row in lain.items()]
        return {
            "known": np.array(sorted(self._known), np.int64),
            "lain": np.array(sorted(rows), np.int64).reshape(-1, 3),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`, for all who share this."""
        self._known, self._tree = set(state["known"].tolist()), None
        self._lain = {}
        for cell, mmsi, at_us in state["lain"].tolist():
            self._lain.setdefault(cell, {})[mmsi] = at_us

    def _forget(self) -> None:
        """Drops the tenth of the cells least lately lain in."""
        latest = sorted((max(lain.values()), cell) for cell, lain in self._lain.items())
        for _, cell in latest[: len(latest) // 10 + 1]:
            del self._lain[cell]
