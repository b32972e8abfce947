"""What was known of some ships at an instant in the past: SQL, whole, with $1 parameters."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from api.store import TIMEOUT_S, Row, event_row

_DESTINATIONS = """
    SELECT mmsi, said.destination
    FROM unnest($1::int4[]) AS mmsi, LATERAL (
        SELECT destination FROM statics
        WHERE statics.mmsi = mmsi.mmsi AND t <= $2 AND destination IS NOT NULL
        ORDER BY t DESC LIMIT 1
    ) AS said
"""

_POSITIONS = """
    SELECT mmsi, was.t, was.lon, was.lat, was.sog
    FROM unnest($1::int4[]) AS mmsi, LATERAL (
        SELECT t, lon, lat, sog FROM positions
        WHERE positions.mmsi = mmsi.mmsi AND t <= $2 AND t > $2 - $3::interval
        ORDER BY t DESC LIMIT 1
    ) AS was
"""

_ASSESSMENTS = """
    SELECT DISTINCT ON (mmsi, originator, releasable_to)
           mmsi, assessed_at, document::text AS document, originator, releasable_to
    FROM assessments
    WHERE mmsi = ANY ($1::int4[]) AND assessed_at <= $2 AND assessed_at > $2 - $3::interval
    ORDER BY mmsi, originator, releasable_to, assessed_at DESC
"""

_SUPPLEMENTS = """
    SELECT DISTINCT ON (mmsi, score, audience) mmsi, score, audience, document::text AS document
    FROM supplements
    WHERE mmsi = ANY ($1::int4[]) AND audience = ANY ($3::text[]) AND assessed_at <= $2
    ORDER BY mmsi, score, audience, assessed_at DESC, revision DESC
"""

_VOYAGES = """
    SELECT id, timeline, kind, mmsis, started_at, ended_at, detected_at, lon, lat, status,
           confidence, evidence::text AS evidence, originator, releasable_to, revision
    FROM events
    WHERE mmsis && $1::int4[] AND kind IN ('port_call', 'identity_change')
    ORDER BY started_at DESC, timeline DESC, id DESC
    LIMIT 20000
"""

WITHIN = timedelta(hours=12)
"""How much older than asked for a position or assessment may be; scores are renewed after six."""


async def destinations(
    database: asyncpg.Pool, mmsis: Sequence[int], at: datetime
) -> dict[int, str]:
    """What each ship said last where she is bound for."""
    rows = await database.fetch(_DESTINATIONS, list(mmsis), at, timeout=TIMEOUT_S)
    return {row["mmsi"]: row["destination"] for row in rows}


async def positions(database: asyncpg.Pool, mmsis: Sequence[int], at: datetime) -> list[Any]:
    """The last position of each ship."""
    rows: list[Any] = await database.fetch(_POSITIONS, list(mmsis), at, WITHIN, timeout=TIMEOUT_S)
    return rows


async def assessments(database: asyncpg.Pool, mmsis: Sequence[int], at: datetime) -> list[Row]:
    """The last assessment of each ship and release, whoever may see them."""
    rows = await database.fetch(_ASSESSMENTS, list(mmsis), at, WITHIN, timeout=TIMEOUT_S)
    return [{**row, "document": msgspec.json.decode(row["document"])} for row in rows]


async def supplements(
    database: asyncpg.Pool, mmsis: Sequence[int], at: datetime, audiences: Sequence[str]
) -> list[Row]:
    """The last supplement of each ship and score for these audiences."""
    rows = await database.fetch(_SUPPLEMENTS, list(mmsis), at, list(audiences), timeout=TIMEOUT_S)
    return [{**row, "document": msgspec.json.decode(row["document"])} for row in rows]


async def voyage_events(database: asyncpg.Pool, mmsis: Sequence[int]) -> list[Row]:
    """Port calls and identity changes of the ships, latest first, whoever may see them."""
    rows = await database.fetch(_VOYAGES, list(mmsis), timeout=TIMEOUT_S)
    return [event_row(row) for row in rows]
