"""Arrivals: who is bound for a port, when she will be there, and what changed since yesterday."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import isfinite, nan
from typing import Any, Final

import numpy as np
from aiohttp import web
from pydantic import Field

from api import store_arrivals
from api.arriving import Estimate, changes, estimate
from api.http import answers_ports
from api.http.context import CONTEXT, principal_of
from api.http.language import Asked as LanguageAsked
from api.http.language import language_of, spoken
from api.http.params import Cursor, read_cursor, write_cursor
from api.http.problem import NotFoundError
from api.http.registry import Operation, Params
from api.http.routes_voyages import event_of
from api.http.ships import brief_ship
from api.policy import COALITION, Principal, allowed, release_of, sees_arrivals
from api.view import View, supplemented
from risk.event import Event
from risk.voyage import calls_of, numbers_of
from sea.errors import NotAllowedError
from sea.instants import from_us, iso_z, to_us
from sea.lanes import sea_distance_nm
from sea.ports import Port, port, resolve_destination
from sea.units import HOUR_US, Microseconds

NEVER_US: Final = 2**62
SILENT_H: Final = 24.0
"""A ship not heard for so long is not listed: nobody knows where she is; chosen by us."""

MOST_NUMBERS: Final = 3
"""Rounds in which former numbers of the ships are looked for."""


class ArrivalsQuery(Params):
    """Which port, and how far ahead."""

    unlocode: str = Field(pattern=r"^[A-Z]{2}[A-Z2-9]{3}$", description="UN/LOCODE, like PAONX.")
    within_h: float = Field(
        default=96.0, gt=0, le=1000, description="Expected at most so long from now; ships that "
        "lie stopped are listed all the same.",
    )  # fmt: skip
    limit: int = Field(default=100, ge=1, le=200, description="Most items in the answer.")
    cursor: Cursor | None = None
    lang: LanguageAsked = None


async def arrivals(request: web.Request, asked: ArrivalsQuery) -> dict[str, Any]:
    """Ships bound for the port.

    Raises:
        NotAllowedError: it is not one of this authority's ports.
        NotFoundError: there is no such port.
    """
    context, principal = request.app[CONTEXT], principal_of(request)
    place = port(asked.unlocode)
    if place is None:
        raise NotFoundError(f"no port {asked.unlocode} is known")
    if not sees_arrivals(principal, asked.unlocode):
        raise NotAllowedError(f"{asked.unlocode} is not one of your ports")
    bound = await _bound_for(context.view, place, asked.within_h)
    order = sorted((_order(e), mmsi) for mmsi, e in bound.items())
    after = read_cursor(asked.cursor, tuple[int, int])
    rest = [key for key in order if after is None or key > after]
    page = [mmsi for _, mmsi in rest[: asked.limit]]
    lang = language_of(request, asked.lang)
    seen = [context.view.vessel(mmsi, principal) for mmsi in page]
    ships = {mmsi: spoken(v, lang) for mmsi, v in zip(page, seen, strict=True) if v is not None}
    history = await _History.read(request, place, list(ships))
    more = len(rest) > asked.limit
    return {
        "port": {"unlocode": place.unlocode, "name": place.name, "country": place.country,
                 "position": [place.lon, place.lat]},
        "at": None if context.view.latest_us is None else iso_z(context.view.latest_us),
        "count": len(order),
        "arrivals": [
            _arrival(ship, bound[mmsi], principal, history, mmsi) for mmsi, ship in ships.items()
        ],
        "next": write_cursor(rest[asked.limit - 1] if more else None),
    }  # fmt: skip


def _order(found: Estimate) -> Microseconds:
    return NEVER_US if found.likely is None else found.likely


async def _bound_for(view: View, place: Port, within_h: float) -> dict[int, Estimate]:
    """Estimates of the ships heard lately whose destination means the port, by MMSI."""
    picture, n = view.picture, len(view.picture)
    if view.latest_us is None:
        return {}
    now_us = view.latest_us
    fresh = np.flatnonzero(picture.reported_at[:n] >= now_us - SILENT_H * HOUR_US)
    said, mmsi = picture.destination[fresh].tolist(), picture.mmsi[fresh].tolist()
    at, sog = picture.reported_at[fresh].tolist(), picture.sog[fresh].tolist()
    points = np.column_stack([picture.lon[fresh], picture.lat[fresh]])

    def found() -> dict[int, Estimate]:
        meant = {text: resolve_destination(text) for text in set(said) if text}
        rows = [i for i, text in enumerate(said) if text and meant[text] == place]
        if not rows:
            return {}
        away = sea_distance_nm(points[rows], [[place.lon, place.lat]])[:, 0].tolist()
        told = {mmsi[i]: estimate(nm, sog[i], at[i]) for i, nm in zip(rows, away, strict=True)}
        last = now_us + within_h * HOUR_US
        return {m: e for m, e in told.items() if e.likely is None or e.likely <= last}

    return await asyncio.to_thread(found)


def _arrival(
    ship: Mapping[str, Any], found: Estimate, principal: Principal, history: "_History", mmsi: int
) -> dict[str, Any]:
    bands = {name: ship[name] and ship[name]["band"] for name in ("coercion", "smuggling")}
    now = {"bound_for": history.place.unlocode, "likely": found.likely, **bands}
    return {
        **brief_ship(ship, principal),
        "status": found.status,
        "distance_nm": round(found.distance_nm, 1) if isfinite(found.distance_nm) else None,
        "expected": _expected(found),
        "declared_eta": ship["eta"],
        "last_ports": history.last_ports(mmsi),
        "changes": changes(now, history.before(mmsi)),
    }


def _expected(found: Estimate) -> dict[str, str] | None:
    if found.earliest is None or found.likely is None or found.latest is None:
        return None
    return {"earliest": iso_z(found.earliest), "likely": iso_z(found.likely),
            "latest": iso_z(found.latest)}  # fmt: skip


class _History:
    """What the principal may know of some ships: their calls, and how they were 24 h ago."""

    def __init__(
        self, place: Port, events: Sequence[Event], said: Mapping[int, str],
        estimates: Mapping[int, Estimate], scores: Mapping[int, Mapping[str, Any]],
    ) -> None:  # fmt: skip
        self.place = place
        self._events = events
        self._said = said
        self._estimates = estimates
        self._scores = scores

    @classmethod
    async def read(cls, request: web.Request, place: Port, mmsis: Sequence[int]) -> "_History":
        """As of 24 h before the newest report."""
        context, principal = request.app[CONTEXT], principal_of(request)
        if not mmsis or context.view.latest_us is None:
            return cls(place, (), {}, {}, {})
        database, then = context.database, from_us(context.view.latest_us) - timedelta(hours=24)
        said = await store_arrivals.destinations(database, mmsis, then)
        fixes = await store_arrivals.positions(database, mmsis, then)
        return cls(
            place, await _events(request, mmsis), said,
            await asyncio.to_thread(_estimates, place, fixes),
            await _scores_at(request, principal, mmsis, then),
        )  # fmt: skip

    def last_ports(self, mmsi: int) -> list[str]:
        """Ports she was seen to call at, the latest first."""
        return list(dict.fromkeys(call.port for call in calls_of(mmsi, self._events)))[:5]

    def before(self, mmsi: int) -> dict[str, Any]:
        """As `changes` takes it; the estimate only where she was bound for the port already."""
        said = self._said.get(mmsi)
        bound = None if said is None else resolve_destination(said)
        scores, was = self._scores.get(mmsi), self._estimates.get(mmsi)
        here = bound == self.place and was is not None
        return {
            "bound_for": None if bound is None else bound.unlocode,
            "coercion": scores and scores["coercion"]["band"],
            "smuggling": scores and scores["smuggling"]["band"],
            "likely": was.likely if here and was is not None else None,
        }


def _estimates(place: Port, fixes: Sequence[Any]) -> dict[int, Estimate]:
    if not fixes:
        return {}
    points = [[fix["lon"] / 1e7, fix["lat"] / 1e7] for fix in fixes]
    away = sea_distance_nm(points, [[place.lon, place.lat]])[:, 0].tolist()
    return {
        fix["mmsi"]: estimate(nm, nan if fix["sog"] is None else fix["sog"] / 10, to_us(fix["t"]))
        for fix, nm in zip(fixes, away, strict=True)
    }


async def _events(request: web.Request, mmsis: Sequence[int]) -> list[Event]:
    """Calls and identity changes that the principal may see, under all numbers of the ships."""
    database, principal = request.app[CONTEXT].database, principal_of(request)
    known: dict[str, Event] = {}
    asked: set[int] = set()
    wanted = set(mmsis)
    for _ in range(MOST_NUMBERS):
        rows = await store_arrivals.voyage_events(database, sorted(wanted))
        known |= {
            row["document"]["id"]: event_of(row["document"])
            for row in rows if allowed(principal, release_of("event", row))
        }  # fmt: skip
        asked |= wanted
        linked = {n for mmsi in wanted for n in numbers_of(mmsi, known.values())}
        wanted = linked - asked
        if not wanted:
            break
    return list(known.values())


async def _scores_at(
    request: web.Request, principal: Principal, mmsis: Sequence[int], then: datetime
) -> dict[int, dict[str, Any]]:
    """The newest assessment of each ship then that the principal may see, with supplements."""
    database, audiences = request.app[CONTEXT].database, (COALITION, principal.nation)
    told: dict[int, dict[tuple[str, str], Any]] = {}
    for row in await store_arrivals.supplements(database, mmsis, then, audiences):
        told.setdefault(row["mmsi"], {})[row["score"], row["audience"]] = row["document"]
    newest: dict[int, Any] = {}
    for row in await store_arrivals.assessments(database, mmsis, then):
        if allowed(principal, release_of("assessment", row)):
            known = newest.get(row["mmsi"])
            if known is None or row["assessed_at"] > known["assessed_at"]:
                newest[row["mmsi"]] = row
    return {
        mmsi: supplemented(row["document"], told.get(mmsi, {}), principal)
        for mmsi, row in newest.items()
    }


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/ports/{unlocode}/arrivals",
        summary="Ships bound for a port, when they are expected, and what changed in 24 h",
        tag="ports",
        handle=arrivals,
        params=ArrivalsQuery,
        answer=answers_ports.Arrivals,
    ),
)
