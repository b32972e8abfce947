"""The ground that plants grow in: honest parts -> the same, changed, with a record of each change.

A `Planting` knows who is where and free, and holds what plants have done so far. The plants
themselves are in `plant_meeting`, `plant_motion`, `plant_voyage` and `plant_false`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ingest.exercise.cast import Cast, Part
from ingest.exercise.chance import generator, uniform
from ingest.exercise.falsehood import Falsehood
from ingest.exercise.fleet import Ship
from ingest.exercise.places import HARBOURS
from ingest.exercise.reception import Reception
from ingest.exercise.small_craft import Part as Stretch
from ingest.exercise.small_craft import at_sea, open_water, wander
from ingest.exercise.track import UNDER_WAY, Floats, Hold, path_of
from ingest.exercise.traffic import Mute
from ingest.exercise.voyage import Itinerary, Leg, Stay, itinerary
from sea.geodesy import destination, distance_nm
from sea.land import shore_distance_nm
from sea.ports import nearest_port
from sea.units import M_PER_NM

HOUR_S: Final = 3600.0
_SHIFTS_MIN: Final = (0, 25, -25, 50, -50, 75, 100, -75, 125, 150)
_REST_S: Final = 6 * HOUR_S
_HOME_NM: Final = 9.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One thing planted, as it was meant; `ships` are indices, instants seconds since the start.

    Attributes:
        kind: of the event it may be; a decoy's is that of the event it must not cause.
        decoy: what it is instead, "" for a plant.
    """

    kind: str
    ships: tuple[int, ...]
    from_s: float
    to_s: float
    parameters: dict[str, Any]
    decoy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """The exercise laid out: who sails, how, who falls silent or lies, and what is in it.

    Attributes:
        same_as: the index of the ship whose transmitter this one is or imitates; else its own.
        ways: path as it would have been, of ships that leave theirs.
    """

    parts: tuple[Part, ...]
    mutes: tuple[Mute, ...]
    falsehoods: tuple[Falsehood, ...]
    planted: tuple[Planted, ...]
    reception: Reception

    @property
    def ships(self) -> tuple[Ship, ...]:
        """One a transmitter."""
        return tuple(part.ship for part in self.parts)

    @property
    def itineraries(self) -> tuple[Itinerary, ...]:
        """One a transmitter."""
        return tuple(part.itinerary for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A merchant on her lane at an instant."""

    who: int
    leg: int
    along: float
    at_s: float


@dataclass(slots=True, kw_only=True)
class _Diary:
    """A craft that keeps appointments: where she rests, since when, and her stretches so far."""

    home: Point
    free_s: float
    parts: list[Stretch] = field(default_factory=list)


class Planting:
    """Who is free, and everything planted so far."""

    def __init__(self, cast: Cast, reception: Reception) -> None:
        self.cast = cast
        self.reception = reception
        self.parts = list(cast.parts)
        self.mutes: list[Mute] = []
        self.falsehoods: list[Falsehood] = []
        self.planted: list[Planted] = []
        self.busy: list[list[tuple[float, float]]] = [[] for _ in cast.parts]
        self._diaries: dict[int, _Diary] = {}
        self._same: dict[int, int] = {}
        self._anchorages = np.array([h.anchorage for h in HARBOURS.values()]).T

    def plot(self) -> Plot:
        """Everything laid out so far; craft wander on from their last appointment."""
        for who, diary in self._diaries.items():
            ship = self.parts[who].ship
            draw = generator(self.cast.seed, "rest", who)
            diary.parts += wander(ship, diary.home, diary.free_s, self.cast.until_s, draw)
            self.parts[who] = replace(self.parts[who], itinerary=at_sea(ship, diary.parts))
        for who, original in self._same.items():
            self.parts[who] = replace(self.parts[who], itinerary=self.parts[original].itinerary)
        return Plot(parts=tuple(self.parts), mutes=tuple(self.mutes),
                    falsehoods=tuple(self.falsehoods), planted=tuple(self.planted),
                    reception=self.reception)  # fmt: skip

    def draw(self, kind: str, number: int) -> np.random.Generator:
        """The chance of one plant."""
        return generator(self.cast.seed, kind[:8], number)

    def low(self, draw: np.random.Generator) -> bool:
        """Whether this plant is to miss its definition."""
        return bool(draw.random() < self.cast.scenario.planted_low)

    def note(
        self, kind: str, ships: tuple[int, ...], from_s: float, to_s: float, *,
        decoy: str = "", **facts: object,
    ) -> None:  # fmt: skip
        """Records what is now in the traffic, and keeps its ships from other plants."""
        lon, lat = self.positions(ships[0], np.array([max(from_s, 0.0)]))
        place = {"lon": round(float(lon[0]), 4), "lat": round(float(lat[0]), 4)}
        self.planted.append(Planted(kind=kind, ships=ships, from_s=from_s, to_s=to_s,
                                    parameters={**place, **facts}, decoy=decoy))  # fmt: skip
        for who in ships:
            self.hold(who, from_s, to_s)

    def hold(self, who: int, from_s: float, to_s: float) -> None:
        """Keeps a ship from other plants from well before an instant until well after another."""
        self.busy[who].append((from_s - _REST_S, to_s + _REST_S))

    def free(self, who: int, from_s: float, to_s: float) -> bool:
        """Whether nothing is planted on a ship about those instants, or later."""
        return all(to_s < begin or from_s > end for begin, end in self.busy[who])

    def untouched(self, who: int, from_s: float) -> bool:
        """Whether nothing is planted on a ship after an instant: her later course may change."""
        return all(end < from_s for _, end in self.busy[who])

    def positions(self, who: int, at_s: Floats) -> tuple[Floats, Floats]:
        """Where a ship truly is."""
        track = self.parts[who].itinerary.track
        return np.interp(at_s, track.at_s, track.lon), np.interp(at_s, track.at_s, track.lat)

    def order(self, number: int) -> list[int]:
        """All ships, in an order of chance."""
        keys = uniform(self.cast.seed, "order", number, np.arange(len(self.cast.parts)))
        return [int(who) for who in np.argsort(keys)]

    def on_lanes(
        self, at_s: float, number: int, *, roles: tuple[str, ...] = ("merchant",),
        margins_nm: tuple[float, float] = (25.0, 40.0),
    ) -> Iterator[Place]:  # fmt: skip
        """Free merchants on the open part of their lanes about an instant, nearest in time first.

        A merchant's course after the instant may be changed.
        """
        order = self.order(number)
        for shift in _SHIFTS_MIN:
            when = at_s + shift * 60.0
            if when < 1200:
                continue
            for who in order:
                if self.parts[who].role in roles and self.untouched(who, when):
                    place = _on_lane(self.parts[who], who, when, margins_nm)
                    if place is not None:
                        yield place

    def lying(self, from_s: float, to_s: float, number: int) -> Iterator[tuple[int, Stay]]:
        """Free merchants at anchor from an instant to another."""
        for who in self.order(number):
            if self.parts[who].role in ("merchant", "leader") and self.free(who, from_s, to_s):
                for stay in self.parts[who].itinerary.stays:
                    if stay.status == 1 and stay.from_s < from_s and stay.to_s > to_s:
                        yield who, stay

    def port_distance_nm(self, lon: Floats, lat: Floats) -> Floats:
        """To the nearest port or anchorage of each position."""
        _, away = nearest_port(lon, lat)
        anchorage = distance_nm(lon[..., None], lat[..., None], *self._anchorages).min(-1)
        nearest: Floats = np.minimum(away, anchorage)
        return nearest

    def sound(self, lon: Floats, lat: Floats, *, shore_nm: float, port_nm: float) -> bool:
        """Whether all positions lie that far from shore and ports, where somebody hears them."""
        return bool(
            shore_distance_nm(lon, lat).min() > shore_nm
            and not self.reception.deaf(lon, lat).any()
            and self.port_distance_nm(lon, lat).min() > port_nm
        )

    def heard(self, who: int, from_s: float, to_s: float) -> bool:
        """Whether stations reach a ship all the time between two instants."""
        at_s = np.linspace(from_s, to_s, max(3, int((to_s - from_s) / 900)))
        return bool(self.reception.in_reach(*self.positions(who, at_s), at_s).all())

    def held(self, place: Place, hold: Hold) -> tuple[Part, float, float]:
        """The part with a hold put into her leg ahead, and when it begins and ends."""
        part = self.parts[place.who]
        hold = replace(hold, start_nm=place.along + hold.ease_nm + 0.5)
        leg = part.legs[place.leg]
        after = self.changed(place, replace(leg, holds=(*leg.holds, hold)))
        course = after.itinerary
        on = course.leg == place.leg
        from_s, to_s = np.interp(
            [hold.start_nm, hold.end_nm], course.along[on], course.track.at_s[on]
        )
        return after, float(from_s), float(to_s)

    def changed(self, place: Place, leg: Leg) -> Part:
        """The part with another leg in place of one."""
        part = self.parts[place.who]
        legs = (*part.legs[: place.leg], leg, *part.legs[place.leg + 1 :])
        course = itinerary(part.ship, legs, part.depart_s, self.cast.until_s)
        return replace(part, legs=legs, itinerary=course)

    def ahead(self, place: Place, hold: Hold) -> tuple[Floats, Floats]:
        """Points of the path that a hold would cover, and its easing."""
        path = self.parts[place.who].legs[place.leg].outbound
        length = 2 * hold.ease_nm + 1 + hold.sog * hold.hours
        return path.point(np.linspace(place.along, place.along + length, 7))

    def double(self, who: int, ship: Ship, course: Itinerary | None = None) -> int:
        """The index of another transmitter: with a course of its own, or that of ship `who`."""
        index = len(self.parts)
        self.parts.append(Part(role="double", ship=ship,
                               itinerary=course or self.parts[who].itinerary))  # fmt: skip
        self.busy.append([(-np.inf, np.inf)])
        if course is None:
            self._same[index] = who
        return index

    def visit(self, role: str, meeting: Stretch, number: int) -> int | None:
        """A craft of the role that can be at the meeting, entered in her diary; None without one.

        She comes straight from where she rests, and goes to rest near by.
        """
        meet: Point = float(meeting[1][0]), float(meeting[2][0])
        draw = generator(self.cast.seed, "visit", number)
        for who, diary in self._diaries.items():
            part = self.parts[who]
            if part.role != role:
                continue
            away = float(distance_nm(*diary.home, *meet))
            leave_s = float(meeting[0][0]) - away / part.ship.cruise_kn * HOUR_S
            if leave_s > diary.free_s + 1.5 * HOUR_S and _clear(diary.home, meet):
                self._enter(who, diary, leave_s, meeting, draw)
                return who
        for who, part in enumerate(self.parts):
            if part.role == role and who not in self._diaries:
                home = open_water(meet, draw, reach=_HOME_NM)
                away = float(distance_nm(*home, *meet))
                leave_s = float(meeting[0][0]) - away / part.ship.cruise_kn * HOUR_S
                diary = self._diaries[who] = _Diary(home=home, free_s=-8 * HOUR_S)
                self._enter(who, diary, leave_s, meeting, draw)
                return who
        return None

    def _enter(
        self, who: int, diary: _Diary, leave_s: float, meeting: Stretch, draw: np.random.Generator
    ) -> None:
        """Writes into the diary: wander, go there, keep the appointment, go and rest nearby."""
        ship = self.parts[who].ship
        seconds, lon, lat, _ = meeting
        meet, parting = (float(lon[0]), float(lat[0])), (float(lon[-1]), float(lat[-1]))
        rest = open_water(parting, draw, reach=_HOME_NM)
        begin_s, end_s = float(seconds[0]), float(seconds[-1])
        away_s = float(distance_nm(*parting, *rest)) / ship.cruise_kn * HOUR_S
        diary.parts += wander(ship, diary.home, diary.free_s, leave_s, draw)
        diary.parts.append(straight(diary.home, meet, leave_s, begin_s))
        diary.parts.append(meeting)
        diary.parts.append(straight(parting, rest, end_s, end_s + away_s))
        diary.home, diary.free_s = rest, end_s + away_s


def alongside(
    at_s: Floats, lon: Floats, lat: Floats, bearing_deg: npt.ArrayLike, apart_m: npt.ArrayLike
) -> Stretch:
    """Knots off a ship's positions, on bearings at distances."""
    off = destination(lon, lat, bearing_deg, np.asarray(apart_m) / M_PER_NM)
    return at_s, *off, UNDER_WAY


def straight(start: Point, end: Point, from_s: float, to_s: float) -> Stretch:
    """A straight way from one place to another."""
    return (np.array([from_s, to_s]), np.array([start[0], end[0]]), np.array([start[1], end[1]]),
            UNDER_WAY)  # fmt: skip


def _on_lane(part: Part, who: int, at_s: float, margins_nm: tuple[float, float]) -> Place | None:
    """Where the ship is, if on the open part of a leg."""
    course = part.itinerary
    knot = int(np.searchsorted(course.track.at_s, at_s, side="right")) - 1
    if knot < 0 or knot + 1 >= len(course.leg) or course.leg[knot] < 0:
        return None
    leg = int(course.leg[knot])
    if course.leg[knot + 1] != leg:
        return None
    times = course.track.at_s[knot : knot + 2]
    along = float(np.interp(at_s, times, course.along[knot : knot + 2]))
    if along < margins_nm[0] or along > part.legs[leg].outbound.length_nm - margins_nm[1]:
        return None
    return Place(who=who, leg=leg, along=along, at_s=at_s)


def _clear(start: Point, end: Point) -> bool:
    """Whether the straight way keeps 4 nm from land."""
    way = path_of([start, end])
    lon, lat = way.point(np.arange(0, way.length_nm, 3.0))
    return bool(shore_distance_nm(lon, lat).min() > 4)
