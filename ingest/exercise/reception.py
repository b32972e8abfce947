"""Who hears whom: coastal stations all the time, satellites in passes, nobody in some waters.

positions and instants -> the receiver of each, or none. Stations hear to about 40 nm, the usual
reach of a coastal antenna. Up to twelve satellites in six planes at about 600 km (all of them see
every place every 48 minutes or oftener) lose many messages to collisions; figures chosen by us so
that a ship at sea is heard a few times a pass.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ingest.exercise.chance import uniform
from ingest.exercise.places import DEAF_WATERS, HARBOURS, LOOKOUTS, Point
from ingest.exercise.track import Floats, Ints
from sea.errors import BadInputError
from sea.geodesy import RADIUS_NM

REACH_NM: Final = 40.0
NOBODY: Final = -1

_FOOTPRINT_DEG: Final = 18.0
_PERIOD_S: Final = 96 * 60.0
_INCLINATION: Final = np.radians(97.5)
_SIDEREAL_S: Final = 86_164.1
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceptionParams:
    """How well ships are heard; all chosen by us.

    Attributes:
        satellites: how many there are, at most 12.
        station_chance, satellite_chance, class_b_chance: that a message is heard by the nearest
            station, a satellite, and a satellite if class B sent it.
        twice_chance: that a second station in reach hears it too.
        outage_chance: of each station on each day, for 2 to 6 hours.
        wrong_clock_share: of the stations, whose clocks are up to `wrong_clock_s` off.
        bad_fix_chance: that a report is a single bad fix, miles away.
    """

    satellites: int = 12
    station_chance: float = 0.97
    satellite_chance: float = 0.5
    class_b_chance: float = 0.2
    twice_chance: float = 0.04
    outage_chance: float = 0.04
    wrong_clock_share: float = 0.0
    wrong_clock_s: float = 20.0
    bad_fix_chance: float = 0.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            most = {"satellites": 12, "wrong_clock_s": 3600}.get(name, 1)
            if not 0 <= getattr(self, name) <= most:
                raise BadInputError(f"{name} must be from 0 to {most}", field=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A station that hears nothing for a while."""

    station: str
    lon: float
    lat: float
    reach_nm: float
    from_s: float
    to_s: float


class Reception:
    """Every receiver of the exercise, numbered: stations first, then satellites."""

    def __init__(self, seed: int, params: ReceptionParams | None = None) -> None:
        self._seed = seed
        self.params = params or ReceptionParams()
        self._days: dict[int, tuple[npt.NDArray[np.bool_], Floats, Floats]] = {}
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
        return [*stations, *(b"EX-SAT%02d" % (n + 1) for n in range(self.params.satellites))]

    @property
    def clocks_s(self) -> Ints:
        """How far each receiver's clock is ahead, in whole seconds."""
        number = np.arange(len(self._places) + self.params.satellites)
        wrong = uniform(self._seed, "clock", number) < self.params.wrong_clock_share
        wrong &= number < len(self._places)
        ahead = (2 * uniform(self._seed, "ahead", number) - 1) * self.params.wrong_clock_s
        return np.where(wrong, np.rint(ahead), 0).astype(np.int64)

    def in_reach(self, lon: Floats, lat: Floats, at_s: Floats) -> npt.NDArray[np.bool_]:
        """Whether some station that works then reaches each position."""
        near = _unit(lon, lat) @ self._stations.T > self._reach
        if not near.any():
            return np.zeros(len(near), bool)
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
        lucky = uniform(self._seed, "station", ship, tick) < self.params.station_chance
        station = np.where((near[rows, best] > 0) & lucky, best, NOBODY)
        near[rows, best] = -1.0
        second = np.where((near.max(1) > 0) & (station >= 0), near.argmax(1), NOBODY)
        above, high = self._above(unit, at_s)
        chance = np.where(class_b, self.params.class_b_chance, self.params.satellite_chance)
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
                    yield Outage(
                        station=f"EX-{name}", lon=lon, lat=lat, from_s=from_s,
                        to_s=float(day * _DAY_S + end[0, station]),
                        reach_nm=float(np.arccos(self._reach[station])) * RADIUS_NM,
                    )  # fmt: skip

    def _out(self, at_s: Floats) -> npt.NDArray[np.bool_]:
        if not len(at_s):
            return np.zeros((0, len(self._places)), bool)
        days, row = np.unique(np.floor(at_s / _DAY_S).astype(np.int64), return_inverse=True)
        for day in days.tolist():
            if day not in self._days:
                self._days[day] = self._outages_of(np.array([day]))
        down, begin, end = (
            np.concatenate([self._days[day][i] for day in days.tolist()]) for i in range(3)
        )
        into = (at_s % _DAY_S)[:, None]
        return down[row] & (into >= begin[row]) & (into < end[row])

    def _outages_of(self, days: Ints) -> tuple[npt.NDArray[np.bool_], Floats, Floats]:
        day, station = days[:, None], np.arange(len(self._places))[None, :]
        down = uniform(self._seed, "outage", day, station) < self.params.outage_chance
        begin = 3600 * (2 + 14 * uniform(self._seed, "begin", day, station))
        return down, begin, begin + 3600 * (2 + 4 * uniform(self._seed, "last", day, station))

    def _above(self, unit: Floats, at_s: Floats) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """The satellite nearest overhead of each row, and whether it sees the place."""
        minutes, row = np.unique(np.floor(at_s / 60).astype(np.int64), return_inverse=True)
        if not self.params.satellites:
            return np.zeros(len(unit), np.int64), np.zeros(len(unit), bool)
        points = _subpoints(minutes.astype(np.float64) * 60, self.params.satellites)[row]
        closeness = np.einsum("nc,nsc->ns", unit, points)
        nearest = closeness.argmax(1)
        high: npt.NDArray[np.bool_] = closeness.max(1) > np.cos(np.radians(_FOOTPRINT_DEG))
        return nearest, high


def _subpoints(at_s: Floats, satellites: int) -> Floats:
    """Unit vectors below each satellite at instants, shape (instants, satellites, 3)."""
    number = np.arange(satellites)
    node = np.radians(30.0 * (number // 2)) - 2 * np.pi * at_s[:, None] / _SIDEREAL_S
    turn = 2 * np.pi * at_s[:, None] / _PERIOD_S + np.pi * (number % 2) + 0.5 * (number // 2)
    lon = node + np.arctan2(np.cos(_INCLINATION) * np.sin(turn), np.cos(turn))
    lat = np.arcsin(np.sin(_INCLINATION) * np.sin(turn))
    return _unit(np.degrees(lon), np.degrees(lat))


def _unit(lon: Floats, lat: Floats) -> Floats:
    east, north = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], -1)
