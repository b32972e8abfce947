"""Decisions about escorts and kept what-ifs: SQL, whole, with $1 parameters.

Decisions are numbered without gaps in order of commit. Each carries a seal: the SHA-256 of the
seal before it and of its own fields, so that whoever knows the last seal can tell that nothing
before it was changed, taken out or put in.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from api.audit import Deed
from api.policy import Principal
from api.store import TIMEOUT_S
from escort.decision import Decision, Kind
from sea.errors import ConflictError
from sea.instants import iso_z, to_us

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('safepassage'), hashtext('escort_decisions'))"

_COLUMNS = """
    SELECT id, decided_at, kind, by_name, by_role, by_nation, reason, tasking, asset, requests,
           mmsis, document::text AS document, originator, releasable_to, seal
    FROM escort_decisions
"""

_LAST = "SELECT id, seal, clock_timestamp() AS now FROM escort_decisions ORDER BY id DESC LIMIT 1"

_ONCE = _COLUMNS + "WHERE by_name = $1 AND by_nation = $2 AND once = $3"

_ADD = """
    INSERT INTO escort_decisions (id, decided_at, kind, by_name, by_role, by_nation, reason,
                                  tasking, asset, requests, mmsis, document, originator,
                                  releasable_to, once, seal)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""

_AS_STORED = "SELECT $1::jsonb::text"
"""What is sealed: PostgreSQL writes some numbers otherwise than we do."""

_AFTER = _COLUMNS + "WHERE id > $1 ORDER BY id"

_BEFORE = _COLUMNS + "WHERE ($1::bigint IS NULL OR id < $1) ORDER BY id DESC LIMIT $2"

_OF_TASKING = _COLUMNS + "WHERE tasking = $1 ORDER BY id DESC"

_FILING = _COLUMNS + "WHERE kind = 'request' AND requests = ARRAY[$1::text]"

_ADD_WHAT_IF = """
    INSERT INTO what_ifs (by_name, by_nation, document, originator, releasable_to)
    VALUES ($1, $2, $3, $4, $5) RETURNING id
"""

_WHAT_IF = """
    SELECT id, asked_at, by_name, by_nation, document::text AS document, originator, releasable_to
    FROM what_ifs WHERE id = $1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A decision about to be written; `releasable_to`: who may know of it."""

    kind: Kind
    reason: str
    releasable_to: Sequence[str]
    tasking: str = ""
    asset: str = ""
    requests: Sequence[str] = ()
    mmsis: Sequence[int] = ()
    document: Mapping[str, Any] = field(default_factory=dict)
    once: str | None = None


async def add_decision(
    database: asyncpg.Pool, by: Principal, draft: Draft, deed: Deed
) -> dict[str, Any]:
    """The decision as stored; the one stored before, where `once` says that it was sent again.

    `deed` records one that is new.

    Raises:
        ConflictError: `once` came with another decision before. Its tasking's id does not tell: a
            later plan may have replaced it.
    """
    async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
        await connection.execute(_LOCK)
        if draft.once is not None:
            known = await connection.fetchrow(_ONCE, by.name, by.nation, draft.once)
            if known is not None:
                if any(known[name] != getattr(draft, name) for name in ("kind", "asset", "reason")):
                    raise ConflictError("this Idempotency-Key came with another decision before")
                return dict(known)
        last = await connection.fetchrow(_LAST)
        now = await connection.fetchval("SELECT clock_timestamp()") if last is None else last["now"]
        row = _row(1 if last is None else last["id"] + 1, now, by, draft)
        row["document"] = await connection.fetchval(_AS_STORED, row["document"])
        row["seal"] = seal(b"" if last is None else last["seal"], row)
        values = [row[name] for name in row if name != "seal"]
        await connection.execute(_ADD, *values, draft.once, row["seal"])
        await deed(connection, {"kind": draft.kind, "seal": seal_alone(row).hex()})
        return row


def _everybodys(_row: Any) -> bool:
    return True


async def decisions_after(
    database: asyncpg.Pool, last: int, seen: Callable[[Any], bool] = _everybodys
) -> list[Decision]:
    """Decisions since that one, in order, of the rows that are `seen`."""
    rows = await database.fetch(_AFTER, last, timeout=TIMEOUT_S)
    return [decision_of(row) for row in rows if seen(row)]


async def decisions_before(
    database: asyncpg.Pool, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """Rows of decisions, newest first, whoever may see them: the caller asks the policy."""
    rows = await database.fetch(_BEFORE, before, limit, timeout=TIMEOUT_S)
    return [dict(row) for row in rows]


async def decision_on(
    database: asyncpg.Pool, tasking: str, seen: Callable[[Any], bool] = _everybodys
) -> Decision | None:
    """The last decision seen on a tasking of this id, which the plan may know no more."""
    rows = await database.fetch(_OF_TASKING, tasking, timeout=TIMEOUT_S)
    return next((decision_of(row) for row in rows if seen(row)), None)


async def filing(database: asyncpg.Pool, request: str) -> Decision | None:
    """The decision by which a request was filed by hand."""
    row = await database.fetchrow(_FILING, request, timeout=TIMEOUT_S)
    return None if row is None else decision_of(row)


async def first_broken(database: asyncpg.Pool) -> int | None:
    """Id of the first decision whose seal does not fit, None where all do."""
    before, expected = b"", 1
    for row in await database.fetch(_AFTER, 0, timeout=6 * TIMEOUT_S):
        if row["id"] != expected or row["seal"] != seal(before, dict(row)):
            return int(row["id"])
        before, expected = row["seal"], expected + 1
    return None


def seal(before: bytes, row: dict[str, Any]) -> bytes:
    """The seal of a row behind the one whose seal is given."""
    fields = {name: value for name, value in row.items() if name not in ("seal", "decided_at")}
    fields["decided_at"] = to_us(row["decided_at"])
    fields["document"] = msgspec.json.decode(row["document"])
    return hashlib.sha256(before + msgspec.json.encode(fields, order="sorted")).digest()


def seal_alone(row: Any) -> bytes:
    """The seal of a row as if it were the first and only one: it tells nothing of others."""
    return seal(b"", {**row, "id": 0})


def decision_of(row: Any) -> Decision:
    """The decision of a row."""
    return Decision(
        id=row["id"],
        decided_at=to_us(row["decided_at"]),
        kind=row["kind"],
        by=row["by_name"],
        nation=row["by_nation"],
        reason=row["reason"],
        tasking=row["tasking"],
        asset=row["asset"],
        requests=tuple(row["requests"]),
        mmsis=tuple(row["mmsis"]),
        document=msgspec.json.decode(row["document"]),
    )


def decision_document(row: Any) -> dict[str, Any]:
    """The decision as users read it, but for its number."""
    return {
        "decided_at": iso_z(to_us(row["decided_at"])),
        "kind": row["kind"],
        "by": row["by_name"],
        "role": row["by_role"],
        "nation": row["by_nation"],
        "reason": row["reason"],
        "tasking": row["tasking"] or None,
        "asset": row["asset"] or None,
        "requests": list(row["requests"]),
        "mmsis": [f"{mmsi:09d}" for mmsi in row["mmsis"]],
        "document": msgspec.json.decode(row["document"]),
        "originator": row["originator"],
        "releasable_to": sorted(row["releasable_to"]),
        "seal": seal_alone(row).hex(),
    }


async def add_what_if(
    database: asyncpg.Pool, by: Principal, document: Any, originator: str, releasable_to: list[str]
) -> int:
    """Id under which the what-if is kept."""
    body = msgspec.json.encode(document).decode()
    return int(
        await database.fetchval(
            _ADD_WHAT_IF, by.name, by.nation, body, originator, releasable_to, timeout=TIMEOUT_S
        )
    )


async def what_if(database: asyncpg.Pool, number: int) -> dict[str, Any] | None:
    """The row of a kept what-if with its document decoded."""
    row = await database.fetchrow(_WHAT_IF, number, timeout=TIMEOUT_S)
    return None if row is None else {**row, "document": msgspec.json.decode(row["document"])}


def _row(number: int, now: datetime, by: Principal, draft: Draft) -> dict[str, Any]:
    return {
        "id": number,
        "decided_at": now,
        "kind": draft.kind,
        "by_name": by.name,
        "by_role": by.role,
        "by_nation": by.nation,
        "reason": draft.reason,
        "tasking": draft.tasking,
        "asset": draft.asset,
        "requests": list(draft.requests),
        "mmsis": list(draft.mmsis),
        "document": msgspec.json.encode(draft.document).decode(),
        "originator": by.nation,
        "releasable_to": sorted(set(draft.releasable_to)),
    }
