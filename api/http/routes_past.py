"""The past on a chart: the picture of an instant, as the live stream would have sent it."""

from typing import Any

import numpy as np
from aiohttp import web
from pydantic import Field

from api.http.context import CONTEXT, principal_of
from api.http.params import Box, Instant
from api.http.registry import Operation, Params
from api.live import DELTA, SNAPSHOT, encode
from api.past import past_frame
from api.view import within
from sea.errors import BadInputError


class PastQuery(Params):
    """Which instant, and which ships."""

    at: Instant
    after: Instant | None = Field(
        default=None, description="Only ships heard since then: a delta to that instant's picture."
    )
    bbox: Box | None = None


async def past(request: web.Request, asked: PastQuery) -> web.Response:
    """A binary frame of the ships heard in the half hour up to the instant, or since `after`."""
    if asked.after is not None and asked.after > asked.at:
        raise BadInputError("after is later than at", field="after")
    context = request.app[CONTEXT]
    rows = await past_frame(context.database, principal_of(request), asked.at, asked.after)
    if asked.bbox is not None:
        rows = rows[within(rows["lon"] / 1e7, rows["lat"] / 1e7, asked.bbox)]
    slots = [context.view.picture.slot_of(mmsi) for mmsi in rows["mmsi"].tolist()]
    types = context.view.picture.ship_type
    rows["ship_type"] = np.clip([0 if s is None else types[s] for s in slots], 0, 255)
    body = encode(rows, kind=SNAPSHOT if asked.after is None else DELTA, sequence=0)
    response = web.Response(body=body, content_type="application/octet-stream")
    response.enable_compression()
    return response


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/past",
        summary="The picture of an instant that is over, as a frame of the live stream",
        tag="vessels",
        handle=past,
        params=PastQuery,
        media=("application/octet-stream",),
    ),
)
