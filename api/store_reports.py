"""What partners report, in PostgreSQL: added, taken back, judged; never changed.

Every write takes one lock first, so that revisions are in order of commit: whoever has read up to
revision n has read all there will ever be up to n.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec

from api.audit import Deed
from api.store import TIMEOUT_S
from sea.errors import ConflictError

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('safepassage'), hashtext('reports'))"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A report to be added; `digest` is of its body, to know a repeated request by."""

    id: str
    kind: str
    document: Any
    originator: str
    releasable_to: Sequence[str]
    reported_by: str
    idempotency_key: str | None
    digest: bytes


_ADD = """
    INSERT INTO reports (id, kind, document, originator, releasable_to, reported_by,
                         idempotency_key, digest)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT DO NOTHING
    RETURNING id
"""

_KNOWN = "SELECT id, digest FROM reports WHERE reported_by = $1 AND idempotency_key = $2"


async def add(database: asyncpg.Pool, report: NewReport, deed: Deed) -> str:
    """The report's id; a request repeated by its key gives the first's. `deed` records a new one.

    Raises:
        ConflictError: the key came with another body before.
    """
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await connection.execute(_LOCK)
        if await connection.fetchval(_ADD, *_values(report)) is not None:
            await deed(connection, {"report": report.id, "kind": report.kind})
            return report.id
        known = await connection.fetchrow(_KNOWN, report.reported_by, report.idempotency_key)
        if known is None:
            return report.id
        if known["digest"] != report.digest:
            raise ConflictError("this Idempotency-Key came with another body before")
        return str(known["id"])


async def add_all(database: asyncpg.Pool, reports: Sequence[NewReport], deed: Deed) -> int:
    """How many of the reports were not known by their ids; all in one transaction."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await connection.execute(_LOCK)
        before = await connection.fetchval("SELECT count(*) FROM reports")
        await connection.executemany(_ADD, [_values(report) for report in reports])
        added = int(await connection.fetchval("SELECT count(*) FROM reports")) - int(before)
        if added:
            await deed(connection, {"reports": added})
        return added


def _values(report: NewReport) -> tuple[Any, ...]:
    return (
        report.id, report.kind, msgspec.json.encode(report.document).decode(), report.originator,
        list(report.releasable_to), report.reported_by, report.idempotency_key, report.digest,
    )  # fmt: skip


_RETRACT = """
    INSERT INTO report_retractions (report_id, reason, retracted_by)
    VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING
    RETURNING report_id
"""


async def retract(database: asyncpg.Pool, report_id: str, reason: str, by: str, deed: Deed) -> None:
    """Takes the report back; the first retraction stands."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await connection.execute(_LOCK)
        if await connection.fetchval(_RETRACT, report_id, reason, by) is not None:
            await deed(connection, {"retracted": report_id})


_JUDGE = """
    INSERT INTO report_judgements (one, two, same, reason, judged_by)
    VALUES (least($1, $2), greatest($1, $2), $3, $4, $5)
"""


async def judge(
    database: asyncpg.Pool, one: str, two: str, same: bool, reason: str, by: str, deed: Deed
) -> None:
    """Notes whether two incident reports mean one event."""
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await connection.execute(_LOCK)
        await connection.execute(_JUDGE, one, two, same, reason, by)
        await deed(connection, {"judged": [one, two], "same": same})


_REVISION = """
    SELECT greatest((SELECT max(revision) FROM reports),
                    (SELECT max(revision) FROM report_retractions),
                    (SELECT max(revision) FROM report_judgements), 0)
"""

_REPORTS = """
    SELECT id, kind, document::text AS document, originator, releasable_to, reported_at
    FROM reports WHERE revision > $1 AND revision <= $2 ORDER BY revision
"""

_RETRACTIONS = """
    SELECT report_id, reason, retracted_at
    FROM report_retractions WHERE revision > $1 AND revision <= $2 ORDER BY revision
"""

_JUDGEMENTS = """
    SELECT one, two, same
    FROM report_judgements WHERE revision > $1 AND revision <= $2 ORDER BY revision
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Rows written after one revision up to another, each kind in order."""

    revision: int
    reports: Sequence[Any]
    retractions: Sequence[Any]
    judgements: Sequence[Any]


async def changes(database: asyncpg.Pool, after: int, until: int | None = None) -> Changes | None:
    """What was written after a revision, up to another (None: the last); None if nothing was."""
    async with database.acquire(timeout=TIMEOUT_S) as connection:
        last = until if until is not None else int(await connection.fetchval(_REVISION))
        if last <= after:
            return None
        return Changes(
            revision=last,
            reports=await connection.fetch(_REPORTS, after, last),
            retractions=await connection.fetch(_RETRACTIONS, after, last),
            judgements=await connection.fetch(_JUDGEMENTS, after, last),
        )


# -------------------------------------------------------------------- supplements

_NEW_SUPPLEMENTS = """
    SELECT DISTINCT ON (mmsi, score, audience)
           mmsi, score, audience, assessed_at, document::text AS document, revision
    FROM supplements
    WHERE revision > $1
    ORDER BY mmsi, score, audience, revision DESC
"""

_SUPPLEMENTS_OF = """
    SELECT score, audience, assessed_at, document::text AS document
    FROM supplements
    WHERE mmsi = $1 AND audience = ANY ($2)
    ORDER BY revision
"""


async def supplements_after(database: asyncpg.Pool, revision: int) -> list[dict[str, Any]]:
    """The newest supplement of each ship, score and audience written since the revision."""
    rows = await database.fetch(_NEW_SUPPLEMENTS, revision, timeout=6 * TIMEOUT_S)
    return [_decoded(row) for row in rows]


async def supplements_of(
    database: asyncpg.Pool, mmsi: int, audiences: Sequence[str]
) -> list[dict[str, Any]]:
    """All supplements of the ship for these audiences, in order."""
    rows = await database.fetch(_SUPPLEMENTS_OF, mmsi, list(audiences), timeout=TIMEOUT_S)
    return [_decoded(row) for row in rows]


def _decoded(row: Any) -> dict[str, Any]:
    return {**row, "document": msgspec.json.decode(row["document"])}
