"""Explaining: a stored assessment -> the same one made again of its inputs, and what differs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from api import store
from api.policy import Principal, allowed, release_of
from risk.assess import Assessor
from risk.assessment import Assessment, assessment_document
from risk.recompute import changed, recompute
from sea.errors import BadInputError
from sea.instants import iso_z, to_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A stored assessment and the one made again.

    Attributes:
        stored: the document as stored. made: anew. differences: field by field, both values;
            empty where every number and word is the same. changed: what of code, tables and
            hazard field is not as it was.
    """

    timeline: str
    stored: Mapping[str, Any]
    made: Assessment
    differences: tuple[str, ...]
    changed: tuple[str, ...]


async def explain(
    database: asyncpg.Pool, mmsi: int, at: datetime, timeline: str | None, principal: Principal,
    assessor: Assessor,
) -> Explanation:  # fmt: skip
    """The vessel's last assessment at or before an instant, made again.

    Raises:
        BadInputError: there is none that the principal may see, or it has no inputs.
    """
    row = await _last(database, mmsi, at, timeline, principal)
    if row is None:
        raise BadInputError(f"no assessment of {mmsi:09d} is stored from before that", field="at")
    if row["inputs"] is None:
        raise BadInputError(
            f"the assessment of {mmsi:09d} is older than the keeping of inputs", field="at"
        )
    stored, at_us = row["document"], to_us(row["assessed_at"])
    made = recompute(row["inputs"], at_us, assessor)
    anew = msgspec.json.decode(msgspec.json.encode(assessment_document(made)))
    return Explanation(
        timeline=row["timeline"], stored=stored, made=made,
        differences=tuple(_differences("", stored, anew)),
        changed=tuple(changed(row["inputs"], stored["model"], assessor)),
    )  # fmt: skip


async def _last(
    database: asyncpg.Pool, mmsi: int, at: datetime, timeline: str | None, principal: Principal
) -> store.Row | None:
    async for row in store.assessments_with_inputs(database, mmsi, at, timeline):
        if allowed(principal, release_of("assessment", row)):
            return row
    return None


def _differences(path: str, one: Any, other: Any) -> Iterator[str]:
    """Where two JSON values differ, to the bit of their numbers."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from _differences(f"{path}.{key}" if path else key, one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for i, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(f"{path}[{i}]", left, right)
    elif one != other:
        yield f"{path}: stored {one!r}, made again {other!r}"


def heading(explanation: Explanation) -> str:
    """Which assessment this is, in a line."""
    made = explanation.made
    return (
        f"{made.mmsi:09d} at {iso_z(made.assessed_at)}, timeline {explanation.timeline}, "
        f"{explanation.stored['model']}"
    )
