"""What a decoder gives: rows of positions and static data, with the messages they came from."""

from dataclasses import dataclass, field
from typing import Final, Literal, Self

import numpy as np
import numpy.typing as npt

from ingest.batch import Int64, ReportBatch, StaticBatch

REJECTIONS: Final = (
    "not_ais", "checksum", "malformed", "bad_fragment", "too_long", "bad_tag", "bad_time",
    "orphan_part", "too_short", "unknown_type", "decode_error", "no_time", "bad_mmsi", "bad_line",
    "future_time", "leap_time",
)  # fmt: skip
"""Why lines, parts and messages give no row; ``rejected`` is the sum of these."""

Bools = npt.NDArray[np.bool_]


def _none() -> Int64:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Reports and statics of a block.

    Attributes:
        report_of, static_of: number of the message each row came from, ascending; types 19 and
            21 and the lines of archives give a row of either.
    """

    reports: ReportBatch
    statics: StaticBatch
    report_of: Int64 = field(default_factory=_none)
    static_of: Int64 = field(default_factory=_none)

    @classmethod
    def nothing(cls) -> Self:
        """No rows."""
        return cls(reports=ReportBatch.empty(), statics=StaticBatch.empty())


def without_impossible(reports: ReportBatch) -> ReportBatch:
    """The reports with positions off the globe and angles beyond the circle unknown."""
    off = (np.abs(reports.lon) > 180) | (np.abs(reports.lat) > 90)
    columns = {name: getattr(reports, name) for name in ReportBatch.dtypes()}
    columns["lon"] = np.where(off, np.nan, reports.lon)
    columns["lat"] = np.where(off, np.nan, reports.lat)
    for angle in ("cog", "heading"):
        beyond = ~((columns[angle] >= 0) & (columns[angle] < 360))
        columns[angle] = np.where(beyond, np.float32(np.nan), columns[angle])
    return ReportBatch.of(**columns)


def message_times(
    block: Decoded, clock: Literal["reported_at", "received_at"]
) -> tuple[Int64, Int64]:
    """The numbers of a block's messages, ascending, and the time of each."""
    numbers = np.union1d(block.report_of, block.static_of)
    times = np.empty(len(numbers), np.int64)
    times[np.searchsorted(numbers, block.static_of)] = getattr(block.statics, clock)
    times[np.searchsorted(numbers, block.report_of)] = getattr(block.reports, clock)
    return numbers, times


def without_messages(block: Decoded, numbers: Int64) -> Decoded:
    """The block without the rows of these messages."""
    reports, statics = (~np.isin(of, numbers) for of in (block.report_of, block.static_of))
    return Decoded(
        reports=block.reports.take(reports),
        statics=block.statics.take(statics),
        report_of=block.report_of[reports],
        static_of=block.static_of[statics],
    )
