"""UN/LOCODE -> where a base lies: the packaged fleet's bases first, then the ports of `sea`."""

from escort.fleet import fleet_bases
from sea.ports import port
from sea.units import DegreesEast, DegreesNorth


def base_position(code: str) -> tuple[DegreesEast, DegreesNorth] | None:
    """Position of a base, None for a code nobody knows."""
    known = fleet_bases().get(code)
    if known is not None:
        return known
    place = port(code)
    return None if place is None else (place.lon, place.lat)
