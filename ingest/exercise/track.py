"""Motion: a path and its speeds -> knots in time -> where every ship is at any instant.

Times here are seconds since the exercise's start, as float64.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sea.geodesy import distance_nm
from sea.units import Knots, NauticalMiles

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

UNDER_WAY: Final = 0
ANCHORED: Final = 1
MOORED: Final = 5
FISHING: Final = 7

_STEP_NM: Final = 8.0
_EASE_STEPS: Final = 4
_SPAN_S: Final = 1e8
_EARLIEST_S: Final = -4e7
_SWING_NM: Final = 0.07
"""Scope of chain and half a ship's length: 130 m, chosen by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A line over the sea; `along` is nm from its beginning."""

    lon: Floats
    lat: Floats
    along: Floats

    @property
    def length_nm(self) -> NauticalMiles:
        """From end to end."""
        return float(self.along[-1])

    def point(self, along_nm: Floats) -> tuple[Floats, Floats]:
        """(lon, lat) at distances from the beginning."""
        return np.interp(along_nm, self.along, self.lon), np.interp(along_nm, self.along, self.lat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A stretch of a path that is sailed at `sog`, from `start_nm` for `hours`.

    Attributes:
        ease_nm: over which she slows down before and speeds up after, in four steps.
    """

    start_nm: NauticalMiles
    sog: Knots
    hours: float
    ease_nm: NauticalMiles = 5.0

    @property
    def end_nm(self) -> NauticalMiles:
        """Where it ends."""
        return self.start_nm + self.sog * self.hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Knots of one ship; `status` (nav status) holds from its knot to the next one."""

    at_s: Floats
    lon: Floats
    lat: Floats
    status: npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """Where ships are: true position, motion and nav status, one row each."""

    lon: Floats
    lat: Floats
    sog: Floats
    cog: Floats
    heading: Floats
    status: npt.NDArray[np.int8]


def path_of(points: Sequence[tuple[float, float]]) -> Path:
    """The path through points, repeated ones left out."""
    lon, lat = np.asarray(points, np.float64).T
    steps = distance_nm(lon[:-1], lat[:-1], lon[1:], lat[1:])
    keep = np.concatenate([[True], steps > 1e-6])
    along = np.concatenate([[0.0], np.cumsum(steps)])
    return Path(lon=lon[keep], lat=lat[keep], along=along[keep])


def sail(
    path: Path,
    cruise: Knots,
    depart_s: float,
    *,
    holds: Sequence[Hold] = (),
    slow_ends: bool = True,
    phase: float = 0.0,
) -> tuple[Floats, Floats]:
    """(seconds, nm along) of the knots of a passage; with `slow_ends` the last 12 nm slow down."""
    length = path.length_nm
    edges = [path.along, np.arange(0, length, _STEP_NM)]
    if slow_ends:
        edges += [np.array([2.0, 6, 12]), length - np.array([12.0, 6, 2])]
    for hold in holds:
        eased = hold.ease_nm * np.linspace(0, 1, _EASE_STEPS + 1)
        edges += [hold.start_nm - eased, hold.end_nm + eased]
    at = np.unique(np.clip(np.concatenate(edges), 0, length))
    mid = (at[1:] + at[:-1]) / 2
    speed = cruise * (1 + 0.03 * np.sin(mid / 37 + phase))
    if slow_ends:
        to_end = np.minimum(mid, length - mid)
        speed = np.minimum(speed, np.select([to_end < 2, to_end < 6, to_end < 12], [6, 9, 12], 99))
    for hold in holds:
        outside = np.maximum(hold.start_nm - mid, mid - hold.end_nm)
        step = np.ceil(outside / hold.ease_nm * _EASE_STEPS)
        ramp = hold.sog + (cruise - hold.sog) * np.maximum(step, 0) / (_EASE_STEPS + 1)
        speed = np.where(step <= _EASE_STEPS, np.minimum(speed, ramp), speed)
    seconds = depart_s + np.concatenate([[0.0], np.cumsum(np.diff(at) / speed * 3600)])
    return seconds, at


class Tracks:
    """All ships' knots in one table, so that any (ship, instant) pairs are found at once."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        self._first = np.cumsum([0, *(len(t.at_s) for t in tracks)])
        ship = np.repeat(np.arange(len(tracks)), np.diff(self._first))
        self._lon = np.concatenate([t.lon for t in tracks])
        self._lat = np.concatenate([t.lat for t in tracks])
        self._at = np.concatenate([t.at_s for t in tracks])
        self._status = np.concatenate([t.status for t in tracks])
        self._key = ship * _SPAN_S + (self._at - _EARLIEST_S)
        self._sog, self._cog = self._motion()

    def __len__(self) -> int:
        return len(self._first) - 1

    def at(self, ship: Ints, at_s: Floats) -> States:
        """States of ships at instants (arrays of one length); before or after, at the end knots."""
        low, high = self._first[ship], self._first[ship + 1] - 1
        knot = np.searchsorted(self._key, ship * _SPAN_S + (at_s - _EARLIEST_S), side="right") - 1
        knot = np.clip(knot, low, high)
        after = np.minimum(knot + 1, high)
        span = np.maximum(self._at[after] - self._at[knot], 1e-9)
        part = np.clip((at_s - self._at[knot]) / span, 0, 1)
        lon = self._lon[knot] + part * (self._lon[after] - self._lon[knot])
        lat = self._lat[knot] + part * (self._lat[after] - self._lat[knot])
        status, sog, cog = self._status[knot], self._sog[knot], self._cog[knot]
        wind = _wind_deg(ship, at_s)
        swinging = np.where(status == ANCHORED, _SWING_NM / 60, 0.0)
        lat = lat - swinging * np.cos(np.radians(wind))
        lon = lon - swinging * np.sin(np.radians(wind)) / np.cos(np.radians(lat))
        lying = (status == ANCHORED) | (status == MOORED)
        heading = np.where(status == ANCHORED, wind, np.where(lying, (ship * 47.0) % 360, cog))
        return States(lon=lon, lat=lat, sog=np.where(lying, 0.0, sog), cog=cog,
                      heading=heading, status=status)  # fmt: skip

    def _motion(self) -> tuple[Floats, Floats]:
        """Speed and course from each knot to the next; zero at a ship's last knot."""
        lon, lat, at = self._lon, self._lat, self._at
        nm = np.append(distance_nm(lon[:-1], lat[:-1], lon[1:], lat[1:]), 0.0)
        hours = np.append(np.diff(at), 1.0) / 3600
        east = np.append(np.diff(lon), 0.0) * np.cos(np.radians(lat))
        north = np.append(np.diff(lat), 0.0)
        sog = np.divide(nm, hours, out=np.zeros_like(nm), where=hours > 0)
        cog = np.degrees(np.arctan2(east, north)) % 360
        sog[self._first[1:] - 1] = 0.0
        return sog, cog


def _wind_deg(ship: Ints, at_s: Floats) -> Floats:
    """Where a ship at anchor points: the wind's slow turning, the tide's, and a yaw of her own."""
    hours = at_s / 3600
    tide = 55 * np.sin(2 * np.pi * hours / 12.42)
    yaw = 14 * np.sin(2 * np.pi * hours / 0.27 + ship * 1.7)
    wind: Floats = (190 + 20 * np.sin(2 * np.pi * hours / 24) + tide + yaw) % 360
    return wind
