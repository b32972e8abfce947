"""Reads of the past: where ships were at an instant, what was thought of them and open then."""

from datetime import datetime
from typing import Any

import asyncpg

from api.store import TIMEOUT_S, Row

_POSITIONS = """
    SELECT DISTINCT ON (mmsi) mmsi, t, lon, lat, sog, cog, heading, nav_status
    FROM positions
    WHERE t > $1 AND t <= $2
    ORDER BY mmsi, t DESC, received_at
"""

_BANDS = """
    SELECT DISTINCT ON (mmsi, originator, releasable_to)
           mmsi, assessed_at, document->'coercion'->>'band' AS coercion,
           document->'smuggling'->>'band' AS smuggling, originator, releasable_to
    FROM assessments
    WHERE mmsi = ANY($1::int4[]) AND assessed_at <= $2
    ORDER BY mmsi, originator, releasable_to, assessed_at DESC
"""

_OPEN_EVENTS = """
    SELECT mmsis, originator, releasable_to
    FROM events
    WHERE mmsis && $1::int4[] AND started_at <= $2 AND detected_at <= $2
      AND (ended_at IS NULL OR ended_at > $2) AND status <> 'retracted'
"""


async def last_positions(database: asyncpg.Pool, after: datetime, at: datetime) -> list[Any]:
    """The last position of each ship heard in the span, ``after`` left out, by MMSI."""
    rows: list[Any] = await database.fetch(_POSITIONS, after, at, timeout=TIMEOUT_S)
    return rows


async def past_bands(database: asyncpg.Pool, mmsis: list[int], at: datetime) -> list[Row]:
    """The newest bands of the ships at an instant, by release, whoever may see them."""
    return [dict(r) for r in await database.fetch(_BANDS, mmsis, at, timeout=TIMEOUT_S)]


async def past_events(database: asyncpg.Pool, mmsis: list[int], at: datetime) -> list[Row]:
    """Ships and release of the events that were open at an instant and known of."""
    return [dict(r) for r in await database.fetch(_OPEN_EVENTS, mmsis, at, timeout=TIMEOUT_S)]
