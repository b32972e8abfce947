"""Spoof circle: a vessel reported on a circle that she does not sail.

Definition: a vessel's fixes lie on a circle of 0.15 to 12 nm, off it by less than 15% of its
radius (rms), all the way round but for 120 degrees at most, while their motion contradicts the
sog and cog reported with them. A vessel that turns in circles says so by her course; one that
swings at her anchor does it within 0.15 nm.

How: the way made good since an anchor fix is compared with sog and cog summed up over the same
time, each tenth of a mile. Where they differ by more than 0.08 nm and 25% of the way, three times
more often than not, the vessel's fixes are collected, and a circle is fitted to them each minute
(least squares after Kåsa 1976, without the fixes more than 40% of the radius off it, a fifth of
them at most); few fixes must go round the same way. It starts with the first contradiction, and
ends with the last fix on the circle before three off it in turn, or before 2 h of silence.

Ships are mostly the victims of it: the fault is that of the positioning signal near by.
Units: nm, kn, minutes; the position is the centre of the circle.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME, Int32, Int64, ReportBatch
from ingest.picture import Picture
from risk.detect.kernel import range_nm
from risk.detect.memory import Array, Memory
from risk.detect.tracks import Tracks
from risk.detect.trails import Trails, collect, fitted
from risk.event import Event
from sea.errors import BadInputError
from sea.units import HOUR_US, MINUTE_US, Microseconds

_COLLECT: Final = 2
_DOUBT: Final = 3
_MOST_DOUBT: Final = 6
_STEP_NM: Final = 0.1
_LONGEST_US: Final = 20 * MINUTE_US
"""Longer than this a course is not known from its ends; chosen by us."""

_OFF: Final = 3
_ONE_WAY: Final = 0.75
_QUIET_US: Final = 2 * HOUR_US


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoofCircleParams:
    """Thresholds of a circle.

    Attributes:
        least_nm: radius; 0.15, chosen by us: above the swing of a ship at anchor.
        most_nm: radius; 12, chosen by us: the circles seen have fewer (Bergman 2021: some miles).
        rms_share: of the radius; 0.15, chosen by us (design figure): fixes strewn over a disc
            have 0.35.
        arc_deg: the widest part of the circle without a fix; 120, chosen by us: a ship that
            rounds a cape covers less than the rest.
        fixes: at least; 10, and twice as many where less than three quarters of them go round
            the same way; chosen by us, or fixes strewn about would do by chance.
    """

    least_nm: float = 0.15
    most_nm: float = 12
    rms_share: float = 0.15
    arc_deg: float = 120
    fixes: float = 10

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"spoof_circle: {field} must be positive", field=field)


@dataclass(slots=True, kw_only=True)
class _Circle:
    """One circle; times in us."""

    began: int
    announced: int
    lon: float
    lat: float
    radius_nm: float
    rms_share: float
    fixes: int


class SpoofCircle:
    """Collects the fixes of vessels whose motion contradicts what they report."""

    kinds: tuple[str, ...] = ("spoof_circle",)

    def __init__(self, params: SpoofCircleParams | None = None) -> None:
        self.params = params or SpoofCircleParams()
        self.tracks = Tracks()
        self._memory = Memory(
            at=("i8", UNKNOWN_TIME), lon=("f8", np.nan), lat=("f8", np.nan), v_east=("f4", np.nan),
            v_north=("f4", np.nan), way_at=("i8", UNKNOWN_TIME), way_lon=("f8", np.nan),
            way_lat=("f8", np.nan), east=("f4", 0), north=("f4", 0), doubt=("i1", 0),
            doubt_at=("i8", UNKNOWN_TIME), trail=("i4", -1), centre_lon=("f8", np.nan),
            centre_lat=("f8", np.nan), radius=("f8", np.nan), on_at=("i8", UNKNOWN_TIME),
            off=("i1", 0),
        )  # fmt: skip
        self._trails = Trails()
        self._circles: dict[int, _Circle] = {}

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Follows the fixes; what they show is given out by the tick of the same minute."""
        memory, trails = self._memory, self._trails
        memory.reach(picture)
        doubted = np.zeros(len(slots), np.int32)
        number = _follow(
            slots, reports.reported_at, reports.lon, reports.lat, reports.sog, reports.cog,
            memory["at"], memory["lon"], memory["lat"], memory["v_east"], memory["v_north"],
            memory["way_at"], memory["way_lon"], memory["way_lat"], memory["east"],
            memory["north"], memory["doubt"], memory["doubt_at"], memory["trail"],
            memory["centre_lon"], memory["centre_lat"], memory["radius"], memory["on_at"],
            memory["off"],
            trails.at, trails.lon, trails.lat, trails.length, trails.every, trails.fresh, doubted,
        )  # fmt: skip
        for slot in dict.fromkeys(doubted[:number].tolist()):
            memory["trail"][slot] = trails.begin(slot)
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Circles that have shown themselves, and those that are over."""
        ended = [e for slot in list(self._circles) if (e := self._over(picture, slot, now_us))]
        self._let_go(now_us)
        return ended + self._opened(picture, now_us)

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: who circles when the timeline ends goes on."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel, the fixes collected, and circles that go on."""
        circles = [[slot, *asdict(circle).values()] for slot, circle in self._circles.items()]
        return {
            "memory": self._memory.state(),
            "trails": self._trails.state(),
            "circles": circles,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state["memory"])
        self._trails.restore(state["trails"])
        names = list(_Circle.__dataclass_fields__)
        self._circles = {
            slot: _Circle(**dict(zip(names, values, strict=True)))
            for slot, *values in state["circles"]
        }

    def _let_go(self, now_us: Microseconds) -> None:
        """Ends the collection for vessels that no longer contradict themselves."""
        slots = self._trails.slots()
        memory = self._memory
        calm = (memory["doubt"][slots] == 0) | (memory["at"][slots] < now_us - _QUIET_US)
        calm &= np.isnan(memory["radius"][slots])
        for slot in slots[calm].tolist():
            self._trails.end(int(memory["trail"][slot]))
            memory["trail"][slot], memory["doubt"][slot] = -1, 0

    def _opened(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        memory, trails, params = self._memory, self._trails, self.params
        rows = trails.looked_at(int(params.fixes))
        slots = trails.slot[rows]
        rows = rows[np.isnan(memory["radius"][slots]) & (memory["doubt"][slots] >= _DOUBT)]
        if not len(rows):
            return []
        fits = fitted(rows, trails.lon, trails.lat, trails.length)
        lon, lat, radius, rms, gap, kept, one_way = fits.T
        good = (radius >= params.least_nm) & (radius <= params.most_nm)
        good &= (rms < params.rms_share) & (gap <= params.arc_deg)
        good &= kept >= params.fixes * np.where(one_way >= _ONE_WAY, 1, 2)
        events = []
        for n in np.flatnonzero(good).tolist():
            slot = int(trails.slot[rows[n]])
            circle = self._circles[slot] = _Circle(
                began=int(memory["doubt_at"][slot]), announced=now_us, lon=float(lon[n]),
                lat=float(lat[n]), radius_nm=float(radius[n]), rms_share=float(rms[n]),
                fixes=int(kept[n]),
            )  # fmt: skip
            memory["centre_lon"][slot], memory["centre_lat"][slot] = lon[n], lat[n]
            memory["radius"][slot], memory["off"][slot] = radius[n], 0
            memory["on_at"][slot] = memory["at"][slot]
            self.tracks["circle_from"][slot] = circle.began
            self.tracks["circle_to"][slot] = now_us
            events.append(self._event(picture, slot, circle, over=False))
        return events

    def _over(self, picture: Picture, slot: int, now_us: Microseconds) -> Event | None:
        memory = self._memory
        if memory["off"][slot] < _OFF and memory["on_at"][slot] >= now_us - _QUIET_US:
            self.tracks["circle_to"][slot] = now_us
            return None
        event = self._event(picture, slot, self._circles.pop(slot), over=True)
        self._trails.end(int(memory["trail"][slot]))
        memory["trail"][slot], memory["doubt"][slot], memory["radius"][slot] = -1, 0, np.nan
        return event

    def _event(self, picture: Picture, slot: int, circle: _Circle, *, over: bool) -> Event:
        on_at = int(self._memory["on_at"][slot])
        return Event(
            kind="spoof_circle",
            mmsis=(int(picture.mmsi[slot]),),
            started_at=circle.began,
            ended_at=on_at if over else None,
            detected_at=circle.announced,
            lon=circle.lon,
            lat=circle.lat,
            status="ended" if over else "open",
            confidence=0.8,
            evidence={
                "radius_nm": round(circle.radius_nm, 2),
                "rms_share": round(circle.rms_share, 3),
                "fixes": circle.fixes,
                "minutes": round((on_at - circle.began) / MINUTE_US, 1),
            },
        )


@numba.njit(cache=True, nogil=True)
def _follow(
    slots: Int32, times: Int64, lon: Array, lat: Array, sog: Array, cog: Array, at: Array,
    last_lon: Array, last_lat: Array, v_east: Array, v_north: Array, way_at: Array,
    way_lon: Array, way_lat: Array, east: Array, north: Array, doubt: Array, doubt_at: Array,
    trail: Array, centre_lon: Array, centre_lat: Array, radius: Array, on_at: Array, off: Array,
    trail_at: Array, trail_lon: Array, trail_lat: Array, length: Array, every: Array, fresh: Array,
    doubted: Array,
) -> int:  # fmt: skip
    """Compares motion with sog and cog; the number of vessels newly in doubt, in `doubted`."""
    number = 0
    for i in range(len(slots)):
        slot, time = slots[i], times[i]
        if math.isnan(lon[i]) or math.isnan(lat[i]):
            continue
        angle = math.radians(cog[i])
        ve, vn = sog[i] * math.sin(angle), sog[i] * math.cos(angle)
        if sog[i] < 0.2:
            ve, vn = 0.0, 0.0
        hours = (time - at[slot]) / 3.6e9
        east[slot] += 0.5 * (ve + v_east[slot]) * hours
        north[slot] += 0.5 * (vn + v_north[slot]) * hours
        judged = _judged(time, lon[i], lat[i], way_at[slot], way_lon[slot], way_lat[slot],
                         east[slot], north[slot])  # fmt: skip
        if judged != 0:
            if judged == 2 and doubt[slot] < _MOST_DOUBT:
                if doubt[slot] == 0:
                    doubt_at[slot] = time
                doubt[slot] += 1
                if doubt[slot] >= _COLLECT and trail[slot] < 0:
                    doubted[number] = slot
                    number += 1
            elif judged == 1 and doubt[slot] > 0:
                doubt[slot] -= 1
            way_at[slot], way_lon[slot], way_lat[slot] = time, lon[i], lat[i]
            east[slot], north[slot] = 0.0, 0.0
        at[slot], last_lon[slot], last_lat[slot] = time, lon[i], lat[i]
        v_east[slot], v_north[slot] = ve, vn
        if not math.isnan(radius[slot]):
            away = range_nm(centre_lon[slot], centre_lat[slot], lon[i], lat[i])
            if abs(away - radius[slot]) <= 0.4 * radius[slot]:
                on_at[slot], off[slot] = time, 0
            elif off[slot] < _OFF:
                off[slot] += 1
        elif trail[slot] >= 0:
            row = trail[slot]
            collect(time, lon[i], lat[i], trail_at[row], trail_lon[row], trail_lat[row], length,
                     every, row)  # fmt: skip
            fresh[row] = True
    return number


@numba.njit(cache=True, nogil=True)
def _judged(
    time: int, lon: float, lat: float, way_at: int, way_lon: float, way_lat: float, east: float,
    north: float,
) -> int:  # fmt: skip
    """0 not yet, 1 motion and reports agree, 2 they do not, 3 cannot be said."""
    if way_at == UNKNOWN_TIME or math.isnan(east) or math.isnan(north):
        return 3
    made_east = ((lon - way_lon + 180) % 360 - 180) * 60 * math.cos(math.radians(lat))
    made_north = (lat - way_lat) * 60
    made, told = math.hypot(made_east, made_north), math.hypot(east, north)
    if max(made, told) < _STEP_NM:
        return 1 if time - way_at > _LONGEST_US else 0
    if time - way_at > _LONGEST_US:
        return 3
    off = math.hypot(made_east - east, made_north - north)
    return 2 if off > 0.08 + 0.25 * max(made, told) else 1
