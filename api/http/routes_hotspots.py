"""Hot spots: places ranked by risk x traffic, and the cells of the hazard field."""

from typing import Any, Literal

import msgspec
from aiohttp import web
from pydantic import Field

from api.http import answers, routes_events
from api.http.params import Instant
from api.http.registry import NoParams, Operation, Params, json_response
from api.places import Places, features
from sea.instants import iso_z

PLACES = web.AppKey("places", Places)


class HotspotsQuery(Params):
    """When, and which."""

    at: Instant | None = Field(
        default=None, description="Of the ships at this time; by default the newest stored."
    )
    what: Literal["all", "places", "cells"] = Field(
        default="all",
        description="Places ranked by the incidents expected on the ships there, cells of the "
        "hazard field by incidents a year, or first those and then these.",
    )
    format: Literal["geojson"] = "geojson"


async def hotspots(request: web.Request, asked: HotspotsQuery) -> web.Response:
    """Ranked places of the instant, and the field's cells, each with its `kind`."""
    found: list[Any] = []
    at_us = asked.at
    if asked.what != "cells":
        places, at_us = await request.app[PLACES].at(asked.at)
        found += features(places)
    if asked.what != "places":
        found += await _cells(request)
    return json_response({
        "type": "FeatureCollection",
        "at": None if at_us is None else iso_z(at_us),
        "features": found,
    }, content_type="application/geo+json")  # fmt: skip


async def _cells(request: web.Request) -> list[Any]:
    field = await routes_events.hotspots(request, NoParams())
    assert isinstance(field.body, bytes)  # it is JSON that was not sent yet
    cells = msgspec.json.decode(field.body)["features"]
    for cell in cells:
        cell["properties"]["kind"] = "cell"
    return list(cells)


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/hotspots",
        summary="Where incidents are expected: ranked places and cells",
        tag="events",
        handle=hotspots,
        params=HotspotsQuery,
        answer=answers.Hotspots,
        media=("application/geo+json",),
    ),
)
