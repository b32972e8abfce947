"""Craft that keep no lane: fishing vessels, harbour craft, yachts; and those with appointments."""

from collections.abc import Sequence

import numpy as np

from ingest.exercise.chance import generator
from ingest.exercise.fleet import Ship
from ingest.exercise.places import HARBOURS, Point
from ingest.exercise.track import (
    FISHING,
    MOORED,
    UNDER_WAY,
    Floats,
    Path,
    path_of,
    sail,
)
from ingest.exercise.voyage import Itinerary, Note, Stay, joined, lane
from sea.geodesy import destination
from sea.land import shore_distance_nm

_HOUR_S = 3600.0
_WAITING_KN = 7.0
_COMPANY_NM = 0.6
_BETWEEN_H = 0.7
Part = tuple[Floats, Floats, Floats, int]


def roving(ship: Ship, index: int, ground: Point, until_s: float, seed: int) -> Itinerary:
    """Laps about a ground for all time, at fishing or yachting speed."""
    draw = generator(seed, "rove", index)
    home = open_water(ground, draw, reach=10.0)
    return at_sea(ship, wander(ship, home, -6 * _HOUR_S, until_s, draw))


def at_sea(ship: Ship, parts: Sequence[Part]) -> Itinerary:
    """The itinerary of a craft that declares no port and never stops."""
    track = joined(parts)
    note = Note(from_s=float(track.at_s[0]), destination="", eta_s=float("nan"),
                draught=ship.full_draught_m)  # fmt: skip
    return Itinerary(track=track, notes=(note,), stays=(), leg=np.full(len(track.at_s), -1),
                     along=np.zeros(len(track.at_s)))  # fmt: skip


def wander(
    ship: Ship, home: Point, from_s: float, to_s: float, draw: np.random.Generator
) -> list[Part]:
    """Laps that begin and end at `home`, filling the time exactly, never slower than 3.2 kn."""
    parts: list[Part] = []
    at_s = from_s
    status = FISHING if ship.ship_type == 30 and not ship.class_b else UNDER_WAY
    usual = float(draw.uniform(3.6, 4.6)) if ship.ship_type == 30 else 0.7 * ship.cruise_kn
    usual = min(usual, _WAITING_KN)
    while at_s < to_s - 1:
        radius = float(draw.uniform(2.0, 4.0))
        left_h = (to_s - at_s) / _HOUR_S
        lap = _lap(home, radius, draw)
        hours = lap.length_nm / usual
        if left_h < 1.6 * hours:
            lap = _lap(home, radius * min(1.0, left_h / hours), draw)
            hours = left_h
        seconds = at_s + lap.along / lap.length_nm * hours * _HOUR_S
        parts.append((seconds, lap.lon, lap.lat, status))
        at_s += hours * _HOUR_S
    return parts


def open_water(near: Point, draw: np.random.Generator, *, reach: float) -> Point:
    """A point at most `reach` nm off that has water round it, `near` where none was found."""
    for _ in range(12):
        lon, lat = destination(*near, draw.uniform(0, 360), reach * draw.random() ** 0.5)
        if shore_distance_nm(lon, lat) > 9:
            return float(lon), float(lat)
    return near


def in_company(
    ship: Ship, place: int, company: int, ground: Point, until_s: float, seed: int
) -> Itinerary:
    """The laps of a fishing fleet, as the vessel at one place in it makes them."""
    draw = generator(seed, "company", company)
    home = open_water(ground, draw, reach=10.0)
    laps = wander(ship, home, -6 * _HOUR_S, until_s, draw)
    off = _COMPANY_NM * (0.4 + 0.25 * place)
    beside = [
        (seconds, *destination(lon, lat, 137.5 * place, off), FISHING)
        for seconds, lon, lat, _ in laps
    ]
    return at_sea(ship, beside)


def plying(ship: Ship, index: int, pair: tuple[str, str], until_s: float, seed: int) -> Itinerary:
    """A ferry's days: to and fro between two harbours, an hour or so in each."""
    draw = generator(seed, "ply", index)
    at_s = float(draw.uniform(-8, 0)) * _HOUR_S
    parts: list[Part] = []
    stays: list[Stay] = []
    turn = int(draw.integers(2))
    while at_s < until_s:
        here, there = (HARBOURS[pair[(turn + i) % 2]] for i in (0, 1))
        end_s = at_s + _BETWEEN_H * float(draw.uniform(0.8, 2.5)) * _HOUR_S
        lying = [np.full(2, c) for c in here.berth]
        parts.append((np.array([at_s, end_s]), lying[0], lying[1], MOORED))
        stays.append(Stay(status=MOORED, locode=here.locode, from_s=at_s, to_s=end_s,
                          lon=here.berth[0], lat=here.berth[1]))  # fmt: skip
        way = lane(here.locode, there.locode)
        middle = list(zip(way.lon.tolist(), way.lat.tolist(), strict=True))
        path = path_of([*here.fairway[::-1], *middle[1:-1], *there.fairway])
        seconds, along = sail(path, ship.cruise_kn, end_s)
        parts.append((seconds, *path.point(along), UNDER_WAY))
        at_s = float(seconds[-1])
        turn += 1
    track = joined(parts)
    note = Note(from_s=float(track.at_s[0]), destination=f"{pair[0]}-{pair[1]}",
                eta_s=float("nan"), draught=ship.full_draught_m)  # fmt: skip
    return Itinerary(track=track, notes=(note,), stays=tuple(stays),
                     leg=np.full(len(track.at_s), -1), along=np.zeros(len(track.at_s)))  # fmt: skip


def serving(ship: Ship, index: int, locode: str, until_s: float, seed: int) -> Itinerary:
    """A pilot boat's or tug's day: from the berth to the anchorage and back, and waiting."""
    draw = generator(seed, "serve", index)
    harbour = HARBOURS[locode]
    lon, lat = harbour.berth
    berth = lon + 0.0006 * (index % 5), lat - 0.0006 * (index % 3)
    out = path_of([berth, *harbour.fairway[::-1][1:]])
    home = path_of([*harbour.fairway[:-1], berth])
    at_s = float(draw.uniform(-4, 0)) * _HOUR_S
    parts: list[Part] = []
    stays: list[Stay] = []
    while at_s < until_s:
        end_s = at_s + float(draw.uniform(1.2, 5)) * _HOUR_S
        place = tuple(np.full(2, c) for c in berth)
        parts.append((np.array([at_s, end_s]), place[0], place[1], MOORED))
        stays.append(Stay(status=MOORED, locode=locode, from_s=at_s, to_s=end_s,
                          lon=berth[0], lat=berth[1]))  # fmt: skip
        at_s = end_s
        for path in (out, home):
            seconds, along = sail(path, ship.cruise_kn, at_s, slow_ends=False)
            parts.append((seconds, *path.point(along), UNDER_WAY))
            at_s = float(seconds[-1])
    track = joined(parts)
    note = Note(from_s=float(track.at_s[0]), destination=locode, eta_s=float("nan"),
                draught=ship.full_draught_m)  # fmt: skip
    return Itinerary(track=track, notes=(note,), stays=tuple(stays),
                     leg=np.full(len(track.at_s), -1), along=np.zeros(len(track.at_s)))  # fmt: skip


def _lap(home: Point, radius: float, draw: np.random.Generator) -> Path:
    turns = float(draw.uniform(0, 360)) + np.arange(1, 8) * 45.0
    centre = destination(*home, turns[0] + 135, radius)
    lon, lat = destination(*centre, turns, radius * draw.uniform(0.75, 1.2, 7))
    return path_of([home, *zip(lon.tolist(), lat.tolist(), strict=True), home])
