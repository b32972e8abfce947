"""Reads of what the stages stored: SQL, whole, with $1 parameters.

Degrees are int4 in 1e-7 and sog and cog int2 in 0.1 in the tables, as in the first migration.
JSON leaves the database as text and is decoded here, whatever codecs a connection has.
"""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from sea.errors import UnavailableError
from sea.instants import iso_z, to_us

Row = dict[str, Any]

TIMEOUT_S = 10.0

PART = 200
"""Rows decoded at a time, so that nobody else waits for more than some milliseconds."""


async def open_database(url: str, *, connections: int = 8) -> asyncpg.Pool:
    """A pool whose every wait has an end; close it when done.

    Raises:
        UnavailableError: there is no database.
    """
    try:
        return await asyncpg.create_pool(
            url, min_size=1, max_size=connections, timeout=TIMEOUT_S, command_timeout=TIMEOUT_S
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise UnavailableError(f"the database does not answer: {error}") from error


# -------------------------------------------------------------------- events, assessments, plans

_EVENT = """
    SELECT id, timeline, kind, mmsis, started_at, ended_at, detected_at, lon, lat, status,
           confidence, evidence::text AS evidence, originator, releasable_to, revision
    FROM events
"""

_EVENTS = (
    _EVENT
    + """
    WHERE ($1::int4 IS NULL OR mmsis @> ARRAY[$1::int4])
      AND ($2::text IS NULL OR kind = $2)
      AND ($3::timestamptz IS NULL
           OR greatest(detected_at, coalesce(ended_at, 'infinity')) >= $3)
      AND ($4::float8 IS NULL OR lat BETWEEN $5 AND $7 AND
           CASE WHEN $4 <= $6 THEN lon BETWEEN $4 AND $6 ELSE lon >= $4 OR lon <= $6 END)
      AND ($8::timestamptz IS NULL OR (started_at, timeline, id) < ($8, $9::text, $10::text))
    ORDER BY started_at DESC, timeline DESC, id DESC
    """
)


async def events(
    database: asyncpg.Pool,
    *,
    mmsi: int | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    after: tuple[datetime, str, str] | None = None,
) -> AsyncGenerator[Row, None]:
    """Events, latest start first, whoever may see them: the caller asks the policy."""
    west, south, east, north = bbox or (None, None, None, None)
    at, timeline, event_id = after or (None, None, None)
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        rows = connection.cursor(
            _EVENTS, mmsi, kind, since, west, south, east, north, at, timeline, event_id
        )
        async for row in rows:
            yield event_row(row)


_NEW_EVENTS = _EVENT + "WHERE revision > $1 ORDER BY revision"

_OPEN_EVENTS = _EVENT + "WHERE status = 'open' AND revision <= $1"


async def events_after(database: asyncpg.Pool, revision: int) -> list[Row]:
    """Events written or changed since the revision, in order.

    Revisions are in order of commit because one stage at a time writes events.
    """
    rows = await database.fetch(_NEW_EVENTS, revision, timeout=TIMEOUT_S)
    return [event_row(row) for row in rows]


async def open_events(database: asyncpg.Pool, revision: int) -> list[Row]:
    """Events open as of the revision."""
    return [event_row(r) for r in await database.fetch(_OPEN_EVENTS, revision, timeout=TIMEOUT_S)]


def event_row(row: Any) -> Row:
    """A row of table events with its ``document`` as users read it."""
    ended = row["ended_at"]
    document = {
        "id": row["id"],
        "timeline": row["timeline"],
        "kind": row["kind"],
        "mmsis": [f"{mmsi:09d}" for mmsi in row["mmsis"]],
        "started_at": iso_z(to_us(row["started_at"])),
        "ended_at": None if ended is None else iso_z(to_us(ended)),
        "detected_at": iso_z(to_us(row["detected_at"])),
        "lon": row["lon"],
        "lat": row["lat"],
        "status": row["status"],
        "confidence": row["confidence"],
        "evidence": msgspec.json.decode(row["evidence"]),
        "originator": row["originator"],
        "releasable_to": sorted(row["releasable_to"]),
    }
    return {
        "document": document,
        "timeline": row["timeline"],
        "started_at": row["started_at"],
        "originator": row["originator"],
        "releasable_to": row["releasable_to"],
        "revision": row["revision"],
    }


_ASSESSMENT = """
    SELECT timeline, mmsi, assessed_at, document::text AS document, originator, releasable_to,
           revision
    FROM assessments
"""

_ASSESSMENTS = (
    _ASSESSMENT
    + """
    WHERE mmsi = $1
      AND ($2::timestamptz IS NULL OR (assessed_at, timeline) < ($2, $3::text))
    ORDER BY assessed_at DESC, timeline DESC
    """
)


async def assessments(
    database: asyncpg.Pool, mmsi: int, *, after: tuple[datetime, str] | None = None
) -> AsyncGenerator[Row, None]:
    """Assessments of the vessel, newest first, whoever may see them."""
    at, timeline = after or (None, None)
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        async for row in connection.cursor(_ASSESSMENTS, mmsi, at, timeline):
            yield _with_json(row)


_ASSESSMENTS_WITH_INPUTS = """
    SELECT timeline, assessed_at, document::text AS document, inputs::text AS inputs, originator,
           releasable_to
    FROM assessments
    WHERE mmsi = $1 AND assessed_at <= $2 AND ($3::text IS NULL OR timeline = $3)
    ORDER BY assessed_at DESC, timeline DESC
"""


async def assessments_with_inputs(
    database: asyncpg.Pool, mmsi: int, at: datetime, timeline: str | None
) -> AsyncGenerator[Row, None]:
    """Assessments of the vessel up to an instant with what they were made of, newest first."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        async for row in connection.cursor(_ASSESSMENTS_WITH_INPUTS, mmsi, at, timeline):
            yield _with_json(row)


_NEW_ASSESSMENTS = _ASSESSMENT + "WHERE revision > $1 ORDER BY revision"

_NEWEST_ASSESSMENTS = """
    SELECT DISTINCT ON (mmsi, originator, releasable_to)
           timeline, mmsi, assessed_at, document::text AS document, originator, releasable_to,
           revision
    FROM assessments
    WHERE revision <= $1
    ORDER BY mmsi, originator, releasable_to, assessed_at DESC
"""


async def assessments_after(
    database: asyncpg.Pool, revision: int
) -> AsyncGenerator[list[Row], None]:
    """Assessments written since the revision, in order, in parts."""
    async for part in _parts(database, _NEW_ASSESSMENTS, revision):
        yield part


async def newest_assessments(
    database: asyncpg.Pool, revision: int
) -> AsyncGenerator[list[Row], None]:
    """The newest assessment of every vessel and release as of the revision, in parts."""
    async for part in _parts(database, _NEWEST_ASSESSMENTS, revision):
        yield part


async def _parts(
    database: asyncpg.Pool, query: str, revision: int
) -> AsyncGenerator[list[Row], None]:
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        cursor = await connection.cursor(query, revision, timeout=6 * TIMEOUT_S)
        while rows := await cursor.fetch(PART):
            yield [_with_json(row) for row in rows]


_PLAN = """
    SELECT id, timeline, made_at, scenario::text AS scenario, document::text AS document,
           originator, releasable_to, revision
    FROM plans
"""

_NEW_PLANS = _PLAN + "WHERE revision > $1 ORDER BY revision"

_NEWEST_PLANS = """
    SELECT DISTINCT ON (originator, releasable_to)
           id, timeline, made_at, scenario::text AS scenario, document::text AS document,
           originator, releasable_to, revision
    FROM plans
    WHERE revision <= $1
    ORDER BY originator, releasable_to, made_at DESC, revision DESC
"""


_PLAN_WITH = """
    SELECT id, timeline, made_at, scenario::text AS scenario, document::text AS document,
           originator, releasable_to, revision
    FROM plans
    WHERE id > (SELECT max(id) FROM plans) - 200
      AND document -> 'taskings' @> jsonb_build_array(jsonb_build_object('id', $1::text))
    ORDER BY id DESC LIMIT 1
"""


async def plan_with(database: asyncpg.Pool, tasking: str) -> Row | None:
    """The newest of the last 200 plans that has a tasking of this id, as its row."""
    row = await database.fetchrow(_PLAN_WITH, tasking, timeout=TIMEOUT_S)
    return None if row is None else _with_json(row)


async def plans_after(database: asyncpg.Pool, revision: int) -> list[Row]:
    """Plans written or changed since the revision, in order."""
    rows = await database.fetch(_NEW_PLANS, revision, timeout=TIMEOUT_S)
    return [_with_json(row) for row in rows]


async def newest_plans(database: asyncpg.Pool, revision: int) -> list[Row]:
    """The newest plan of every release as of the revision."""
    rows = await database.fetch(_NEWEST_PLANS, revision, timeout=TIMEOUT_S)
    return [_with_json(row) for row in rows]


_REVISION = """
    SELECT greatest((SELECT max(revision) FROM events),
                    (SELECT max(revision) FROM assessments),
                    (SELECT max(revision) FROM plans), 0)
"""


async def revision(database: asyncpg.Pool) -> int:
    """The greatest revision of all rows, 0 before the first."""
    return int(await database.fetchval(_REVISION, timeout=TIMEOUT_S))


def _with_json(row: Any) -> Row:
    values = dict(row)
    for name in ("document", "scenario", "inputs"):
        if values.get(name) is not None:
            values[name] = msgspec.json.decode(values[name])
    return values


# -------------------------------------------------------------------- positions

_LAST_HEARD = "SELECT max(t) FROM positions WHERE mmsi = $1"


async def last_heard(database: asyncpg.Pool, mmsi: int) -> datetime | None:
    """Time of the vessel's last stored position, None for a vessel never heard."""
    at: datetime | None = await database.fetchval(_LAST_HEARD, mmsi, timeout=TIMEOUT_S)
    return at


_TRACK = """
    SELECT t, lon, lat, sog, cog, heading, nav_status, msg_type, received_at
    FROM positions
    WHERE mmsi = $1 AND t BETWEEN $2 AND $3
    ORDER BY t, received_at
    LIMIT $4
"""


async def track(
    database: asyncpg.Pool, mmsi: int, start: datetime, end: datetime, limit: int
) -> list[Any]:
    """Stored positions of the vessel in time order, both ends included."""
    rows: list[Any] = await database.fetch(_TRACK, mmsi, start, end, limit, timeout=TIMEOUT_S)
    return rows


# -------------------------------------------------------------------- coverage

_NEWEST_COVERAGE = "SELECT max(began_at) FROM coverage"

_COVERAGE = """
    SELECT cell, source, sum(hearings) AS hearings, max(vessels) AS vessels
    FROM coverage
    WHERE began_at = $1
    GROUP BY cell, source
    ORDER BY cell, source
"""


async def newest_coverage(database: asyncpg.Pool) -> datetime | None:
    """Begin of the newest ten minutes that anything is known of."""
    at: datetime | None = await database.fetchval(_NEWEST_COVERAGE, timeout=TIMEOUT_S)
    return at


async def coverage(database: asyncpg.Pool, began_at: datetime) -> list[Any]:
    """Counts by cell and source of the ten minutes that begin then, of all timelines."""
    rows: list[Any] = await database.fetch(_COVERAGE, began_at, timeout=TIMEOUT_S)
    return rows
