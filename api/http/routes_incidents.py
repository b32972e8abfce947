"""Incidents: reports of partners, merged as the reader may know them."""

import time
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Literal

import msgspec
from aiohttp import web
from pydantic import Field

from api import store_reports
from api.briefing import Record, document_of
from api.http import answers_reports as answers
from api.http.auditing import deed
from api.http.bodies import Body, Line, Prose, Said, read_body, read_text
from api.http.context import CONTEXT, principal_of
from api.http.params import Box, Cursor, Instant, Limit, Text
from api.http.problem import InvalidRequestError, NotFoundError
from api.http.registry import NoParams, Operation, Params, json_response
from api.http.reporting import (
    GradedBody,
    OneReport,
    RetractionBody,
    ShipBody,
    briefed,
    check_may_report,
    new_id,
    page,
    past,
    report,
    reported_ship,
    seen_record,
    shown_release,
    shown_ship,
    take_back,
)
from api.policy import Principal, sees_informants
from api.store_reports import NewReport
from api.view import BBox
from risk.grade import Credibility, Grade, Reliability
from risk.incident import Activity
from risk.report import (
    MAX_WITHIN_H,
    MAX_WITHIN_NM,
    IncidentKind,
    IncidentReport,
    MergedIncident,
)
from risk.report_csv import read_reports
from sea.instants import iso_z
from sea.units import HOUR_US

ActivityName = Literal["anchored", "berthed", "under_way"]

MAX_LINES = 5000
MAX_REFUSED = 100
"""Refused lines that are named; the rest is counted."""


class IncidentsQuery(Params):
    """Which incidents."""

    kind: IncidentKind | None = None
    since: Instant | None = Field(default=None, description="Happened then or later.")
    bbox: Box | None = None
    retracted: bool = Field(
        default=False, description="Also those whose reports are all retracted."
    )
    limit: Limit = 100
    cursor: Cursor | None = None


class UploadQuery(Params):
    """What the lines of an upload share where they do not say it themselves."""

    source: Text = ""
    reliability: Reliability = "F"
    credibility: Literal["1", "2", "3", "4", "5", "6"] = "6"
    releasable_to: str = Field(
        default="", pattern=r"^((\*|[A-Z]{2})(,(\*|[A-Z]{2})){0,49})?$",
        description="Nations beside your own, with commas between, `*` for all.",
    )  # fmt: skip


class IncidentBody(GradedBody):
    """One report of one incident."""

    kind: IncidentKind
    at: Instant
    at_uncertainty_h: float = Field(default=0.0, ge=0, le=MAX_WITHIN_H)
    position: tuple[float, float] = Field(description="lon, lat")
    position_uncertainty_nm: float = Field(default=1.0, ge=0, le=MAX_WITHIN_NM)
    activity: ActivityName | None = None
    ship: ShipBody = ShipBody()
    reference: Line = ""
    narrative: Prose = ""


class JudgementBody(Body):
    """Whether this report and another mean one event."""

    other: str = Field(pattern=r"^[0-9a-f]{20}$")
    same: bool
    reason: Said


async def incidents(request: web.Request, asked: IncidentsQuery) -> dict[str, Any]:
    """Incidents that the principal may know of, latest first."""
    briefing, principal = await briefed(request), principal_of(request)
    found = [
        ((incident.best.at, incident.id), incident)
        for incident in briefing.incidents(principal)
        if _asked_for(incident, asked)
    ]
    shown, following = page(found, asked.limit, asked.cursor)
    return {"incidents": [_shown(i, briefing.records, principal) for i in shown], "next": following}


async def incident(request: web.Request, asked: OneReport) -> dict[str, Any]:
    """The incident that a report is of."""
    return await _incident_of(request, asked.id)


async def add_incident(request: web.Request, _: NoParams) -> web.Response:
    """The incident with the new report in it."""
    body = await read_body(request, IncidentBody)
    told = IncidentReport(
        id=new_id(), kind=body.kind, at=past(body.at), within_h=body.at_uncertainty_h,
        lon=body.position[0], lat=body.position[1], within_nm=body.position_uncertainty_nm,
        activity=_activity(body.activity), ship=reported_ship(body.ship), grade=body.grade,
        source=body.source, reference=body.reference, narrative=body.narrative,
    )  # fmt: skip
    record = await report(request, "incident", told, body.releasable_to)
    response = json_response(await _incident_of(request, record.id), status=201)
    response.headers["Location"] = f"/v1/incidents/{record.id}"
    return response


async def upload(request: web.Request, asked: UploadQuery) -> dict[str, Any]:
    """What was added of a CSV; a line known already adds nothing."""
    check_may_report(request, "incident")
    principal, database = principal_of(request), request.app[CONTEXT].database
    credibility: Credibility = int(asked.credibility)  # type: ignore[assignment]
    grade = Grade(reliability=asked.reliability, credibility=credibility)
    latest = time.time_ns() // 1000 + HOUR_US
    drafts, refused = read_reports(
        await read_text(request), source=asked.source, grade=grade, latest=latest
    )
    if len(drafts) > MAX_LINES:
        raise InvalidRequestError([("body", f"has more than {MAX_LINES} lines; send it in parts")])
    nations = sorted(set(filter(None, asked.releasable_to.split(","))))
    new, noted = [_new(d, principal, nations) for d in drafts], deed(request, "report", status=200)
    added = await store_reports.add_all(database, new, noted)
    return {
        "added": added,
        "known": len(drafts) - added,
        "refused": len(refused),
        "errors": [
            {"line": r.line, "field": r.field, "detail": r.detail} for r in refused[:MAX_REFUSED]
        ],
    }


async def retract(request: web.Request, asked: OneReport) -> dict[str, Any]:
    """The incident without the report, which stays to be seen."""
    body = await read_body(request, RetractionBody)
    await take_back(request, "incident", asked.id, body.reason)
    return await _incident_of(request, asked.id)


async def judge(request: web.Request, asked: OneReport) -> dict[str, Any]:
    """The incident after a person has said what belongs together."""
    body = await read_body(request, JudgementBody)
    check_may_report(request, "incident")
    one = await seen_record(request, "incident", asked.id)
    two = await seen_record(request, "incident", body.other)
    if one.id == two.id:
        raise InvalidRequestError([("other", "is this report itself")])
    database, by = request.app[CONTEXT].database, principal_of(request).name
    noted = deed(request, "report", status=200)
    await store_reports.judge(database, one.id, two.id, body.same, body.reason, by, noted)
    return await _incident_of(request, one.id)


async def _incident_of(request: web.Request, report_id: str) -> dict[str, Any]:
    briefing = await briefed(request)
    for found in briefing.incidents(principal_of(request)):
        if any(r.id == report_id for r in found.reports):
            return _shown(found, briefing.records, principal_of(request))
    raise NotFoundError(f"there is no incident {report_id}")


def _asked_for(incident: MergedIncident, asked: IncidentsQuery) -> bool:
    best = incident.best
    return (
        (asked.retracted or not incident.retracted)
        and (asked.kind is None or incident.kind == asked.kind)
        and (asked.since is None or best.at >= asked.since)
        and (asked.bbox is None or _inside(best.lon, best.lat, asked.bbox))
    )


def _inside(lon: float, lat: float, bbox: BBox) -> bool:
    west, south, east, north = bbox
    across = west <= lon <= east if west <= east else lon >= west or lon <= east
    return across and south <= lat <= north


def _new(draft: IncidentReport, principal: Principal, nations: list[str]) -> NewReport:
    """The draft with an id by its content and release: a file sent twice adds nothing."""
    told = [principal.nation, nations, document_of(draft)]
    content = msgspec.json.encode(told, order="deterministic")
    return NewReport(
        id=blake2b(content, digest_size=10).hexdigest(), kind="incident",
        document=document_of(draft), originator=principal.nation, releasable_to=nations,
        reported_by=principal.name, idempotency_key=None, digest=blake2b(content).digest(),
    )  # fmt: skip


def _shown(
    incident: MergedIncident, records: Mapping[str, Record], principal: Principal
) -> dict[str, Any]:
    best = incident.best
    return {
        "id": incident.id,
        "kind": incident.kind,
        **_when_and_where(best),
        "activity": _activity_name(incident.activity),
        "ship": shown_ship(incident.ship),
        "count": round(incident.count, 4),
        "status": "retracted" if incident.retracted else "standing",
        "reports": [_shown_report(records[r.id], r, principal) for r in incident.reports],
    }


def _shown_report(record: Record, told: IncidentReport, principal: Principal) -> dict[str, Any]:
    named = sees_informants(principal, record.release)
    return {
        "id": told.id,
        "kind": told.kind,
        **_when_and_where(told),
        "activity": _activity_name(told.activity),
        "ship": shown_ship(told.ship),
        "source": told.source if named else "",
        "reference": told.reference if named else "",
        "reliability": told.grade.reliability,
        "credibility": told.grade.credibility,
        "narrative": told.narrative,
        **shown_release(record),
    }


def _when_and_where(told: IncidentReport) -> dict[str, Any]:
    return {
        "at": iso_z(told.at),
        "at_uncertainty_h": told.within_h,
        "position": [told.lon, told.lat],
        "position_uncertainty_nm": told.within_nm,
    }


def _activity(name: ActivityName | None) -> Activity | None:
    return None if name is None else Activity[name.upper()]


def _activity_name(activity: Activity | None) -> str | None:
    return None if activity is None else activity.name.lower()


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/incidents",
        summary="Incidents that partners reported, latest first",
        tag="reports",
        handle=incidents,
        params=IncidentsQuery,
        answer=answers.Incidents,
    ),
    Operation(
        path="/v1/incidents",
        method="POST",
        summary="Reports an incident",
        tag="reports",
        handle=add_incident,
        params=NoParams,
        body=IncidentBody,
        answer=answers.Incident,
        success=201,
    ),
    Operation(
        path="/v1/incidents/upload",
        method="POST",
        summary="Reports the incidents of a CSV: our columns, IMB, ASAM or Crime at Sea",
        tag="reports",
        handle=upload,
        params=UploadQuery,
        takes="text/csv",
        answer=answers.Upload,
    ),
    Operation(
        path="/v1/incidents/{id}",
        summary="The incident that a report is of, with all its reports",
        tag="reports",
        handle=incident,
        params=OneReport,
        answer=answers.Incident,
    ),
    Operation(
        path="/v1/incidents/{id}/retraction",
        method="POST",
        summary="Takes a report back; it stays to be seen as retracted",
        tag="reports",
        handle=retract,
        params=OneReport,
        body=RetractionBody,
        answer=answers.Incident,
    ),
    Operation(
        path="/v1/incidents/{id}/judgement",
        method="POST",
        summary="Says whether two reports mean one event, before any rule",
        tag="reports",
        handle=judge,
        params=OneReport,
        body=JudgementBody,
        answer=answers.Incident,
    ),
)
