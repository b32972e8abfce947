"""Reads of what is stored, for export: positions in order of time as columns, and events.

Positions leave PostgreSQL as binary COPY (its documentation, COPY, "Binary Format") with -32768
for null, so that every record is as long as the next and NumPy reads them.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
import numpy as np

from ingest.batch import NAV_STATUS_UNKNOWN, Float64, ReportBatch

_POSTGRES_EPOCH_US: Final = 946_684_800_000_000
_UNKNOWN: Final = -32768
_HEADER_BYTES: Final = 19
_COLUMNS: Final = (
    ("t", ">i8"), ("mmsi", ">i4"), ("lon", ">i4"), ("lat", ">i4"), ("sog", ">i2"), ("cog", ">i2"),
    ("heading", ">i2"), ("nav_status", ">i2"), ("msg_type", ">i2"), ("received_at", ">i8"),
)  # fmt: skip
_RECORD: Final = np.dtype(
    [("fields", ">i2"), *(part for name, code in _COLUMNS for part in
                          ((f"{name}_size", ">i4"), (name, code)))]
)  # fmt: skip

_DAYS: Final = """
    SELECT date_trunc('day', t, 'UTC') AS day, count(*) AS positions
    FROM positions
    WHERE t >= $1 AND t < $2
      AND ($3::int4[] IS NULL OR mmsi = ANY ($3::int4[]))
      AND ($4::float8 IS NULL OR lat BETWEEN round($5::float8 * 1e7) AND round($7::float8 * 1e7)
           AND CASE WHEN $4::float8 <= $6::float8
               THEN lon BETWEEN round($4::float8 * 1e7) AND round($6::float8 * 1e7)
               ELSE lon >= round($4::float8 * 1e7) OR lon <= round($6::float8 * 1e7) END)
    GROUP BY day ORDER BY day
"""
_POSITIONS: Final = """
    SELECT t, mmsi, lon, lat, coalesce(sog, (-32768)::int2), coalesce(cog, (-32768)::int2),
           coalesce(heading, (-32768)::int2), coalesce(nav_status, (-32768)::int2), msg_type,
           received_at
    FROM positions
    WHERE t >= $1 AND t < $2
      AND ($3::int4[] IS NULL OR mmsi = ANY ($3::int4[]))
      AND ($4::float8 IS NULL OR lat BETWEEN round($5::float8 * 1e7) AND round($7::float8 * 1e7)
           AND CASE WHEN $4::float8 <= $6::float8
               THEN lon BETWEEN round($4::float8 * 1e7) AND round($6::float8 * 1e7)
               ELSE lon >= round($4::float8 * 1e7) OR lon <= round($6::float8 * 1e7) END)
    ORDER BY t, mmsi, received_at, lon, lat
"""
_EVENTS: Final = """
    SELECT id, timeline, kind, mmsis, started_at, ended_at, detected_at, lon, lat, status,
           confidence, evidence::text AS evidence, originator, releasable_to
    FROM events
    WHERE started_at < $2 AND coalesce(ended_at, 'infinity') >= $1
      AND ($3::int4[] IS NULL OR mmsis && $3::int4[])
      AND ($4::float8 IS NULL OR lat BETWEEN $5 AND $7 AND
           CASE WHEN $4 <= $6 THEN lon BETWEEN $4 AND $6 ELSE lon >= $4 OR lon <= $6 END)
    ORDER BY started_at, timeline, id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to export: a time range whose end is not in it, vessels, a box; None is all.

    The box is west, south, east, north in degrees, and crosses 180 degrees where west > east.
    """

    start: datetime
    end: datetime
    mmsis: tuple[int, ...] | None = None
    bbox: tuple[float, float, float, float] | None = None

    def arguments(self) -> tuple[Any, ...]:
        """The parameters $1 to $7 of the queries."""
        return (self.start, self.end, self.mmsis, *(self.bbox or (None,) * 4))


async def days(connection: asyncpg.Connection, wanted: Wanted) -> dict[datetime, int]:
    """Days (00:00 UTC) that hold wanted positions, in order, and how many."""
    rows = await connection.fetch(_DAYS, *wanted.arguments(), timeout=None)
    return {row["day"]: row["positions"] for row in rows}


async def copy_positions(
    connection: asyncpg.Connection, wanted: Wanted, take: Callable[[ReportBatch], None]
) -> None:
    """Gives the wanted positions to `take`, by time, then MMSI."""
    held, begun = bytearray(), False

    async def read(data: bytes) -> None:
        nonlocal begun
        held.extend(data)
        if not begun and len(held) >= _HEADER_BYTES:
            del held[:_HEADER_BYTES]
            begun = True
        whole = len(held) // _RECORD.itemsize if begun else 0
        if whole:
            records = np.frombuffer(bytes(held[: whole * _RECORD.itemsize]), _RECORD)
            del held[: whole * _RECORD.itemsize]
            take(_reports(records))

    await connection.copy_from_query(
        _POSITIONS, *wanted.arguments(), output=read, format="binary", timeout=None
    )


async def events(
    connection: asyncpg.Connection, wanted: Wanted
) -> AsyncGenerator[asyncpg.Record, None]:
    """Events of any part of the range, by start, whoever may see them."""
    async for row in connection.cursor(_EVENTS, *wanted.arguments()):
        yield row


def _reports(records: np.ndarray[Any, Any]) -> ReportBatch:
    size = len(records)

    def known(name: str, divisor: float) -> Float64:
        values = records[name].astype(np.float64)
        return np.where(values == _UNKNOWN, np.nan, values / divisor)

    status = records["nav_status"]
    return ReportBatch.of(
        mmsi=records["mmsi"],
        reported_at=records["t"].astype(np.int64) + _POSTGRES_EPOCH_US,
        received_at=records["received_at"].astype(np.int64) + _POSTGRES_EPOCH_US,
        lon=records["lon"] / 1e7, lat=records["lat"] / 1e7,
        sog=known("sog", 10), cog=known("cog", 10), heading=known("heading", 1),
        rot=np.full(size, np.nan),
        nav_status=np.where(status == _UNKNOWN, NAV_STATUS_UNKNOWN, status),
        msg_type=records["msg_type"], source=np.full(size, None),
    )  # fmt: skip
