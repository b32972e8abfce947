"""What is hidden in the traffic: rendezvous, loitering, gaps; and the record of it.

A cast of honest itineraries -> the same with plants, `Mute`s, and one `Planted` each. Plants
recur in every 24 hours; the first ones come early, so that a service that starts the exercise
half a day ago has something to find.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from ingest.exercise.chance import generator, uniform
from ingest.exercise.fleet import Ship
from ingest.exercise.places import HARBOURS, Point
from ingest.exercise.reception import Reception
from ingest.exercise.small_craft import Part as Stretch
from ingest.exercise.small_craft import at_sea, open_water, wander
from ingest.exercise.track import UNDER_WAY, Floats, Hold, path_of
from ingest.exercise.traffic import Mute
from ingest.exercise.voyage import Itinerary, Leg, itinerary
from sea.geodesy import destination, distance_nm
from sea.land import shore_distance_nm
from sea.units import DAY_US, M_PER_NM, SECOND_US, Microseconds

_HOUR_S: Final = 3600.0
_DAY_S: Final = 86_400.0
_USUAL_FLEET: Final = 300

_HOURS: Final = {
    "rendezvous": (2.0, 5.0, 8.2, 10.8, 14.5, 17.5, 20.5),
    "gap": (0.9, 2.1, 3.6, 9.0, 13.0, 16.5),
    "loitering": (1.0, 3.4, 6.4, 11.0, 15.5, 19.5),
}
"""Hours of each 24 at which plants begin with a fleet of 300; fewer ships get the first ones."""

_SHIFTS_MIN: Final = (0, 25, -25, 50, -50, 75, 100, -75, 125, 150)
_FROM_SHORE_NM: Final = 16.5
_FROM_HARBOUR_NM: Final = 18.0
_COMPANY_NM: Final = 16.0
_REST_S: Final = 8 * _HOUR_S
_SHORT_MIN: Final = 70
"""A longer meeting drifts faster than 2 kn, or it would be loitering as well."""

_LEAST_STOP_S: Final = 70 * 60
"""Ships at rest report every 3 min: enough of them to show an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One ship's part; merchants have the legs from which the itinerary was made."""

    role: str
    ship: Ship
    itinerary: Itinerary
    legs: tuple[Leg, ...] = ()
    depart_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """All parts, before anything is planted."""

    parts: tuple[Part, ...]
    start_us: Microseconds
    hours: float
    until_s: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One planted event; `ships` are indices, instants seconds since the start."""

    kind: str
    ships: tuple[int, ...]
    from_s: float
    to_s: float
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """The exercise laid out: who sails, how, who falls silent, and what is in it."""

    ships: tuple[Ship, ...]
    itineraries: tuple[Itinerary, ...]
    mutes: tuple[Mute, ...]
    planted: tuple[Planted, ...]
    reception: Reception


@dataclass(slots=True, kw_only=True)
class _Tender:
    """A craft that keeps appointments: where she rests, since when, and her stretches so far."""

    home: Point
    free_s: float
    parts: list[Stretch] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A merchant on her lane at an instant."""

    who: int
    leg: int
    along: float
    at_s: float


def plotted(cast: Cast, reception: Reception) -> Plot:
    """The cast with everything planted that finds ships and waters fit for it."""
    planter = _Planter(cast, reception)
    plant: dict[str, Callable[[float, int], None]] = {
        "rendezvous": planter.rendezvous,
        "midnight": planter.midnight,
        "gap": planter.gap,
        "loitering": planter.loitering,
    }
    for at_s, kind, number in _schedule(cast):
        plant[kind](at_s, number)
    return planter.plot()


def _schedule(cast: Cast) -> Iterator[tuple[float, str, int]]:
    """(instant, kind, number) of every plant wanted, in order of time."""
    share = len(cast.parts) / _USUAL_FLEET
    midnight_s = (-cast.start_us % DAY_US) / SECOND_US or _DAY_S
    wanted = []
    for day in range(int(np.ceil(cast.hours / 24))):
        for kind, hours in _HOURS.items():
            most = max(1, round(len(hours) * share))
            wanted += [(day * _DAY_S + h * _HOUR_S, kind) for h in hours[:most]]
        wanted.append((day * _DAY_S + midnight_s - 2700, "midnight"))
    wanted = [(at, kind) for at, kind in sorted(wanted) if 0 < at < cast.hours * _HOUR_S - 1800]
    return ((at, kind, number) for number, (at, kind) in enumerate(wanted))


class _Planter:
    def __init__(self, cast: Cast, reception: Reception) -> None:
        self._cast = cast
        self._reception = reception
        self._parts = list(cast.parts)
        self._busy_until = np.full(len(cast.parts), -np.inf)
        self._mutes: list[Mute] = []
        self._planted: list[Planted] = []
        self._tenders: dict[int, _Tender] = {}
        self._harbours = np.array([h.anchorage for h in HARBOURS.values()]).T

    def plot(self) -> Plot:
        """Everything laid out so far; tenders wander on from their last appointment."""
        for who, tender in self._tenders.items():
            ship = self._parts[who].ship
            draw = generator(self._cast.seed, "rest", who)
            tender.parts += wander(ship, tender.home, tender.free_s, self._cast.until_s, draw)
            self._parts[who] = replace(self._parts[who], itinerary=at_sea(ship, tender.parts))
        return Plot(
            ships=tuple(p.ship for p in self._parts),
            itineraries=tuple(p.itinerary for p in self._parts),
            mutes=tuple(self._mutes),
            planted=(*self._planted, *_stops(self._parts, self._cast.hours)),
            reception=self._reception,
        )

    def loitering(self, at_s: float, number: int) -> None:
        """A merchant drifts for hours far from land."""
        draw = generator(self._cast.seed, "loiter", number)
        hours = float(draw.uniform(2.7, 4.8))
        hold = Hold(start_nm=0.0, sog=float(draw.uniform(0.6, min(1.3, 3.4 / hours))), hours=hours)
        for place in self._candidates("merchant", at_s, number):
            if self._fit(place, hold):
                part, from_s, to_s = self._held(place, hold)
                self._keep(place.who, part, to_s)
                self._plant("loitering", (place.who,), from_s, to_s, mean_sog_kn=round(hold.sog, 2))
                return

    def midnight(self, at_s: float, number: int) -> None:
        """A rendezvous that begins on one UTC day and ends on the next."""
        self.rendezvous(at_s, number, least_min=75)

    def rendezvous(self, at_s: float, number: int, *, least_min: float = 28) -> None:
        """A merchant slows down within a station's reach and a tender lies alongside."""
        draw = generator(self._cast.seed, "meet", number)
        minutes = float(draw.uniform(least_min, 115))
        apart_m, side = float(draw.uniform(60, 350)), float(draw.uniform(0, 360))
        slow = (0.8, 2.0) if minutes < _SHORT_MIN else (2.25, 2.7)
        hold = Hold(start_nm=0.0, sog=float(draw.uniform(*slow)), hours=minutes / 60 + 0.3)
        for place in self._candidates("merchant", at_s, number):
            if not self._fit(place, hold, in_reach=True):
                continue
            part, from_s, to_s = self._held(place, hold)
            from_s, to_s = from_s + 540, to_s - 540
            alongside = _alongside(part.itinerary, from_s, to_s, apart_m, side)
            tender = self._tender_for(alongside, number)
            if tender is not None:
                self._keep(place.who, part, to_s)
                self._plant("rendezvous", (place.who, tender), from_s, to_s,
                            distance_m=round(apart_m), sog_kn=round(hold.sog, 2))  # fmt: skip
                return

    def gap(self, at_s: float, number: int) -> None:
        """The leader of two ships in company falls silent while the other is heard on."""
        hours = float(generator(self._cast.seed, "gap", number).uniform(7.2, 11.5))
        for place in self._candidates("leader", at_s, number):
            part, follower = self._parts[place.who], self._parts[place.who + 1]
            times = np.arange(place.at_s - 5400, place.at_s + hours * _HOUR_S + 7200, 900.0)
            lon, lat = _positions(part.itinerary, times)
            beside = distance_nm(lon, lat, *_positions(follower.itinerary, times))
            left_nm = part.legs[place.leg].outbound.length_nm - place.along
            if (
                left_nm < (hours + 2) * part.ship.cruise_kn + 30
                or beside.max() > _COMPANY_NM
                or shore_distance_nm(lon, lat).min() < 2
                or self._reception.deaf(lon, lat).any()
            ):
                continue
            end_s = place.at_s + hours * _HOUR_S
            self._mutes.append(Mute(ship=place.who, from_s=place.at_s, to_s=end_s))
            self._busy_until[place.who] = end_s + _REST_S
            self._plant("gap", (place.who,), place.at_s, end_s,
                        companion_mmsi=f"{follower.ship.mmsi:09d}",
                        companion_distance_nm=round(float(beside[6]), 1))  # fmt: skip
            return

    def _plant(
        self, kind: str, ships: tuple[int, ...], from_s: float, to_s: float, **facts: object
    ) -> None:
        """Notes an event that is in the traffic."""
        lon, lat = _positions(self._parts[ships[0]].itinerary, np.array([from_s]))
        place = {"lon": round(float(lon[0]), 4), "lat": round(float(lat[0]), 4)}
        self._planted.append(
            Planted(kind=kind, ships=ships, from_s=from_s, to_s=to_s, parameters={**place, **facts})
        )

    def _keep(self, who: int, part: Part, end_s: float) -> None:
        self._parts[who] = part
        self._busy_until[who] = end_s + _REST_S

    def _candidates(self, role: str, at_s: float, number: int) -> Iterator[_Place]:
        """Merchants of a role on their lanes about an instant, nearest in time first."""
        order = np.argsort(uniform(self._cast.seed, "order", number, np.arange(len(self._parts))))
        for shift in _SHIFTS_MIN:
            when = at_s + shift * 60.0
            if when < 1200:
                continue
            for who in order.tolist():
                if self._parts[who].role == role and when > self._busy_until[who]:
                    place = _on_lane(self._parts[who], who, when)
                    if place is not None:
                        yield place

    def _fit(self, place: _Place, hold: Hold, *, in_reach: bool = False) -> bool:
        """Whether the whole hold lies far from shore and harbours (and within reach)."""
        path = self._parts[place.who].legs[place.leg].outbound
        steps = np.linspace(place.along - 1, place.along + 3 + hold.sog * hold.hours, 5)
        lon, lat = path.point(steps)
        if in_reach:
            at_s = place.at_s + np.linspace(-1200, hold.hours * _HOUR_S + 1800, 5)
            if not self._reception.in_reach(lon, lat, at_s).all():
                return False
        if (
            shore_distance_nm(lon, lat).min() < _FROM_SHORE_NM
            or self._reception.deaf(lon, lat).any()
        ):
            return False
        harbours = distance_nm(lon[:, None], lat[:, None], *self._harbours)
        return bool(harbours.min() > _FROM_HARBOUR_NM)

    def _held(self, place: _Place, hold: Hold) -> tuple[Part, float, float]:
        """The part with the hold put into her leg, and when it begins and ends."""
        part = self._parts[place.who]
        hold = replace(hold, start_nm=place.along + 1.5)
        leg = part.legs[place.leg]
        legs = list(part.legs)
        legs[place.leg] = replace(leg, holds=(*leg.holds, hold))
        after = itinerary(part.ship, legs, part.depart_s, self._cast.until_s)
        on = after.leg == place.leg
        from_s, to_s = np.interp(
            [hold.start_nm, hold.end_nm], after.along[on], after.track.at_s[on]
        )
        return replace(part, legs=tuple(legs), itinerary=after), float(from_s), float(to_s)

    def _tender_for(self, alongside: Stretch, number: int) -> int | None:
        """A tender that can keep the appointment, entered in her diary; None if there is none."""
        meet: Point = float(alongside[1][0]), float(alongside[2][0])
        draw = generator(self._cast.seed, "tender", number)
        for who, tender in self._tenders.items():
            ship = self._parts[who].ship
            away = float(distance_nm(*tender.home, *meet))
            leave_s = float(alongside[0][0]) - away / ship.cruise_kn * _HOUR_S
            if leave_s > tender.free_s + 1.5 * _HOUR_S and _clear(tender.home, meet):
                self._enter(who, tender, leave_s, alongside, draw)
                return who
        for who, part in enumerate(self._parts):
            if part.role == "tender" and who not in self._tenders:
                home = open_water(meet, draw, reach=9.0)
                tender = self._tenders[who] = _Tender(home=home, free_s=-8 * _HOUR_S)
                away = float(distance_nm(*home, *meet))
                leave_s = float(alongside[0][0]) - away / part.ship.cruise_kn * _HOUR_S
                self._enter(who, tender, leave_s, alongside, draw)
                return who
        return None

    def _enter(
        self,
        who: int,
        tender: _Tender,
        leave_s: float,
        alongside: Stretch,
        draw: np.random.Generator,
    ) -> None:
        """Writes into the diary: wander, go there, lie alongside, go and rest nearby."""
        ship = self._parts[who].ship
        seconds, lon, lat, _ = alongside
        meet, parting = (lon[0], lat[0]), (lon[-1], lat[-1])
        rest = open_water((float(lon[-1]), float(lat[-1])), draw, reach=9.0)
        away_s = float(distance_nm(*parting, *rest)) / ship.cruise_kn * _HOUR_S
        tender.parts += wander(ship, tender.home, tender.free_s, leave_s, draw)
        tender.parts.append(_straight(tender.home, meet, leave_s, float(seconds[0])))
        tender.parts.append(alongside)
        tender.parts.append(
            _straight(parting, rest, float(seconds[-1]), float(seconds[-1]) + away_s)
        )
        tender.home, tender.free_s = rest, float(seconds[-1]) + away_s


def _on_lane(part: Part, who: int, at_s: float) -> _Place | None:
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
    length = part.legs[leg].outbound.length_nm
    if along < 25 or along > length - 40:
        return None
    return _Place(who=who, leg=leg, along=along, at_s=at_s)


def _positions(course: Itinerary, at_s: Floats) -> tuple[Floats, Floats]:
    track = course.track
    return np.interp(at_s, track.at_s, track.lon), np.interp(at_s, track.at_s, track.lat)


def _alongside(
    course: Itinerary, from_s: float, to_s: float, apart_m: float, side: float
) -> Stretch:
    """Knots beside a ship, `apart_m` off on one bearing, every 5 minutes."""
    seconds = np.linspace(from_s, to_s, max(2, round((to_s - from_s) / 300)))
    lon, lat = destination(*_positions(course, seconds), side, apart_m / M_PER_NM)
    return seconds, lon, lat, UNDER_WAY


def _straight(start: Point, end: Point, from_s: float, to_s: float) -> Stretch:
    return (np.array([from_s, to_s]), np.array([start[0], end[0]]), np.array([start[1], end[1]]),
            UNDER_WAY)  # fmt: skip


def _clear(start: Point, end: Point) -> bool:
    """Whether the straight way keeps 4 nm from land."""
    way = path_of([start, end])
    lon, lat = way.point(np.arange(0, way.length_nm, 3.0))
    return bool(shore_distance_nm(lon, lat).min() > 4)


def _stops(parts: Sequence[Part], hours: float) -> Iterator[Planted]:
    """Every stay of an hour or longer that lies in the exercise."""
    for who, part in enumerate(parts):
        for stay in part.itinerary.stays:
            if min(stay.to_s, hours * _HOUR_S) - max(stay.from_s, 0) >= _LEAST_STOP_S:
                where = "anchorage" if stay.status == 1 else "port"
                yield Planted(
                    kind="stop", ships=(who,), from_s=max(stay.from_s, 0.0), to_s=stay.to_s,
                    parameters={"lon": round(stay.lon, 4), "lat": round(stay.lat, 4),
                                "where": where, "port": stay.locode},
                )  # fmt: skip
