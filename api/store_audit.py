"""The audit in PostgreSQL: SQL, whole, with $1 parameters.

All writers, in every process, take one lock for the length of a batch or of a deed's transaction:
a chain a nation and not a chain a process, as the order of what was shown and done matters across
processes, and a process that ended must not leave a chain that nobody goes on with. It is always
the last lock taken, so nobody waits in a circle.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from api.audit import SEALED, Entry, Head, chained, document_of
from api.store import TIMEOUT_S, open_database
from sea.instants import from_us

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('safepassage'), hashtext('audit'))"

_HEADS = """
    SELECT last.originator, last.number, last.seal
    FROM unnest($1::text[]) AS nation, LATERAL (
        SELECT originator, number, seal FROM audit
        WHERE originator = nation ORDER BY number DESC LIMIT 1
    ) AS last
"""

_COLUMNS = (*SEALED, "seal")

_ROW = """
    SELECT originator, number, at, action, by_name, by_role, by_nation, credential, address, node,
           request_id, target, status, detail::text AS detail, seal
    FROM audit
"""

_NEWEST = (
    _ROW
    + """
    WHERE originator = $1
      AND ($2::bigint IS NULL OR number < $2)
      AND ($3::text IS NULL OR action = $3)
    ORDER BY number DESC
    LIMIT $4
    """
)

_CHAINS = _ROW + "WHERE $1::text IS NULL OR originator = $1 ORDER BY originator, number"


async def append(connection: asyncpg.Connection, entries: Sequence[Entry]) -> None:
    """Adds the entries to their chains, in the connection's transaction."""
    await connection.execute(_LOCK)
    nations = sorted({entry.concerns for entry in entries})
    heads = {
        row["originator"]: Head(row["number"], row["seal"])
        for row in await connection.fetch(_HEADS, nations)
    }
    records = [
        [*(_stored(row, name) for name in _COLUMNS)] for row in chained(entries, heads)
    ]  # fmt: skip
    await connection.copy_records_to_table("audit", records=records, columns=_COLUMNS)


def _stored(row: Mapping[str, Any], name: str) -> Any:
    if name == "at":
        return from_us(row["at"])
    return msgspec.json.encode(row["detail"]).decode() if name == "detail" else row[name]


async def append_all(database: asyncpg.Pool, entries: Sequence[Entry]) -> None:
    """Adds the entries in a transaction of their own."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await append(connection, entries)


async def record(url: str, entry: Entry) -> None:
    """Adds the entry of a command that opens the database in its own way.

    Raises:
        UnavailableError: there is no database.
    """
    database = await open_database(url, connections=1)
    try:
        await append_all(database, [entry])
    finally:
        await database.close()


async def newest(
    database: asyncpg.Pool, nation: str, *, before: int | None, action: str | None, limit: int
) -> list[dict[str, Any]]:
    """Rows of the nation's chain, the last first."""
    rows = await database.fetch(_NEWEST, nation, before, action, limit, timeout=TIMEOUT_S)
    return [document_of(row) for row in rows]


async def chains(
    connection: asyncpg.Connection, nation: str | None = None
) -> AsyncGenerator[dict[str, Any], None]:
    """All rows of the nation's chain (None: of all chains), in order; in a transaction."""
    async for row in connection.cursor(_CHAINS, nation, prefetch=1000):
        yield document_of(row)
