"""Events, of all vessels and of one."""

from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from api import store
from api.http import answers
from api.http.context import CONTEXT
from api.http.params import Box, Cursor, Instant, Limit, Mmsi, read_cursor, write_cursor
from api.http.registry import Operation, Params
from api.http.routes_vessels import cursor_time, visible
from sea.instants import from_us, to_us

EventKind = Literal[
    "gap", "coverage_lost", "rendezvous", "loitering", "slowdown", "jump", "clone", "bad_identity",
    "spoof_circle", "identity_change", "deviation", "approach", "sudden_stop", "stop", "port_call",
    "zone_entry", "zone_exit", "draught_change", "destination_mismatch",
]  # fmt: skip


class EventsQuery(Params):
    """Which events."""

    kind: EventKind | None = None
    since: Instant | None = Field(
        default=None, description="Detected, ended or still open at this time or later."
    )
    bbox: Box | None = None
    limit: Limit = 100
    cursor: Cursor | None = None


class VesselEventsQuery(Params):
    """Which events of a vessel."""

    mmsi: Mmsi
    kind: EventKind | None = None
    since: Instant | None = None
    limit: Limit = 100
    cursor: Cursor | None = None


async def events(request: web.Request, asked: EventsQuery) -> dict[str, Any]:
    """Events that the principal may see."""
    return await _events(request, asked, bbox=asked.bbox)


async def events_of(request: web.Request, asked: VesselEventsQuery) -> dict[str, Any]:
    """Events of the vessel that the principal may see."""
    return await _events(request, asked, mmsi=int(asked.mmsi))


async def _events(
    request: web.Request, asked: EventsQuery | VesselEventsQuery, **where: Any
) -> dict[str, Any]:
    after = read_cursor(asked.cursor, tuple[int, str, str])
    rows = store.events(
        request.app[CONTEXT].database,
        kind=asked.kind,
        since=None if asked.since is None else from_us(asked.since),
        after=after and (cursor_time(after[0]), after[1], after[2]),
        **where,
    )
    seen, more = await visible(request, "event", rows, asked.limit)
    last = seen[-1] if more else None
    place = last and (to_us(last["started_at"]), last["timeline"], last["document"]["id"])
    return {"events": [row["document"] for row in seen], "next": write_cursor(place)}


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/vessels/{mmsi}/events",
        summary="Events of a vessel, latest start first",
        tag="vessels",
        handle=events_of,
        params=VesselEventsQuery,
        answer=answers.Events,
    ),
    Operation(
        path="/v1/events",
        summary="Events, latest start first",
        tag="events",
        handle=events,
        params=EventsQuery,
        answer=answers.Events,
    ),
)
