"""What the watch writes: events, assessments and plans as rows, inside its transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import msgspec

from api import store_alerts
from api.alert import Alert, alert_document
from api.alerting import audience_of
from api.store_alerts import AlertRow
from api.telling import SupplementRow
from ingest.coverage import Coverage
from ingest.log import LIVE
from risk.assessment import BANDS, Assessment, assessment_document
from risk.event import Event
from sea.instants import from_us
from sea.units import Microseconds

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
INSERT INTO assessments (timeline, mmsi, assessed_at, document, inputs, originator, releasable_to)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (mmsi, assessed_at, timeline) DO UPDATE SET
    document = excluded.document, inputs = excluded.inputs, revision = nextval('revision')
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
    exercise: str | None = None
    """Name of the exercise that runs; alerts out of it say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """A plan and the scenario it answers, as JSON values."""

    timeline: str
    made_at: Microseconds
    scenario: Mapping[str, Any]
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentRow:
    """An assessment and, as JSON values, what it was made of."""

    timeline: str
    assessment: Assessment
    inputs: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Findings:
    """What is to be written with the next commit; events by (timeline, id), the last form.

    Coverage adds to what was written before, so each part of it stands here once. `withdrawn` are
    ids of alerts whose event was taken back; `stood`: see `api.alerting`.
    """

    events: dict[tuple[str, str], Event] = field(default_factory=dict)
    assessments: list[AssessmentRow] = field(default_factory=list)
    plans: list[PlanRow] = field(default_factory=list)
    coverage: dict[str, list[Coverage]] = field(default_factory=dict)
    supplements: list[SupplementRow] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    stood: dict[str, tuple[Microseconds, list[str]]] = field(default_factory=dict)


async def write(connection: asyncpg.Connection, found: Findings, sharing: Sharing) -> None:
    """Writes the findings; a row written before is brought up to date."""
    share = (sharing.originator, list(sharing.releasable_to))
    await connection.executemany(_EVENT, [
        (*_event(timeline, event), *share) for (timeline, _), event in found.events.items()
    ])  # fmt: skip
    await connection.executemany(_ASSESSMENT, [
        (*_assessment(row), *share) for row in found.assessments
    ])  # fmt: skip
    await connection.executemany(_PLAN, [
        (p.timeline, from_us(p.made_at), _json(p.scenario), _json(p.document), *share)
        for p in found.plans
    ])  # fmt: skip
    await connection.executemany(_SUPPLEMENT, [_supplement(row) for row in found.supplements])
    await connection.executemany(_COVERAGE, [
        _coverage(timeline, Coverage.merged(parts)) for timeline, parts in found.coverage.items()
    ])  # fmt: skip
    if found.alerts or found.withdrawn:
        rows = [_alert(alert, sharing) for alert in found.alerts]
        await store_alerts.write(connection, rows, found.withdrawn)


def gist(row: AssessmentRow) -> list[Any]:
    """What decides whether a later assessment is news, see `api.news`."""
    coercion, smuggling = row.assessment.coercion, row.assessment.smuggling
    return [row.assessment.assessed_at, BANDS.index(coercion.band), coercion.probability,
            BANDS.index(smuggling.band), smuggling.priority]  # fmt: skip


def _assessment(row: AssessmentRow) -> tuple[Any, ...]:
    made = row.assessment
    return (
        row.timeline, made.mmsi, from_us(made.assessed_at), _json(assessment_document(made)),
        _json(row.inputs),
    )  # fmt: skip


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


def _alert(alert: Alert, sharing: Sharing) -> AlertRow:
    originator, releasable_to = audience_of(alert, sharing.originator, sharing.releasable_to)
    lon, lat = alert.position or (None, None)
    return AlertRow(
        id=alert.id, rule=alert.rule.name, severity=alert.rule.severity, kind=alert.rule.kind,
        mmsis=alert.mmsis, onset_at=from_us(alert.onset_at), lon=lon, lat=lat,
        document=alert_document(alert) | {"exercise": sharing.exercise},
        originator=originator, releasable_to=releasable_to,
    )  # fmt: skip


def _supplement(row: SupplementRow) -> tuple[Any, ...]:
    return (
        LIVE, row.mmsi, row.score, row.audience, from_us(row.assessed_at), _json(row.document),
        row.reports_revision,
    )  # fmt: skip


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
