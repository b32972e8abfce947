"""Weather: a leg and a storm -> the leg led round it, and sailed slower near it."""

from dataclasses import replace
from typing import Final

import numpy as np

from ingest.exercise.scenario import Storm
from ingest.exercise.track import Hold, Path, path_of
from ingest.exercise.voyage import Leg
from sea.geodesy import bearing_deg, destination, distance_nm

_STEP_NM: Final = 3.0
_NEAR: Final = 1.3
"""Radii within which ships are slow; at 0.65 of their cruise. Both chosen by us."""

_SLOW: Final = 0.65


def diverted(leg: Leg, storm: Storm) -> Leg:
    """The leg led round the storm."""
    outbound = _around(leg.outbound, storm)
    if outbound is leg.outbound:
        return leg
    return replace(leg, outbound=outbound, lane=leg.lane or leg.outbound)


def slowed(leg: Leg, storm: Storm) -> Leg:
    """The leg, slow where it is near the storm."""
    path = leg.outbound
    along = np.arange(0, path.length_nm, _STEP_NM)
    near = distance_nm(storm.lon, storm.lat, *path.point(along)) < _NEAR * storm.radius_nm
    if not near.any() or near[0] or near[-1]:
        return leg
    first, last = along[np.flatnonzero(near)[[0, -1]]].tolist()
    sog = _SLOW * leg.cruise
    return replace(
        leg, holds=(*leg.holds, Hold(start_nm=first, sog=sog, hours=(last - first) / sog))
    )


def _around(path: Path, storm: Storm) -> Path:
    """The path with what lies in the storm pushed out to its edge, the shorter way round."""
    along = np.union1d(path.along, np.arange(0, path.length_nm, _STEP_NM))
    lon, lat = path.point(along)
    away = distance_nm(storm.lon, storm.lat, lon, lat)
    inside = away < storm.radius_nm
    if not inside.any() or inside[0] or inside[-1]:
        return path
    first, last = np.flatnonzero(inside)[[0, -1]]
    bearings = bearing_deg(storm.lon, storm.lat, lon[[first, last]], lat[[first, last]])
    turn = (bearings[1] - bearings[0] + 180) % 360 - 180
    arc = bearings[0] + turn * np.linspace(0, 1, last - first + 1)
    lon[first : last + 1], lat[first : last + 1] = destination(
        storm.lon, storm.lat, arc, storm.radius_nm
    )
    return path_of(list(zip(lon.tolist(), lat.tolist(), strict=True)))
