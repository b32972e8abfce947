"""One fix a ship at each of some instants, from stored positions, of ships under way."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

TIMEOUT_S = 30.0

_FIXES = """
    SELECT p.*
    FROM unnest($1::timestamptz[]) AS instant
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (mmsi) mmsi, t, lon, lat, sog, cog
        FROM positions
        WHERE t > instant - $2::interval AND t <= instant AND sog >= $3 AND cog IS NOT NULL
        ORDER BY mmsi, t DESC
    ) AS p
"""


async def fixes(
    database: asyncpg.Pool, instants: Sequence[datetime], within: timedelta, least_sog_kn: float
) -> list[Any]:
    """The last fix of each ship in the time up to each instant, if she was under way."""
    least = round(10 * least_sog_kn)
    rows: list[Any] = await database.fetch(_FIXES, list(instants), within, least, timeout=TIMEOUT_S)
    return rows
