"""Geodesy on the sphere of `EARTH_RADIUS_M`: positions -> distances, bearings, closest approach.

Longitudes and latitudes are degrees WGS 84, distances nautical miles, bearings degrees true.
Every function takes scalars or arrays that broadcast, and gives back float64 of their common
shape (a NumPy scalar where all were scalars). Any longitude will do, also across 180. The sphere
is within 0.56% of the ellipsoid's geodesics.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from sea.units import EARTH_RADIUS_M, M_PER_NM

RADIUS_NM: Final = EARTH_RADIUS_M / M_PER_NM

Floats = npt.NDArray[np.float64]


def distance_nm(
    lon1: npt.ArrayLike, lat1: npt.ArrayLike, lon2: npt.ArrayLike, lat2: npt.ArrayLike
) -> Floats:
    """Great-circle distance, by the atan2 form that is exact near 0 and near antipodes alike."""
    lat1, lat2, dlon = np.radians(lat1), np.radians(lat2), np.radians(np.subtract(lon2, lon1))
    cos1, sin1, cos2, sin2 = np.cos(lat1), np.sin(lat1), np.cos(lat2), np.sin(lat2)
    across = np.hypot(cos2 * np.sin(dlon), _northing(lat1, lat2, dlon))
    distance: Floats = RADIUS_NM * np.arctan2(across, sin1 * sin2 + cos1 * cos2 * np.cos(dlon))
    return distance


def bearing_deg(
    lon1: npt.ArrayLike, lat1: npt.ArrayLike, lon2: npt.ArrayLike, lat2: npt.ArrayLike
) -> Floats:
    """Initial course from the first position to the second, 0 <= bearing < 360."""
    lat1, lat2, dlon = np.radians(lat1), np.radians(lat2), np.radians(np.subtract(lon2, lon1))
    bearing = np.degrees(np.arctan2(np.cos(lat2) * np.sin(dlon), _northing(lat1, lat2, dlon)))
    return _turned(bearing)


def destination(
    lon: npt.ArrayLike, lat: npt.ArrayLike, bearing_deg: npt.ArrayLike, distance_nm: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Position reached from one along a great circle: (lon in -180..180, lat)."""
    lat, bearing = np.radians(lat), np.radians(bearing_deg)
    arc = np.divide(distance_nm, RADIUS_NM)
    ahead = np.sin(arc) * np.cos(bearing)
    aside = np.sin(arc) * np.sin(bearing)
    outward = np.cos(lat) * np.cos(arc) - np.sin(lat) * ahead
    upward = np.sin(lat) * np.cos(arc) + np.cos(lat) * ahead
    reached = np.add(lon, np.degrees(np.arctan2(aside, outward)))
    return wrap_lon(reached), np.degrees(np.arctan2(upward, np.hypot(outward, aside)))


def wrap_lon(lon: npt.ArrayLike) -> Floats:
    """The same meridians within -180..180; those already within are unchanged to the bit."""
    lon = np.asarray(lon, np.float64)
    wrapped: Floats = np.where(np.abs(lon) <= 180, lon, (lon + 180) % 360 - 180)[()]
    return wrapped


def cross_track_nm(
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    lon1: npt.ArrayLike,
    lat1: npt.ArrayLike,
    lon2: npt.ArrayLike,
    lat2: npt.ArrayLike,
) -> Floats:
    """Distance of a position from the great circle through 1 and 2; positive to starboard."""
    arc = distance_nm(lon1, lat1, lon, lat) / RADIUS_NM
    off = np.radians(bearing_deg(lon1, lat1, lon, lat) - bearing_deg(lon1, lat1, lon2, lat2))
    aside: Floats = RADIUS_NM * np.arcsin(np.sin(arc) * np.sin(off))
    return aside


def along_track_nm(
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    lon1: npt.ArrayLike,
    lat1: npt.ArrayLike,
    lon2: npt.ArrayLike,
    lat2: npt.ArrayLike,
) -> Floats:
    """Distance from 1 towards 2 to the foot of a position's perpendicular; negative astern of 1."""
    arc = distance_nm(lon1, lat1, lon, lat) / RADIUS_NM
    off = np.radians(bearing_deg(lon1, lat1, lon, lat) - bearing_deg(lon1, lat1, lon2, lat2))
    along: Floats = RADIUS_NM * np.arctan2(np.sin(arc) * np.cos(off), np.cos(arc))
    return along


def cpa(
    lon1: npt.ArrayLike,
    lat1: npt.ArrayLike,
    sog1: npt.ArrayLike,
    cog1: npt.ArrayLike,
    lon2: npt.ArrayLike,
    lat2: npt.ArrayLike,
    sog2: npt.ArrayLike,
    cog2: npt.ArrayLike,
) -> tuple[Floats, Floats]:
    """Closest point of approach of two ships that hold sog (kn) and cog: (cpa_nm, tcpa_s).

    A negative tcpa_s lies in the past: they are opening. Ships without relative motion have the
    present distance and tcpa_s 0. Plane, in present range and the mean of the bearings at both
    ships, so meant for ranges up to some 100 nm.
    """
    bearing = np.radians(bearing_deg(lon1, lat1, lon2, lat2))
    back = np.radians(bearing_deg(lon2, lat2, lon1, lat1))
    line = np.arctan2(np.sin(bearing) - np.sin(back), np.cos(bearing) - np.cos(back))
    range_nm = distance_nm(lon1, lat1, lon2, lat2)
    east, north = range_nm * np.sin(line), range_nm * np.cos(line)
    course1, course2 = np.radians(cog1), np.radians(cog2)
    v_east = np.multiply(sog2, np.sin(course2)) - np.multiply(sog1, np.sin(course1))
    v_north = np.multiply(sog2, np.cos(course2)) - np.multiply(sog1, np.cos(course1))
    v2 = v_east**2 + v_north**2
    moving = v2 > _STILL_KN**2
    tcpa_h = np.where(moving, -(east * v_east + north * v_north) / np.where(moving, v2, 1.0), 0.0)
    return np.hypot(east + v_east * tcpa_h, north + v_north * tcpa_h), tcpa_h[()] * 3600


def unit_vectors(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """Positions as points on the unit sphere, shape (..., 3); their chords grow with distance."""
    lon, lat = np.radians(lon), np.radians(lat)
    x, y = np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon)
    return np.stack(np.broadcast_arrays(x, y, np.sin(lat)), axis=-1)


def chord_nm(chord: npt.ArrayLike) -> Floats:
    """Great-circle distance of two `unit_vectors` so far apart; exact near 0."""
    distance: Floats = 2 * np.arcsin(np.minimum(1.0, np.divide(chord, 2))) * RADIUS_NM
    return distance


_STILL_KN: Final = 1e-6
"""Relative speed that counts as none, kn; chosen by us, far below AIS' 0.1 kn."""


def _northing(lat1: Floats, lat2: Floats, dlon: Floats) -> Floats:
    northing: Floats = np.cos(lat1) * np.sin(lat2) - np.sin(lat1) * np.cos(lat2) * np.cos(dlon)
    return northing


def _turned(bearing: Floats) -> Floats:
    turned = bearing % 360
    within: Floats = np.where(turned < 360, turned, 0.0)[()]
    return within
