"""AIS payloads -> columns, by pyais.

The one place that knows how messages are decoded: a faster engine offers the same function.
Values are those of pyais, with the standard's "not available" turned into NaN, None or 0.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

import numpy as np
from pyais.bit_vector import bit_vector
from pyais.exceptions import AISBaseException
from pyais.messages import MSG_CLASS

from ingest.batch import NAV_STATUS_UNKNOWN, UNKNOWN_TIME, Float64, Int8, Int64, Text
from ingest.clock import NO_SECOND
from sea.instants import to_us

FIXED_BITS: Final = {
    1: 168, 2: 168, 3: 168, 4: 168, 5: 423, 9: 168, 11: 168, 17: 75, 18: 168, 19: 308, 21: 271,
    24: 160, 27: 95,
}  # fmt: skip
"""Bits up to the last field of fixed length that is not spare, ITU-R M.1371-5 annex 8. They are
held against the six-bit characters sent: receivers that miscount fill bits lose nothing."""

PART_B_BITS: Final = 162
"""The same for part B of type 24."""

_COMMON: Final = ("mmsi", "lon", "lat")
_REPORT: Final[dict[int, tuple[str, ...]]] = {
    **dict.fromkeys((1, 2, 3), (*_COMMON, "speed", "course", "heading", "turn", "status")),
    **dict.fromkeys((4, 11, 17, 21), _COMMON),
    9: (*_COMMON, "speed", "course"),
    **dict.fromkeys((18, 19), (*_COMMON, "speed", "course", "heading")),
    27: (*_COMMON, "speed", "course", "status"),
}
_REPORT_NAMES: Final = {"speed": "sog", "course": "cog", "turn": "rot", "status": "nav_status"}
_REPORT_UNKNOWN: Final[dict[str, float]] = {
    "lon": np.nan, "lat": np.nan, "sog": np.nan, "cog": np.nan, "heading": np.nan, "rot": np.nan,
    "nav_status": NAV_STATUS_UNKNOWN,
}  # fmt: skip
_NOT_AVAILABLE: Final[dict[str, float]] = {
    "lon": 181.0, "lat": 91.0, "sog": 102.3, "cog": 360.0, "heading": 511.0, "rot": -128.0,
}  # fmt: skip
_NOT_AVAILABLE_OF: Final[dict[int, dict[str, float]]] = {
    9: {"sog": 1023.0},
    27: {"sog": 63.0, "cog": 511.0},
}

_SIZE: Final = ("to_bow", "to_stern", "to_port", "to_starboard")
_STATIC: Final[dict[str, tuple[str, ...]]] = {
    "MessageType5": ("mmsi", "imo", "callsign", "shipname", "ship_type", *_SIZE, "draught",
                     "destination", "month", "day", "hour", "minute"),
    "MessageType19": ("mmsi", "shipname", "ship_type", *_SIZE),
    "MessageType21": ("mmsi", "full_name", *_SIZE),
    "MessageType24PartA": ("mmsi", "shipname"),
    "MessageType24PartB": ("mmsi", "ship_type", "callsign", *_SIZE),
    "MessageType24PartBAuxiliaryCraft": ("mmsi", "ship_type", "callsign"),
}  # fmt: skip
_STATIC_TYPES: Final = (5, 19, 21, 24)
_STATIC_NAMES: Final = {"shipname": "name", "full_name": "name"}
_STATIC_UNKNOWN: Final[dict[str, Any]] = {
    "imo": 0, "callsign": None, "name": None, "ship_type": 0, **dict.fromkeys(_SIZE, np.nan),
    "draught": np.nan, "destination": None, "eta": None,
}  # fmt: skip

_SIX_BITS: Final = tuple(bit_vector(bytes([byte])).get(0, 6) for byte in range(256))

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What the payloads say, as columns.

    Attributes:
        report_of, static_of: which payload each row came from, ascending.
        reports, statics: columns of `ReportBatch` and `StaticBatch` without times and source.
        second: UTC second of each payload's measurement, 60 and above unknown, shape (n,).
        stated_at: full UTC of each base station report, us, else `UNKNOWN_TIME`, shape (n,).
    """

    report_of: Int64
    reports: Columns
    static_of: Int64
    statics: Columns
    second: Int8
    stated_at: Int64


def decode_payloads(
    payloads: Sequence[bytes], fills: Sequence[int], counts: Counter[str]
) -> Fields:
    """The fields of whole messages; what gives none is counted.

    Reasons: ``too_short``, ``unknown_type``, ``decode_error``; ``other_type`` are good messages
    of types that carry neither position nor static data.
    """
    reports: dict[int, list[tuple[int, Any]]] = {kind: [] for kind in _REPORT}
    statics: dict[str, list[tuple[int, Any]]] = {name: [] for name in _STATIC}
    for index, (payload, fill) in enumerate(zip(payloads, fills, strict=True)):
        message = _decode(payload, fill, counts)
        if message is None:
            continue
        kind = message.msg_type
        if kind in reports:
            reports[kind].append((index, message))
        if kind in _STATIC_TYPES:
            statics[type(message).__name__].append((index, message))
    report_of, report_columns = _gather(
        [(indices, _report_columns(kind, messages)) for kind, indices, messages in _split(reports)],
        {"mmsi": 0, "msg_type": 0, **_REPORT_UNKNOWN},
    )
    static_of, static_columns = _gather(
        [(indices, _static_columns(name, messages)) for name, indices, messages in _split(statics)],
        {"mmsi": 0, "msg_type": 0, **_STATIC_UNKNOWN},
    )
    second, stated_at = _times(reports, len(payloads))
    return Fields(report_of=report_of, reports=report_columns, static_of=static_of,
                  statics=static_columns, second=second, stated_at=stated_at)  # fmt: skip


def _decode(payload: bytes, fill: int, counts: Counter[str]) -> Any:
    if not payload:
        counts["too_short"] += 1
        return None
    kind = _SIX_BITS[payload[0]]
    needed = FIXED_BITS.get(kind)
    if needed is None:
        counts["other_type" if kind in MSG_CLASS and kind else "unknown_type"] += 1
        return None
    bits = bit_vector(payload, fill)
    if kind == 24 and bits.get(38, 2) == 1:
        needed = PART_B_BITS
    if len(payload) * 6 < needed:
        counts["too_short"] += 1
        return None
    try:
        return MSG_CLASS[kind].from_vector(bits)
    except (AISBaseException, ValueError):
        counts["decode_error"] += 1
        return None


def _split(groups: dict[Any, list[tuple[int, Any]]]) -> list[tuple[Any, list[int], list[Any]]]:
    return [
        (key, [i for i, _ in rows], [m for _, m in rows]) for key, rows in groups.items() if rows
    ]


def _gather(
    parts: list[tuple[list[int], Columns]], unknown: dict[str, Any]
) -> tuple[Int64, Columns]:
    """One table in the order of the payloads; what a part lacks is unknown."""
    indices = np.concatenate([np.asarray(i, np.int64) for i, _ in parts] or [np.empty(0, np.int64)])
    order = np.argsort(indices, kind="stable")
    table = {}
    for name, missing in unknown.items():
        pieces = [
            columns[name] if name in columns else np.full(len(i), missing, _dtype(missing))
            for i, columns in parts
        ]
        table[name] = np.concatenate(pieces or [np.empty(0, _dtype(missing))])[order]
    return indices[order], table


def _dtype(value: Any) -> type:
    return object if value is None else type(value)


def _columns(messages: list[Any], names: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    return dict(zip(names, zip(*map(attrgetter(*names), messages), strict=True), strict=True))


def _report_columns(kind: int, messages: list[Any]) -> Columns:
    columns: Columns = {"msg_type": np.full(len(messages), kind)}
    missing = _NOT_AVAILABLE | _NOT_AVAILABLE_OF.get(kind, {})
    for name, values in _columns(messages, _REPORT[kind]).items():
        ours = _REPORT_NAMES.get(name, name)
        if ours in ("mmsi", "nav_status"):
            columns[ours] = np.array(values, np.int64)
            continue
        column = np.array(values, np.float64)
        if kind == 17:
            column = _tenths_of_a_minute(column, 18 if ours == "lon" else 17)
        columns[ours] = np.where(column == missing[ours], np.nan, column)
    return columns


def _tenths_of_a_minute(values: Float64, bits: int) -> Float64:
    """Degrees from what pyais makes of type 17: unsigned, and a tenth taken for degrees."""
    raw = np.rint(values * 10)
    return np.round(np.where(raw >= 2 ** (bits - 1), raw - 2**bits, raw) / 600, 6)


def _static_columns(name: str, messages: list[Any]) -> Columns:
    raw = _columns(messages, _STATIC[name])
    columns: Columns = {"msg_type": np.array([m.msg_type for m in messages])}
    for field, values in raw.items():
        ours = _STATIC_NAMES.get(field, field)
        if ours in ("callsign", "name", "destination"):
            columns[ours] = _text(values)
        elif ours in ("mmsi", "imo", "ship_type"):
            columns[ours] = np.array(values, np.int64)
        elif ours == "draught":
            draught = np.array(values, np.float64)
            columns[ours] = np.where(draught == 0, np.nan, draught)
    if "to_bow" in raw:
        size = np.array([raw[side] for side in _SIZE], np.float64)
        size[:, (size == 0).all(axis=0)] = np.nan
        columns |= zip(_SIZE, size, strict=True)
    if "month" in raw:
        columns["eta"] = _etas(raw)
    return columns


def _text(values: Sequence[str]) -> Text:
    column = np.empty(len(values), object)
    column[:] = [value or None for value in values]
    return column


def _etas(raw: dict[str, tuple[Any, ...]]) -> Text:
    """``MM-DDThh:mm`` as sent (24 and 60 are an unknown hour and minute); None without a day."""
    moments = zip(*(raw[part] for part in ("month", "day", "hour", "minute")), strict=True)
    return _text(
        [f"{mo:02d}-{d:02d}T{h:02d}:{mi:02d}" if mo and d else "" for mo, d, h, mi in moments]
    )


def _times(reports: dict[int, list[tuple[int, Any]]], size: int) -> tuple[Int8, Int64]:
    second = np.full(size, NO_SECOND, np.int8)
    stated_at = np.full(size, UNKNOWN_TIME, np.int64)
    for kind, rows in reports.items():
        if kind in (17, 27) or not rows:
            continue
        indices = [index for index, _ in rows]
        second[indices] = [message.second for _, message in rows]
        if kind in (4, 11):
            stated_at[indices] = [_stated(message) for _, message in rows]
    return second, stated_at


def _stated(message: Any) -> int:
    try:
        return to_us(datetime(message.year, message.month, message.day, message.hour,
                              message.minute, message.second, tzinfo=UTC))  # fmt: skip
    except ValueError:
        return UNKNOWN_TIME
