"""Zones that partners draw, in PostgreSQL: a row a version, added and never changed.

Every write takes one lock first, so that revisions are in order of commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec

from api.store import TIMEOUT_S
from sea.errors import ConflictError, StaleVersionError
from sea.instants import iso_z
from sea.zones import Zone, zone_of

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('safepassage'), hashtext('zones'))"

_COLUMNS = """
    SELECT DISTINCT ON (id) id, version, document::text AS document, originator, releasable_to,
           changed_at, revision
    FROM zones
"""

_ALL = _COLUMNS + "ORDER BY id, version DESC"

_ONE = _COLUMNS + "WHERE id = $1 ORDER BY id, version DESC"

_REVISION = "SELECT coalesce(max(revision), 0) FROM zones"

_ADD = """
    INSERT INTO zones (id, version, document, originator, releasable_to, changed_by,
                       idempotency_key, digest)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

_KNOWN = "SELECT id, digest FROM zones WHERE changed_by = $1 AND idempotency_key = $2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneDraft:
    """A version about to be written.

    Attributes:
        document: as of `sea.zones.zone_document`; None where the zone is to be no more.
        digest: of the request, to know one that is sent again by its key.
    """

    id: str
    document: Mapping[str, Any] | None
    originator: str
    releasable_to: Sequence[str]
    by: str
    idempotency_key: str | None = None
    digest: bytes | None = None


async def zones(database: asyncpg.Pool) -> list[dict[str, Any]]:
    """The newest version of each zone that there is, by id."""
    rows = await database.fetch(_ALL, timeout=TIMEOUT_S)
    return [_decoded(row) for row in rows if row["document"] is not None]


async def zone(database: asyncpg.Pool, zone_id: str) -> dict[str, Any] | None:
    """The newest version of the zone; None where there is none, or no more."""
    row = await database.fetchrow(_ONE, zone_id, timeout=TIMEOUT_S)
    return None if row is None or row["document"] is None else _decoded(row)


async def revision(database: asyncpg.Pool) -> int:
    """Of the last change."""
    return int(await database.fetchval(_REVISION, timeout=TIMEOUT_S))


async def add(database: asyncpg.Pool, draft: ZoneDraft) -> str:
    """Writes a zone's first version; the id of that zone, or of the one the same request made.

    Raises:
        ConflictError: the key came with another body before.
    """
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await connection.execute(_LOCK)
        known = None
        if draft.idempotency_key is not None:
            known = await connection.fetchrow(_KNOWN, draft.by, draft.idempotency_key)
        if known is None:
            await connection.execute(_ADD, *_values(draft, 1))
            return draft.id
        if known["digest"] != draft.digest:
            raise ConflictError("this Idempotency-Key came with another body before")
        return str(known["id"])


async def change(database: asyncpg.Pool, draft: ZoneDraft, version: int) -> None:
    """Writes the version after this one.

    Raises:
        StaleVersionError: this is not the newest.
    """
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await connection.execute(_LOCK)
        newest = await connection.fetchrow(_ONE, draft.id)
        if newest is None or newest["document"] is None or newest["version"] != version:
            raise StaleVersionError(f"zone {draft.id} was changed since; read it again")
        await connection.execute(_ADD, *_values(draft, version + 1))


def zone_of_row(row: Mapping[str, Any]) -> Zone:
    """The zone of a row."""
    return zone_of({**row["document"], "id": row["id"]})


def zone_feature(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as a GeoJSON feature."""
    document = row["document"]
    until = document["valid_until"]
    return {
        "type": "Feature",
        "id": row["id"],
        "geometry": document["geometry"],
        "properties": {
            "name": document["name"], "kind": document["kind"], "nation": document["nation"],
            "valid_from": iso_z(document["valid_from"]),
            "valid_until": None if until is None else iso_z(until),
            "version": row["version"], "originator": row["originator"],
            "releasable_to": sorted(row["releasable_to"]),
            "changed_at": row["changed_at"].isoformat().replace("+00:00", "Z"),
        },
    }  # fmt: skip


def _values(draft: ZoneDraft, version: int) -> tuple[Any, ...]:
    document = None if draft.document is None else msgspec.json.encode(draft.document).decode()
    return (
        draft.id, version, document, draft.originator, sorted(set(draft.releasable_to)), draft.by,
        draft.idempotency_key, draft.digest,
    )  # fmt: skip


def _decoded(row: Any) -> dict[str, Any]:
    return {**row, "document": msgspec.json.decode(row["document"])}
