"""Hot spots: places ranked by risk x traffic, and the cells of the hazard field."""

import asyncio
import time
from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from api.http import answers
from api.http.context import CONTEXT, principal_of
from api.http.params import Instant
from api.http.registry import Operation, Params, json_response
from api.http.reporting import briefed
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
    """Cells of the field raised by the incidents that the principal may see."""
    context = request.app[CONTEXT]
    incidents = (await briefed(request)).incidents(principal_of(request))
    now_us = context.view.latest_us or time.time_ns() // 1000
    found = await asyncio.to_thread(context.hotspots, incidents, now_us)
    return [
        {**cell, "properties": {**cell["properties"], "kind": "cell"}} for cell in found["features"]
    ]


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
