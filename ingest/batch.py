"""Batches: AIS messages as NumPy columns.

decoded messages -> ``ReportBatch`` (positions) and ``StaticBatch`` (who the ship says she is)
-> log, files, picture. "Not available" is NaN in a float column and the stated sentinel in an
integer one; it is unknown everywhere beyond the decoder. Outside the process a batch is Arrow.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

NAV_STATUS_UNKNOWN = 15
UNKNOWN_TIME = np.iinfo(np.int64).min

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Int16 = npt.NDArray[np.int16]
Int8 = npt.NDArray[np.int8]
Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Text = npt.NDArray[np.object_]

Column = npt.NDArray[np.generic]
Batch = TypeVar("Batch", bound="Columns")


class Columns(ABC):
    """A frozen table of equally long one-dimensional arrays; subclasses name and type them."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))  # type: ignore[arg-type]

    @classmethod
    @abstractmethod
    def dtypes(cls) -> dict[str, np.dtype[np.generic]]:
        """Column name -> NumPy dtype, in order."""

    @classmethod
    def of(cls, **columns: npt.ArrayLike) -> Self:
        """A batch from anything array-like, cast to the columns' types."""
        return cls(**{n: np.asarray(columns[n], dtype=t) for n, t in cls.dtypes().items()})

    @classmethod
    def empty(cls) -> Self:
        """A batch of no rows."""
        return cls.of(**{name: [] for name in cls.dtypes()})

    def take(self, rows: npt.NDArray[np.generic]) -> Self:
        """The rows of an index or boolean mask, in its order."""
        return type(self)(**{name: getattr(self, name)[rows] for name in self.dtypes()})

    @classmethod
    def concat(cls, batches: Iterable[Self]) -> Self:
        """All rows of the batches, one after another."""
        parts = list(batches)
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls.empty()
        return cls(
            **{name: np.concatenate([getattr(p, name) for p in parts]) for name in cls.dtypes()}
        )

    def to_arrow(self) -> pa.RecordBatch:
        """The same columns as Arrow; text columns become dictionary-free strings, None is null."""
        arrays = [
            pa.array(getattr(self, name), type=pa.string() if dtype.hasobject else None)
            for name, dtype in self.dtypes().items()
        ]
        return pa.RecordBatch.from_arrays(arrays, names=list(self.dtypes()))

    @classmethod
    def from_arrow(cls, table: pa.RecordBatch | pa.Table) -> Self:
        """The columns of an Arrow batch written by `to_arrow`."""
        return cls.of(
            **{name: table.column(name).to_numpy(zero_copy_only=False) for name in cls.dtypes()}
            if isinstance(table, pa.RecordBatch)
            else {name: table.column(name).to_numpy() for name in cls.dtypes()}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBatch(Columns):
    """Position reports, one a row.

    Attributes:
        mmsi: nine-digit identity as a number.
        reported_at: when the ship measured, us UTC.
        received_at: when a receiver heard it, us UTC (equal to reported_at where unknown).
        lon: degrees east, NaN unknown. lat: degrees north, NaN unknown.
        sog: kn, NaN unknown. cog: degrees true, NaN unknown. heading: degrees true, NaN unknown.
        rot: degrees a minute to starboard, NaN unknown.
        nav_status: ITU-R M.1371-5 table 45; 15 unknown.
        msg_type: 1-27; 0 where the archive does not tell.
        source: station or feed that heard it, None unknown.
    """

    mmsi: Int32
    reported_at: Int64
    received_at: Int64
    lon: Float64
    lat: Float64
    sog: Float32
    cog: Float32
    heading: Float32
    rot: Float32
    nav_status: Int8
    msg_type: Int8
    source: Text

    @classmethod
    def dtypes(cls) -> dict[str, np.dtype[np.generic]]:
        """Column name -> NumPy dtype, in order."""
        return _REPORT_DTYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticBatch(Columns):
    """Static and voyage messages, one a row; a field the message lacks is None, NaN or 0.

    Attributes:
        mmsi, reported_at, received_at, msg_type, source: as in `ReportBatch`.
        imo: IMO number, 0 unknown. callsign, name, destination: None unknown.
        ship_type: ITU-R M.1371-5 table 53, 0 unknown.
        to_bow, to_stern, to_port, to_starboard: m from the antenna, NaN unknown.
        draught: m, NaN unknown.
        eta: declared arrival as the message's text ``MM-DDThh:mm``, None unknown.
    """

    mmsi: Int32
    reported_at: Int64
    received_at: Int64
    msg_type: Int8
    source: Text
    imo: Int32
    callsign: Text
    name: Text
    ship_type: Int16
    to_bow: Float32
    to_stern: Float32
    to_port: Float32
    to_starboard: Float32
    draught: Float32
    destination: Text
    eta: Text

    @classmethod
    def dtypes(cls) -> dict[str, np.dtype[np.generic]]:
        """Column name -> NumPy dtype, in order."""
        return _STATIC_DTYPES


def _dtypes(**names: str) -> dict[str, np.dtype[np.generic]]:
    return {name: np.dtype(code) for name, code in names.items()}


_REPORT_DTYPES = _dtypes(
    mmsi="i4", reported_at="i8", received_at="i8", lon="f8", lat="f8", sog="f4", cog="f4",
    heading="f4", rot="f4", nav_status="i1", msg_type="i1", source="O",
)  # fmt: skip
_STATIC_DTYPES = _dtypes(
    mmsi="i4", reported_at="i8", received_at="i8", msg_type="i1", source="O", imo="i4",
    callsign="O", name="O", ship_type="i2", to_bow="f4", to_stern="f4", to_port="f4",
    to_starboard="f4", draught="f4", destination="O", eta="O",
)  # fmt: skip
