"""Where the world's traffic sails: ports of the gazetteer -> lanes between them, as even knots.

Every lane is a way of `sea.lanes`, cut into steps of about `STEP_NM`, so that the place of a ship
is found without a search. What is drawn depends on the seed alone.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ingest.exercise.chance import generator
from sea.geodesy import distance_nm
from sea.land import inland_nm, shore_distance_nm
from sea.lanes import Route, sea_route
from sea.ports import Port, ports

STEP_NM: Final = 5.0
OCEAN_NM: Final = 500.0
"""A lane of merchant ships is at least this long; chosen by us."""

COASTAL_NM: Final = (25.0, 220.0)
"""Least and greatest distance between the ends of a coastal lane; chosen by us."""

_INLAND_NM: Final = 3.0
"""Ports farther up a river are left out; chosen by us: most ways to them cross land cells."""

_MOST: Final = 320
"""Lanes of either sort; chosen by us: laying one takes some 6 ms."""

_SHIPS_A_LANE: Final = 6
_CLEAR_NM: Final = 4.0
_WIDEST_NM: Final = 6.0
_HARBOUR_NM: Final = 1.5
_COAST_NM: Final = 40.0
"""Nearer to the shore a station hears a ship, farther out a satellite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """Lanes one after another; `first` has where each begins among the knots, and the end.

    Attributes:
        lon: degrees, running on across 180. lat: degrees. aside_lon, aside_lat: how far ships may
            keep off the line, degrees. coastal: whether a station hears ships there.
        step_nm: distance of the knots of each lane. codes: UN/LOCODE of the lane's two ends.
        ocean: how many lanes are ocean lanes; they come first.
    """

    first: npt.NDArray[np.int64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    aside_lon: npt.NDArray[np.float64]
    aside_lat: npt.NDArray[np.float64]
    coastal: npt.NDArray[np.bool_]
    step_nm: npt.NDArray[np.float64]
    codes: tuple[tuple[str, str], ...]
    ocean: int

    def length_nm(self) -> npt.NDArray[np.float64]:
        """Length of each lane."""
        return (np.diff(self.first) - 1) * self.step_nm


def lay_lanes(vessels: int, seed: int) -> Lanes:
    """The lanes of so many vessels, at most `_MOST` across oceans and as many along coasts."""
    wanted = min(_MOST, max(2, vessels // _SHIPS_A_LANE))
    draw, known = generator(seed, "lanes"), _seaports()
    laid = [_ocean_lane(known, draw) for _ in range(wanted)]
    laid += [_coastal_lane(known, draw) for _ in range(wanted)]
    knots = [_even(route) for _, _, route in laid]
    lon, lat = (np.concatenate([knot[axis] for knot in knots]) for axis in (0, 1))
    shore_nm = shore_distance_nm((lon + 180) % 360 - 180, lat)
    aside_nm = np.clip((shore_nm - _CLEAR_NM) / 2, 0, _WIDEST_NM)
    first = np.cumsum([0, *(len(knot[0]) for knot in knots)])
    aside_nm[first[:-1]] = aside_nm[first[1:] - 1] = _HARBOUR_NM
    return Lanes(
        first=first,
        lon=lon,
        lat=lat,
        aside_lon=aside_nm / 60 / np.maximum(np.cos(np.radians(lat)), 0.1),
        aside_lat=aside_nm / 60,
        coastal=shore_nm < _COAST_NM,
        step_nm=np.array([knot[2] for knot in knots]),
        codes=tuple((a.unlocode, b.unlocode) for a, b, _ in laid),
        ocean=wanted,
    )


def _seaports() -> list[Port]:
    known = ports()
    lon, lat = np.array([(port.lon, port.lat) for port in known]).T
    near = inland_nm(lon, lat) <= _INLAND_NM
    return [port for port, fits in zip(known, near.tolist(), strict=True) if fits]


def _ocean_lane(known: list[Port], draw: np.random.Generator) -> tuple[Port, Port, Route]:
    while True:
        a, b = (known[i] for i in draw.integers(0, len(known), 2).tolist())
        if distance_nm(a.lon, a.lat, b.lon, b.lat) > OCEAN_NM:
            return a, b, sea_route(a.lon, a.lat, b.lon, b.lat)


def _coastal_lane(known: list[Port], draw: np.random.Generator) -> tuple[Port, Port, Route]:
    lon, lat = np.array([(port.lon, port.lat) for port in known]).T
    while True:
        a = known[int(draw.integers(len(known)))]
        away_nm = distance_nm(a.lon, a.lat, lon, lat)
        near = np.flatnonzero((away_nm > COASTAL_NM[0]) & (away_nm < COASTAL_NM[1]))
        if not len(near):
            continue
        b = known[int(draw.choice(near))]
        route = sea_route(a.lon, a.lat, b.lon, b.lat)
        if COASTAL_NM[0] < route.length_nm < 2 * COASTAL_NM[1]:
            return a, b, route


def _even(route: Route) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """(lon, lat, step in nm) of knots an even way apart from end to end."""
    lon = np.unwrap(route.lon, period=360)
    along = np.r_[0.0, np.cumsum(distance_nm(lon[:-1], route.lat[:-1], lon[1:], route.lat[1:]))]
    steps = max(2, round(float(along[-1]) / STEP_NM))
    at = np.linspace(0.0, along[-1], steps + 1)
    return np.interp(at, along, lon), np.interp(at, along, route.lat), float(along[-1]) / steps
