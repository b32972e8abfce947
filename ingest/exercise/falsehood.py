"""Positions that are not where the ship is: true states -> broadcast ones.

Whoever hears a ship hears her where she is, so falsehoods come after reception. What she says of
her speed and course stays true: a spoofed receiver shows a place, its motion sensor the motion.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.exercise.chance import uniform
from ingest.exercise.track import Floats, Ints, States
from sea.geodesy import destination
from sea.units import DegreesEast, DegreesNorth, DegreesTrue, NauticalMiles

_BAD_FIX_NM = (2.0, 300.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Displaced:
    """A ship's positions, all off by one bearing and distance."""

    ship: int
    from_s: float
    to_s: float
    bearing_deg: DegreesTrue
    distance_nm: NauticalMiles

    def positions(self, at_s: Floats, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """(lon, lat) broadcast at instants, from the true ones."""
        return destination(lon, lat, self.bearing_deg, self.distance_nm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circling:
    """A ship's positions, all on a circle, `rough` of its radius off it."""

    ship: int
    from_s: float
    to_s: float
    lon: DegreesEast
    lat: DegreesNorth
    radius_nm: NauticalMiles
    turn_s: float
    rough: float
    phase_deg: DegreesTrue

    def positions(self, at_s: Floats, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """(lon, lat) broadcast at instants."""
        bearing = self.phase_deg + 360 * (at_s - self.from_s) / self.turn_s
        off = 2 * uniform(self.ship, "rough", np.floor(at_s)) - 1
        return destination(self.lon, self.lat, bearing, self.radius_nm * (1 + self.rough * off))


Falsehood = Displaced | Circling


def falsified(
    states: States,
    ship: Ints,
    at_s: Floats,
    falsehoods: Sequence[Falsehood],
    *,
    seed: int,
    bad_fix_chance: float,
) -> States:
    """The states as broadcast: with the falsehoods, and with bad fixes of the odd report."""
    lon, lat = states.lon.copy(), states.lat.copy()
    for falsehood in falsehoods:
        rows = (ship == falsehood.ship) & (at_s >= falsehood.from_s) & (at_s < falsehood.to_s)
        if rows.any():
            lon[rows], lat[rows] = falsehood.positions(at_s[rows], lon[rows], lat[rows])
    if bad_fix_chance:
        tick = np.floor(at_s)
        bad = uniform(seed, "bad fix", ship, tick) < bad_fix_chance
        least, most = np.log(_BAD_FIX_NM)
        away = np.exp(least + (most - least) * uniform(seed, "bad away", ship[bad], tick[bad]))
        bearing = 360 * uniform(seed, "bad turn", ship[bad], tick[bad])
        lon[bad], lat[bad] = destination(lon[bad], lat[bad], bearing, away)
    return replace(states, lon=lon, lat=lat)
