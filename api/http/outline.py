"""Outlines: H3 cells as GeoJSON."""

from typing import Any, Final

import h3.api.numpy_int as h3i
import shapely
from shapely.affinity import translate

_EAST: Final = shapely.box(180, -90, 540, 90)


def outline(cell: int) -> dict[str, Any]:
    """The cell as GeoJSON, cut where it crosses 180 degrees (RFC 7946 3.1.9)."""
    ring = [(lon, lat) for lat, lon in h3i.cell_to_boundary(cell)]
    if max(ring)[0] - min(ring)[0] > 180:
        ring = [(lon + 360 if lon < 0 else lon, lat) for lon, lat in ring]
    shape = shapely.Polygon(ring)
    over = shapely.intersection(shape, _EAST)
    if not over.is_empty:
        shape = shapely.multipolygons([shapely.difference(shape, _EAST), translate(over, -360)])
    return dict(shapely.geometry.mapping(shapely.set_precision(shape, 1e-6)))
