"""Who was where at an instant, and at the same hour of the days before, from stored positions."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg

TIMEOUT_S = 20.0

_SNAPSHOTS = """
    SELECT day, p.*
    FROM generate_series(0, $2::int) AS day
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (mmsi) mmsi, lon, lat, sog, nav_status, msg_type
        FROM positions
        WHERE t > $1::timestamptz - day * interval '1 day' - $3::interval
          AND t <= $1::timestamptz - day * interval '1 day'
        ORDER BY mmsi, t DESC
    ) AS p
"""

_TYPES = """
    SELECT DISTINCT ON (mmsi) mmsi, ship_type
    FROM statics
    WHERE mmsi = ANY($1::int4[]) AND ship_type IS NOT NULL AND ship_type > 0
    ORDER BY mmsi, t DESC
"""

_NEWEST = "SELECT max(t) FROM positions"


async def newest_position(database: asyncpg.Pool) -> datetime | None:
    """Time of the newest stored position, None where nothing is stored."""
    at: datetime | None = await database.fetchval(_NEWEST, timeout=TIMEOUT_S)
    return at


async def snapshots(
    database: asyncpg.Pool, at: datetime, days: int, within: timedelta
) -> list[Any]:
    """The last position of each vessel in the time up to `at`, and likewise so many days before."""
    rows: list[Any] = await database.fetch(_SNAPSHOTS, at, days, within, timeout=TIMEOUT_S)
    return rows


async def ship_types(database: asyncpg.Pool, mmsis: list[int]) -> dict[int, int]:
    """The type that each vessel declared last."""
    rows = await database.fetch(_TYPES, mmsis, timeout=TIMEOUT_S)
    return {row["mmsi"]: row["ship_type"] for row in rows}
