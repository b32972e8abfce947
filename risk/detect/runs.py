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
from risk.detect.memory import Array, Memory
from sea.units import HOUR_US, M_PER_NM, MINUTE_US, Microseconds

FIXES: Final[dict[str, tuple[str, float | None]]] = {
    "at0": ("i8", UNKNOWN_TIME), "lon0": ("f8", np.nan), "lat0": ("f8", np.nan),
    "at1": ("i8", UNKNOWN_TIME), "lon1": ("f8", np.nan), "lat1": ("f8", np.nan),
    "sog0": ("f4", np.nan), "cog0": ("f4", np.nan), "sog1": ("f4", np.nan), "cog1": ("f4", np.nan),
}  # fmt: skip
"""Columns of a `Memory`: the last fix but one and the last, each with its reported motion."""

LEG: Final = np.dtype([("craft", "i4"), ("at0", "i8"), ("lon0", "f8"), ("lat0", "f8"),
                       ("at1", "i8"), ("lon1", "f8"), ("lat1", "f8"), ("east", "f8"),
                       ("north", "f8")])  # fmt: skip
"""From one fix to the next, and the motion reported with the first, kn, or NaN."""

PAIR: Final = np.dtype([("craft", "i4"), ("ship", "i4"), ("nearest_at", "i8"),
                        ("nearest_m", "f8"), ("began_m", "f8"), ("closing_kn", "f8"),
                        ("closed_at", "i8")])  # fmt: skip
"""A leg of a craft and a ship: where they were nearest; how far and how fast closing as it began,
by the leg or by the motion reported, whichever is more; and until when it closed so."""

_SHIP: Final = np.dtype([("slot", "i4"), ("place", "f8"), ("lon", "f8"), ("lat", "f8"),
                         ("at0", "i8"), ("lon0", "f8"), ("lat0", "f8"), ("at1", "i8"),
                         ("lon1", "f8"), ("lat1", "f8"), ("east", "f8"),
                         ("north", "f8")])  # fmt: skip
"""A large ship: where she is looked up, where she is now, her fixes, and degrees in each us."""

CLASS_B: Final = (18, 19)
"""Types of their position reports (ITU-R M.1371-5 table 46)."""

_STALE_US: Final = 10 * MINUTE_US
_LEG_US: Final = 10 * MINUTE_US
_STRAIGHT_US: Final = 5 * MINUTE_US
"""Legs no longer are followed; on longer ones than this only the ends are believed."""

_ROW_DEG: Final = 2 / 60
_ROW: Final = 1000.0
"""Ships are looked up by the number of their row of latitude, times this, and their longitude."""


def legs_of(memory: Memory, slots: Int32, reports: ReportBatch, small: Array) -> Array:
    """Legs that small craft end with these reports.

    Every fix becomes its vessel's last, and the one before that her last but one.
    """
    legs = np.empty(len(slots), LEG)
    columns = tuple(memory[name] for name in FIXES)
    motion = (reports.reported_at, reports.lon, reports.lat, reports.sog, reports.cog)
    return legs[: _follow(slots, motion, small, columns, legs)]


def ships_of(
    memory: Memory, picture: Picture, ship_m: float, now_us: Microseconds
) -> tuple[Array, Array]:
    """Ships longer than that and heard of late, ascending by place; and their places.

    A class A ship whose length is not known yet may be longer.
    """
    n = len(memory)
    longer = ~(picture.length[:n] <= ship_m) & (memory["at1"][:n] > now_us - _STALE_US)
    longer &= np.isfinite(picture.length[:n]) | ~np.isin(picture.msg_type[:n], CLASS_B)
    slots = np.flatnonzero(longer)
    ships = np.empty(len(slots), _SHIP)
    _chart(slots, tuple(memory[name] for name in FIXES), now_us, ships)
    places = ships["place"].copy()
    order = np.argsort(places)
    ordered = np.empty(len(ships), _SHIP)
    _order(ships, order, ordered)
    return ordered, places[order]


def pairs_of(
    legs: Array, ships: tuple[Array, Array], reach_nm: float, range_m: float, closing_kn: float
) -> Array:
    """Pairs of a leg and a ship in which it came within the range or closed so fast.

    In order of legs, whose ends lie at most `reach_nm` from where the ship is now.
    """
    pairs, number = np.empty(0, PAIR), 4 * len(legs)
    while number > len(pairs):
        pairs = np.empty(number, PAIR)
        number = _pairs(legs, *ships, reach_nm / 60, range_m, closing_kn, pairs)
    return pairs[:number]


@numba.njit(cache=True, nogil=True)
def _follow(slots: Int32, motion: Any, small: Array, columns: Any, legs: Any) -> int:
    times, lon, lat, sog, cog = motion
    at0, lon0, lat0, at1, lon1, lat1, sog0, cog0, sog1, cog1 = columns
    number = 0
    for i in range(len(slots)):
        slot = slots[i]
        if math.isnan(lon[i]) or math.isnan(lat[i]) or times[i] <= at1[slot]:
            continue
        at0[slot], lon0[slot], lat0[slot] = at1[slot], lon1[slot], lat1[slot]
        sog0[slot], cog0[slot] = sog1[slot], cog1[slot]
        at1[slot], lon1[slot], lat1[slot] = times[i], lon[i], lat[i]
        sog1[slot], cog1[slot] = sog[i], cog[i]
        if not small[i] or at0[slot] < at1[slot] - _LEG_US:
            continue
        leg = legs[number]
        leg.craft = slot
        leg.at0, leg.lon0, leg.lat0 = at0[slot], lon0[slot], lat0[slot]
        leg.at1, leg.lon1, leg.lat1 = at1[slot], lon1[slot], lat1[slot]
        leg.east = sog0[slot] * math.sin(math.radians(cog0[slot]))
        leg.north = sog0[slot] * math.cos(math.radians(cog0[slot]))
        number += 1
    return number


@numba.njit(cache=True, nogil=True)
def _chart(slots: Array, columns: Any, now_us: int, ships: Any) -> None:
    """Writes the ships of the slots as they are now."""
    at0, lon0, lat0, at1, lon1, lat1, _, _, sog, cog = columns
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
    legs: Any, ships: Any, places: Array, reach_deg: float, range_m: float, closing_kn: float,
    pairs: Any,
) -> int:  # fmt: skip
    """How many pairs there are; those for which there is room are written."""
    number = 0
    for k in range(len(legs)):
        leg = legs[k]
        width = _width(leg.lat1)
        low = math.floor((leg.lat1 - reach_deg) / _ROW_DEG)
        high = math.floor((leg.lat1 + reach_deg) / _ROW_DEG)
        for row in range(low, high + 1):
            for lon in (leg.lon1 - 360.0, leg.lon1, leg.lon1 + 360.0):
                west, east = lon - reach_deg / width, lon + reach_deg / width
                if east < -180.0 or west > 180.0:
                    continue
                i = np.searchsorted(places, row * _ROW + west)
                while i < len(places) and places[i] <= row * _ROW + east:
                    if ships[i].slot != leg.craft and abs(ships[i].lat - leg.lat1) <= reach_deg:
                        number += _add(leg, width, ships[i], range_m, closing_kn, pairs, number)
                    i += 1
    return number


@numba.njit(cache=True, nogil=True)
def _add(
    leg: Any, width: float, ship: Any, range_m: float, closing_kn: float, pairs: Any, number: int
) -> int:
    """1 if the leg came near the ship or closed fast with her; written if there is room."""
    nearest_at, nearest_m, began_m, closing, closed_at = _met(leg, width, ship)
    if nearest_m > range_m and closing < closing_kn:
        return 0
    if number < len(pairs):
        pair = pairs[number]
        pair.craft, pair.ship = leg.craft, ship.slot
        pair.nearest_at, pair.nearest_m = nearest_at, nearest_m
        pair.began_m, pair.closing_kn, pair.closed_at = began_m, closing, closed_at
    return 1


@numba.njit(cache=True, nogil=True)
def _met(leg: Any, width: float, ship: Any) -> tuple[int, float, float, float, int]:
    """What a `PAIR` says of the leg and the ship, `width` being that of a degree there."""
    x, y = _off(leg.at0, leg.lon0, leg.lat0, width, ship)
    end_x, end_y = _off(leg.at1, leg.lon1, leg.lat1, width, ship)
    passed = leg.at1 - leg.at0
    hours, apart = passed / HOUR_US, max(math.sqrt(x * x + y * y), 1e-9)
    east, north = (end_x - x) / hours, (end_y - y) / hours
    toward, squared = -(x * east + y * north), east * east + north * north
    share = 1.0
    if passed <= _STRAIGHT_US:
        share = min(1.0, max(0.0, toward / squared / hours)) if squared > 0 else 0.0
    near_x, near_y = x + (end_x - x) * share, y + (end_y - y) * share
    nearest_m = math.sqrt(near_x * near_x + near_y * near_y) * M_PER_NM
    nearest_at = leg.at0 + int(passed * share)
    closing, closed_at = toward / apart, nearest_at
    east = leg.east - ship.east * 60.0 * HOUR_US * width
    north = leg.north - ship.north * 60.0 * HOUR_US
    told = -(x * east + y * north) / apart
    if told > closing:  # never where the motion is unknown
        closing = told
        closed_at = min(nearest_at, leg.at0 + int(apart / max(told, 1.0) * HOUR_US))
    return nearest_at, nearest_m, apart * M_PER_NM, closing, closed_at


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
