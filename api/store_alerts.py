"""Alerts in PostgreSQL: written with what they rest on, then worked on by each nation.

An alert's deliveries are written in its own transaction (an outbox): what is committed will be
sent, and nothing else is.
"""

import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import asyncpg
import msgspec

from api.policy import Principal
from api.routing import Subscription, admits, is_silenced
from api.store import TIMEOUT_S
from api.store_subscriptions import subscriptions_in_force
from sea.errors import ConflictError
from sea.instants import iso_z, to_us

CHANNEL = "alerts"
"""Of LISTEN and NOTIFY: rings when there is something new to deliver."""

Action = Literal["acknowledgement", "assignment", "silence", "closure"]

_ADD = """
    INSERT INTO alerts (id, rule, severity, kind, mmsis, onset_at, lon, lat, document, originator,
                        releasable_to)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (id) DO NOTHING
    RETURNING id
"""
_WITHDRAW = """
    UPDATE alerts SET withdrawn_at = clock_timestamp(), revision = nextval('revision')
    WHERE id = ANY($1) AND withdrawn_at IS NULL
"""
_SEND = """
    INSERT INTO deliveries (subscription_id, alert_id, phase, vessel) VALUES ($1, $2, 'raised', $3)
    ON CONFLICT (subscription_id, alert_id, phase) DO NOTHING
"""
_SEND_WITHDRAWN = """
    INSERT INTO deliveries (subscription_id, alert_id, phase, vessel)
    SELECT subscription_id, alert_id, 'withdrawn', vessel FROM deliveries
    WHERE alert_id = ANY($1) AND phase = 'raised' AND status <> 'withheld'
    ORDER BY id
    ON CONFLICT (subscription_id, alert_id, phase) DO NOTHING
"""
_LATELY = """
    SELECT 1 FROM deliveries d JOIN alerts a ON a.id = d.alert_id
    WHERE d.subscription_id = $1 AND d.phase = 'raised' AND a.rule = $2 AND a.mmsis = $3
      AND a.raised_at > clock_timestamp() - $4::interval
    LIMIT 1
"""
_SILENCED = "SELECT nation, rule, mmsi FROM alert_silences WHERE until > clock_timestamp()"
_RING = f"SELECT pg_notify('{CHANNEL}', '')"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """A row of table alerts about to be written."""

    id: str
    rule: str
    severity: str
    kind: str
    mmsis: tuple[int, ...]
    onset_at: datetime
    lon: float | None
    lat: float | None
    document: dict[str, Any]
    originator: str
    releasable_to: Sequence[str]


async def write(
    connection: asyncpg.Connection, rows: Sequence[AlertRow], withdrawn: Sequence[str]
) -> None:
    """Writes alerts that are new and their deliveries, and takes back the withdrawn ones."""
    fresh = [row for row in rows if await connection.fetchval(_ADD, *_values(row)) is not None]
    if fresh:
        subscriptions = await subscriptions_in_force(connection)
        silenced = {tuple(row) for row in await connection.fetch(_SILENCED)}
        now = time.time_ns() // 1000
        for told in ({name: getattr(row, name) for name in AlertRow.__slots__} for row in fresh):
            vessel = told["mmsis"][0] if told["mmsis"] else 0
            wanted = [
                s for s in subscriptions
                if admits(s, told, now) and not is_silenced(silenced, s.owner.nation, told)
            ]  # fmt: skip
            sent = [s for s in wanted if not await _told_lately(connection, s, told)]
            await connection.executemany(_SEND, [(s.id, told["id"], vessel) for s in sent])
    if withdrawn:
        await connection.execute(_WITHDRAW, list(withdrawn))
        await connection.execute(_SEND_WITHDRAWN, list(withdrawn))
    await connection.execute(_RING)


async def _told_lately(
    connection: asyncpg.Connection, subscription: Subscription, told: dict[str, Any]
) -> bool:
    """Whether the subscription's own silence holds."""
    life = timedelta(hours=subscription.filter.silence_h)
    if not life:
        return False
    of = (subscription.id, told["rule"], list(told["mmsis"]), life)
    return await connection.fetchval(_LATELY, *of) is not None


def _values(row: AlertRow) -> tuple[Any, ...]:
    return (
        row.id, row.rule, row.severity, row.kind, list(row.mmsis), row.onset_at, row.lon, row.lat,
        _json(row.document), row.originator, list(row.releasable_to),
    )  # fmt: skip


# -------------------------------------------------------------------- reads

_ALERT = """
    SELECT a.id, a.rule, a.severity, a.kind, a.mmsis, a.onset_at, a.raised_at, a.withdrawn_at,
           a.lon, a.lat, a.document::text AS document, a.originator, a.releasable_to, a.revision,
           s.status, s.assignee, s.document::text AS state
    FROM alerts a LEFT JOIN alert_states s ON s.alert_id = a.id AND s.nation = $1
"""
_ONE = _ALERT + "WHERE a.id = $2"
_ALERTS = (
    _ALERT
    + """
    WHERE ($2::int4 IS NULL OR a.mmsis @> ARRAY[$2::int4])
      AND ($3::text[] IS NULL OR a.severity = ANY($3))
      AND ($4::text IS NULL OR a.rule = $4)
      AND ($5::text IS NULL OR coalesce(s.status, 'open') = $5)
      AND ($6::timestamptz IS NULL OR a.raised_at >= $6)
      AND ($7::timestamptz IS NULL OR (a.raised_at, a.id) < ($7, $8::text))
    ORDER BY a.raised_at DESC, a.id DESC
    """
)
_AFTER = _ALERT + "WHERE a.revision > $2 ORDER BY a.revision LIMIT $3"
_NEWEST = "SELECT coalesce(max(revision), 0) FROM alerts"


async def alert(database: asyncpg.Pool, alert_id: str, nation: str) -> dict[str, Any] | None:
    """The alert as the nation has worked on it, whoever may see it: the caller asks the policy."""
    row = await database.fetchrow(_ONE, nation, alert_id, timeout=TIMEOUT_S)
    return None if row is None else _row(row)


async def alerts(
    database: asyncpg.Pool,
    nation: str,
    *,
    mmsi: int | None = None,
    severities: Sequence[str] | None = None,
    rule: str | None = None,
    status: str | None = None,
    since: datetime | None = None,
    after: tuple[datetime, str] | None = None,
) -> AsyncGenerator[dict[str, Any], None]:
    """Alerts, last raised first, whoever may see them: the caller asks the policy."""
    at, alert_id = after or (None, None)
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        async for row in connection.cursor(
            _ALERTS, nation, mmsi, severities, rule, status, since, at, alert_id
        ):
            yield _row(row)


async def alerts_after(
    database: asyncpg.Pool, nation: str, revision: int, limit: int
) -> list[dict[str, Any]]:
    """Alerts raised or withdrawn since the revision, in order: one stage at a time writes them."""
    rows = await database.fetch(_AFTER, nation, revision, limit, timeout=TIMEOUT_S)
    return [_row(row) for row in rows]


async def newest_revision(database: asyncpg.Pool) -> int:
    """The greatest revision of all alerts, 0 before the first."""
    return int(await database.fetchval(_NEWEST, timeout=TIMEOUT_S))


def alert_row(row: Any) -> dict[str, Any]:
    """A row of table alerts with its ``document`` as users read it."""
    values = dict(row)
    withdrawn = row["withdrawn_at"]
    values["document"] = msgspec.json.decode(row["document"]) | {
        "raised_at": iso_z(to_us(row["raised_at"])),
        "withdrawn_at": None if withdrawn is None else iso_z(to_us(withdrawn)),
        "originator": row["originator"],
        "releasable_to": sorted(row["releasable_to"]),
    }
    return values


def _row(row: Any) -> dict[str, Any]:
    values = alert_row(row)
    state = {} if row["state"] is None else msgspec.json.decode(row["state"])
    values["document"] |= {
        "status": row["status"] or "open",
        "assignee": row["assignee"],
        **{name: state.get(name) for name in ("acknowledged", "assigned", "silenced", "closed")},
    }
    return values


# -------------------------------------------------------------------- what officers do

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('safepassage alert'), hashtext($1))"
_ONCE = """
    SELECT alert_id, kind FROM alert_actions WHERE by_name = $1 AND nation = $2 AND once = $3
"""
_STATE = "SELECT status, document::text AS document FROM alert_states " \
         "WHERE alert_id = $1 AND nation = $2"  # fmt: skip
_ACT = """
    INSERT INTO alert_actions (alert_id, kind, by_name, by_role, nation, reason, document, once)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    RETURNING acted_at
"""
_SET = """
    INSERT INTO alert_states (alert_id, nation, status, assignee, document)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (alert_id, nation) DO UPDATE SET
        status = excluded.status, assignee = coalesce(excluded.assignee, alert_states.assignee),
        document = excluded.document
"""
_SILENCE = """
    INSERT INTO alert_silences (nation, rule, mmsi, until)
    SELECT $1, $2, unnest($3::int4[]), clock_timestamp() + $4::interval
    ON CONFLICT (nation, rule, mmsi) DO UPDATE SET until = excluded.until
"""
_STANDS: dict[Action, tuple[str, str]] = {
    "acknowledgement": ("acknowledged", "acknowledged"),
    "assignment": ("assigned", "acknowledged"),
    "silence": ("silenced", "acknowledged"),
    "closure": ("closed", "closed"),
}
"""What an action is called in the alert, and the status it gives."""


async def act(
    database: asyncpg.Pool,
    row: dict[str, Any],
    by: Principal,
    kind: Action,
    *,
    reason: str,
    told: dict[str, Any],
    once: str | None,
) -> None:
    """Records what an officer does about the alert of a row, for his nation.

    `told` is what else is said: an `assignee`, the `hours` of a silence, the `outcome`; `once` the
    key of a request that may be sent again.

    Raises:
        ConflictError: it is closed, or the key came with something else before.
    """
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await connection.execute(_LOCK, row["id"])
        if once is not None:
            known = await connection.fetchrow(_ONCE, by.name, by.nation, once)
            if known is not None:
                if (known["alert_id"], known["kind"]) != (row["id"], kind):
                    raise ConflictError("this Idempotency-Key came with something else before")
                return
        before = await connection.fetchrow(_STATE, row["id"], by.nation)
        if before is not None and before["status"] == "closed":
            raise ConflictError("the alert is closed")
        acted_at = await connection.fetchval(
            _ACT, row["id"], kind, by.name, by.role, by.nation, reason, _json(told), once
        )
        name, status = _STANDS[kind]
        state = {} if before is None else msgspec.json.decode(before["document"])
        state[name] = {"by": by.name, "at": iso_z(to_us(acted_at)), "reason": reason} | told
        await connection.execute(
            _SET, row["id"], by.nation, status, told.get("assignee"), _json(state)
        )
        if kind == "silence":
            vessels = list(row["mmsis"]) or [0]
            life = timedelta(hours=told["hours"])
            await connection.execute(_SILENCE, by.nation, row["rule"], vessels, life)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
