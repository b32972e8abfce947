"""The rows of ``decode``: one a message, position and static columns merged.

`Decoded` -> Arrow, for CSV, JSON lines and Parquet; and back, for our own Parquet as an archive.
"""

from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.batch import NAV_STATUS_UNKNOWN, Float64, Int64, ReportBatch, StaticBatch, Text
from ingest.clean import first_of, text_ranks
from ingest.decode import Bools, Decoded

_SIDES: Final = ("to_bow", "to_stern", "to_port", "to_starboard")
_TIME: Final = pa.timestamp("us", tz="UTC")
SCHEMA: Final = pa.schema(
    [
        ("reported_at", _TIME), ("received_at", _TIME), ("source", pa.string()),
        ("msg_type", pa.int8()), ("mmsi", pa.string()), ("lon", pa.float64()),
        ("lat", pa.float64()), ("sog_kn", pa.float64()), ("cog_deg", pa.float64()),
        ("heading_deg", pa.float64()), ("rot_deg_min", pa.float64()), ("nav_status", pa.int8()),
        ("imo", pa.int32()), ("callsign", pa.string()), ("name", pa.string()),
        ("ship_type", pa.int16()), *((f"{side}_m", pa.float64()) for side in _SIDES),
        ("length_m", pa.float64()), ("width_m", pa.float64()), ("draught_m", pa.float64()),
        ("destination", pa.string()), ("eta", pa.string()),
    ]
)  # fmt: skip
"""Empty is null; MMSI is nine digits of text."""
UNIQUE_SCHEMA: Final = SCHEMA.append(pa.field("receivers", pa.list_(pa.string())))
"""The rows of ``--unique``: every source that heard the message, by name."""

_REPORT: Final = {"sog": "sog_kn", "cog": "cog_deg", "heading": "heading_deg", "rot": "rot_deg_min"}
_OF_THE_RECEIVER: Final = ("reported_at", "received_at", "source")
HELD_ROWS: Final = 1_000_000
"""Rows of `Once`; a row takes some 200 bytes. Chosen by us."""


def rows_of(decoded: Decoded) -> pa.RecordBatch:
    """One row a message in the order heard, columns of `SCHEMA`."""
    messages = np.union1d(decoded.report_of, decoded.static_of)
    at_report = np.searchsorted(messages, decoded.report_of)
    at_static = np.searchsorted(messages, decoded.static_of)
    columns: dict[str, Any] = {}
    for name in ("mmsi", "reported_at", "received_at", "source", "msg_type"):
        column = np.empty(len(messages), ReportBatch.dtypes()[name])
        column[at_static] = getattr(decoded.statics, name)
        column[at_report] = getattr(decoded.reports, name)
        columns[name] = column
    for rows, told in (
        (at_report, _report_columns(decoded.reports)),
        (at_static, _static_columns(decoded.statics)),
    ):
        for name, values in told.items():
            text = values.dtype.hasobject
            column = np.full(len(messages), None if text else np.nan, object if text else float)
            column[rows] = values
            columns[name] = column
    return _arrow(columns)


def _report_columns(reports: ReportBatch) -> dict[str, npt.NDArray[Any]]:
    status = reports.nav_status
    return {
        "lon": reports.lon,
        "lat": reports.lat,
        **{ours: _decimal(getattr(reports, name)) for name, ours in _REPORT.items()},
        "nav_status": np.where(status == NAV_STATUS_UNKNOWN, np.nan, status),
    }


def _static_columns(statics: StaticBatch) -> dict[str, npt.NDArray[Any]]:
    return {
        **_sizes(statics),
        "imo": np.where(statics.imo == 0, np.nan, statics.imo),
        "ship_type": np.where(statics.ship_type == 0, np.nan, statics.ship_type),
        "draught_m": _decimal(statics.draught),
        **{name: getattr(statics, name) for name in ("callsign", "name", "destination", "eta")},
    }


def decoded_of(rows: pa.RecordBatch | pa.Table) -> Decoded:
    """The reports and statics that `rows_of` made these rows from."""
    count = rows.num_rows
    kind = _filled(rows, "msg_type", 0).astype(np.int64)
    has_report = ~np.isin(kind, (5, 24))
    common = dict(
        mmsi=np.array(rows.column("mmsi").to_pylist(), object).astype(np.int64),
        reported_at=_filled(rows, "reported_at", 0), received_at=_filled(rows, "received_at", 0),
        msg_type=kind, source=_texts(rows, "source"),
    )  # fmt: skip
    reports = ReportBatch.of(
        lon=_filled(rows, "lon", np.nan), lat=_filled(rows, "lat", np.nan),
        **{name: _filled(rows, ours, np.nan) for name, ours in _REPORT.items()},
        nav_status=_filled(rows, "nav_status", NAV_STATUS_UNKNOWN), **common,
    )  # fmt: skip
    sides = _sides(rows, kind)
    statics = StaticBatch.of(
        imo=_filled(rows, "imo", 0), ship_type=_filled(rows, "ship_type", 0), **sides,
        draught=_filled(rows, "draught_m", np.nan),
        **{name: _texts(rows, name) for name in ("callsign", "name", "destination", "eta")},
        **common,
    )  # fmt: skip
    told = np.isin(kind, (5, 19, 21, 24)) | ((kind == 0) & tells_of_ship(statics))
    index = np.arange(count)
    return Decoded(
        reports=reports.take(has_report), statics=statics.take(told),
        report_of=index[has_report], static_of=index[told],
    )  # fmt: skip


class Once:
    """Lets every message through once, with all who heard it, however many receivers did.

    What is a copy: `ingest.clean.first_hearings`. Rows are held until the end, so that their
    receivers are complete; beyond `most` of them the older half goes, and a copy that comes
    later still is shown again.
    """

    def __init__(self, most: int = HELD_ROWS) -> None:
        self.copies = 0
        self._most = most
        self._held: list[pa.RecordBatch] = []

    def feed(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Rows of `UNIQUE_SCHEMA` that can be held no longer."""
        self._held.append(rows)
        if sum(batch.num_rows for batch in self._held) <= self._most:
            return _no_rows()
        held = pa.Table.from_batches(self._held).combine_chunks()
        times = _filled(held, "reported_at", 0)
        old = times <= np.median(times)
        self._held = held.filter(pa.array(~old)).combine_chunks().to_batches()
        return self._firsts(held.filter(pa.array(old)))

    def finish(self) -> pa.RecordBatch:
        """The rows still held."""
        held, self._held = self._held, []
        return self._firsts(pa.Table.from_batches(held, SCHEMA))

    def _firsts(self, rows: pa.Table) -> pa.RecordBatch:
        firsts = _first_rows(rows)
        heard: dict[int, set[str]] = {first: set() for first in firsts.tolist()}
        for first, source in zip(firsts.tolist(), rows.column("source").to_pylist(), strict=True):
            if source is not None:
                heard[first].add(source)
        shown = sorted(heard)
        self.copies += rows.num_rows - len(shown)
        names = pa.array([sorted(heard[first]) for first in shown], pa.list_(pa.string()))
        told = rows.take(pa.array(shown, pa.int64())).append_column("receivers", names)
        batches = told.combine_chunks().to_batches()
        return batches[0] if batches else _no_rows()


def _no_rows() -> pa.RecordBatch:
    empty = [pa.array([], column.type) for column in UNIQUE_SCHEMA]
    return pa.RecordBatch.from_arrays(empty, schema=UNIQUE_SCHEMA)


def _first_rows(rows: pa.Table) -> Int64:
    """For each row the row of the first hearing of the same message, shape (n,)."""
    table = rows.combine_chunks()
    content = []
    for name in SCHEMA.names:
        if name not in _OF_THE_RECEIVER and table.num_rows:
            codes = table.column(name).combine_chunks().dictionary_encode().indices
            content.append(np.asarray(codes.fill_null(-1), np.int64))
    return first_of(
        content, reported_at=_filled(rows, "reported_at", 0),
        received_at=_filled(rows, "received_at", 0), source=text_ranks(_texts(rows, "source")),
        msg_type=_filled(rows, "msg_type", 0).astype(np.int64),
    )  # fmt: skip


def tells_of_ship(statics: StaticBatch) -> Bools:
    """Which rows say anything of the ship, shape (n,)."""
    tells: Bools = (
        (statics.imo > 0)
        | (statics.ship_type > 0)
        | np.isfinite(statics.to_bow)
        | np.isfinite(statics.draught)
    )
    for name in ("callsign", "name", "destination", "eta"):
        tells |= getattr(statics, name) != np.array(None)
    return tells


def iso_column(times: Int64) -> Text:
    """ISO 8601 UTC texts with ``Z``; fractions only where there are some."""
    stamps = times.astype("datetime64[us]")
    texts = np.empty(len(times), object)
    whole, milli = times % 1_000_000 == 0, times % 1000 == 0
    units: tuple[tuple[Literal["s", "ms", "us"], Bools], ...] = (
        ("s", whole), ("ms", milli & ~whole), ("us", ~milli),
    )  # fmt: skip
    for unit, rows in units:
        texts[rows] = [f"{text}Z" for text in np.datetime_as_string(stamps[rows], unit=unit)]
    return texts


def _arrow(columns: dict[str, Any]) -> pa.RecordBatch:
    columns["mmsi"] = [f"{mmsi:09d}" for mmsi in columns["mmsi"].tolist()]
    columns["msg_type"] = np.where(columns["msg_type"] == 0, np.nan, columns["msg_type"])
    arrays = []
    for column in SCHEMA:
        values = columns[column.name]
        if pa.types.is_integer(column.type):
            values = np.ma.masked_invalid(values)
            known = pa.array(values.filled(0).astype(np.int64), mask=np.ma.getmaskarray(values))
            arrays.append(known.cast(column.type))
        else:
            arrays.append(pa.array(values, type=column.type, from_pandas=True))
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _sizes(statics: StaticBatch) -> dict[str, Float64]:
    """Dimensions; where only length and width are known (ITU-R M.1371-5 figure 41) no sides."""
    sides = {f"{side}_m": _decimal(getattr(statics, side)) for side in _SIDES}
    length = sides["to_bow_m"] + sides["to_stern_m"]
    width = sides["to_port_m"] + sides["to_starboard_m"]
    loose = (statics.msg_type == 0) & (statics.to_bow == 0) & (statics.to_port == 0)
    sides = {name: np.where(loose, np.nan, values) for name, values in sides.items()}
    return {
        **sides,
        "length_m": np.where(length > 0, length, np.nan),
        "width_m": np.where(width > 0, width, np.nan),
    }


def _sides(rows: pa.RecordBatch | pa.Table, kind: Int64) -> dict[str, Float64]:
    sides = {side: _filled(rows, f"{side}_m", np.nan) for side in _SIDES}
    length, width = _filled(rows, "length_m", np.nan), _filled(rows, "width_m", np.nan)
    loose = np.isnan(sides["to_bow"]) & (np.isfinite(length) | np.isfinite(width)) & (kind == 0)
    extents = zip(sides, (None, length, None, width), strict=True)
    return {
        side: np.where(loose, 0.0 if extent is None else np.nan_to_num(extent), sides[side])
        for side, extent in extents
    }


def _decimal(column: npt.NDArray[np.float32]) -> Float64:
    """The decimal that was stored as float32; AIS has tenths, archives at most hundredths."""
    exact: Float64 = np.rint(column.astype(np.float64) * 1000) / 1000
    return exact


def _filled(rows: pa.RecordBatch | pa.Table, name: str, missing: float) -> npt.NDArray[Any]:
    column = rows.column(name)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    filled = column.fill_null(pa.scalar(missing, column.type))
    values: npt.NDArray[Any] = np.asarray(filled)
    return values


def _texts(rows: pa.RecordBatch | pa.Table, name: str) -> Text:
    column = np.empty(rows.num_rows, object)
    column[:] = rows.column(name).to_pylist()
    return column
