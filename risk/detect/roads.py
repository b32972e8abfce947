"""Roads: waters where ships lie at anchor now, known by those that do."""

from typing import Final

import numpy as np

from ingest.picture import Picture
from sea.geodesy import distance_nm

_AT_REST: Final = np.array([1, 5], np.int8)
"""At anchor, moored (ITU-R M.1371-5 table 45)."""


def lying_within(picture: Picture, lon: float, lat: float, radius_nm: float) -> set[int]:
    """Slots of the ships last heard at anchor or moored within the radius of a place."""
    n = len(picture)
    near = np.flatnonzero(np.abs(picture.lat[:n] - lat) < radius_nm / 60)
    lying = near[np.isin(picture.nav_status[near], _AT_REST)]
    away = distance_nm(lon, lat, picture.lon[lying], picture.lat[lying])
    return set(lying[away <= radius_nm].tolist())
