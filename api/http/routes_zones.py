"""Zones: areas that nations draw, for crossings to be told of and for waters closed to patrols."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import Field

from api import store_zones
from api.http import answers_zones as answers
from api.http.bodies import Body, Line, Nations, body_digest, idempotency_key, read_body
from api.http.context import CONTEXT, principal_of
from api.http.params import Instant
from api.http.problem import NotFoundError
from api.http.registry import NoParams, Operation, Params
from api.http.reporting import new_id
from api.http.versions import check_version, versioned
from api.policy import allowed, may_decide, release_of
from api.store_zones import ZoneDraft, zone_feature
from escort.scenario import CLOSING_KINDS
from sea.errors import BadInputError, NotAllowedError
from sea.zones import zone_of

MOST_CORNERS: Final = 2000
"""Of one zone; looked at for every fix near it. Chosen by us."""

MOST_ZONES: Final = 200
"""Of one nation; chosen by us."""

ZoneKind = Literal["watch", "approach", "anchorage", "territorial_sea", "closed"]


class ZonePath(Params):
    """Which zone."""

    id: str = Field(pattern=r"^[0-9a-f]{20}$")


class ZoneBody(Body):
    """An area of your nation. Of the kinds that close waters, one Polygon without holes."""

    name: Line = Field(min_length=1)
    kind: ZoneKind = "watch"
    geometry: dict[str, Any] = Field(description="GeoJSON Polygon or MultiPolygon.")
    valid_from: Instant | None = Field(default=None, description="By default from now on.")
    valid_until: Instant | None = None
    releasable_to: Nations = Field(default_factory=list)


async def zones(request: web.Request, _: NoParams) -> dict[str, Any]:
    """Zones that the principal may see."""
    rows = await store_zones.zones(request.app[CONTEXT].database)
    principal = principal_of(request)
    seen = [row for row in rows if allowed(principal, release_of("zone", row))]
    return {"type": "FeatureCollection", "features": [zone_feature(row) for row in seen]}


async def one(request: web.Request, asked: ZonePath) -> web.Response:
    """The zone."""
    row = await _seen(request, asked.id)
    return versioned(zone_feature(row), row["version"])


async def draw(request: web.Request, _: NoParams) -> web.Response:
    """The new zone."""
    _check_may_draw(request, principal_of(request).nation)
    given = await read_body(request, ZoneBody)
    database, nation = request.app[CONTEXT].database, principal_of(request).nation
    rows = await store_zones.zones(database)
    if sum(row["originator"] == nation for row in rows) >= MOST_ZONES:
        raise BadInputError(f"your nation has {MOST_ZONES} zones", mend="take one away first")
    draft = replace(
        await _draft(request, new_id(), given, _now()),
        idempotency_key=idempotency_key(request), digest=await body_digest(request),
    )  # fmt: skip
    row = await store_zones.zone(database, await store_zones.add(database, draft))
    if row is None:
        raise NotFoundError("the zone that this request made is no more")
    return versioned(zone_feature(row), row["version"], status=201)


async def redraw(request: web.Request, asked: ZonePath) -> web.Response:
    """The zone as it is now."""
    row = await _own(request, asked.id)
    given = await read_body(request, ZoneBody)
    check_version(request, row["version"])
    draft = await _draft(request, asked.id, given, row["document"]["valid_from"])
    database = request.app[CONTEXT].database
    await store_zones.change(database, draft, row["version"])
    return await one(request, asked)


async def take_away(request: web.Request, asked: ZonePath) -> web.Response:
    """Nothing; the zone is no more."""
    row = await _own(request, asked.id)
    check_version(request, row["version"])
    draft = ZoneDraft(
        id=asked.id, document=None, originator=row["originator"],
        releasable_to=row["releasable_to"], by=principal_of(request).name,
    )  # fmt: skip
    await store_zones.change(request.app[CONTEXT].database, draft, row["version"])
    return web.Response(status=204)


async def _draft(request: web.Request, zone_id: str, given: ZoneBody, since: int) -> ZoneDraft:
    principal = principal_of(request)
    valid_from = since if given.valid_from is None else given.valid_from
    if given.valid_until is not None and given.valid_until <= valid_from:
        raise BadInputError("is not after valid_from", field="valid_until")
    document = {
        "name": given.name, "kind": given.kind, "nation": principal.nation,
        "geometry": given.geometry, "valid_from": valid_from, "valid_until": given.valid_until,
    }  # fmt: skip
    _check_drawn({**document, "id": zone_id})
    return ZoneDraft(
        id=zone_id, document=document, originator=principal.nation, by=principal.name,
        releasable_to=given.releasable_to,
    )  # fmt: skip


def _check_drawn(document: Mapping[str, Any]) -> None:
    """Refuses what is no area, or too intricate, or cannot close waters.

    Raises:
        BadInputError: `field` is the geometry.
    """
    try:
        polygon = zone_of(document).polygon
    except BadInputError as error:
        raise BadInputError(str(error), field="geometry") from error
    corners = sum(len(ring) for ring in _rings(document["geometry"]))
    if corners > MOST_CORNERS:
        raise BadInputError(f"has {corners} corners, over {MOST_CORNERS}", field="geometry")
    simple = polygon.geom_type == "Polygon" and not polygon.interiors
    if document["kind"] in CLOSING_KINDS and not simple:
        raise BadInputError(
            f"a zone of kind {document['kind']} is one Polygon without holes", field="geometry",
            mend="draw each part as a zone of its own",
        )  # fmt: skip


def _rings(geometry: Mapping[str, Any]) -> list[Any]:
    parts = geometry["coordinates"]
    polygons = parts if geometry["type"] == "MultiPolygon" else [parts]
    return [ring for polygon in polygons for ring in polygon]


async def _seen(request: web.Request, zone_id: str) -> dict[str, Any]:
    row = await store_zones.zone(request.app[CONTEXT].database, zone_id)
    if row is None or not allowed(principal_of(request), release_of("zone", row)):
        raise NotFoundError(f"there is no zone {zone_id}")
    return row


async def _own(request: web.Request, zone_id: str) -> dict[str, Any]:
    row = await _seen(request, zone_id)
    _check_may_draw(request, row["originator"])
    return row


def _check_may_draw(request: web.Request, nation: str) -> None:
    if not may_decide(principal_of(request), nation):
        raise NotAllowedError("watch officers and planners draw zones of their own nation")


def _now() -> int:
    return time.time_ns() // 1000


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/zones",
        summary="Areas that partners have drawn, as GeoJSON",
        tag="zones",
        handle=zones,
        params=NoParams,
        answer=answers.Zones,
    ),
    Operation(
        path="/v1/zones",
        method="POST",
        summary="Draws an area of your nation",
        tag="zones",
        handle=draw,
        params=NoParams,
        body=ZoneBody,
        answer=answers.Zone,
        success=201,
    ),
    Operation(
        path="/v1/zones/{id}",
        summary="One area, its version as ETag",
        tag="zones",
        handle=one,
        params=ZonePath,
        answer=answers.Zone,
    ),
    Operation(
        path="/v1/zones/{id}",
        method="PUT",
        summary="Draws an area of your nation anew; If-Match names the version that was read",
        tag="zones",
        handle=redraw,
        params=ZonePath,
        body=ZoneBody,
        answer=answers.Zone,
    ),
    Operation(
        path="/v1/zones/{id}",
        method="DELETE",
        summary="Takes an area of your nation away; If-Match names the version that was read",
        tag="zones",
        handle=take_away,
        params=ZonePath,
        success=204,
    ),
)
