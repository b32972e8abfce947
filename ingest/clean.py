"""Cleaning: every hearing of a feed -> each report once, what is wrong with it, ships apart.

Several receivers hear one report; the picture and the detectors count it once, coverage counts
every hearing. What is kept depends on what was heard alone, not on the order it arrived in.
"""

from dataclasses import replace
from enum import IntFlag
from typing import Any, Final, TypeVar

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.batch import Columns, Int64, ReportBatch, StaticBatch
from sea.identity import MmsiClass, mmsi_class
from sea.land import inland_nm
from sea.units import SECOND_US, Microseconds

Bools = npt.NDArray[np.bool_]
Table = TypeVar("Table", ReportBatch, StaticBatch)

COPY_US: Final[Microseconds] = 30 * SECOND_US
"""How long after the first hearing a copy that tells no second of measurement may be heard.
Chosen by us: networks hand on satellite receptions within half a minute."""

SECONDLESS: Final = (5, 17, 24, 27)
"""Message types without a second of measurement (ITU-R M.1371-5 annex 8)."""

NOT_SHIP_TYPES: Final = np.array([4, 9, 11, 17, 21], np.int8)
"""Messages of base stations, SAR aircraft, DGNSS and aids to navigation (ITU-R M.1371-5)."""

INLAND_NM: Final = 12.0
"""Farther inland than this is marked. Chosen by us: Antwerp lies 10.5 nm inland by our mask, which
knows 15 at most."""

_HEARING: Final = ("reported_at", "received_at", "source")
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio, odd: Knuth, The Art of Computer Programming 3, 6.4."""


class Flaw(IntFlag):
    """What is wrong with a report; several may be."""

    NONE = 0
    DEFAULT_MMSI = 1
    INVALID_MMSI = 2
    NO_POSITION = 4
    """AIS' 91/181, or off the globe."""
    ZERO_POSITION = 8
    """0 N 0 E to the last digit, what a receiver without a fix sends."""
    INLAND = 16
    """Far inland, lakes and rivers included: the land mask does not tell them from land."""


def first_hearings(batch: ReportBatch | StaticBatch) -> Int64:
    """For each row the row of the first hearing of the same report, shape (n,).

    Hearings are of one report when all fields but time and source are equal, and it was measured
    at the same instant. Where a hearing tells no second of measurement, its time is the
    receiver's: then it is a copy up to `COPY_US` after the first, if another source heard it or
    its type never tells a second. First is the least (reported_at, received_at, source).
    """
    return first_of(
        _content(batch), reported_at=batch.reported_at, received_at=batch.received_at,
        source=text_ranks(batch.source), msg_type=batch.msg_type,
    )  # fmt: skip


def first_of(
    content: list[npt.NDArray[Any]],
    *,
    reported_at: Int64,
    received_at: Int64,
    source: npt.NDArray[np.int32],
    msg_type: npt.NDArray[np.integer[Any]],
) -> Int64:
    """`first_hearings` of any table whose fields beside time and source are integer codes."""
    if not len(reported_at):
        return np.zeros(0, np.int64)
    order = np.lexsort((source, received_at, reported_at, _hashes(content)))
    same = np.ones(len(order), bool)
    for column in content:
        ordered = column[order]
        same[1:] &= ordered[1:] == ordered[:-1]
    untold, secondless = reported_at == received_at, np.isin(msg_type, SECONDLESS)
    firsts = _scan(same, reported_at[order], source[order], untold[order], secondless[order],
                   COPY_US)  # fmt: skip
    found = np.empty(len(order), np.int64)
    found[order] = order[firsts]
    return found


def once(batch: Table, before: Table, until: Microseconds) -> tuple[Bools, Table]:
    """Which rows are first hearings, shape (n,), and what the next call needs as `before`.

    Args:
        batch: all hearings between the last call's `until` and this one's.
        before: what the last call gave, empty at first.
        until: no later batch holds anything older, us.
    """
    both = type(batch).concat((before, batch))
    first = first_hearings(both) == np.arange(len(both))
    waiting = first & (both.reported_at == both.received_at) & (both.reported_at >= until - COPY_US)
    return first[len(before) :], both.take(np.flatnonzero(waiting))


def flaws(reports: ReportBatch) -> npt.NDArray[np.uint8]:
    """The `Flaw` bits of each report, shape (n,)."""
    kinds = mmsi_class(reports.mmsi)
    located = np.isfinite(reports.lon) & np.isfinite(reports.lat)
    inland = np.zeros(len(reports), bool)
    inland[located] = inland_nm(reports.lon[located], reports.lat[located]) > INLAND_NM
    found = np.zeros(len(reports), np.uint8)
    for flaw, rows in (
        (Flaw.DEFAULT_MMSI, kinds == MmsiClass.DEFAULT),
        (Flaw.INVALID_MMSI, kinds == MmsiClass.INVALID),
        (Flaw.NO_POSITION, ~located),
        (Flaw.ZERO_POSITION, (reports.lon == 0) & (reports.lat == 0)),
        (Flaw.INLAND, inland),
    ):
        found[rows] |= np.uint8(flaw)
    return found


def counted(found: npt.NDArray[np.uint8]) -> dict[str, int]:
    """Flaw name -> how many reports have it, for every flaw there is."""
    return {str(flaw.name).lower(): int(np.count_nonzero(found & np.uint8(flaw))) for flaw in Flaw}


def without_zero_positions(reports: ReportBatch) -> ReportBatch:
    """The reports, those at 0 N 0 E without a position."""
    return without_positions(reports, (reports.lon == 0) & (reports.lat == 0))


def without_positions(reports: ReportBatch, rows: Bools) -> ReportBatch:
    """The reports, the positions of some rows unknown."""
    if not rows.any():
        return reports
    lon, lat = (np.where(rows, np.nan, column) for column in (reports.lon, reports.lat))
    return replace(reports, lon=lon, lat=lat)


def ships(reports: ReportBatch) -> Bools:
    """Which reports are of ships, shape (n,); by number and by type of message."""
    of_ship: Bools = mmsi_class(reports.mmsi) == MmsiClass.SHIP
    of_ship &= ~np.isin(reports.msg_type, NOT_SHIP_TYPES)
    return of_ship


def by_hearing(reports: ReportBatch) -> Int64:
    """The order of (reported_at, mmsi), ties by everything else, source last; shape (n,)."""
    return np.lexsort(
        (text_ranks(reports.source), reports.received_at, reports.msg_type, reports.nav_status,
         reports.heading, reports.cog, reports.sog, reports.lat,
         reports.lon, reports.mmsi, reports.reported_at)
    )  # fmt: skip


def text_ranks(texts: npt.NDArray[np.object_]) -> npt.NDArray[np.int32]:
    """Place of each text among the sorted ones, -1 for None; shape (n,)."""
    coded = pa.array(texts, pa.string(), from_pandas=True).dictionary_encode()
    names = coded.dictionary.to_pylist()
    place = np.empty(len(names) + 1, np.int32)
    place[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    place[-1] = -1
    rows: npt.NDArray[np.int32] = np.asarray(coded.indices.fill_null(len(names)), np.int32)
    return place[rows]


def _content(batch: Columns) -> list[npt.NDArray[Any]]:
    """The columns that make a report, as integers that are equal where the values are."""
    columns = []
    for name, dtype in batch.dtypes().items():
        values = getattr(batch, name)
        if name in _HEARING:
            continue
        if dtype.hasobject:
            values = text_ranks(values)
        elif dtype.kind == "f":
            known = np.where(np.isnan(values), np.array(np.nan, dtype), values + dtype.type(0))
            values = known.view(f"i{dtype.itemsize}")
        columns.append(values)
    return columns


def _hashes(columns: list[npt.NDArray[Any]]) -> npt.NDArray[np.uint64]:
    """A number for each row; it need only bring equal rows together."""
    mixed = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        mixed ^= column.astype(np.int64).view(np.uint64)
        mixed *= _MIX
        mixed ^= mixed >> np.uint64(29)
    return mixed


@numba.njit(cache=True, nogil=True)
def _scan(
    same: Bools,
    reported_at: Int64,
    source: npt.NDArray[np.int32],
    untold: Bools,
    secondless: Bools,
    window: int,
) -> Int64:
    """For each row, sorted by content then time, the row of its first hearing."""
    firsts = np.zeros(len(same), np.int64)
    first, last_untold = 0, 0 if untold[0] else -1
    for row in range(1, len(same)):
        if not same[row]:
            first, last_untold = row, -1
        elif reported_at[row] != reported_at[first]:
            before = last_untold
            near = before >= 0 and reported_at[row] - reported_at[before] <= window
            elsewhere = secondless[row] or source[row] != source[before]
            first = before if untold[row] and near and elsewhere else row
        if first == row and untold[row]:
            last_untold = row
        firsts[row] = first
    return firsts
