"""Small compiled pieces that several detectors share: distances inside per-report loops."""

import math
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from sklearn.neighbors import BallTree

from sea.geodesy import RADIUS_NM


@numba.njit(cache=True, nogil=True)
def range_nm(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Great-circle distance by the haversine, nm; `sea.geodesy.distance_nm` inside kernels."""
    dlat = math.radians(lat2 - lat1)
    dlon = math.radians(lon2 - lon1)
    half = (
        math.sin(dlat / 2) ** 2
        + math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * math.sin(dlon / 2) ** 2
    )
    return 2 * RADIUS_NM * math.asin(min(1.0, math.sqrt(half)))


def tree_of(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> Any:
    """A haversine ball tree of positions, at least one; ask it with `pairs_within`."""
    return BallTree(np.radians(np.column_stack((lat, lon))), metric="haversine")


def pairs_within(
    tree: Any, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], radius_nm: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows (asked, found) of every position of the tree within the radius of each asked one.

    Ordered by asked, then found.
    """
    found = tree.query_radius(np.radians(np.column_stack((lat, lon))), radius_nm / RADIUS_NM)
    asked = np.repeat(np.arange(len(found)), [len(rows) for rows in found])
    rows = np.concatenate(found) if len(found) else np.zeros(0, np.intp)
    order = np.lexsort((rows, asked))
    return asked[order], rows[order].astype(np.intp)


def reckoned(
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
    sog: npt.NDArray[np.floating[Any]],
    cog: npt.NDArray[np.floating[Any]],
    hours: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Dead-reckoned positions after `hours`; a ship with unknown sog or cog stays where it is.

    Flat-earth steps, good to 1% below 60 nm and 70 degrees of latitude.
    """
    known = np.isfinite(sog) & np.isfinite(cog)
    run = np.where(known, sog, 0.0) * hours / 60.0
    course = np.radians(np.where(known, cog, 0.0))
    north = run * np.cos(course)
    east = run * np.sin(course) / np.maximum(np.cos(np.radians(lat)), 0.01)
    return lon + east, lat + north
