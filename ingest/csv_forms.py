"""The CSV files of AIS archives -> reports and statics, one of either for a line.

- MarineCadastre (NOAA and BOEM, AIS data dictionary): the spelling up to 2024, the lower-case one
  after, and what GDAL makes of the databases before 2015 (X, Y).
- Danish Maritime Authority (its "README information CSV files").
- Norwegian Coastal Administration (Kystverket, Kystdatahuset's export: ``mmsi;imo_nr;length;
  date_time_utc;lon;lat;sog;cog;true_heading;nav_status;message_nr``).
- AISHub (its API page, "Output values"): human readable, and in units of AIS with epoch times,
  1/10000 minutes, and tenths.
- Global Fishing Watch (README of its training data): epoch or ISO times, ``speed`` and ``course``.
  Its anonymous vessels have numbers that are no MMSI and are counted as ``bad_mmsi``.

A line is a report merged with what was known of the ship, so it has no message type.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from ingest.batch import NAV_STATUS_UNKNOWN, Float64, Int64, ReportBatch, StaticBatch, Text
from ingest.clock import EARLIEST_US, LATEST_US, epochs_us
from ingest.decode import Bools, Decoded, without_impossible
from ingest.rows import tells_of_ship

_MARINE_CADASTRE: Final = {
    "mmsi": "mmsi", "basedatetime": "time", "lat": "lat", "latitude": "lat", "lon": "lon",
    "longitude": "lon", "sog": "sog", "cog": "cog", "heading": "heading", "vesselname": "name",
    "imo": "imo", "callsign": "callsign", "vesseltype": "ship_type", "status": "nav_status",
    "length": "length", "width": "width", "draft": "draught", "draught": "draught", "x": "lon",
    "y": "lat", "rot": "rot",
}  # fmt: skip
_NORWEGIAN: Final = {
    "mmsi": "mmsi", "datetimeutc": "time", "lon": "lon", "lat": "lat", "sog": "sog", "cog": "cog",
    "trueheading": "heading", "navstatus": "nav_status", "rot": "rot", "imonr": "imo", "imo": "imo",
    "length": "length", "breadth": "width", "draught": "draught", "callsign": "callsign",
    "shipname": "name", "shiptype": "ship_type", "destination": "destination",
}  # fmt: skip
_AISHUB: Final = {
    "mmsi": "mmsi", "tstamp": "time", "time": "time", "latitude": "lat", "longitude": "lon",
    "cog": "cog", "sog": "sog", "heading": "heading", "navstat": "nav_status", "imo": "imo",
    "name": "name", "callsign": "callsign", "type": "ship_type", "a": "to_bow", "b": "to_stern",
    "c": "to_port", "d": "to_starboard", "draught": "draught", "dest": "destination", "eta": "eta",
}  # fmt: skip
_FISHING_WATCH: Final = {
    "mmsi": "mmsi", "ssvid": "mmsi", "timestamp": "time", "lat": "lat", "lon": "lon",
    "speed": "sog", "course": "cog", "heading": "heading", "shipname": "name",
    "callsign": "callsign", "imo": "imo", "destination": "destination",
}  # fmt: skip
_DANISH: Final = {
    "timestamp": "time", "typeofmobile": "mobile", "mmsi": "mmsi", "latitude": "lat",
    "longitude": "lon", "navigationalstatus": "nav_status", "rot": "rot", "sog": "sog",
    "cog": "cog", "heading": "heading", "imo": "imo", "callsign": "callsign", "name": "name",
    "shiptype": "ship_type", "width": "width", "length": "length", "draught": "draught",
    "destination": "destination", "eta": "eta", "a": "to_bow", "b": "to_stern",
    "c": "to_starboard", "d": "to_port",
}  # fmt: skip
"""Its column C is starboard and D port (the authority's description of its columns), the
opposite of the letters in ITU-R M.1371."""

_STATUS_STARTS: Final = (
    ("under way using engine", 0), ("at anchor", 1), ("not under command", 2),
    ("restricted man", 3), ("constrained by her dra", 4), ("moored", 5), ("aground", 6),
    ("engaged in fishing", 7), ("under way sailing", 8),
    ("reserved for future amendment [hsc]", 9), ("reserved for future amendment [wig]", 10),
    ("power-driven vessel towing astern", 11), ("power-driven vessel pushing ahead", 12),
    ("ais-sart", 14),
)  # fmt: skip
_SHIP_TYPES: Final = {
    "wig": 20, "fishing": 30, "towing": 31, "towing long/wide": 32, "dredging": 33, "diving": 34,
    "military": 35, "sailing": 36, "pleasure": 37, "hsc": 40, "pilot": 50, "sar": 51, "tug": 52,
    "port tender": 53, "anti-pollution": 54, "law enforcement": 55, "spare 1": 56, "spare 2": 57,
    "medical": 58, "not party to conflict": 59, "passenger": 60, "cargo": 70, "tanker": 80,
    "other": 90,
}  # fmt: skip
"""ITU-R M.1371-5 table 53, the first number of each kind, for archives that give its name."""

_BEYOND: Final = 1e4
"""No angle, speed or length of a ship in any archive is as great; a damaged number may be."""

Frame = Mapping[str, "pd.Series[Any]"]
Times = Literal["iso", "day_first", "epoch"]

_FORMS: Final[tuple[tuple[str, Mapping[str, str], set[str], Times], ...]] = (
    ("MarineCadastre CSV", _MARINE_CADASTRE, set(), "iso"),
    ("Danish DMA CSV", _DANISH, {"mobile"}, "day_first"),
    ("Norwegian CSV", _NORWEGIAN, set(), "iso"),
    ("AISHub CSV", _AISHUB, {"nav_status"}, "epoch"),
    ("Global Fishing Watch CSV", _FISHING_WATCH, {"sog", "cog"}, "epoch"),
)
"""Name, spellings, what must be there beside the four that always must, times."""

_AIS_UNITS: Final = {"lon": 600_000, "lat": 600_000, "sog": 10, "cog": 10, "draught": 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvForm:
    """One kind of archive.

    Attributes:
        name: for messages. columns: header text -> our name. separator: between columns.
        times: how they are written: as ISO 8601, as dd/mm/yyyy, or as an epoch or ISO 8601.
    """

    name: str
    columns: Mapping[str, str]
    separator: str
    times: Times


def csv_form(header: str) -> CsvForm | None:
    """The form whose header line this is, None if it is none we know."""
    separator = ";" if header.count(";") > header.count(",") else ","
    texts = [text.strip().strip('"') for text in header.lstrip("\ufeff").strip().split(separator)]
    for name, spellings, needed, times in _FORMS:
        columns = {text: spellings[key] for text in texts if (key := _plain(text)) in spellings}
        if {"mmsi", "time", "lat", "lon", *needed} <= set(columns.values()):
            return CsvForm(name=name, columns=columns, separator=separator, times=times)
    return None


def read_frame(
    form: CsvForm, frame: pd.DataFrame, counts: Counter[str], *, as_sent: bool = False
) -> Decoded:
    """The rows of a chunk of text columns; lines without a usable MMSI or time are counted."""
    names = {text.strip().strip('"').lstrip("\ufeff"): text for text in frame.columns}
    table = {ours: frame[names[text]] for text, ours in form.columns.items() if text in names}
    if form.name == "AISHub CSV" and _is_epoch(table["time"]):
        units = {name: divisor for name, divisor in _AIS_UNITS.items() if name in table}
        table |= {name: pd.Series(_number(table[name]) / n) for name, n in units.items()}
    mmsi = _number(table["mmsi"])
    time, timed = _times(table["time"], form.times)
    known = (mmsi >= 1) & (mmsi < 2**30)
    counts["messages"] += len(frame)
    counts["bad_mmsi"] += int((~known).sum())
    counts["bad_time"] += int((known & ~timed).sum())
    rows = np.flatnonzero(known & timed)
    counts["rows"] += len(rows)
    kept = {name: column.iloc[rows] for name, column in table.items()}
    common = dict(
        mmsi=mmsi[rows], reported_at=time[rows], received_at=time[rows],
        msg_type=np.zeros(len(rows)), source=np.full(len(rows), None),
    )  # fmt: skip
    reports = _reports(kept, common)
    statics = _statics(kept, common)
    told = np.flatnonzero(tells_of_ship(statics))
    return Decoded(
        reports=reports if as_sent else without_impossible(reports),
        statics=statics.take(told), report_of=np.arange(len(rows)), static_of=told,
    )  # fmt: skip


def _reports(table: Frame, common: dict[str, Any]) -> ReportBatch:
    size = len(common["mmsi"])

    def column(name: str, not_available: float) -> Float64:
        if name not in table:
            return np.full(size, np.nan)
        values = _number(table[name])
        return np.where((values == not_available) | (np.abs(values) > _BEYOND), np.nan, values)

    return ReportBatch.of(
        lon=column("lon", 181), lat=column("lat", 91), sog=column("sog", 102.3),
        cog=column("cog", 360), heading=column("heading", 511), rot=column("rot", -128),
        nav_status=_coded(table.get("nav_status"), size, _nav_status, NAV_STATUS_UNKNOWN),
        **common,
    )  # fmt: skip


def _statics(table: Frame, common: dict[str, Any]) -> StaticBatch:
    size = len(common["mmsi"])
    sides = {side: _metres(table, side, size) for side in
             ("to_bow", "to_stern", "to_port", "to_starboard")}  # fmt: skip
    length, width = _metres(table, "length", size), _metres(table, "width", size)
    placed = np.isfinite(np.array(list(sides.values()))).any(axis=0)
    sized = ~placed & (np.isfinite(length) | np.isfinite(width))
    for side, extent in zip(sides, (None, length, None, width), strict=True):
        whole = np.zeros(size) if extent is None else np.nan_to_num(extent)
        sides[side] = np.where(sized, whole, np.where(placed, np.nan_to_num(sides[side]), np.nan))
    imo = _number(_column(table, "imo", size).str.upper().str.removeprefix("IMO"))
    return StaticBatch.of(
        imo=np.where((imo > 0) & (imo < 2**31), imo, 0),
        callsign=_text(table, "callsign", size), name=_text(table, "name", size),
        ship_type=_coded(table.get("ship_type"), size, _ship_type, 0), **sides,
        draught=_metres(table, "draught", size), destination=_text(table, "destination", size),
        eta=_etas(table, size), **common,
    )  # fmt: skip


def _plain(header: str) -> str:
    return "".join(letter for letter in header.lower() if letter.isalnum())


def _number(column: "pd.Series[Any]") -> Float64:
    return pd.to_numeric(column, errors="coerce").to_numpy(np.float64)


def _column(table: Frame, name: str, size: int) -> "pd.Series[Any]":
    return table[name] if name in table else pd.Series([""] * size, dtype=object)


def _metres(table: Frame, name: str, size: int) -> Float64:
    values = _number(_column(table, name, size))
    return np.where((values > 0) & (values < _BEYOND), values, np.nan)


def _text(table: Frame, name: str, size: int) -> Text:
    values = _column(table, name, size).str.strip().tolist()
    column = np.empty(size, object)
    column[:] = [None if not v or v.lower() == "unknown" else v for v in values]
    return column


def _coded(
    column: "pd.Series[Any] | None", size: int, code: Callable[[str], int], missing: int
) -> Int64:
    """AIS numbers of a column of numbers or names."""
    if column is None:
        return np.full(size, missing)
    positions, texts = pd.factorize(column)
    codes = np.array([code(str(text).strip().lower()) for text in texts], np.int64)
    return codes[positions] if len(codes) else np.full(size, missing)


def _nav_status(text: str) -> int:
    number = _whole(text)
    if number is not None and 0 <= number <= NAV_STATUS_UNKNOWN:
        return number
    starts = (status for start, status in _STATUS_STARTS if text.startswith(start))
    return next(starts, NAV_STATUS_UNKNOWN)


def _ship_type(text: str) -> int:
    number = _whole(text)
    if number is not None:
        return number if 0 <= number < 2**15 else 0
    return _SHIP_TYPES.get(text, 0)


def _whole(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _is_epoch(column: "pd.Series[Any]") -> bool:
    """Whether the times of a chunk are numbers; a damaged one does not decide it."""
    return bool(np.isfinite(_number(column)).mean() > 0.5) if len(column) else False


def _times(column: "pd.Series[Any]", times: Times) -> tuple[Int64, Bools]:
    """Microseconds UTC, and where there is a time at all."""
    if times == "epoch":
        if _is_epoch(column):
            return epochs_us(_number(column))
        column = column.str.replace(r"\s*(UTC|GMT)$", "", regex=True)
    day_first = times == "day_first"
    form = "%d/%m/%Y %H:%M:%S" if day_first else "ISO8601"
    moments = pd.to_datetime(column, format=form, utc=True, errors="coerce")
    if day_first and moments.isna().any():
        moments = moments.fillna(
            pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce")
        )
    instants = moments.dt.as_unit("us").astype("int64").to_numpy().astype(np.int64)
    return instants, (instants >= EARLIEST_US) & (instants < LATEST_US)


def _etas(table: Frame, size: int) -> Text:
    """``MM-DDThh:mm`` of the declared arrival, None without one."""
    column = _column(table, "eta", size)
    moments = pd.to_datetime(column, format="%d/%m/%Y %H:%M:%S", errors="coerce")
    etas = np.full(size, None, object)
    told = moments.notna().to_numpy()
    etas[told] = moments[told].dt.strftime("%m-%dT%H:%M").to_numpy()
    short = column.astype(str).str.fullmatch(r"\d\d-\d\d \d\d:\d\d").to_numpy(bool)
    etas[short] = column[short].str.replace(" ", "T").to_numpy()
    return etas
