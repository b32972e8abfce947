"""Rows as PostgreSQL takes them in bulk: batches -> binary COPY of `positions` and `statics`.

Source: PostgreSQL documentation, COPY, "Binary Format": big-endian fields, each behind its
length, -1 for NULL. Unknown values are NULL.
"""

from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.batch import NAV_STATUS_UNKNOWN, Int64, ReportBatch, StaticBatch, Text

_EPOCH_US: Final = 946_684_800_000_000
"""2000-01-01T00:00:00Z, from which PostgreSQL counts microseconds."""

_DEGREE: Final = 1e7
_NULL: Final = -32768
_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL: Final = b"\xff\xff"
_POSITION_ROOM: Final = 2 + 10 * 4 + 38
_STATIC_ROOM: Final = 2 + 12 * 4 + 32
_TIME_BITS: Final = 33

Array = npt.NDArray[Any]


def positions_copy(reports: ReportBatch) -> tuple[int, bytes]:
    """How many reports have a position, and the COPY of them, sorted by (mmsi, t)."""
    rows = _by_vessel(reports, np.flatnonzero(np.isfinite(reports.lon) & np.isfinite(reports.lat)))
    out = np.empty(_POSITION_ROOM * len(rows), np.uint8)
    end = _write_positions(
        rows, reports.reported_at, reports.mmsi, reports.lon, reports.lat, reports.sog,
        reports.cog, reports.heading, reports.nav_status, reports.msg_type, reports.received_at,
        out,
    )  # fmt: skip
    return len(rows), _HEAD + out[:end].tobytes() + _TAIL


def statics_copy(statics: StaticBatch) -> bytes:
    """The COPY of static messages."""
    texts = tuple(
        _utf8(column)
        for column in (statics.callsign, statics.name, statics.destination, statics.eta)
    )
    room = _STATIC_ROOM * len(statics) + sum(len(data) for data, _, _ in texts)
    out = np.empty(room, np.uint8)
    end = _write_statics(
        statics.reported_at, statics.mmsi, statics.msg_type, statics.imo, statics.ship_type,
        statics.to_bow + statics.to_stern, statics.to_port + statics.to_starboard,
        statics.draught, texts, out,
    )  # fmt: skip
    return _HEAD + out[:end].tobytes() + _TAIL


def _by_vessel(reports: ReportBatch, rows: Int64) -> Int64:
    """The rows in order of (mmsi, t), equal ones as they were."""
    times, mmsi = reports.reported_at[rows], reports.mmsi[rows]
    if not len(rows) or np.ptp(times) >> _TIME_BITS or np.ptp(mmsi.astype(np.int64)) >> 30:
        return rows[np.lexsort((times, mmsi))]
    key = (mmsi.astype(np.int64) - mmsi.min()) << _TIME_BITS | (times - times.min())
    return rows[np.argsort(key, kind="stable")]


def _utf8(column: Text) -> tuple[Array, Array, Array]:
    """Bytes of all texts, where each begins and the last ends, and which are None."""
    array = pa.array(column, pa.string())
    _, bounds, data = array.buffers()
    octets = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    octets.setflags(write=False)  # one type for the compiled pass, as Arrow's own
    return (
        octets,
        np.frombuffer(bounds, np.int32)[: len(column) + 1],
        array.is_null().to_numpy(zero_copy_only=False),
    )


@numba.njit(cache=True, nogil=True, forceinline=True)
def _put(out, at, value, octets):  # type: ignore[no-untyped-def]
    """An integer behind its length; returns where the next one goes."""
    at = _bare(out, at, octets, 4)
    return _bare(out, at, value, octets)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _bare(out, at, value, octets):  # type: ignore[no-untyped-def]
    left = np.int64(value)
    for place in range(at + octets - 1, at - 1, -1):
        out[place] = left & 255
        left >>= 8
    return at + octets


@numba.njit(cache=True, nogil=True, forceinline=True)
def _put_known(out, at, value, octets, known):  # type: ignore[no-untyped-def]
    return _put(out, at, value, octets) if known else _bare(out, at, -1, 4)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _scaled(value, factor):  # type: ignore[no-untyped-def]
    """The value in steps of one over `factor` as int2, `_NULL` if unknown or beyond."""
    steps = np.rint(np.float64(value) * factor)
    return np.int64(steps) if abs(steps) < -_NULL - 1 else np.int64(_NULL)


@numba.njit(cache=True, nogil=True)
def _write_positions(  # type: ignore[no-untyped-def]
    rows, times, mmsi, lon, lat, sog, cog, heading, nav_status, msg_type, received_at, out
):
    at = 0
    for i in rows:
        at = _bare(out, at, 10, 2)
        at = _put(out, at, times[i] - _EPOCH_US, 8)
        at = _put(out, at, mmsi[i], 4)
        at = _put(out, at, np.rint(lon[i] * _DEGREE), 4)
        at = _put(out, at, np.rint(lat[i] * _DEGREE), 4)
        for value in (_scaled(sog[i], 10), _scaled(cog[i], 10), _scaled(heading[i], 1)):
            at = _put_known(out, at, value, 2, value != _NULL)
        at = _put_known(out, at, nav_status[i], 2, nav_status[i] != NAV_STATUS_UNKNOWN)
        at = _put(out, at, msg_type[i], 2)
        at = _put(out, at, received_at[i] - _EPOCH_US, 8)
    return at


@numba.njit(cache=True, nogil=True)
def _write_statics(  # type: ignore[no-untyped-def]
    times, mmsi, msg_type, imo, ship_type, length, width, draught, texts, out
):
    callsign, name, destination, eta = texts
    lengths, widths, draughts = (
        length.view(np.int32), width.view(np.int32), draught.view(np.int32),
    )  # fmt: skip
    at = 0
    for i in range(len(times)):
        at = _bare(out, at, 12, 2)
        at = _put(out, at, times[i] - _EPOCH_US, 8)
        at = _put(out, at, mmsi[i], 4)
        at = _put(out, at, msg_type[i], 2)
        at = _put_known(out, at, imo[i], 4, imo[i] != 0)
        at = _put_text(out, at, i, callsign)
        at = _put_text(out, at, i, name)
        at = _put_known(out, at, ship_type[i], 2, ship_type[i] != 0)
        at = _put_known(out, at, lengths[i], 4, length[i] > 0)
        at = _put_known(out, at, widths[i], 4, width[i] > 0)
        at = _put_known(out, at, draughts[i], 4, draught[i] > 0)
        at = _put_text(out, at, i, destination)
        at = _put_text(out, at, i, eta)
    return at


@numba.njit(cache=True, nogil=True, forceinline=True)
def _put_text(out, at, i, text):  # type: ignore[no-untyped-def]
    data, bounds, missing = text
    if missing[i]:
        return _bare(out, at, -1, 4)
    at = _bare(out, at, bounds[i + 1] - bounds[i], 4)
    for place in range(bounds[i], bounds[i + 1]):
        out[at] = data[place]
        at += 1
    return at
