"""Coverage: which source heard whom where, as cells on a chart."""

import asyncio
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

import h3.api.numpy_int as h3i
from aiohttp import web
from pydantic import Field

from api import store
from api.http import answers
from api.http.context import CONTEXT, principal_of
from api.http.outline import outline
from api.http.params import Box, Instant
from api.http.registry import Operation, Params, json_response
from api.policy import Release, allowed
from api.view import BBox
from ingest.coverage import SPAN_US
from sea.instants import from_us, iso_z, to_us


class CoverageQuery(Params):
    """When and where."""

    at: Instant | None = Field(
        default=None, description="Within the ten minutes wanted; by default the newest known."
    )
    bbox: Box | None = None


async def coverage(request: web.Request, asked: CoverageQuery) -> web.Response:
    """Cells in which anybody was heard, for whom this node's coverage is releasable to."""
    context = request.app[CONTEXT]
    settings = context.settings
    release = Release(
        kind="coverage", originator=settings.nation, releasable_to=settings.releasable_to
    )
    began_at, rows = None, []
    if allowed(principal_of(request), release):
        if asked.at is not None:
            began_at = from_us(asked.at // SPAN_US * SPAN_US)
        else:
            began_at = await store.newest_coverage(context.database)
        if began_at is not None:
            rows = await store.coverage(context.database, began_at)
    features = await asyncio.to_thread(lambda: list(_features(rows, asked.bbox)))
    began_us = None if began_at is None else to_us(began_at)
    return json_response({
        "type": "FeatureCollection",
        "began_at": None if began_us is None else iso_z(began_us),
        "ended_at": None if began_us is None else iso_z(began_us + SPAN_US),
        "features": features,
    }, content_type="application/geo+json")  # fmt: skip


def _features(rows: Iterable[Any], bbox: BBox | None) -> Iterable[dict[str, Any]]:
    for cell, told in groupby(rows, key=itemgetter("cell")):
        lat, lon = h3i.cell_to_latlng(cell)
        if bbox is not None and not _within(lon, lat, bbox):
            continue
        sources = [
            {"source": row["source"] or None, "hearings": row["hearings"],
             "vessels": row["vessels"]} for row in told
        ]  # fmt: skip
        yield {
            "type": "Feature",
            "id": h3i.int_to_str(cell),
            "geometry": outline(cell),
            "properties": {
                "cell": h3i.int_to_str(cell),
                "hearings": sum(source["hearings"] for source in sources),
                "sources": sources,
            },
        }


def _within(lon: float, lat: float, bbox: BBox) -> bool:
    """Whether a cell's middle lies in the box."""
    west, south, east, north = bbox
    across = west <= lon <= east if west <= east else lon >= west or lon <= east
    return south <= lat <= north and across


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/coverage",
        summary="Which source heard whom where, by cells and ten minutes",
        tag="node",
        handle=coverage,
        params=CoverageQuery,
        answer=answers.CoverageCells,
        media=("application/geo+json",),
    ),
)
