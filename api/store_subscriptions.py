"""Subscriptions in PostgreSQL: SQL, whole, with $1 parameters."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import asyncpg
import msgspec

from api.policy import Principal
from api.routing import Filter, Subscription, asks_for, may_have, owner_of, subject_of
from api.store import TIMEOUT_S
from sea.errors import ConflictError
from sea.instants import iso_z, to_us

MOST: Final = 200
"""Subscriptions of one nation; chosen by us."""

PREVIEW: Final = timedelta(days=7)

_COLUMNS = """
    SELECT id, name, by_name, by_role, nation, channel, target::text AS target,
           filter::text AS filter, created_at, failing_since, last_error
    FROM subscriptions
"""
_IN_FORCE = _COLUMNS + "WHERE ended_at IS NULL ORDER BY id"
_OF_NATION = _COLUMNS + "WHERE ended_at IS NULL AND nation = $1 ORDER BY created_at, id"
_ONE = _COLUMNS + "WHERE ended_at IS NULL AND id = $1"
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('safepassage'), hashtext('subscriptions'))"
_COUNT = "SELECT count(*) FROM subscriptions WHERE ended_at IS NULL AND nation = $1"
_ADD = """
    INSERT INTO subscriptions (id, name, by_name, by_role, nation, channel, target, filter, secret)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (nation, name) WHERE ended_at IS NULL DO NOTHING
    RETURNING id
"""
_END = (
    "UPDATE subscriptions SET ended_at = now(), secret = NULL, former_secret = NULL WHERE id = $1"
)
_WITHHOLD = """
    UPDATE deliveries SET status = 'withheld', ended_at = now(), last_error = 'subscription ended'
    WHERE subscription_id = $1 AND status = 'waiting'
"""
_ROTATE = """
    UPDATE subscriptions SET secret = $2, former_secret = secret,
           former_until = now() + $3::interval
    WHERE id = $1
"""
_COUNTS = """
    SELECT subscription_id, status, count(*) AS n FROM deliveries
    WHERE subscription_id = ANY($1) GROUP BY subscription_id, status
"""
_WEEK = """
    SELECT rule, severity, kind, mmsis, lon, lat, document::text AS document, originator,
           releasable_to
    FROM alerts WHERE raised_at >= now() - $1::interval
"""


async def subscriptions_in_force(
    database: asyncpg.Pool | asyncpg.Connection,
) -> list[Subscription]:
    """Every subscription that has not ended."""
    return [subscription_of(row) for row in await database.fetch(_IN_FORCE, timeout=TIMEOUT_S)]


async def of_nation(database: asyncpg.Pool, nation: str) -> list[Any]:
    """Rows of a nation's subscriptions, whoever may see them: the caller asks the policy."""
    rows: list[Any] = await database.fetch(_OF_NATION, nation, timeout=TIMEOUT_S)
    return rows


async def one(database: asyncpg.Pool, subscription: str) -> Any | None:
    """The row of the subscription, None where it has ended or never was."""
    return await database.fetchrow(_ONE, subscription, timeout=TIMEOUT_S)


async def add(database: asyncpg.Pool, subscription: Subscription, secret: bytes | None) -> None:
    """Stores the subscription.

    Raises:
        ConflictError: its nation has one of this name, or too many.
    """
    owner = subscription.owner
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await connection.execute(_LOCK)
        if await connection.fetchval(_COUNT, owner.nation) >= MOST:
            raise ConflictError(f"a nation has at most {MOST} subscriptions; end one first")
        added = await connection.fetchval(
            _ADD, subscription.id, subscription.name, owner.name, owner.role, owner.nation,
            subscription.channel, _json(subscription.target), _json(subscription.filter), secret,
        )  # fmt: skip
        if added is None:
            raise ConflictError(f"there is a subscription named {subscription.name!r} already")


async def end(database: asyncpg.Pool, subscription: str) -> None:
    """Ends the subscription; what waits is not sent."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await connection.execute(_END, subscription)
        await connection.execute(_WITHHOLD, subscription)


async def rotate(
    database: asyncpg.Pool, subscription: str, secret: bytes, former_for: timedelta
) -> None:
    """Puts a new secret in place; the former one signs beside it for a time."""
    await database.execute(_ROTATE, subscription, secret, former_for, timeout=TIMEOUT_S)


async def counts(database: asyncpg.Pool, *subscriptions: str) -> dict[str, Counter[str]]:
    """Deliveries of each subscription by status."""
    found: dict[str, Counter[str]] = {each: Counter() for each in subscriptions}
    for row in await database.fetch(_COUNTS, list(subscriptions), timeout=TIMEOUT_S):
        found[row["subscription_id"]][row["status"]] = row["n"]
    return found


async def preview(database: asyncpg.Pool, owner: Principal, wanted: Filter) -> Counter[str]:
    """Alerts of the last week that the owner would have been sent, by rule."""
    found: Counter[str] = Counter()
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        async for row in connection.cursor(_WEEK, PREVIEW):
            told = dict(row) | {"document": msgspec.json.decode(row["document"])}
            if may_have(owner, told) and asks_for(wanted, told):
                found[row["rule"]] += 1
    return found


def subscription_of(row: Any) -> Subscription:
    """The subscription of a row."""
    return Subscription(
        id=row["id"], name=row["name"], owner=owner_of(row), channel=row["channel"],
        target=msgspec.json.decode(row["target"]),
        filter=msgspec.json.decode(row["filter"], type=Filter),
    )  # fmt: skip


def subscription_document(row: Any, counted: Mapping[str, int]) -> dict[str, Any]:
    """The subscription as users read it; never with its secret."""
    failing = row["failing_since"]
    target = msgspec.json.decode(row["target"])
    if row["channel"] == "nats":
        target["subject"] = subject_of(row["nation"], row["name"])
    return {
        "id": row["id"],
        "name": row["name"],
        "owner": row["by_name"],
        "nation": row["nation"],
        "channel": row["channel"],
        "target": target,
        "filter": filter_document(subscription_of(row).filter),
        "created_at": iso_z(to_us(row["created_at"])),
        "failing_since": None if failing is None else iso_z(to_us(failing)),
        "last_error": row["last_error"],
        **{status: counted[status] for status in ("waiting", "dead", "delivered")},
    }


def filter_document(wanted: Filter) -> dict[str, Any]:
    """The filter as users write it."""
    document: dict[str, Any] = msgspec.to_builtins(wanted)
    for name in ("valid_from", "valid_until"):
        if document[name] is not None:
            document[name] = iso_z(document[name])
    return document | {"mmsis": [f"{mmsi:09d}" for mmsi in wanted.mmsis]}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
