"""Subscriptions in PostgreSQL: SQL, whole, with $1 parameters."""

from typing import Any

import asyncpg
import msgspec

from api.routing import Filter, Subscription, owner_of

_COLUMNS = """
    SELECT id, name, by_name, by_role, nation, channel, target::text AS target,
           filter::text AS filter, created_at, failing_since, last_error
    FROM subscriptions
"""
_IN_FORCE = _COLUMNS + "WHERE ended_at IS NULL ORDER BY id"


async def subscriptions_in_force(
    database: asyncpg.Pool | asyncpg.Connection,
) -> list[Subscription]:
    """Every subscription that has not ended."""
    return [subscription_of(row) for row in await database.fetch(_IN_FORCE)]


def subscription_of(row: Any) -> Subscription:
    """The subscription of a row."""
    return Subscription(
        id=row["id"], name=row["name"], owner=owner_of(row), channel=row["channel"],
        target=msgspec.json.decode(row["target"]),
        filter=msgspec.json.decode(row["filter"], type=Filter),
    )  # fmt: skip
