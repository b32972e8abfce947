"""Deliveries in PostgreSQL: what is due, what became of it, what is to go out again.

A courier claims its subscription for some seconds at a time, so that any number of processes may
deliver and a destination hears one of them; who is killed loses the claim by the clock.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from api.store import TIMEOUT_S
from api.store_alerts import CHANNEL, alert_row

_WAITING = """
    SELECT DISTINCT subscription_id FROM deliveries
    WHERE status = 'waiting' AND due_at <= clock_timestamp()
"""
_CLAIM = """
    UPDATE subscriptions SET claimed_by = $2, claimed_until = clock_timestamp() + $3::interval
    WHERE id = $1 AND ended_at IS NULL
      AND (claimed_by = $2 OR claimed_until IS NULL OR claimed_until < clock_timestamp())
    RETURNING secret, CASE WHEN former_until > clock_timestamp() THEN former_secret END AS former,
              failing_since,
              EXISTS (SELECT FROM keys WHERE name = by_name) AND NOT EXISTS
                  (SELECT FROM keys WHERE name = by_name AND revoked_at IS NULL
                   AND (expires_at IS NULL OR expires_at > clock_timestamp())) AS revoked
"""
_RELEASE = """
    UPDATE subscriptions SET claimed_until = NULL, claimed_by = NULL WHERE claimed_by = $1
"""
_HEADS = """
    WITH heads AS (
        SELECT DISTINCT ON (vessel) id, alert_id, phase, tries, since, due_at
        FROM deliveries
        WHERE subscription_id = $1 AND status = 'waiting'
        ORDER BY vessel, id
    )
    SELECT h.id AS delivery, h.phase, h.tries, h.since,
           a.id, a.rule, a.severity, a.kind, a.mmsis, a.raised_at, a.withdrawn_at,
           a.document::text AS document, a.originator, a.releasable_to
    FROM heads h JOIN alerts a ON a.id = h.alert_id
    WHERE h.due_at <= clock_timestamp()
    ORDER BY h.id
    LIMIT $2
"""
_DELIVERED = """
    UPDATE deliveries SET status = 'delivered', tries = tries + 1, last_error = NULL,
           ended_at = clock_timestamp()
    WHERE id = $1 RETURNING ended_at
"""
_FAILED = """
    UPDATE deliveries SET tries = tries + 1, last_error = $2,
           due_at = clock_timestamp() + $3::interval
    WHERE id = $1
"""
_ENDED = """
    UPDATE deliveries SET status = $2, tries = tries + 1, last_error = $3,
           ended_at = clock_timestamp()
    WHERE id = $1
"""
_FAILING = """
    UPDATE subscriptions SET last_error = $2,
           failing_since = coalesce(failing_since, clock_timestamp())
    WHERE id = $1
"""
_WELL = "UPDATE subscriptions SET failing_since = NULL WHERE id = $1"
_RING = f"SELECT pg_notify('{CHANNEL}', '')"


async def waiting(database: asyncpg.Pool) -> list[str]:
    """Subscriptions with something due."""
    rows = await database.fetch(_WAITING, timeout=TIMEOUT_S)
    return [row["subscription_id"] for row in rows]


async def claim(
    database: asyncpg.Pool, subscription: str, by: str, seconds: float
) -> dict[str, Any] | None:
    """Secrets and state of the subscription, claimed for so long; None: another has it."""
    row = await database.fetchrow(
        _CLAIM, subscription, by, timedelta(seconds=seconds), timeout=TIMEOUT_S
    )
    return None if row is None else dict(row)


async def release(database: asyncpg.Pool, by: str) -> None:
    """Gives up every claim."""
    await database.execute(_RELEASE, by, timeout=TIMEOUT_S)


async def heads(database: asyncpg.Pool, subscription: str, limit: int) -> list[dict[str, Any]]:
    """Of each vessel the first delivery that waits, those that are due, with its alert."""
    rows = await database.fetch(_HEADS, subscription, limit, timeout=TIMEOUT_S)
    return [alert_row(row) for row in rows]


async def delivered(database: asyncpg.Pool, delivery: int) -> Any:
    """Notes that it arrived; when."""
    return await database.fetchval(_DELIVERED, delivery, timeout=TIMEOUT_S)


async def failed(database: asyncpg.Pool, delivery: int, why: str, again_s: float) -> None:
    """Notes that it did not arrive and is to be tried again."""
    await database.execute(
        _FAILED, delivery, why, timedelta(seconds=again_s), timeout=TIMEOUT_S
    )  # fmt: skip


async def ended(database: asyncpg.Pool, delivery: int, status: str, why: str) -> None:
    """Notes that it will not be tried again: `dead`, or `withheld` by the policy."""
    await database.execute(_ENDED, delivery, status, why, timeout=TIMEOUT_S)


async def failing(database: asyncpg.Pool, subscription: str, why: str | None) -> None:
    """Notes that nothing goes through, or (None) that it does again."""
    if why is None:
        await database.execute(_WELL, subscription, timeout=TIMEOUT_S)
    else:
        await database.execute(_FAILING, subscription, why, timeout=TIMEOUT_S)


_DELIVERIES = """
    SELECT alert_id || '.' || phase AS parcel, alert_id, phase, status, tries, made_at, due_at,
           ended_at, last_error
    FROM deliveries
    WHERE subscription_id = $1 AND ($2::text IS NULL OR status = $2)
      AND ($3::timestamptz IS NULL OR (made_at, alert_id || '.' || phase) < ($3, $4::text))
    ORDER BY made_at DESC, parcel DESC
    LIMIT $5
"""
_AGAIN = """
    UPDATE deliveries SET status = 'waiting', tries = 0, since = clock_timestamp(),
           due_at = clock_timestamp(), ended_at = NULL
    WHERE subscription_id = $1
      AND (CASE WHEN $2::text[] IS NULL THEN status = 'dead'
           ELSE alert_id || '.' || phase = ANY($2) AND status IN ('dead', 'delivered') END)
    RETURNING id
"""


async def deliveries(
    database: asyncpg.Pool, subscription: str, status: str | None,
    after: tuple[datetime, str] | None, limit: int,
) -> list[Any]:  # fmt: skip
    """Rows of deliveries, newest first; their numbers stay inside, for they count others' too."""
    at, parcel = after or (None, None)
    rows: list[Any] = await database.fetch(
        _DELIVERIES, subscription, status, at, parcel, limit, timeout=TIMEOUT_S
    )
    return rows


async def redeliver(database: asyncpg.Pool, subscription: str, chosen: Sequence[str] | None) -> int:
    """How many are on their way again: those chosen, or all dead ones."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        rows = await connection.fetch(_AGAIN, subscription, chosen)
        await connection.execute(_RING)
    return len(rows)
