"""Vessels: the picture, one vessel, and what is stored of it."""

import csv
import io
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from aiohttp import web
from pydantic import Field

from api import store
from api.http import answers
from api.http.context import CONTEXT, principal_of
from api.http.language import Asked as LanguageAsked
from api.http.language import language_of, spoken
from api.http.params import (
    Box,
    Cursor,
    Instant,
    Limit,
    Mmsi,
    Text,
    read_cursor,
    write_cursor,
)
from api.http.problem import NotFoundError
from api.http.registry import Operation, Params, json_response
from api.http.routes_challenger import ADOPTED
from api.policy import COALITION, Kind, allowed, release_of
from api.ranking import Key
from api.store_reports import supplements_of
from api.view import supplemented
from risk.assessment import Band
from risk.challenger import opinion
from sea.errors import BadInputError
from sea.instants import from_us, iso_z, to_us
from sea.units import DAY_US

MAX_POSITIONS = 200_000

Supplements = Mapping[tuple[str, str], Mapping[str, Any]]


class VesselsQuery(Params):
    """Which vessels."""

    bbox: Box | None = None
    min_band: Band = Field(
        default="insufficient_data", description="At least one of the two scores in this band."
    )
    q: Text = Field(default="", description="Part of MMSI, name, call sign or IMO number.")
    limit: Limit = 100
    cursor: Cursor | None = None
    lang: LanguageAsked = None
    detail: Literal["full", "brief"] = Field(
        default="full", description="Brief leaves the reasons of the scores out: empty lists."
    )


class OneVessel(Params):
    """Which vessel."""

    mmsi: Mmsi


class VesselQuery(OneVessel):
    """Which vessel, and how to speak of it."""

    lang: LanguageAsked = None


class TrackQuery(OneVessel):
    """Which part of a track; the default is the last 24 h before the last report."""

    start: Annotated[Instant | None, Field(alias="from")] = None
    end: Annotated[Instant | None, Field(alias="to")] = None
    format: Literal["geojson", "csv"] = "geojson"


class HistoryQuery(OneVessel):
    """Which part of a vessel's history."""

    limit: Limit = 100
    cursor: Cursor | None = None
    lang: LanguageAsked = None


async def vessels(request: web.Request, asked: VesselsQuery) -> dict[str, Any]:
    """A page of the vessels the principal may see."""
    view = request.app[CONTEXT].view
    page = view.vessels(
        principal_of(request),
        bbox=asked.bbox,
        min_band=asked.min_band,
        q=asked.q,
        limit=asked.limit,
        cursor=read_cursor(asked.cursor, Key),  # type: ignore[arg-type]
    )
    lang = language_of(request, asked.lang)
    return {
        "vessels": [
            _brief(item) if asked.detail == "brief" else spoken(item, lang) for item in page.items
        ],
        "count": page.count,
        "at": None if view.latest_us is None else iso_z(view.latest_us),
        "next": write_cursor(page.next),
    }


def _brief(item: Mapping[str, Any]) -> dict[str, Any]:
    """The vessel without the reasons of its scores."""
    told = dict(item)
    for score in ("coercion", "smuggling"):
        if told[score] is not None:
            told[score] = {**told[score], "reasons": []}
    return told


async def vessel(request: web.Request, asked: VesselQuery) -> dict[str, Any]:
    """The vessel as of now."""
    found = request.app[CONTEXT].view.vessel(int(asked.mmsi), principal_of(request))
    if found is None:
        raise NotFoundError(f"no vessel {asked.mmsi} has been heard")
    return await _with_opinion(request, spoken(found, language_of(request, asked.lang)))


async def _with_opinion(request: web.Request, found: dict[str, Any]) -> dict[str, Any]:
    """The vessel with what the adopted challenger says of the same indicators."""
    model = await request.app[ADOPTED].model()
    if model is None or found["model"] is None or model.table not in found["model"].split():
        return found | {"challenger": None}
    return found | {
        "challenger": opinion(model, found),
        "model": f"{found['model']} {model.name}",
    }


async def track(request: web.Request, asked: TrackQuery) -> web.StreamResponse:
    """The vessel's stored positions."""
    context, mmsi = request.app[CONTEXT], int(asked.mmsi)
    last = await store.last_heard(context.database, mmsi)
    if last is None:
        raise NotFoundError(f"no position of a vessel {asked.mmsi} is stored")
    end = to_us(last) if asked.end is None else asked.end
    start = max(0, end - DAY_US) if asked.start is None else asked.start
    if start > end:
        raise BadInputError("from is later than to", field="from")
    rows = await store.track(
        context.database, mmsi, from_us(start), from_us(end), MAX_POSITIONS + 1
    )
    if len(rows) > MAX_POSITIONS:
        raise BadInputError(
            f"more than {MAX_POSITIONS} positions", field="from", mend="ask for a shorter time"
        )
    if asked.format == "csv":
        return _csv(asked.mmsi, rows)
    return json_response(
        _geojson(asked.mmsi, start, end, rows), content_type="application/geo+json"
    )


async def assessments(request: web.Request, asked: HistoryQuery) -> dict[str, Any]:
    """The vessel's assessments that the principal may see."""
    after = read_cursor(asked.cursor, tuple[int, str])
    database = request.app[CONTEXT].database
    rows = store.assessments(database, int(asked.mmsi), after=after and _place(after))
    seen, more = await visible(request, "assessment", rows, asked.limit)
    last = seen[-1] if more else None
    told, lang = await _told(request, int(asked.mmsi)), language_of(request, asked.lang)
    principal = principal_of(request)
    return {
        "assessments": [
            spoken(supplemented(row["document"], told(row["assessed_at"]), principal), lang)
            | {"originator": row["originator"], "releasable_to": sorted(row["releasable_to"])}
            for row in seen
        ],
        "next": write_cursor(last and (to_us(last["assessed_at"]), last["timeline"])),
    }


async def _told(request: web.Request, mmsi: int) -> Callable[[Any], Supplements]:
    """Gives what reports added to the vessel's scores at an instant, by score and audience."""
    audiences = (COALITION, principal_of(request).nation)
    rows = await supplements_of(request.app[CONTEXT].database, mmsi, audiences)

    def at(instant: Any) -> Supplements:
        past = (row for row in rows if row["assessed_at"] <= instant)
        return {(row["score"], row["audience"]): row["document"] for row in past}

    return at


async def visible(
    request: web.Request, kind: Kind, rows: AsyncGenerator[store.Row, None], limit: int
) -> tuple[list[store.Row], bool]:
    """The first rows that the principal may see, and whether there are more."""
    principal = principal_of(request)
    seen: list[store.Row] = []
    async with aclosing(rows):
        async for row in rows:
            if allowed(principal, release_of(kind, row)):
                if len(seen) == limit:
                    return seen, True
                seen.append(row)
    return seen, False


def _place(after: tuple[int, str]) -> tuple[Any, str]:
    return cursor_time(after[0]), after[1]


def cursor_time(instant_us: int) -> Any:
    """The instant of a cursor as PostgreSQL takes it.

    Raises:
        BadInputError: no cursor of ours holds such an instant.
    """
    try:
        return from_us(instant_us)
    except OverflowError:
        raise BadInputError("this is no cursor of ours", field="cursor") from None


def _geojson(mmsi: str, start: int, end: int, rows: list[Any]) -> dict[str, Any]:
    lines: list[list[list[float]]] = [[[r["lon"] / 1e7, r["lat"] / 1e7] for r in rows]]
    lon = np.array([r["lon"] for r in rows], np.int64)
    cuts = np.flatnonzero(np.abs(np.diff(lon)) > 180 * 10**7) + 1
    if len(cuts):  # RFC 7946 3.1.9: a line does not cross the antimeridian
        edges = [0, *cuts.tolist(), len(rows)]
        lines = [lines[0][a:b] for a, b in pairwise(edges)]
    geometry: dict[str, Any] | None
    if not rows:
        geometry = None
    elif len(rows) == 1:
        geometry = {"type": "Point", "coordinates": lines[0][0]}
    elif len(lines) == 1:
        geometry = {"type": "LineString", "coordinates": lines[0]}
    else:
        lines = [line if len(line) > 1 else line * 2 for line in lines]
        geometry = {"type": "MultiLineString", "coordinates": lines}
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {
            "mmsi": mmsi,
            "start": iso_z(start),
            "end": iso_z(end),
            "reported_at": [iso_z(to_us(r["t"])) for r in rows],
            "sog_kn": [_tenths(r["sog"]) for r in rows],
            "cog_deg": [_tenths(r["cog"]) for r in rows],
            "heading_deg": [r["heading"] for r in rows],
        },
    }


def _csv(mmsi: str, rows: list[Any]) -> web.Response:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["reported_at", "received_at", "msg_type", "mmsi", "lon", "lat", "sog_kn", "cog_deg",
         "heading_deg", "nav_status"]
    )  # fmt: skip
    for r in rows:
        writer.writerow(
            [iso_z(to_us(r["t"])), iso_z(to_us(r["received_at"])), r["msg_type"], mmsi,
             f"{r['lon'] / 1e7:.7f}", f"{r['lat'] / 1e7:.7f}", _tenths(r["sog"]),
             _tenths(r["cog"]), r["heading"], r["nav_status"]]
        )  # fmt: skip
    response = web.Response(text=text.getvalue(), content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="track-{mmsi}.csv"'
    response.enable_compression()
    return response


def _tenths(value: int | None) -> float | None:
    return None if value is None else value / 10


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/vessels",
        summary="Vessels, most in need of attention first",
        tag="vessels",
        handle=vessels,
        params=VesselsQuery,
        answer=answers.Vessels,
    ),
    Operation(
        path="/v1/vessels/{mmsi}",
        summary="One vessel with both scores and their reasons",
        tag="vessels",
        handle=vessel,
        params=VesselQuery,
        answer=answers.Vessel,
    ),
    Operation(
        path="/v1/vessels/{mmsi}/track",
        summary="Stored positions of a vessel",
        tag="vessels",
        handle=track,
        params=TrackQuery,
        answer=answers.Track,
        media=("application/geo+json", "text/csv"),
    ),
    Operation(
        path="/v1/vessels/{mmsi}/assessments",
        summary="Assessments of a vessel, newest first",
        tag="vessels",
        handle=assessments,
        params=HistoryQuery,
        answer=answers.Assessments,
    ),
)
