"""Merchant voyages: a rotation of harbours -> legs -> one itinerary of motion and declarations.

A leg goes from berth down the fairway, along the lane, to a spot at anchor off the next
harbour, waits there or not, and up to the berth to work cargo.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ingest.exercise.chance import generator
from ingest.exercise.fleet import Ship
from ingest.exercise.places import HARBOURS, Harbour, Point
from ingest.exercise.track import (
    ANCHORED,
    MOORED,
    UNDER_WAY,
    Floats,
    Hold,
    Ints,
    Path,
    Track,
    path_of,
    sail,
)
from sea.geodesy import bearing_deg, destination
from sea.land import shore_distance_nm
from sea.lanes import sea_route
from sea.units import Knots, Metres, NauticalMiles

_ASIDE_NM = 3.5
_FAIRWAY_KN = 7.0
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One voyage with the stay that ends it.

    Attributes:
        declared: the destination she gives where that is not the target.
        reload: nm along the outbound path at which she declares another draught, and that draught.
        lane: the path that weather pushed the outbound one off, None where it did not.
    """

    origin: str
    target: str
    outbound: Path
    inbound: Path
    cruise: Knots
    wait_h: float
    work_h: float
    draught: Metres
    holds: tuple[Hold, ...] = ()
    declared: str = ""
    reload: tuple[NauticalMiles, Metres] | None = None
    lane: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a ship declares from an instant on; `eta_s` NaN where she declares none."""

    from_s: float
    destination: str
    eta_s: float
    draught: Metres


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A stop at anchor or berth."""

    status: int
    locode: str
    from_s: float
    to_s: float
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Itinerary:
    """All a ship does; `leg` and `along` tell, knot by knot, the voyage and the nm along it.

    `leg` is -1 where she is not on a lane.
    """

    track: Track
    notes: tuple[Note, ...]
    stays: tuple[Stay, ...]
    leg: Ints
    along: Floats


@lru_cache(maxsize=1024)
def lane(origin: str, target: str) -> Path:
    """The lane between two anchorages, in steps of at most 8 nm."""
    start, end = HARBOURS[origin].anchorage, HARBOURS[target].anchorage
    route = sea_route(*start, *end)
    lon, lat = np.asarray(route.lon), np.asarray(route.lat)
    whole = path_of([start, *zip(lon.tolist(), lat.tolist(), strict=True), end])
    fine = np.union1d(whole.along, np.arange(0, whole.length_nm, 8.0))
    return path_of(list(zip(*(axis.tolist() for axis in whole.point(fine)), strict=True)))


def legs_of(
    ship: Ship,
    index: int,
    ports: Sequence[str],
    hours: float,
    seed: int,
    *,
    company: int,
    aside: float,
) -> tuple[Leg, ...]:
    """Legs round the rotation, enough of them for `hours` and one before.

    Ships of the same `company` number wait and work alike, each at a place of her own `index`.
    """
    draw = generator(seed, "legs", company)
    turn = int(draw.integers(len(ports)))
    legs: list[Leg] = []
    planned = 0.0
    first_h = 0.0
    while planned - first_h < hours:
        origin, target = ports[turn % len(ports)], ports[(turn + 1) % len(ports)]
        leg = _leg(ship, index, origin, target, draw, aside)
        legs.append(leg)
        planned += leg.outbound.length_nm / leg.cruise + leg.wait_h + leg.work_h
        first_h = first_h or planned
        turn += 1
    return tuple(legs)


def itinerary(ship: Ship, legs: Sequence[Leg], depart_s: float, until_s: float) -> Itinerary:
    """What the ship does when she leaves on the first leg at `depart_s`."""
    knots: list[tuple[Floats, Floats, Floats, int]] = []
    of_leg: list[tuple[int, Floats]] = []
    notes: list[Note] = []
    stays: list[Stay] = []
    at_s = depart_s
    for number, leg in enumerate(legs):
        if at_s > until_s:
            break
        eta_s = at_s + leg.outbound.length_nm / leg.cruise * 1.04 * _HOUR_S
        said = Note(from_s=at_s, destination=leg.declared or leg.target, eta_s=eta_s,
                    draught=leg.draught)  # fmt: skip
        notes.append(said)
        for path, cruise, hold, wait_h, status, on in (
            (leg.outbound, leg.cruise, leg.holds, leg.wait_h, ANCHORED, number),
            (leg.inbound, _FAIRWAY_KN, (), leg.work_h, MOORED, -1),
        ):
            seconds, along = sail(path, cruise, at_s, holds=hold, phase=ship.mmsi % 6)
            lon, lat = path.point(along)
            knots.append((seconds, lon, lat, UNDER_WAY))
            of_leg.append((on, along))
            if leg.reload and path is leg.outbound:
                reloaded_s = float(np.interp(leg.reload[0], along, seconds))
                notes.append(replace(said, from_s=reloaded_s, draught=leg.reload[1]))
            at_s = float(seconds[-1])
            if wait_h > 0:
                end_s = at_s + wait_h * _HOUR_S
                stays.append(Stay(status=status, locode=leg.target, from_s=at_s, to_s=end_s,
                                  lon=float(lon[-1]), lat=float(lat[-1])))  # fmt: skip
                lying = np.full(2, lon[-1]), np.full(2, lat[-1])
                knots.append((np.array([at_s, end_s]), *lying, status))
                of_leg.append((-1, np.zeros(2)))
                at_s = end_s
    return Itinerary(
        track=joined(knots),
        notes=tuple(notes),
        stays=tuple(stays),
        leg=np.concatenate([np.full(len(along), on) for on, along in of_leg]),
        along=np.concatenate([along for _, along in of_leg]),
    )


def joined(parts: Sequence[tuple[Floats, Floats, Floats, int]]) -> Track:
    """One track of (seconds, lon, lat, status) parts that follow each other."""
    return Track(
        at_s=np.concatenate([p[0] for p in parts]),
        lon=np.concatenate([p[1] for p in parts]),
        lat=np.concatenate([p[2] for p in parts]),
        status=np.concatenate([np.full(len(p[0]), p[3], np.int8) for p in parts]),
    )


def spot(harbour: Harbour, index: int) -> Point:
    """A ship's own place at anchor, some 0.5 nm from the next one, in a sunflower's order."""
    turn = index % 61
    bearing, away = turn * 137.508, 0.3 * (turn + 1) ** 0.5
    for reach in (away, away / 2, away / 4):
        lon, lat = destination(*harbour.anchorage, bearing, reach)
        if shore_distance_nm(lon, lat) > 0.5:
            return float(lon), float(lat)
    return harbour.anchorage


def _leg(
    ship: Ship, index: int, origin: str, target: str, draw: np.random.Generator, aside: float
) -> Leg:
    start, end = HARBOURS[origin], HARBOURS[target]
    fairway = start.fairway[::-1][:-1]
    berth = _berth(start, index)
    anchor = spot(end, index)
    way = _beside(lane(origin, target), aside)
    middle = list(zip(way.lon[:-1].tolist(), way.lat[:-1].tolist(), strict=True))
    busy = end.wait_h >= 12
    waits = ship.kind != "passenger" and draw.random() < (0.8 if busy else 0.45)
    wait_h = float(np.clip(end.wait_h * draw.lognormal(0, 0.5), 1.5, 72)) if waits else 0.0
    laden = draw.random() < (0.55 if ship.kind in ("bulker", "tanker") else 0.8)
    loaded = draw.uniform(0.88, 1.0) if laden else draw.uniform(0.55, 0.72)
    return Leg(
        origin=origin,
        target=target,
        outbound=path_of([berth, *fairway[1:], *middle, anchor]),
        inbound=path_of([anchor, *end.fairway[1:-1], _berth(end, index)]),
        cruise=ship.cruise_kn,
        wait_h=wait_h,
        work_h=float(draw.uniform(8, 14) if ship.kind == "passenger" else draw.uniform(10, 32)),
        draught=round(ship.full_draught_m * float(loaded), 1),
    )


def _berth(harbour: Harbour, index: int) -> Point:
    lon, lat = harbour.berth
    return lon + (index % 7 - 3) * 0.0012, lat + (index % 5 - 2) * 0.0012


def _beside(path: Path, aside: float) -> Path:
    """The path as one ship keeps it: up to 3.5 nm off it where the sea is wide enough."""
    before = np.maximum(np.arange(len(path.lon)) - 1, 0)
    after = np.minimum(before + 2, len(path.lon) - 1)
    course = bearing_deg(path.lon[before], path.lat[before], path.lon[after], path.lat[after])
    room = np.minimum(path.along, path.length_nm - path.along) / 40
    off = aside * np.minimum(np.minimum(room, 1) * _ASIDE_NM,
                             0.3 * shore_distance_nm(path.lon, path.lat))  # fmt: skip
    lon, lat = destination(path.lon, path.lat, course + 90, off)
    return path_of(list(zip(lon.tolist(), lat.tolist(), strict=True)))
