"""What the watch writes: events, assessments and plans as rows, inside its transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import msgspec

from api.telling import SupplementRow
from ingest.coverage import Coverage
from ingest.log import LIVE
from risk.assessment import Assessment, assessment_document
from risk.event import Event
from sea.instants import from_us
from sea.units import HOUR_US, Microseconds

_EVENT = """
INSERT INTO events (id, timeline, kind, mmsis, started_at, ended_at, detected_at, lon, lat,
                    status, confidence, evidence, originator, releasable_to)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (timeline, id) DO UPDATE SET
    ended_at = excluded.ended_at, detected_at = excluded.detected_at, lon = excluded.lon,
    lat = excluded.lat, status = excluded.status, confidence = excluded.confidence,
    evidence = excluded.evidence, revision = nextval('revision')
"""
_ASSESSMENT = """
INSERT INTO assessments (timeline, mmsi, assessed_at, document, originator, releasable_to)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (mmsi, assessed_at, timeline) DO UPDATE SET
    document = excluded.document, revision = nextval('revision')
"""
_PLAN = """
INSERT INTO plans (timeline, made_at, scenario, document, originator, releasable_to)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_COVERAGE = """
INSERT INTO coverage (timeline, source, cell, began_at, hearings, vessels)
SELECT $1, coalesce(source, ''), cell, began_at, hearings, vessels
FROM unnest($2::text[], $3::int8[], $4::timestamptz[], $5::int4[], $6::int4[])
     AS told (source, cell, began_at, hearings, vessels)
ON CONFLICT (began_at, cell, source, timeline) DO UPDATE SET
    hearings = coverage.hearings + excluded.hearings,
    vessels = greatest(coverage.vessels, excluded.vessels)
"""
_SUPPLEMENT = """
INSERT INTO supplements (timeline, mmsi, score, audience, assessed_at, document, reports_revision)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (mmsi, score, audience, assessed_at, timeline) DO UPDATE SET
    document = excluded.document, reports_revision = excluded.reports_revision,
    revision = nextval('revision')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Whose records this node makes, and to whom they are releasable."""

    originator: str
    releasable_to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """A plan and the scenario it answers, as JSON values."""

    timeline: str
    made_at: Microseconds
    scenario: Mapping[str, Any]
    document: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Findings:
    """What is to be written with the next commit; events by (timeline, id), the last form.

    Coverage adds to what was written before, so each part of it stands here once.
    """

    events: dict[tuple[str, str], Event] = field(default_factory=dict)
    assessments: list[tuple[str, Assessment]] = field(default_factory=list)
    plans: list[PlanRow] = field(default_factory=list)
    coverage: dict[str, list[Coverage]] = field(default_factory=dict)
    supplements: list[SupplementRow] = field(default_factory=list)


async def write(connection: asyncpg.Connection, found: Findings, sharing: Sharing) -> None:
    """Writes the findings; a row written before is brought up to date."""
    share = (sharing.originator, list(sharing.releasable_to))
    await connection.executemany(_EVENT, [
        (*_event(timeline, event), *share) for (timeline, _), event in found.events.items()
    ])  # fmt: skip
    await connection.executemany(_ASSESSMENT, [
        (timeline, a.mmsi, from_us(a.assessed_at), _json(assessment_document(a)), *share)
        for timeline, a in found.assessments
    ])  # fmt: skip
    await connection.executemany(_PLAN, [
        (p.timeline, from_us(p.made_at), _json(p.scenario), _json(p.document), *share)
        for p in found.plans
    ])  # fmt: skip
    await connection.executemany(_SUPPLEMENT, [_supplement(row) for row in found.supplements])
    await connection.executemany(_COVERAGE, [
        _coverage(timeline, Coverage.merged(parts)) for timeline, parts in found.coverage.items()
    ])  # fmt: skip


def gist(assessment: Assessment) -> list[Any]:
    """What decides whether a later assessment is news."""
    coercion, smuggling = assessment.coercion, assessment.smuggling
    return [assessment.assessed_at, coercion.band, coercion.probability, smuggling.band,
            smuggling.priority]  # fmt: skip


def is_rise(assessment: Assessment, before: Sequence[Any] | None, bands: Sequence[str]) -> bool:
    """Whether the probability of coercion has come into one of the bands since."""
    band = assessment.coercion.band
    return band in bands and (before is None or before[1] not in bands)


def is_news(assessment: Assessment, before: Iterable[Any] | None) -> bool:
    """Whether to store it: a band changed, a score moved by a tenth, or an hour has passed."""
    if before is None:
        return True
    at, coercion_band, probability, smuggling_band, priority = before
    now = assessment
    return bool(
        now.assessed_at >= at + HOUR_US
        or now.coercion.band != coercion_band
        or now.smuggling.band != smuggling_band
        or abs(now.coercion.probability - probability) > 0.1 * probability
        or abs(now.smuggling.priority - priority) > 0.1 * priority
    )


def _event(timeline: str, event: Event) -> tuple[Any, ...]:
    ended = None if event.ended_at is None else from_us(event.ended_at)
    return (
        event.id, timeline, event.kind, list(event.mmsis), from_us(event.started_at), ended,
        from_us(event.detected_at), event.lon, event.lat, event.status, event.confidence,
        _json(event.evidence),
    )  # fmt: skip


def _coverage(timeline: str, told: Coverage) -> tuple[Any, ...]:
    return (
        timeline, told.source.tolist(), told.cell.tolist(),
        [from_us(at) for at in told.began_at.tolist()], told.hearings.tolist(),
        told.vessels.tolist(),
    )  # fmt: skip


def _supplement(row: SupplementRow) -> tuple[Any, ...]:
    return (
        LIVE, row.mmsi, row.score, row.audience, from_us(row.assessed_at), _json(row.document),
        row.reports_revision,
    )  # fmt: skip


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
