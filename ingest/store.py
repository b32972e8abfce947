"""Readers and rows in PostgreSQL: what a reader made commits with its offset, or not at all.

`own` gives a stage to one process; `commit` refuses a process that lost it. Rows go in by binary
COPY built with NumPy (PostgreSQL documentation, COPY, "Binary Format").
"""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import numpy as np

from ingest.batch import NAV_STATUS_UNKNOWN, Float32, Float64, ReportBatch, StaticBatch
from sea.errors import SafePassageError
from sea.instants import from_us

_POSTGRES_EPOCH_US = 946_684_800_000_000
"""2000-01-01T00:00:00Z, from which PostgreSQL counts microseconds."""

_DEGREE = 1e7

_TAKE = "SELECT pg_advisory_lock(hashtext('safepassage'), hashtext($1))"
_ADVANCE_EPOCH = """
INSERT INTO readers (stage, epoch) VALUES ($1, 1)
ON CONFLICT (stage) DO UPDATE SET epoch = readers.epoch + 1
RETURNING epoch, log_offset, snapshot
"""
_COMMIT = """
UPDATE readers SET log_offset = $2, snapshot = $3, taken_at = now()
WHERE stage = $1 AND epoch = $4
"""
_LAST = "SELECT log_offset, snapshot FROM readers WHERE stage = $1"
_OFFSETS = "SELECT stage, log_offset FROM readers"
_ENSURE_DAY = """
SELECT format('CREATE TABLE IF NOT EXISTS positions_%s PARTITION OF positions '
              'FOR VALUES FROM (%L) TO (%L)', to_char($1::date, 'YYYYMMDD'), $1, $1 + 1)
WHERE NOT EXISTS (SELECT FROM positions_default WHERE t >= $1 AND t < $1 + 1)
"""


class LostOwnershipError(SafePassageError):
    """Another process owns the stage now; this one must stop writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A stage this process owns, and where its last commit left off."""

    stage: str
    epoch: int
    offset: int
    snapshot: bytes | None


@asynccontextmanager
async def own(database: asyncpg.Pool, stage: str) -> AsyncIterator[Owned]:
    """The stage, once no other process holds it; waits as a standby until then.

    The pool's reset releases the lock with the connection.
    """
    async with database.acquire() as connection:
        await connection.execute(_TAKE, stage, timeout=None)
        row = await connection.fetchrow(_ADVANCE_EPOCH, stage)
        yield Owned(
            stage=stage, epoch=row["epoch"], offset=row["log_offset"], snapshot=row["snapshot"]
        )


async def commit(
    database: asyncpg.Pool,
    owned: Owned,
    *,
    offset: int,
    snapshot: bytes,
    rows: Callable[[asyncpg.Connection], Awaitable[None]],
) -> None:
    """Writes rows, snapshot and offset in one transaction.

    Raises:
        LostOwnershipError: a newer epoch exists; nothing was written.
    """
    async with database.acquire() as connection, connection.transaction():
        await rows(connection)
        done = await connection.execute(_COMMIT, owned.stage, offset, snapshot, owned.epoch)
        if done != "UPDATE 1":
            raise LostOwnershipError(f"another process has taken over {owned.stage}")


async def offsets(database: asyncpg.Pool | asyncpg.Connection) -> dict[str, int]:
    """Stage -> offset of its last commit."""
    return {row["stage"]: row["log_offset"] for row in await database.fetch(_OFFSETS)}


async def last_snapshot(database: asyncpg.Pool, stage: str) -> tuple[int, bytes | None]:
    """Offset and snapshot of the stage's last commit; (0, None) before the first."""
    row = await database.fetchrow(_LAST, stage)
    return (row["log_offset"], row["snapshot"]) if row else (0, None)


async def ensure_day(database: asyncpg.Pool, day: object) -> None:
    """Makes the day's partition, unless rows of that day already lie in the DEFAULT one."""
    statement = await database.fetchval(_ENSURE_DAY, day)
    if statement is not None:
        await database.execute(statement)


async def insert_positions(connection: asyncpg.Connection, reports: ReportBatch) -> int:
    """Copies every report that has a position, sorted by (mmsi, t); returns how many."""
    located = np.isfinite(reports.lon) & np.isfinite(reports.lat)
    rows = reports.take(np.flatnonzero(located))
    rows = rows.take(np.lexsort((rows.reported_at, rows.mmsi)))
    if len(rows):
        await connection.copy_to_table(
            "positions", source=io.BytesIO(positions_copy(rows)), format="binary"
        )
    return len(rows)


async def insert_statics(connection: asyncpg.Connection, statics: StaticBatch) -> None:
    """Copies static messages."""
    if len(statics):
        await connection.copy_records_to_table("statics", records=_static_records(statics))


_UNKNOWN = -32768
_COLUMNS: tuple[tuple[str, str], ...] = (
    ("t", ">i8"), ("mmsi", ">i4"), ("lon", ">i4"), ("lat", ">i4"), ("sog", ">i2"), ("cog", ">i2"),
    ("heading", ">i2"), ("nav_status", ">i2"), ("msg_type", ">i2"), ("received_at", ">i8"),
)  # fmt: skip
_NULLABLE = {"sog", "cog", "heading", "nav_status"}


def positions_copy(rows: ReportBatch) -> bytes:
    """The rows as a binary COPY of table positions; unknown sog, cog, heading, status are NULL."""
    values = {
        "t": rows.reported_at - _POSTGRES_EPOCH_US,
        "mmsi": rows.mmsi,
        "lon": np.rint(rows.lon * _DEGREE),
        "lat": np.rint(rows.lat * _DEGREE),
        "sog": _scaled(rows.sog, 10),
        "cog": _scaled(rows.cog, 10),
        "heading": _scaled(rows.heading, 1),
        "nav_status": np.where(
            rows.nav_status == NAV_STATUS_UNKNOWN, _UNKNOWN, rows.nav_status.astype(np.int16)
        ),
        "msg_type": rows.msg_type,
        "received_at": rows.received_at - _POSTGRES_EPOCH_US,
    }
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name, code in _COLUMNS:
        layout += [(f"{name}_size", ">i4"), (name, code)]
    table = np.zeros(len(rows), np.dtype(layout))
    table["fields"] = len(_COLUMNS)
    keep = np.ones((len(rows), table.dtype.itemsize), bool)
    offsets_of = {name: place[1] for name, place in (table.dtype.fields or {}).items()}
    for name, code in _COLUMNS:
        table[name] = values[name]
        table[f"{name}_size"] = np.dtype(code).itemsize
        if name in _NULLABLE:
            unknown = values[name] == _UNKNOWN
            table[f"{name}_size"][unknown] = -1
            start = offsets_of[name]
            keep[unknown, start : start + np.dtype(code).itemsize] = False
    body = table.view(np.uint8).reshape(len(rows), -1)[keep].tobytes()
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + body + b"\xff\xff"


def _scaled(values: Float32, factor: int) -> Float64:
    scaled = np.rint(values.astype(np.float64) * factor)
    return np.where(np.isfinite(scaled) & (np.abs(scaled) < 32767), scaled, _UNKNOWN)


def _static_records(statics: StaticBatch) -> list[tuple[object, ...]]:
    def known(value: float) -> float | None:
        return float(value) if value > 0 else None

    length = statics.to_bow + statics.to_stern
    width = statics.to_port + statics.to_starboard
    return [
        (from_us(t), int(mmsi), int(kind), int(imo) or None, callsign, name, int(ship_type) or None,
         known(long), known(wide), known(draught), destination, eta)
        for t, mmsi, kind, imo, callsign, name, ship_type, long, wide, draught, destination, eta
        in zip(statics.reported_at, statics.mmsi, statics.msg_type, statics.imo, statics.callsign,
               statics.name, statics.ship_type, length, width, statics.draught,
               statics.destination, statics.eta, strict=True)
    ]  # fmt: skip
