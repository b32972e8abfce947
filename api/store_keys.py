"""Keys, sign-in links and sessions in PostgreSQL, by the hashes of their secrets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg

from api import store_audit
from api.audit import Entry
from api.policy import Principal
from api.store import TIMEOUT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key about to be stored; without a life it does not end."""

    prefix: str
    hash: bytes
    life: timedelta | None = None


_ADD_KEY = """
    INSERT INTO keys (name, role, nation, ports, scopes, prefix, hash, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8::interval)
    ON CONFLICT (name) WHERE superseded_at IS NULL DO NOTHING
    RETURNING id
"""


async def add_key(database: asyncpg.Pool, principal: Principal, key: NewKey, entry: Entry) -> bool:
    """Whether the key was stored and recorded; False where its name is taken."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        stored = await connection.fetchval(
            _ADD_KEY, principal.name, principal.role, principal.nation, list(principal.ports),
            list(principal.scopes), key.prefix, key.hash, key.life,
        )  # fmt: skip
        if stored is not None:
            await store_audit.append(connection, [entry])
        return stored is not None


_KEYS = """
    SELECT id, name, role, nation, ports, scopes, prefix, created_at, expires_at, superseded_at,
           revoked_at, last_used_at, coalesce(expires_at <= now(), false) AS over
    FROM keys
    ORDER BY id
"""


async def keys(database: asyncpg.Pool) -> list[Any]:
    """All keys ever made, without their hashes."""
    rows: list[Any] = await database.fetch(_KEYS, timeout=TIMEOUT_S)
    return rows


_KEYS_WITH_PREFIX = """
    SELECT id, name, role, nation, ports, scopes, hash,
           coalesce(last_used_at < now() - interval '1 minute', true) AS seldom_used
    FROM keys
    WHERE prefix = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""


async def keys_with_prefix(database: asyncpg.Pool, prefix: str) -> list[Any]:
    """Keys in force that begin so; `seldom_used` where the last use noted is a minute ago."""
    rows: list[Any] = await database.fetch(_KEYS_WITH_PREFIX, prefix, timeout=TIMEOUT_S)
    return rows


_USED = "UPDATE keys SET last_used_at = now() WHERE id = $1"


async def used(database: asyncpg.Pool, key_id: int) -> None:
    """Notes that the key was used."""
    await database.execute(_USED, key_id, timeout=TIMEOUT_S)


_IN_PLACE = """
    SELECT id, name, role, nation, ports, scopes, prefix
    FROM keys
    WHERE name = $1 AND superseded_at IS NULL AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > now())
    FOR UPDATE
"""

_END_FORMER = """
    UPDATE keys SET revoked_at = now()
    WHERE name = $1 AND superseded_at IS NOT NULL AND revoked_at IS NULL
"""

_SUPERSEDE = """
    UPDATE keys
    SET superseded_at = now(), expires_at = least(expires_at, now() + $2::interval)
    WHERE id = $1
"""


async def rotate_key(
    database: asyncpg.Pool, name: str, key: NewKey, overlap: timedelta,
    entry: Callable[[Any], Entry],
) -> bool:  # fmt: skip
    """Whether a key in force has got a successor, beside which it alone is good for the overlap."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        row = await connection.fetchrow(_IN_PLACE, name)
        if row is None:
            return False
        await connection.execute(_END_FORMER, name)
        await connection.execute(_SUPERSEDE, row["id"], overlap)
        await connection.fetchval(
            _ADD_KEY, name, row["role"], row["nation"], row["ports"], row["scopes"], key.prefix,
            key.hash, key.life,
        )  # fmt: skip
        await store_audit.append(connection, [entry(row)])
        return True


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


_END_SESSIONS = "DELETE FROM sessions WHERE name = $1 RETURNING name, role, nation, ports"

_END_SESSION = "DELETE FROM sessions WHERE hash = $1"


async def end_sessions(database: asyncpg.Pool, name: str, entry: Callable[[Any], Entry]) -> int:
    """How many sessions and links of the name were ended and recorded."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        rows = await connection.fetch(_END_SESSIONS, name)
        if rows:
            await store_audit.append(connection, [entry(row) for row in rows])
        return len(rows)


async def end_session(database: asyncpg.Pool, digest: bytes) -> None:
    """Ends the session with this hash, if there is one."""
    await database.execute(_END_SESSION, digest, timeout=TIMEOUT_S)


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
