"""Watch lists and intelligence: what partners ask to be told of, and what they know."""

import time
from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from api.briefing import Record
from api.http import answers_reports as answers
from api.http.bodies import Body, Line, Nations, Prose, Said, read_body
from api.http.context import principal_of
from api.http.params import Cursor, Instant, Limit
from api.http.registry import NoParams, Operation, Params, json_response
from api.http.reporting import (
    GradedBody,
    ShipBody,
    TakenBack,
    briefed,
    checked_imo,
    new_id,
    page,
    past,
    report,
    reported_ship,
    shown_release,
    shown_ship,
    take_back,
)
from api.policy import Kind
from risk.intelligence import MAX_RADIUS_NM, IntelligenceReport, Place, Route
from risk.watchlist import WatchEntry
from sea.instants import iso_z


class ReportsQuery(Params):
    """Which reports."""

    retracted: bool = Field(default=False, description="Also those that were taken back.")
    limit: Limit = 100
    cursor: Cursor | None = None


class WatchBody(Body):
    """One ship to be told of, by number or by a pattern of her name."""

    mmsi: str | None = Field(default=None, pattern=r"^[0-9]{9}$")
    imo: int | None = Field(default=None, ge=1_000_000, le=9_999_999)
    name: Line = Field(
        default="", description="`*` is any letters, `?` one; at least four letters."
    )
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    owner: Line = Field(min_length=1)
    reason: Said
    releasable_to: Nations = Field(default_factory=list)


class PlaceBody(Body):
    """A circle."""

    position: tuple[float, float] = Field(description="lon, lat")
    radius_nm: float = Field(gt=0, le=MAX_RADIUS_NM)


class RouteBody(Body):
    """From one port to another, by UN/LOCODE; either may be left out."""

    origin: str = Field(default="", pattern=r"^([A-Z]{2}[A-Z2-9]{3})?$")
    destination: str = Field(default="", pattern=r"^([A-Z]{2}[A-Z2-9]{3})?$")


class IntelligenceBody(GradedBody):
    """What is known of exactly one of a ship, a place and a route."""

    at: Instant
    valid_until: Instant | None = None
    text: Prose = Field(min_length=1)
    ship: ShipBody | None = None
    place: PlaceBody | None = None
    route: RouteBody | None = None


async def watch_entries(request: web.Request, asked: ReportsQuery) -> dict[str, Any]:
    """Entries that the principal may see, last reported first."""
    shown, following = await _page(request, "watchlist", asked)
    return {"entries": [_entry(r) for r in shown], "next": following}


async def add_watch_entry(request: web.Request, _: NoParams) -> web.Response:
    """The new entry."""
    body = await read_body(request, WatchBody)
    entry = WatchEntry(
        id=new_id(), mmsi=int(body.mmsi or 0), imo=checked_imo(body.imo, "imo"), name=body.name,
        valid_from=_now() if body.valid_from is None else body.valid_from,
        valid_until=body.valid_until, owner=body.owner, reason=body.reason,
    )  # fmt: skip
    record = await report(request, "watchlist", entry, body.releasable_to)
    return json_response(_entry(record), status=201)


async def end_watch_entry(request: web.Request, asked: TakenBack) -> dict[str, Any]:
    """The entry, which holds no longer."""
    return _entry(await take_back(request, "watchlist", asked.id, asked.reason))


async def intelligence(request: web.Request, asked: ReportsQuery) -> dict[str, Any]:
    """Reports that the principal may see, last reported first."""
    shown, following = await _page(request, "intelligence", asked)
    return {"reports": [_intelligence(r) for r in shown], "next": following}


async def add_intelligence(request: web.Request, _: NoParams) -> web.Response:
    """The new report."""
    body = await read_body(request, IntelligenceBody)
    place, route = body.place, body.route
    told = IntelligenceReport(
        id=new_id(), at=past(body.at), valid_until=body.valid_until, text=body.text,
        ship=None if body.ship is None else reported_ship(body.ship),
        place=None if place is None else Place(
            lon=place.position[0], lat=place.position[1], radius_nm=place.radius_nm
        ),
        route=None if route is None else Route(
            origin=route.origin, destination=route.destination
        ),
        grade=body.grade, source=body.source,
    )  # fmt: skip
    record = await report(request, "intelligence", told, body.releasable_to)
    return json_response(_intelligence(record), status=201)


async def end_intelligence(request: web.Request, asked: TakenBack) -> dict[str, Any]:
    """The report, which counts no longer."""
    return _intelligence(await take_back(request, "intelligence", asked.id, asked.reason))


async def _page(
    request: web.Request, kind: Kind, asked: ReportsQuery
) -> tuple[list[Record], str | None]:
    records = (await briefed(request)).seen(kind, principal_of(request))
    wanted = [r for r in records if asked.retracted or r.retracted_at is None]
    return page([((r.reported_at, r.id), r) for r in wanted], asked.limit, asked.cursor)


def _entry(record: Record) -> dict[str, Any]:
    entry = record.value
    assert isinstance(entry, WatchEntry)  # records of a kind hold values of its type
    return {
        "id": entry.id,
        "mmsi": f"{entry.mmsi:09d}" if entry.mmsi else None,
        "imo": entry.imo or None,
        "name": entry.name or None,
        "valid_from": iso_z(entry.valid_from),
        "valid_until": None if entry.valid_until is None else iso_z(entry.valid_until),
        "owner": entry.owner,
        "reason": entry.reason,
        "status": _status(record, entry),
        **shown_release(record),
    }


def _status(
    record: Record, entry: WatchEntry
) -> Literal["retracted", "in_force", "to_come", "over"]:
    now = _now()
    if record.retracted_at is not None:
        return "retracted"
    if entry.in_force(now):
        return "in_force"
    return "to_come" if entry.valid_from > now else "over"


def _intelligence(record: Record) -> dict[str, Any]:
    told = record.value
    assert isinstance(told, IntelligenceReport)  # records of a kind hold values of its type
    place, route = told.place, told.route
    return {
        "id": told.id,
        "at": iso_z(told.at),
        "valid_until": None if told.valid_until is None else iso_z(told.valid_until),
        "text": told.text,
        "ship": None if told.ship is None else shown_ship(told.ship),
        "place": None if place is None else {
            "position": [place.lon, place.lat], "radius_nm": place.radius_nm
        },
        "route": None if route is None else {
            "origin": route.origin or None, "destination": route.destination or None
        },
        "source": told.source,
        "reliability": told.grade.reliability,
        "credibility": told.grade.credibility,
        **shown_release(record),
    }  # fmt: skip


def _now() -> int:
    return time.time_ns() // 1000


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/watchlists",
        summary="Watch-list entries, last reported first",
        tag="reports",
        handle=watch_entries,
        params=ReportsQuery,
        answer=answers.WatchEntries,
    ),
    Operation(
        path="/v1/watchlists",
        method="POST",
        summary="Asks to be told of a ship",
        tag="reports",
        handle=add_watch_entry,
        params=NoParams,
        body=WatchBody,
        answer=answers.WatchEntry,
        success=201,
    ),
    Operation(
        path="/v1/watchlists/{id}",
        method="DELETE",
        summary="Ends a watch-list entry; it stays to be seen as retracted",
        tag="reports",
        handle=end_watch_entry,
        params=TakenBack,
        answer=answers.WatchEntry,
    ),
    Operation(
        path="/v1/intelligence",
        summary="Intelligence on ships, places and routes, last reported first",
        tag="reports",
        handle=intelligence,
        params=ReportsQuery,
        answer=answers.IntelligenceReports,
    ),
    Operation(
        path="/v1/intelligence",
        method="POST",
        summary="Reports intelligence on a ship, a place or a route",
        tag="reports",
        handle=add_intelligence,
        params=NoParams,
        body=IntelligenceBody,
        answer=answers.IntelligenceReport,
        success=201,
    ),
    Operation(
        path="/v1/intelligence/{id}",
        method="DELETE",
        summary="Takes an intelligence report back; it stays to be seen as retracted",
        tag="reports",
        handle=end_intelligence,
        params=TakenBack,
        answer=answers.IntelligenceReport,
    ),
)
