"""Keys, sign-in links and sessions in PostgreSQL, by the hashes of their secrets."""

from datetime import timedelta
from typing import Any

import asyncpg

from api.policy import Principal
from api.store import TIMEOUT_S

_ADD_KEY = """
    INSERT INTO keys (name, role, nation, ports, prefix, hash)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (name) DO NOTHING
    RETURNING id
"""


async def add_key(database: asyncpg.Pool, principal: Principal, prefix: str, digest: bytes) -> bool:
    """Whether the key was stored; False where its name is taken."""
    stored = await database.fetchval(
        _ADD_KEY,
        principal.name,
        principal.role,
        principal.nation,
        list(principal.ports),
        prefix,
        digest,
        timeout=TIMEOUT_S,
    )
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
    UPDATE keys SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL RETURNING id
"""


async def revoke_key(database: asyncpg.Pool, name: str) -> bool:
    """Whether a key in force was revoked."""
    return await database.fetchval(_REVOKE_KEY, name, timeout=TIMEOUT_S) is not None


_FORGET_EXPIRED = "DELETE FROM sessions WHERE expires_at <= now()"

_ADD_LINK = """
    INSERT INTO sessions (hash, name, role, nation, ports, kind, expires_at)
    VALUES ($1, $2, $3, $4, $5, 'link', now() + $6::interval)
"""


async def add_link(
    database: asyncpg.Pool, principal: Principal, digest: bytes, life: timedelta
) -> None:
    """Stores a sign-in link, and forgets what has expired."""
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


_SPEND_LINK = """
    WITH spent AS (
        DELETE FROM sessions
        WHERE hash = $1 AND kind = 'link' AND expires_at > now()
        RETURNING name, role, nation, ports
    )
    INSERT INTO sessions (hash, name, role, nation, ports, kind, expires_at)
    SELECT $2, name, role, nation, ports, 'session', now() + $3::interval FROM spent
    RETURNING hash
"""


async def spend_link(database: asyncpg.Pool, link: bytes, session: bytes, life: timedelta) -> bool:
    """Whether the link was good and has become the session, in one step."""
    spent = await database.fetchval(_SPEND_LINK, link, session, life, timeout=TIMEOUT_S)
    return spent is not None


_SESSION = """
    SELECT name, role, nation, ports
    FROM sessions
    WHERE hash = $1 AND kind = 'session' AND expires_at > now()
"""


async def session(database: asyncpg.Pool, digest: bytes) -> Any | None:
    """The session in force with this hash."""
    return await database.fetchrow(_SESSION, digest, timeout=TIMEOUT_S)
