"""Runs of small craft among large ships: fixes -> legs, and the ships that those came near.

Both sail straight between fixes; beyond hers a ship is reckoned on, or back, by the sog and cog
that she reports, or else by her last leg. Distances are flat about the craft, good to 1% within
the few miles that matter. Compiled, for in a minute of the world there are thousands of legs.
"""

import math
from typing import Any, Final

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME, Int32, ReportBatch
from ingest.picture import Picture
from risk.detect.kernel import range_nm
from risk.detect.memory import Array, Memory
from sea.units import HOUR_US, M_PER_NM, MINUTE_US, Microseconds

FIXES: Final[dict[str, tuple[str, float | None]]] = {
    "at0": ("i8", UNKNOWN_TIME), "lon0": ("f8", np.nan), "lat0": ("f8", np.nan),
    "at1": ("i8", UNKNOWN_TIME), "lon1": ("f8", np.nan), "lat1": ("f8", np.nan),
    "sog": ("f4", np.nan), "cog": ("f4", np.nan), "ran_at": ("i8", UNKNOWN_TIME),
}  # fmt: skip
"""Columns of a `Memory`: the last fix but one, the last and its motion, the end of the last run."""

LEG: Final = np.dtype([("craft", "i4"), ("at0", "i8"), ("lon0", "f8"), ("lat0", "f8"),
                       ("at1", "i8"), ("lon1", "f8"), ("lat1", "f8")])  # fmt: skip

PAIR: Final = np.dtype([("craft", "i4"), ("ship", "i4"), ("nearest_at", "i8"),
                        ("nearest_m", "f8"), ("began_m", "f8"), ("closing_kn", "f8")])  # fmt: skip
"""A leg of a craft and a ship: where they were nearest, and how far and how closing as it began."""

_SHIP: Final = np.dtype([("slot", "i4"), ("place", "f8"), ("lon", "f8"), ("lat", "f8"),
                         ("at0", "i8"), ("lon0", "f8"), ("lat0", "f8"), ("at1", "i8"),
                         ("lon1", "f8"), ("lat1", "f8"), ("east", "f8"),
                         ("north", "f8")])  # fmt: skip
"""A large ship: where she is looked up, where she is now, her fixes, and degrees in each us."""

_STALE_US: Final = 10 * MINUTE_US
_LEG_US: Final = 5 * MINUTE_US
_SEEN_NM: Final = 4.0
"""From how far a run is followed: five minutes at some 45 kn. Chosen by us."""

_ROW_DEG: Final = _SEEN_NM / 60
_ROW: Final = 1000.0
"""Ships are looked up by the number of their row of latitude, times this, and their longitude."""


def legs_of(
    memory: Memory, slots: Int32, reports: ReportBatch, small: Array, run_kn: float, held_us: int
) -> Array:
    """Legs that small craft end with these reports, at `run_kn` or within `held_us` of that.

    Every fix becomes its vessel's last, and the one before that her last but one.
    """
    legs = np.empty(len(slots), LEG)
    columns = tuple(memory[name] for name in FIXES)
    motion = (reports.reported_at, reports.lon, reports.lat, reports.sog, reports.cog)
    return legs[: _follow(slots, motion, small, columns, run_kn, held_us, legs)]


def pairs_of(
    memory: Memory, picture: Picture, legs: Array, *, ship_m: float, range_m: float,
    closing_kn: float, now_us: Microseconds,
) -> Array:  # fmt: skip
    """Pairs of a leg and a longer ship in which it came within the range or closed so fast.

    In order of legs.
    """
    slots = np.flatnonzero(picture.length[: len(memory)] > ship_m)
    slots = slots[memory["at1"][slots] > now_us - _STALE_US]
    if not len(legs) or not len(slots):
        return np.empty(0, PAIR)
    columns = tuple(memory[name] for name in FIXES)
    ships = np.empty(len(slots), _SHIP)
    _chart(slots, columns, now_us, ships)
    places = ships["place"].copy()
    order = np.argsort(places)
    ordered = np.empty(len(ships), _SHIP)
    _order(ships, order, ordered)
    pairs, number = np.empty(0, PAIR), 4 * len(legs)
    while number > len(pairs):
        pairs = np.empty(number, PAIR)
        number = _pairs(legs, places[order], ordered, range_m, closing_kn, pairs)
    return pairs[:number]


@numba.njit(cache=True, nogil=True)
def _follow(
    slots: Int32, motion: Any, small: Array, columns: Any, run_kn: float, held_us: int, legs: Any
) -> int:
    times, lon, lat, sog, cog = motion
    at0, lon0, lat0, at1, lon1, lat1, last_sog, last_cog, ran_at = columns
    number = 0
    for i in range(len(slots)):
        slot = slots[i]
        if math.isnan(lon[i]) or math.isnan(lat[i]) or times[i] <= at1[slot]:
            continue
        at0[slot], lon0[slot], lat0[slot] = at1[slot], lon1[slot], lat1[slot]
        at1[slot], lon1[slot], lat1[slot] = times[i], lon[i], lat[i]
        last_sog[slot], last_cog[slot] = sog[i], cog[i]
        passed = at1[slot] - at0[slot]
        if not small[i] or at0[slot] == UNKNOWN_TIME or passed > _LEG_US:
            continue
        run_nm = range_nm(lon0[slot], lat0[slot], lon1[slot], lat1[slot])
        if run_nm * HOUR_US >= run_kn * passed:
            ran_at[slot] = at1[slot]
        if ran_at[slot] < at1[slot] - held_us:
            continue
        leg = legs[number]
        leg.craft = slot
        leg.at0, leg.lon0, leg.lat0 = at0[slot], lon0[slot], lat0[slot]
        leg.at1, leg.lon1, leg.lat1 = at1[slot], lon1[slot], lat1[slot]
        number += 1
    return number


@numba.njit(cache=True, nogil=True)
def _chart(slots: Array, columns: Any, now_us: int, ships: Any) -> None:
    """Writes the ships of the slots as they are now."""
    at0, lon0, lat0, at1, lon1, lat1, sog, cog, _ = columns
    for i in range(len(slots)):
        slot, ship = slots[i], ships[i]
        ship.slot = slot
        ship.at1, ship.lon1, ship.lat1 = at1[slot], lon1[slot], lat1[slot]
        ship.at0, ship.lon0, ship.lat0 = at1[slot], lon1[slot], lat1[slot]
        has_leg = at0[slot] != UNKNOWN_TIME and at1[slot] - at0[slot] <= _STALE_US
        if has_leg:
            ship.at0, ship.lon0, ship.lat0 = at0[slot], lon0[slot], lat0[slot]
        ship.east, ship.north = 0.0, 0.0
        if not math.isnan(sog[slot]) and not math.isnan(cog[slot]):
            step, course = sog[slot] / 60 / HOUR_US, math.radians(cog[slot])
            ship.north = step * math.cos(course)
            ship.east = step * math.sin(course) / _width(lat1[slot])
        elif has_leg:
            passed = at1[slot] - at0[slot]
            ship.north = (lat1[slot] - lat0[slot]) / passed
            ship.east = _short(lon1[slot] - lon0[slot]) / passed
        ship.lon = _short(lon1[slot] + ship.east * (now_us - at1[slot]))
        ship.lat = lat1[slot] + ship.north * (now_us - at1[slot])
        ship.place = math.floor(ship.lat / _ROW_DEG) * _ROW + ship.lon


@numba.njit(cache=True, nogil=True)
def _order(ships: Any, order: Array, ordered: Any) -> None:
    for i in range(len(order)):
        ordered[i] = ships[order[i]]


@numba.njit(cache=True, nogil=True)
def _short(degrees: float) -> float:
    """Between -180 and 180; given at most a turn too much or too little."""
    if degrees > 180.0:
        return degrees - 360.0
    return degrees + 360.0 if degrees < -180.0 else degrees


@numba.njit(cache=True, nogil=True)
def _width(lat: float) -> float:
    """Of a degree of longitude, in degrees of latitude."""
    return max(math.cos(math.radians(lat)), 0.02)


@numba.njit(cache=True, nogil=True)
def _pairs(
    legs: Any, places: Array, ships: Any, range_m: float, closing_kn: float, pairs: Any
) -> int:
    """How many pairs there are; those for which there is room are written."""
    number = 0
    for k in range(len(legs)):
        leg = legs[k]
        width = _width(leg.lat1)
        reach = _ROW_DEG / width
        row = math.floor(leg.lat1 / _ROW_DEG)
        for beside in range(3 * 3):
            lon = leg.lon1 + 360.0 * (beside % 3 - 1)
            if lon + reach < -180.0 or lon - reach > 180.0:
                continue
            centre = (row + beside // 3 - 1) * _ROW + lon
            i = np.searchsorted(places, centre - reach)
            while i < len(places) and places[i] <= centre + reach:
                if ships[i].slot != leg.craft and abs(ships[i].lat - leg.lat1) <= _ROW_DEG:
                    number += _add(leg, width, ships[i], range_m, closing_kn, pairs, number)
                i += 1
    return number


@numba.njit(cache=True, nogil=True)
def _add(
    leg: Any, width: float, ship: Any, range_m: float, closing_kn: float, pairs: Any, number: int
) -> int:
    """1 if the leg came near the ship or closed fast with her; written if there is room."""
    nearest_at, nearest_m, began_m, closing = _met(leg, width, ship)
    if nearest_m > range_m and closing < closing_kn:
        return 0
    if number < len(pairs):
        pair = pairs[number]
        pair.craft, pair.ship = leg.craft, ship.slot
        pair.nearest_at, pair.nearest_m = nearest_at, nearest_m
        pair.began_m, pair.closing_kn = began_m, closing
    return 1


@numba.njit(cache=True, nogil=True)
def _met(leg: Any, width: float, ship: Any) -> tuple[int, float, float, float]:
    """When and how near, m, the leg came to the ship; as it began their range, m, and closing."""
    x, y = _off(leg.at0, leg.lon0, leg.lat0, width, ship)
    end_x, end_y = _off(leg.at1, leg.lon1, leg.lat1, width, ship)
    hours = (leg.at1 - leg.at0) / HOUR_US
    east, north = (end_x - x) / hours, (end_y - y) / hours
    apart, toward = math.hypot(x, y), -(x * east + y * north)
    squared = east * east + north * north
    share = min(1.0, max(0.0, toward / squared / hours)) if squared > 0 else 0.0
    nearest = math.hypot(x + east * hours * share, y + north * hours * share)
    nearest_at = leg.at0 + int((leg.at1 - leg.at0) * share)
    return nearest_at, nearest * M_PER_NM, apart * M_PER_NM, toward / max(apart, 1e-9)


@numba.njit(cache=True, nogil=True)
def _off(at: int, lon: float, lat: float, width: float, ship: Any) -> tuple[float, float]:
    """From the ship to a position at an instant, nm east and north."""
    if ship.at0 <= at < ship.at1:
        share = (at - ship.at0) / (ship.at1 - ship.at0)
        ship_lon = ship.lon0 + _short(ship.lon1 - ship.lon0) * share
        ship_lat = ship.lat0 + (ship.lat1 - ship.lat0) * share
    elif at < ship.at0:
        ship_lon = ship.lon0 + ship.east * (at - ship.at0)
        ship_lat = ship.lat0 + ship.north * (at - ship.at0)
    else:
        ship_lon = ship.lon1 + ship.east * (at - ship.at1)
        ship_lat = ship.lat1 + ship.north * (at - ship.at1)
    return _short(lon - ship_lon) * 60.0 * width, (lat - ship_lat) * 60.0
