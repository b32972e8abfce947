"""Coverage: hearings -> which source heard whom where, per H3 cell and ten minutes.

With it the silence of a ship can be told from the silence of a receiver: where a source heard
nobody in a cell that it usually hears, a ship there says nothing by her silence.
"""

from dataclasses import dataclass
from typing import Any, Final

import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt

from ingest.batch import Int32, Int64, ReportBatch, Text
from ingest.clean import text_ranks
from sea.units import MINUTE_US

RESOLUTION: Final = 4
"""H3 cells of 24 nm across, 516 nm2. Chosen by us: a coast station's reach of 20-40 nm is some
three cells wide, so its edge shows; and a ship under way that crosses one spends an hour there,
time for reports of the slowest satellite feed."""

SPAN_US: Final = 10 * MINUTE_US
"""Chosen by us: three times the slowest interval of a class A ship (ITU-R M.1371-5 table 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Counts of hearings, one row a (source, cell, ten minutes), sorted by these.

    Attributes:
        source: who heard, None where the feed names nobody. cell: H3 index. began_at: us.
        hearings: reports heard. vessels: different MMSI among them.
    """

    source: Text
    cell: Int64
    began_at: Int64
    hearings: Int32
    vessels: Int32

    def __len__(self) -> int:
        return len(self.cell)


def coverage(hearings: ReportBatch) -> Coverage:
    """Who was heard where, of all hearings that have a position; copies count for each source."""
    located = np.isfinite(hearings.lon) & np.isfinite(hearings.lat)
    heard = hearings.take(np.flatnonzero(located))
    if not len(heard):
        none = np.zeros(0, np.int64)
        return Coverage(source=np.zeros(0, object), cell=none, began_at=none,
                        hearings=none.astype(np.int32), vessels=none.astype(np.int32))  # fmt: skip
    cell, span = cells(heard.lon, heard.lat), heard.reported_at // SPAN_US
    order = np.lexsort((heard.mmsi, span, cell, text_ranks(heard.source)))
    source, mmsi, cell, span = heard.source[order], heard.mmsi[order], cell[order], span[order]
    begins = _changes(source, cell, span)
    of_vessel = begins | _changes(mmsi)
    starts = np.flatnonzero(begins)
    return Coverage(
        source=source[starts],
        cell=cell[starts],
        began_at=span[starts] * SPAN_US,
        hearings=np.diff(starts, append=len(heard)).astype(np.int32),
        vessels=np.add.reduceat(of_vessel.astype(np.int32), starts),
    )


def silent_sources(known: Coverage, now: Coverage) -> set[tuple[str | None, int]]:
    """(source, cell) that are in `known` and not in `now`: where nothing tells of ships now."""
    return _pairs(known) - _pairs(now)


def cells(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> Int64:
    """H3 cells of positions, shape (n,)."""
    places = zip(lat.tolist(), lon.tolist(), strict=True)
    return np.array([h3i.latlng_to_cell(y, x, RESOLUTION) for y, x in places], np.int64)


def _pairs(told: Coverage) -> set[tuple[str | None, int]]:
    return set(zip(told.source.tolist(), told.cell.tolist(), strict=True))


def _changes(*columns: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Rows that differ from the one before in any column; the first does."""
    changed = np.ones(len(columns[0]), bool)
    changed[1:] = False
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed
