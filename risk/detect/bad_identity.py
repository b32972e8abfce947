"""Bad identity: position reports of ships under a number that no ship can have.

Definition: a report of a ship (types 1-3, 18, 19, 27) whose MMSI is one that transponders send
before anybody has set theirs (``default``), has the form of no station (``impossible``), the form
of a ship under a country code that is not allotted (``no country``), or a country code before
digits that only fill the field, as 412000000 or 412123456 (``filler``); heard twice or more, since
a garbled number is heard once. One event a number and place: fixes within 60 nm of its last
one belong to it, until 24 h without any. It starts with the first such report and ends with the
last.

Many units may share such a number, so tracks of one mean nothing: it is no clone and no jump.
Units: nm; the position is that of the first fix.
"""

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ingest.batch import Int32, ReportBatch
from ingest.picture import Picture
from risk.detect.kernel import range_nm
from risk.event import Event
from sea.errors import BadInputError
from sea.identity import MmsiClass, flag_of, mmsi_class
from sea.units import HOUR_US, Microseconds

_FILLERS: Final = np.array([123_456, 654_321, *(digit * 111_111 for digit in range(10))])
"""Last six digits; chosen by us: in an hour of a world feed most of them come from several seas."""

_OF_SHIPS: Final = np.array([1, 2, 3, 18, 19, 27], np.int8)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadIdentityParams:
    """Thresholds of a bad identity; chosen by us.

    Attributes:
        reports: at least; 2.
        place_nm: 60: what a ship sails between two satellite passes.
        quiet_h: silence that ends it; 24: once a day at the most.
    """

    reports: float = 2
    place_nm: float = 60
    quiet_h: float = 24

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"bad_identity: {field} must be positive", field=field)


@dataclass(slots=True, kw_only=True)
class _Place:
    """One number about one place; times in us, the fix is the last."""

    mmsi: int
    began: int
    heard: int
    first_lon: float
    first_lat: float
    lon: float
    lat: float
    reports: int = 0
    announced: int = 0


class BadIdentity:
    """Follows the few numbers that no ship can have."""

    kinds: tuple[str, ...] = ("bad_identity",)
    hears_all = True

    def __init__(self, params: BadIdentityParams | None = None) -> None:
        self.params = params or BadIdentityParams()
        self._places: dict[int, list[_Place]] = {}

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Notes who is heard where; what it shows is given out by the tick of the same minute."""
        rows = np.flatnonzero(_faulty(reports.mmsi) & np.isin(reports.msg_type, _OF_SHIPS))
        for row in rows[np.isfinite(reports.lon[rows]) & np.isfinite(reports.lat[rows])].tolist():
            self._hear(int(reports.mmsi[row]), int(reports.reported_at[row]),
                       float(reports.lon[row]), float(reports.lat[row]))  # fmt: skip
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Numbers heard often enough, and those not heard any more."""
        events = []
        for mmsi in list(self._places):
            kept = []
            for place in self._places[mmsi]:
                if place.heard >= now_us - int(self.params.quiet_h * HOUR_US):
                    kept.append(place)
                    if not place.announced and place.reports >= self.params.reports:
                        place.announced = now_us
                        events.append(_event(place, over=False))
                elif place.announced:
                    events.append(_event(place, over=True))
            self._places[mmsi] = kept
            if not kept:
                del self._places[mmsi]
        return events

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: a number that is heard to the end stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """The numbers followed, and where."""
        return {"places": [[*asdict(p).values()] for ps in self._places.values() for p in ps]}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        names = list(_Place.__dataclass_fields__)
        self._places = {}
        for values in state["places"]:
            place = _Place(**dict(zip(names, values, strict=True)))
            self._places.setdefault(place.mmsi, []).append(place)

    def _hear(self, mmsi: int, at: int, lon: float, lat: float) -> None:
        places = self._places.setdefault(mmsi, [])
        near = [p for p in places if range_nm(p.lon, p.lat, lon, lat) <= self.params.place_nm]
        if near:
            place = near[0]
        else:
            place = _Place(mmsi=mmsi, began=at, heard=at, first_lon=lon, first_lat=lat, lon=lon,
                           lat=lat)  # fmt: skip
            places.append(place)
        place.heard, place.lon, place.lat = at, lon, lat
        place.reports += 1


def fault(mmsi: int) -> str | None:
    """What is wrong with the number of a ship, None if nothing is."""
    kind = mmsi_class(mmsi)
    if kind == MmsiClass.DEFAULT:
        return "default"
    if kind == MmsiClass.INVALID:
        return "impossible"
    if kind != MmsiClass.SHIP:
        return None
    if flag_of(mmsi) is None:
        return "no country"
    return "filler" if mmsi % 1_000_000 in _FILLERS else None


def _faulty(mmsi: Int32) -> npt.NDArray[np.bool_]:
    """Which numbers `fault` finds at fault, shape (n,)."""
    kinds = mmsi_class(mmsi)
    faulty: npt.NDArray[np.bool_] = (kinds == MmsiClass.DEFAULT) | (kinds == MmsiClass.INVALID)
    of_ship = kinds == MmsiClass.SHIP
    faulty[of_ship] = ~_allotted()[mmsi[of_ship] // 1_000_000]
    faulty[of_ship] |= np.isin(mmsi[of_ship] % 1_000_000, _FILLERS)
    return faulty


@cache
def _allotted() -> npt.NDArray[np.bool_]:
    """Whether each MID below 1000 is a country's."""
    return np.array([flag_of(mid * 1_000_000 + 1) is not None for mid in range(1000)])


def _event(place: _Place, *, over: bool) -> Event:
    return Event(
        kind="bad_identity",
        mmsis=(place.mmsi,),
        started_at=place.began,
        ended_at=place.heard if over else None,
        detected_at=place.announced,
        lon=place.first_lon,
        lat=place.first_lat,
        status="ended" if over else "open",
        confidence=0.9,
        evidence={
            "fault": fault(place.mmsi),
            "hours": round((place.heard - place.began) / HOUR_US, 2),
            "reports": place.reports,
        },
    )
