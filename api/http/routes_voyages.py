"""Voyages: a ship's port calls, under every name and number she went by."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from api import store
from api.http import answers
from api.http.context import CONTEXT, principal_of
from api.http.problem import NotFoundError
from api.http.registry import Operation
from api.http.routes_vessels import OneVessel, visible
from risk.event import Event
from risk.routes import ROUTE_PORTS
from risk.voyage import Call, Identity, calls_of, identities_of, numbers_of
from sea.instants import iso_z, parse_utc

MOST_EVENTS = 1000
"""Of one kind and number; a ship makes fewer calls in many years."""

MOST_NUMBERS = 16


async def voyages(request: web.Request, asked: OneVessel) -> dict[str, Any]:
    """Calls and identities out of the events that the principal may see."""
    mmsi = int(asked.mmsi)
    view = request.app[CONTEXT].view
    now = view.vessel(mmsi, principal_of(request))
    events = await _events(request, mmsi)
    if now is None and not events:
        raise NotFoundError(f"no vessel {asked.mmsi} has been heard")
    calls, identities = calls_of(mmsi, events), identities_of(mmsi, events)
    return {
        "mmsi": asked.mmsi,
        "mmsis": [f"{number:09d}" for number in sorted(numbers_of(mmsi, events))],
        "identities": [_identity(i) for i in identities] or ([_as_heard(now)] if now else []),
        "calls": [_call(call) for call in calls],
        "last_ports": list(dict.fromkeys(call.port for call in calls))[:5],
        "bound_for": None if now is None else now["destination"],
    }


async def _events(request: web.Request, mmsi: int) -> Sequence[Event]:
    """Port calls and identity changes of the ship, under all numbers she is linked to."""
    events: dict[str, Event] = {}
    asked: set[int] = set()
    while more := numbers_of(mmsi, events.values()) - asked:
        for number in sorted(more)[:MOST_NUMBERS]:
            for kind in ("identity_change", "port_call"):
                rows = store.events(request.app[CONTEXT].database, mmsi=number, kind=kind)
                seen, _ = await visible(request, "event", rows, MOST_EVENTS)
                events |= {row["document"]["id"]: event_of(row["document"]) for row in seen}
        asked |= more
        if len(asked) >= MOST_NUMBERS:
            break
    return list(events.values())


def event_of(document: dict[str, Any]) -> Event:
    """The event of a stored document."""
    ended = document["ended_at"]
    return Event(
        kind=document["kind"], mmsis=tuple(int(mmsi) for mmsi in document["mmsis"]),
        started_at=parse_utc(document["started_at"]),
        ended_at=None if ended is None else parse_utc(ended),
        detected_at=parse_utc(document["detected_at"]), lon=document["lon"], lat=document["lat"],
        status=document["status"], confidence=document["confidence"],
        evidence=document["evidence"],
    )  # fmt: skip


def _identity(identity: Identity) -> dict[str, Any]:
    return {
        "mmsi": f"{identity.mmsi:09d}",
        "imo": identity.imo,
        "name": identity.name,
        "callsign": identity.callsign,
        "flag": identity.flag,
        "since": _instant(identity.since),
        "until": _instant(identity.until),
        "event_id": identity.event_id,
    }


def _as_heard(vessel: dict[str, Any]) -> dict[str, Any]:
    """The one identity of a ship that has not been seen to change it."""
    kept = {name: vessel[name] for name in ("mmsi", "imo", "name", "callsign", "flag")}
    return {**kept, "since": None, "until": None, "event_id": None}


def _call(call: Call) -> dict[str, Any]:
    return {
        "port": call.port,
        "name": call.name,
        "arrived_at": _instant(call.arrived_at),
        "sailed_at": _instant(call.sailed_at),
        "mmsi": f"{call.mmsi:09d}",
        "event_id": call.event_id,
        "on_route": call.port in ROUTE_PORTS,
    }


def _instant(at_us: int | None) -> str | None:
    return None if at_us is None else iso_z(at_us)


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/vessels/{mmsi}/voyages",
        summary="Port calls of a vessel, under every name and number she went by",
        tag="vessels",
        handle=voyages,
        params=OneVessel,
        answer=answers.Voyages,
    ),
)
