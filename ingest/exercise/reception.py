"""Who hears whom: coastal stations all the time, satellites in passes, nobody in some waters.

positions and instants -> the receiver of each, or none. Stations hear to about 40 nm, the usual
reach of a coastal antenna. Twelve satellites in six planes at about 600 km see every place every
48 minutes or oftener and lose many messages to collisions; figures chosen by us so that a ship
at sea is heard a few times a pass.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ingest.exercise.chance import uniform
from ingest.exercise.places import DEAF_WATERS, HARBOURS, LOOKOUTS, Point
from ingest.exercise.track import Floats, Ints
from sea.geodesy import RADIUS_NM

REACH_NM: Final = 40.0
SATELLITES: Final = 12
NOBODY: Final = -1

_FOOTPRINT_DEG: Final = 18.0
_PERIOD_S: Final = 96 * 60.0
_INCLINATION: Final = np.radians(97.5)
_SIDEREAL_S: Final = 86_164.1
_STATION_CHANCE: Final = 0.97
_SATELLITE_CHANCE: Final = 0.5
_CLASS_B_CHANCE: Final = 0.2
_OUTAGE_CHANCE: Final = 0.04
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A station that hears nothing for a while."""

    station: str
    lon: float
    lat: float
    from_s: float
    to_s: float


class Reception:
    """Every receiver of the exercise, numbered: stations first, then satellites."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._places: list[tuple[str, Point]] = [
            *((locode, harbour.anchorage) for locode, harbour in HARBOURS.items()),
            *LOOKOUTS,
        ]
        lon, lat = np.array([point for _, point in self._places]).T
        self._stations = _unit(lon, lat)
        self._reach = np.cos(REACH_NM * (0.9 + 0.2 * uniform(seed, "reach", np.arange(len(lon))))
                             / RADIUS_NM)  # fmt: skip

    @property
    def names(self) -> list[bytes]:
        """The tag block's source of each receiver."""
        stations = [f"EX-{name}".encode() for name, _ in self._places]
        return [*stations, *(b"EX-SAT%02d" % (n + 1) for n in range(SATELLITES))]

    def in_reach(self, lon: Floats, lat: Floats, at_s: Floats) -> npt.NDArray[np.bool_]:
        """Whether some station that works then reaches each position."""
        near = _unit(lon, lat) @ self._stations.T > self._reach
        return np.asarray((near & ~self._out(at_s)).any(1))

    def deaf(self, lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
        """Whether each position lies in waters from which satellites bring nothing."""
        deaf = np.zeros(len(lon), bool)
        for west, south, east, north in DEAF_WATERS:
            deaf |= (lon > west) & (lon < east) & (lat > south) & (lat < north)
        return deaf

    def heard(
        self, ship: Ints, at_s: Floats, lon: Floats, lat: Floats, class_b: npt.NDArray[np.bool_]
    ) -> tuple[Ints, Ints]:
        """(receiver, second receiver) of each transmission, `NOBODY` where it was lost."""
        unit, tick = _unit(lon, lat), np.floor(at_s).astype(np.int64)
        near = np.where(self._out(at_s), -1.0, unit @ self._stations.T - self._reach)
        rows = np.arange(len(ship))
        best = near.argmax(1)
        lucky = uniform(self._seed, "station", ship, tick) < _STATION_CHANCE
        station = np.where((near[rows, best] > 0) & lucky, best, NOBODY)
        near[rows, best] = -1.0
        second = np.where((near.max(1) > 0) & (station >= 0), near.argmax(1), NOBODY)
        above, high = self._above(unit, at_s)
        chance = np.where(class_b, _CLASS_B_CHANCE, _SATELLITE_CHANCE)
        seen = high & ~self.deaf(lon, lat) & (uniform(self._seed, "orbit", ship, tick) < chance)
        satellite = np.where(seen, above + len(self._places), NOBODY)
        return np.where(station >= 0, station, satellite), second

    def outages(self, until_s: float) -> Iterator[Outage]:
        """Stations' outages that begin before an instant, day by day."""
        for day in range(int(np.ceil(until_s / _DAY_S))):
            down, begin, end = self._outages_of(np.array([day]))
            for station in np.flatnonzero(down[0]):
                name, (lon, lat) = self._places[station]
                from_s = float(day * _DAY_S + begin[0, station])
                if from_s < until_s:
                    yield Outage(station=f"EX-{name}", lon=lon, lat=lat, from_s=from_s,
                                 to_s=float(day * _DAY_S + end[0, station]))  # fmt: skip

    def _out(self, at_s: Floats) -> npt.NDArray[np.bool_]:
        days, row = np.unique(np.floor(at_s / _DAY_S).astype(np.int64), return_inverse=True)
        down, begin, end = self._outages_of(days)
        into = (at_s % _DAY_S)[:, None]
        return down[row] & (into >= begin[row]) & (into < end[row])

    def _outages_of(self, days: Ints) -> tuple[npt.NDArray[np.bool_], Floats, Floats]:
        day, station = days[:, None], np.arange(len(self._places))[None, :]
        down = uniform(self._seed, "outage", day, station) < _OUTAGE_CHANCE
        begin = 3600 * (2 + 14 * uniform(self._seed, "begin", day, station))
        return down, begin, begin + 3600 * (2 + 4 * uniform(self._seed, "last", day, station))

    def _above(self, unit: Floats, at_s: Floats) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """The satellite nearest overhead of each row, and whether it sees the place."""
        minutes, row = np.unique(np.floor(at_s / 60).astype(np.int64), return_inverse=True)
        points = _subpoints(minutes.astype(np.float64) * 60)[row]
        closeness = np.einsum("nc,nsc->ns", unit, points)
        nearest = closeness.argmax(1)
        high: npt.NDArray[np.bool_] = closeness.max(1) > np.cos(np.radians(_FOOTPRINT_DEG))
        return nearest, high


def _subpoints(at_s: Floats) -> Floats:
    """Unit vectors below each satellite at instants, shape (instants, satellites, 3)."""
    number = np.arange(SATELLITES)
    node = np.radians(30.0 * (number // 2)) - 2 * np.pi * at_s[:, None] / _SIDEREAL_S
    turn = 2 * np.pi * at_s[:, None] / _PERIOD_S + np.pi * (number % 2) + 0.5 * (number // 2)
    lon = node + np.arctan2(np.cos(_INCLINATION) * np.sin(turn), np.cos(turn))
    lat = np.arcsin(np.sin(_INCLINATION) * np.sin(turn))
    return _unit(np.degrees(lon), np.degrees(lat))


def _unit(lon: Floats, lat: Floats) -> Floats:
    east, north = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], -1)
