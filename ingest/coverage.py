"""Coverage: hearings -> which source heard whom where, per H3 cell and ten minutes.

With it the silence of a ship can be told from the silence of a receiver: where a source heard
nobody in a cell that it usually hears, a ship there says nothing by her silence.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, Self

import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.batch import Int32, Int64, ReportBatch, Text
from ingest.clean import text_ranks
from sea.units import DAY_US, MINUTE_US, Microseconds

RESOLUTION: Final = 4
"""H3 cells of 24 nm across, 516 nm2. Chosen by us: a coast station's reach of 20-40 nm is some
three cells wide, so its edge shows; and a ship under way that crosses one spends an hour there,
time for reports of the slowest satellite feed."""

SPAN_US: Final = 10 * MINUTE_US
"""Chosen by us: three times the slowest interval of a class A ship (ITU-R M.1371-5 table 1)."""

QUIET_US: Final = 30 * MINUTE_US
"""A receiver's silence that tells nothing yet; as `risk.detect.coverage` has it."""

FADING_US: Final = 0.7 * DAY_US
"""Half-life of the longest silence, as there."""

MOST_RECEIVERS: Final = 20_000
"""Beyond it the half not heard for longest is forgotten. Chosen by us: more than the stations of
any network, less than what a feed that makes up names could fill memory with."""

_GRID: Final = 20
"""Squares to a degree: all of a square's 3 nm lie in the cell of its middle, so that a cell is
looked up once for the many reports that ships send from one place."""

_MMSI_BITS: Final = 30


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

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The counts of all: hearings add up, of vessels the greatest number counts.

        So the vessels of a cell that is told of in parts, as by hearings that come hours late,
        may be too few but never too many.
        """
        told = list(parts)
        source, cell, began_at, hearings, vessels = (
            np.concatenate([getattr(part, f.name) for part in told]) for f in fields(cls)
        )
        order = np.lexsort((began_at, cell, text_ranks(source)))
        source, cell, began_at = source[order], cell[order], began_at[order]
        starts = np.flatnonzero(_changes(source, cell, began_at))
        if not len(starts):
            return cls(source=source, cell=cell, began_at=began_at, hearings=hearings,
                       vessels=vessels)  # fmt: skip
        return cls(
            source=source[starts], cell=cell[starts], began_at=began_at[starts],
            hearings=np.add.reduceat(hearings[order], starts),
            vessels=np.maximum.reduceat(vessels[order], starts),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visits:
    """Hearings by (source, cell, span, MMSI)."""

    source: Text
    cell: Int64
    span: Int64
    mmsi: Int32
    hearings: Int32


@dataclass(slots=True)
class _Rhythm:
    """A receiver's newest hearing and its longest silence, which fades; us."""

    heard_at: Microseconds
    longest: float = 0.0


class Hearings:
    """Coverage of a timeline as it goes on; holds what was heard in spans that are not over."""

    def __init__(self) -> None:
        self._receivers: dict[int, _Rhythm] = {}
        self._held: list[_Visits] = []

    def add(self, hearings: ReportBatch, *, late: bool = False) -> None:
        """Takes hearings, copies too, in order of time.

        Those that are late by the engine's clock tell of places and not of who is alive, for
        when they come depends on more than what was heard.
        """
        if not late:
            self._listen(hearings)
        visits = _visits(hearings)
        if len(visits.mmsi):
            self._held.append(visits)

    def fell_silent(self, receiver: int, before_us: Microseconds, now_us: Microseconds) -> bool:
        """Whether the receiver heard nobody anywhere since, twice as long as it lately did.

        Satellites, which are silent for hours between passes, hardly ever fall silent so.
        """
        rhythm = self._receivers.get(receiver)
        if rhythm is None:
            return False
        usual = max(QUIET_US, 2 * rhythm.longest)
        return rhythm.heard_at < before_us and now_us - rhythm.heard_at > usual

    def take(self, until_us: Microseconds) -> Coverage:
        """Coverage of the spans that end by then; what is heard of them later is told later."""
        if not any((visits.span < until_us // SPAN_US).any() for visits in self._held):
            return coverage(ReportBatch.empty())
        held = _concat(self._held)
        over = held.span < until_us // SPAN_US
        self._held = [_take(held, ~over)] if not over.all() else []
        return _coverage(_take(held, over))

    def state(self) -> dict[str, Any]:
        """Plain values and arrays from which `restore` continues."""
        held = _concat(self._held)
        columns = {f.name: getattr(held, f.name) for f in fields(_Visits)}
        known = [[n, r.heard_at, r.longest] for n, r in self._receivers.items()]
        return {"receivers": known, "held": columns | {"source": held.source.tolist()}}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._receivers = {n: _Rhythm(at, longest) for n, at, longest in state["receivers"]}
        columns = dict(state["held"])
        source = np.empty(len(columns["source"]), object)
        source[:] = columns.pop("source")
        self._held = [_Visits(source=source, **columns)]

    def _listen(self, hearings: ReportBatch) -> None:
        heard, first = np.unique(receivers(hearings), return_index=True)
        last = len(hearings) - 1 - np.unique(receivers(hearings)[::-1], return_index=True)[1]
        times = (hearings.reported_at[rows].tolist() for rows in (first, last))
        for receiver, began, ended in zip(heard.tolist(), *times, strict=True):
            rhythm = self._receivers.setdefault(receiver, _Rhythm(began))
            fading = 0.5 ** ((ended - rhythm.heard_at) / FADING_US)
            rhythm.longest = max(rhythm.longest * fading, float(began - rhythm.heard_at))
            rhythm.heard_at = ended
        if len(self._receivers) > MOST_RECEIVERS:
            by_age = sorted(self._receivers, key=lambda r: (self._receivers[r].heard_at, r))
            for receiver in by_age[: MOST_RECEIVERS // 2]:
                del self._receivers[receiver]


def receivers(hearings: ReportBatch) -> Int64:
    """A number for the source of each hearing, shape (n,); 0 for none.

    A hash of the name, so that nobody need remember names that a feed makes up.
    """
    names, code = _sources(hearings)
    return np.array([_number(name) for name in names.tolist()], np.int64)[code]


@lru_cache(1 << 14)
def _number(name: str | None) -> int:
    return (
        0
        if name is None
        else int.from_bytes(blake2b(name.encode(errors="replace"), digest_size=7).digest())
    )


def coverage(hearings: ReportBatch) -> Coverage:
    """Who was heard where, of all hearings that have a position; copies count for each source."""
    return _coverage(_visits(hearings))


def cells(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> Int64:
    """H3 cells of positions, true to half a square of `_GRID`, shape (n,)."""
    east = np.minimum((lon + 180) * _GRID, 360 * _GRID - 1).astype(np.int64)
    north = np.minimum((lat + 90) * _GRID, 180 * _GRID - 1).astype(np.int64)
    squares, rows = np.unique(north * (360 * _GRID) + east, return_inverse=True)
    return np.array([_cell(square) for square in squares.tolist()], np.int64)[rows]


@lru_cache(1 << 18)
def _cell(square: int) -> int:
    north, east = divmod(square, 360 * _GRID)
    middle = (north + 0.5) / _GRID - 90, (east + 0.5) / _GRID - 180
    return int(h3i.latlng_to_cell(*middle, RESOLUTION))


def _visits(hearings: ReportBatch) -> _Visits:
    """Counts by one number for each (source, cell, span, MMSI), so that one sort does it."""
    located = (np.abs(hearings.lon) <= 180) & (np.abs(hearings.lat) <= 90)
    heard = hearings if located.all() else hearings.take(np.flatnonzero(located))
    names, code = _sources(heard)
    cell, place = np.unique(cells(heard.lon, heard.lat), return_inverse=True)
    span, time = np.unique(heard.reported_at // SPAN_US, return_inverse=True)
    key = ((code * len(cell) + place) * len(span) + time) << _MMSI_BITS | heard.mmsi
    visits, counts = np.unique(key, return_counts=True)
    rest, mmsi = visits >> _MMSI_BITS, visits & (1 << _MMSI_BITS) - 1
    rest, time = np.divmod(rest, max(len(span), 1))
    code, place = np.divmod(rest, max(len(cell), 1))
    return _Visits(source=names[code], cell=cell[place], span=span[time],
                   mmsi=mmsi.astype(np.int32), hearings=counts.astype(np.int32))  # fmt: skip


def _sources(hearings: ReportBatch) -> tuple[Text, Int64]:
    """The names of all sources and None, and which of them each hearing has."""
    coded = pa.array(hearings.source, pa.string(), from_pandas=True).dictionary_encode()
    names = np.array([*coded.dictionary.to_pylist(), None], object)
    return names, np.asarray(coded.indices.fill_null(len(names) - 1), np.int64)


def _coverage(visits: _Visits) -> Coverage:
    order = np.lexsort((visits.mmsi, visits.span, visits.cell, text_ranks(visits.source)))
    visits = _take(visits, order)
    begins = _changes(visits.source, visits.cell, visits.span)
    starts = np.flatnonzero(begins)
    if not len(starts):
        return Coverage(source=visits.source, cell=visits.cell, began_at=visits.span,
                        hearings=visits.hearings, vessels=visits.hearings)  # fmt: skip
    vessels = begins | _changes(visits.mmsi)
    return Coverage(
        source=visits.source[starts], cell=visits.cell[starts],
        began_at=visits.span[starts] * SPAN_US,
        hearings=np.add.reduceat(visits.hearings, starts),
        vessels=np.add.reduceat(vessels.astype(np.int32), starts),
    )  # fmt: skip


def _concat(parts: list[_Visits]) -> _Visits:
    if not parts:
        return _visits(ReportBatch.empty())
    return _Visits(**{
        f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(_Visits)
    })  # fmt: skip


def _take(visits: _Visits, rows: npt.NDArray[Any]) -> _Visits:
    return _Visits(**{f.name: getattr(visits, f.name)[rows] for f in fields(_Visits)})


def _changes(*columns: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Rows that differ from the one before in any column; the first does."""
    changed = np.ones(len(columns[0]), bool)
    changed[1:] = False
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed
