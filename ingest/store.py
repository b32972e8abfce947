"""Readers and rows in PostgreSQL: what a reader made commits with its offset, or not at all.

`own` gives a stage to one process; `commit` refuses a process that lost it. Rows go in by binary
COPY, see `ingest.copy_format`.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from ingest.batch import ReportBatch, StaticBatch
from ingest.copy_format import positions_copy, statics_copy
from sea.errors import SafePassageError

_TAKE = "SELECT pg_advisory_lock(hashtext('safepassage'), hashtext($1))"
_ADVANCE_EPOCH = """
INSERT INTO readers (stage, epoch) VALUES ($1, 1)
ON CONFLICT (stage) DO UPDATE SET epoch = readers.epoch + 1
RETURNING epoch, log_offset, snapshot, snapshot_offset
"""
_COMMIT = """
UPDATE readers SET log_offset = $3, taken_at = now(), snapshot = coalesce($4, snapshot),
    snapshot_offset = CASE WHEN $4 IS NULL THEN snapshot_offset ELSE $3 END
WHERE stage = $1 AND epoch = $2
"""
_NOTE = "INSERT INTO reader_notes (stage, log_offset, note) VALUES ($1, $2, $3)"
_FORGET = "DELETE FROM reader_notes WHERE stage = $1"
_NOTES = "SELECT log_offset, note FROM reader_notes WHERE stage = $1 ORDER BY id"
_LAST = "SELECT snapshot_offset, snapshot FROM readers WHERE stage = $1"
_OFFSETS = "SELECT stage, log_offset FROM readers"
_NEEDED = "SELECT stage, snapshot_offset FROM readers"
_ENSURE_DAY = """
SELECT format('CREATE TABLE IF NOT EXISTS positions_%s PARTITION OF positions '
              'FOR VALUES FROM (%L) TO (%L)', to_char($1::date, 'YYYYMMDD'), $1, $1 + 1)
WHERE NOT EXISTS (SELECT FROM positions_default WHERE t >= $1 AND t < $1 + 1)
"""


class LostOwnershipError(SafePassageError):
    """Another process owns the stage now; this one must stop writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A stage this process owns, and where its last commit left off.

    Attributes:
        offset: everything up to here is committed.
        snapshot, snapshot_offset: the last one, which may lie before that.
        notes: (offset, note) of each commit since then, in order.
    """

    stage: str
    epoch: int
    offset: int
    snapshot: bytes | None
    snapshot_offset: int
    notes: Sequence[tuple[int, bytes]]


@asynccontextmanager
async def own(database: asyncpg.Pool, stage: str) -> AsyncIterator[Owned]:
    """The stage, once no other process holds it; waits as a standby until then.

    The pool's reset releases the lock with the connection.
    """
    async with database.acquire() as connection:
        await connection.execute(_TAKE, stage, timeout=None)
        row = await connection.fetchrow(_ADVANCE_EPOCH, stage)
        notes = [(n["log_offset"], n["note"]) for n in await connection.fetch(_NOTES, stage)]
        yield Owned(
            stage=stage, epoch=row["epoch"], offset=row["log_offset"], snapshot=row["snapshot"],
            snapshot_offset=row["snapshot_offset"], notes=notes,
        )  # fmt: skip


async def commit(
    database: asyncpg.Pool,
    owned: Owned,
    *,
    offset: int,
    rows: Callable[[asyncpg.Connection], Awaitable[None]],
    snapshot: bytes | None = None,
    note: bytes | None = None,
) -> None:
    """Writes rows, offset, and a snapshot or a note in its place, in one transaction.

    Raises:
        LostOwnershipError: a newer epoch exists; nothing was written.
    """
    async with database.acquire() as connection, connection.transaction():
        await rows(connection)
        done = await connection.execute(_COMMIT, owned.stage, owned.epoch, offset, snapshot)
        if done != "UPDATE 1":
            raise LostOwnershipError(f"another process has taken over {owned.stage}")
        if snapshot is not None:
            await connection.execute(_FORGET, owned.stage)
        elif note is not None:
            await connection.execute(_NOTE, owned.stage, offset, note)


async def offsets(database: asyncpg.Pool | asyncpg.Connection) -> dict[str, int]:
    """Stage -> offset of its last commit."""
    return {row["stage"]: row["log_offset"] for row in await database.fetch(_OFFSETS)}


async def needed(database: asyncpg.Pool) -> dict[str, int]:
    """Stage -> offset up to which it never needs the log again."""
    return {row["stage"]: row["snapshot_offset"] for row in await database.fetch(_NEEDED)}


async def last_snapshot(database: asyncpg.Pool, stage: str) -> tuple[int, bytes | None]:
    """Offset and bytes of the stage's last snapshot; (0, None) before the first."""
    row = await database.fetchrow(_LAST, stage)
    return (row["snapshot_offset"], row["snapshot"]) if row else (0, None)


async def ensure_day(database: asyncpg.Pool, day: object) -> None:
    """Makes the day's partition, unless rows of that day already lie in the DEFAULT one."""
    statement = await database.fetchval(_ENSURE_DAY, day)
    if statement is not None:
        await database.execute(statement)


async def insert_positions(connection: asyncpg.Connection, reports: ReportBatch) -> int:
    """Copies every report that has a position, sorted by (mmsi, t); returns how many."""
    rows, body = await asyncio.to_thread(positions_copy, reports)
    if rows:
        await connection.copy_to_table("positions", source=io.BytesIO(body), format="binary")
    return rows


async def insert_statics(connection: asyncpg.Connection, statics: StaticBatch) -> None:
    """Copies static messages."""
    if len(statics):
        body = await asyncio.to_thread(statics_copy, statics)
        await connection.copy_to_table("statics", source=io.BytesIO(body), format="binary")
