"""Keys, sign-in links and sessions in PostgreSQL, by the hashes of their secrets."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg

from api import store_audit
from api.audit import Entry
from api.policy import Principal
from api.store import TIMEOUT_S

_ADD_KEY = """
    INSERT INTO keys (name, role, nation, ports, prefix, hash)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (name) WHERE superseded_at IS NULL DO NOTHING
    RETURNING id
"""


async def add_key(
    database: asyncpg.Pool, principal: Principal, prefix: str, digest: bytes, entry: Entry
) -> bool:
    """Whether the key was stored and recorded; False where its name is taken."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        stored = await connection.fetchval(
            _ADD_KEY, principal.name, principal.role, principal.nation, list(principal.ports),
            prefix, digest,
        )  # fmt: skip
        if stored is not None:
            await store_audit.append(connection, [entry])
        return stored is not None


_KEYS = """
    SELECT id, name, role, nation, ports, prefix, created_at, revoked_at
    FROM keys
    ORDER BY id
"""


async def keys(database: asyncpg.Pool) -> list[Any]:
    """All keys ever made, without their hashes."""
    rows: list[Any] = await database.fetch(_KEYS, timeout=TIMEOUT_S)
    return rows


_KEYS_WITH_PREFIX = """
    SELECT name, role, nation, ports, hash
    FROM keys
    WHERE prefix = $1 AND revoked_at IS NULL
"""


async def keys_with_prefix(database: asyncpg.Pool, prefix: str) -> list[Any]:
    """Keys in force that begin so."""
    rows: list[Any] = await database.fetch(_KEYS_WITH_PREFIX, prefix, timeout=TIMEOUT_S)
    return rows


_REVOKE_KEY = """
    UPDATE keys SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL
    RETURNING name, role, nation, ports, prefix
"""


async def revoke_key(database: asyncpg.Pool, name: str, entry: Callable[[Any], Entry]) -> bool:
    """Whether keys in force of this name were revoked; `entry` gives what is recorded of a row."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        rows = await connection.fetch(_REVOKE_KEY, name)
        if rows:
            await store_audit.append(connection, [entry(row) for row in rows])
        return bool(rows)


_FORGET_EXPIRED = "DELETE FROM sessions WHERE expires_at <= now()"

_ADD_LINK = """
    INSERT INTO sessions (hash, name, role, nation, ports, kind, expires_at)
    VALUES ($1, $2, $3, $4, $5, 'link', now() + $6::interval)
"""


async def add_link(
    database: asyncpg.Pool, principal: Principal, digest: bytes, life: timedelta, entry: Entry
) -> None:
    """Stores and records a sign-in link, and forgets what has expired."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await connection.execute(_FORGET_EXPIRED)
        await connection.execute(
            _ADD_LINK,
            digest,
            principal.name,
            principal.role,
            principal.nation,
            list(principal.ports),
            life,
        )
        await store_audit.append(connection, [entry])


_SPEND_LINK = """
    WITH spent AS (
        DELETE FROM sessions
        WHERE hash = $1 AND kind = 'link' AND expires_at > now()
        RETURNING name, role, nation, ports
    )
    INSERT INTO sessions (hash, name, role, nation, ports, kind, expires_at)
    SELECT $2, name, role, nation, ports, 'session', now() + $3::interval FROM spent
    RETURNING name, role, nation, ports
"""


async def spend_link(
    connection: asyncpg.Connection, link: bytes, session: bytes, life: timedelta
) -> Any | None:
    """The session's row where the link was good and has become the session, in one step."""
    return await connection.fetchrow(_SPEND_LINK, link, session, life)


_SESSION = """
    SELECT name, role, nation, ports
    FROM sessions
    WHERE hash = $1 AND kind = 'session' AND expires_at > now()
"""


async def session(database: asyncpg.Pool, digest: bytes) -> Any | None:
    """The session in force with this hash."""
    return await database.fetchrow(_SESSION, digest, timeout=TIMEOUT_S)
