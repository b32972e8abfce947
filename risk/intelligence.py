"""Intelligence reports on ships, places and routes -> reasons of the smuggling priority.

A report on a ship gives points of its own. One on a place or a route gives none: it says only
that evidence against a ship there weighs more, and a ship without evidence stays as she was.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from risk.grade import Grade
from risk.report import ReportedShip, plain_name
from risk.supplement import LEAD_US, MAX_REPORT_IDS, Told
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.ports import port
from sea.units import DAY_US, DegreesEast, DegreesNorth, Microseconds

SHIP_POINTS: Final = 30.0
SHIP_CAP: Final = 45.0
WATERS_SHARE: Final = 0.25
HALF_LIFE_DAYS: Final = 30.0
"""Points of a fresh, certain report on a ship and most that all give; most that reports on places
and routes raise the evidence by; in which time a report halves. Chosen by us: a sure report alone
is elevated, with a second one or a meeting at sea high."""

NAME_SHARE: Final = 0.4
"""Of a report that names the ship and gives no number; chosen by us."""

MIN_WEIGHT: Final = 0.01
"""A report with less is forgotten; chosen by us."""

MAX_RADIUS_NM: Final = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A circle."""

    lon: DegreesEast
    lat: DegreesNorth
    radius_nm: float

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise BadInputError("longitude or latitude out of range", field="place.position")
        if not 0 < self.radius_nm <= MAX_RADIUS_NM:
            raise BadInputError(f"above 0, up to {MAX_RADIUS_NM:.0f} nm", field="place.radius_nm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """From one port to another, by UN/LOCODE; an empty one is any."""

    origin: str = ""
    destination: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntelligenceReport:
    """What a partner knows of a ship, a place or a route: exactly one of them.

    Attributes:
        at: as of when, UTC us. valid_until: after it the report counts nothing; None for no end.
    """

    id: str
    at: Microseconds
    text: str
    ship: ReportedShip | None = None
    place: Place | None = None
    route: Route | None = None
    valid_until: Microseconds | None = None
    grade: Grade = field(default_factory=Grade)
    source: str = ""

    def __post_init__(self) -> None:
        if sum(about is not None for about in (self.ship, self.place, self.route)) != 1:
            raise BadInputError("is on exactly one of ship, place, route", field="ship")
        if self.ship == ReportedShip():
            raise BadInputError("names a MMSI, an IMO number or a name", field="ship")
        if self.route == Route():
            raise BadInputError("names an origin or a destination", field="route")

    def weight(self, now_us: Microseconds) -> float:
        """0..1: that of its grade, halved every half-life; 0 out of its time."""
        if self.at > now_us + LEAD_US or (
            self.valid_until is not None and now_us >= self.valid_until
        ):
            return 0.0
        age_days = max(0, now_us - self.at) / DAY_US
        return float(self.grade.weight * 0.5 ** (age_days / HALF_LIFE_DAYS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A vessel as intelligence may be about her.

    Attributes:
        bound_for: UN/LOCODE, "" unknown. called: ports of her calls that were seen.
        evidence: points of her smuggling priority so far.
    """

    mmsi: int
    imo: int = 0
    name: str = ""
    lon: float = np.nan
    lat: float = np.nan
    bound_for: str = ""
    called: frozenset[str] = frozenset()
    evidence: float = 0.0


class Intelligence:
    """Reports that count now, to look vessels up in."""

    def __init__(self, reports: Iterable[IntelligenceReport], now_us: Microseconds) -> None:
        weighed = [(r, w) for r in reports if (w := r.weight(now_us)) > MIN_WEIGHT]
        self._weight = {r.id: w for r, w in weighed}
        self._by_number: dict[tuple[str, int], list[IntelligenceReport]] = {}
        self._by_name: dict[str, list[IntelligenceReport]] = {}
        self._waters = [r for r, _ in weighed if r.ship is None]
        for report, _ in weighed:
            self._index(report)

    def told(self, vessel: Subject) -> list[Told]:
        """What reports add to her priority, at most one reason on her and one on her waters."""
        found = (self._on_ship(vessel), self._on_waters(vessel))
        return [told for told in found if told is not None]

    def _index(self, report: IntelligenceReport) -> None:
        ship = report.ship
        if ship is None:
            return
        if ship.imo or ship.mmsi:
            for kind, number in (("imo", ship.imo), ("mmsi", ship.mmsi)):
                if number:
                    self._by_number.setdefault((kind, number), []).append(report)
        else:
            self._by_name.setdefault(plain_name(ship.name), []).append(report)

    def _on_ship(self, vessel: Subject) -> Told | None:
        sure = {r.id: r for r in self._by_number.get(("mmsi", vessel.mmsi), ())}
        if vessel.imo:
            sure |= {r.id: r for r in self._by_number.get(("imo", vessel.imo), ())}
        named = {r.id: r for r in self._by_name.get(plain_name(vessel.name), ())
                 if vessel.name}  # fmt: skip
        reports = sorted([*sure.values(), *named.values()], key=lambda r: (-r.at, r.id))
        if not reports:
            return None
        points = sum(
            SHIP_POINTS * self._weight[r.id] * (1.0 if r.id in sure else NAME_SHARE)
            for r in reports
        )
        return _reason("intelligence", reports, min(SHIP_CAP, points))

    def _on_waters(self, vessel: Subject) -> Told | None:
        if vessel.evidence <= 0 or not self._waters:
            return None
        reports = sorted(
            (r for r in self._waters if _touches(r, vessel)),
            key=lambda r: (-self._weight[r.id], r.id),
        )
        if not reports:
            return None
        share = WATERS_SHARE * self._weight[reports[0].id]
        points = vessel.evidence * share
        return _reason("intelligence_waters", reports, points, share=share)


def _touches(report: IntelligenceReport, vessel: Subject) -> bool:
    place, route = report.place, report.route
    if place is not None:
        if _within(place, vessel.lon, vessel.lat):
            return True
        bound = port(vessel.bound_for)
        return bound is not None and _within(place, bound.lon, bound.lat)
    return (
        route is not None
        and (not route.destination or route.destination == vessel.bound_for)
        and (not route.origin or route.origin in vessel.called)
    )


def _within(place: Place, lon: DegreesEast, lat: DegreesNorth) -> bool:
    if abs(lat - place.lat) * 60 > place.radius_nm + 1:  # most are, and this is quick
        return False
    return bool(distance_nm(lon, lat, place.lon, place.lat) <= place.radius_nm)


def _reason(
    code: str, reports: Sequence[IntelligenceReport], points: float, **values: float
) -> Told:
    first = reports[0]
    told: dict[str, Any] = {"grade": first.grade.code, "when": first.at,
                            "told": first.text.rstrip(". "), **values}  # fmt: skip
    if len(reports) > 1:
        told["times"] = len(reports)
    return Told(
        code=code, amount=points, values=told,
        report_ids=tuple(r.id for r in reports[:MAX_REPORT_IDS]),
    )  # fmt: skip
