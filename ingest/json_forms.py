"""Decoded messages of JSON feeds -> the columns that the decoder gives for the same messages.

`ingest.aisstream` and `ingest.digitraffic` know the two feeds' fields; here is what AIS itself
says of them: which values mean "not available" (ITU-R M.1371-5 annex 8), and the times.
"""

import math
from typing import Any, Final, NamedTuple

import numpy as np
from pyais.constants import ShipType

from ingest.batch import NAV_STATUS_UNKNOWN, UNKNOWN_TIME, Columns, ReportBatch, StaticBatch
from ingest.clock import NO_SECOND, measured_at
from ingest.decoded import Decoded, without_impossible
from sea.units import Microseconds

NAN: Final = math.nan
LARGEST_MMSI: Final = 999_999_999
LARGEST_NUMBER: Final = 1023.0
"""The sog of an aircraft that is not available, table 55; no other is larger."""

LONGEST_TEXT: Final = 34
"""Characters of the name of an aid to navigation with its extension, table 72."""

_REPORT: Final[dict[str, Any]] = {
    "lon": NAN, "lat": NAN, "sog": NAN, "cog": NAN, "heading": NAN, "rot": NAN,
    "nav_status": NAV_STATUS_UNKNOWN,
}  # fmt: skip
_STATIC: Final[dict[str, Any]] = {
    "imo": 0, "callsign": None, "name": None, "ship_type": 0, "to_bow": NAN,
    "to_stern": NAN, "to_port": NAN, "to_starboard": NAN, "draught": NAN, "destination": None,
    "eta": None,
}  # fmt: skip
_SIDES: Final = ("to_bow", "to_stern", "to_port", "to_starboard")
_UNKNOWN_SOG: Final = {9: 1023.0, 27: 63.0}
_UNKNOWN_COG: Final = {27: 511.0}


class Message(NamedTuple):
    """A message of a feed that sends messages, not lines.

    Attributes:
        received_at: when it came, us UTC. topic: where it was published, empty without topics.
    """

    received_at: Microseconds
    data: bytes
    topic: str = ""


class Rows:
    """Collects rows, then gives them as batches.

    Args:
        source: who heard them.
    """

    def __init__(self, source: str | None) -> None:
        self._source = source
        self._reports: list[dict[str, Any]] = []
        self._statics: list[dict[str, Any]] = []
        self._seconds: list[int] = []
        self._stated: list[int] = []
        self._static_seconds: list[int] = []

    def report(self, *, second: int = NO_SECOND, stated_at: Microseconds = UNKNOWN_TIME,
               **fields: Any) -> None:  # fmt: skip
        """Adds a report.

        Args:
            second: UTC second of measurement, 60 and above unknown.
            stated_at: full UTC of a base station's report.
            fields: columns of `ReportBatch` as sent; ``reported_at`` is when it was heard.
        """
        self._reports.append(_REPORT | {"source": self._source} | fields)
        self._seconds.append(second)
        self._stated.append(stated_at)

    def static(self, *, second: int = NO_SECOND, **fields: Any) -> None:
        """Adds a static message, whose second is that of the position beside it, if any."""
        self._statics.append(_STATIC | {"source": self._source} | fields)
        self._static_seconds.append(second)

    def decoded(self) -> Decoded:
        """All rows, with what is not available unknown."""
        return Decoded(reports=self._report_batch(), statics=self._static_batch())

    def _report_batch(self) -> ReportBatch:
        if not self._reports:
            return ReportBatch.empty()
        columns = _gathered(self._reports, ReportBatch)
        kind = columns["msg_type"]
        columns["reported_at"] = measured_at(
            np.array(columns["reported_at"], np.int64), np.array(self._seconds, np.int8),
            np.array(self._stated, np.int64),
        )  # fmt: skip
        missing: dict[str, Any] = {
            "lon": 181.0, "lat": 91.0, "heading": 511.0,
            "sog": [_UNKNOWN_SOG.get(k, 102.3) for k in kind],
            "cog": [_UNKNOWN_COG.get(k, 360.0) for k in kind],
        }  # fmt: skip
        for name, unknown in missing.items():
            values = np.array(columns[name], np.float64)
            columns[name] = np.where(np.isclose(values, unknown, rtol=0, atol=1e-6), NAN, values)
        columns["sog"] = np.where(columns["sog"] < 0, NAN, columns["sog"])
        return without_impossible(ReportBatch.of(**columns))

    def _static_batch(self) -> StaticBatch:
        if not self._statics:
            return StaticBatch.empty()
        columns = _gathered(self._statics, StaticBatch)
        heard = np.array(columns["reported_at"], np.int64)
        seconds = np.array(self._static_seconds, np.int8)
        columns["reported_at"] = measured_at(heard, seconds, np.full(len(heard), UNKNOWN_TIME))
        size = np.array([columns[side] for side in _SIDES], np.float64)
        size[:, (size == 0).all(axis=0)] = NAN
        columns |= zip(_SIDES, size, strict=True)
        draught = np.array(columns["draught"], np.float64)
        columns["draught"] = np.where(draught > 0, draught, NAN)
        return StaticBatch.of(**columns)


def turn(raw: float | None) -> float:
    """Degrees a minute of a raw rate of turn (table 47); 127 is "more than 10", NaN unknown."""
    if raw is None or abs(raw) > 127:
        return NAN
    return raw if abs(raw) == 127 else math.copysign(round((raw / 4.733) ** 2), raw)


def text(sent: str | None) -> str | None:
    """The text before the filler ``@``, as far as AIS can send it; None where nothing is left."""
    before = (sent or "").partition("@")[0][:LONGEST_TEXT]
    return "".join(c for c in before if c.isascii() and c.isprintable()).strip() or None


def number(raw: int | None, bits: int) -> int:
    """A whole number of so many bits; 0, which is unknown, for any other."""
    return raw if raw is not None and 0 <= raw < 1 << bits else 0


def ship_type(raw: int | None) -> int:
    """Table 53; 0 unknown."""
    return int(ShipType.from_value(number(raw, 8)) or 0)


def eta(month: int, day: int, hour: int, minute: int) -> str | None:
    """``MM-DDThh:mm`` as sent (24 and 60 are an unknown hour and minute); None without a day."""
    told = 0 < month < 16 and 0 < day < 32 and 0 <= hour < 32 and 0 <= minute < 64
    return f"{month:02d}-{day:02d}T{hour:02d}:{minute:02d}" if told else None


def _gathered(rows: list[dict[str, Any]], kind: type[Columns]) -> dict[str, Any]:
    """Columns of the rows; a number that is missing, or larger than any in AIS, is unknown."""
    columns: dict[str, Any] = {}
    for name, dtype in kind.dtypes().items():
        values = [row[name] for row in rows]
        if dtype.kind == "f":
            values = [NAN if v is None or abs(v) > LARGEST_NUMBER else v for v in values]
        columns[name] = values
    return columns
