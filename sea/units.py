"""Units as annotated aliases, and exact factors between them.

AIS keeps its own units: sog in knots, cog and heading in degrees true. Time inside columns is
microseconds since 1970-01-01T00:00:00Z as int64 ("us"); outside it is ISO 8601 with ``Z``.
"""

from typing import Annotated, Final

DegreesEast = Annotated[float, "longitude, WGS 84, -180..180"]
DegreesNorth = Annotated[float, "latitude, WGS 84, -90..90"]
DegreesTrue = Annotated[float, "clockwise from true north, 0..360"]
Knots = Annotated[float, "nautical miles an hour"]
NauticalMiles = Annotated[float, "1852 m"]
Metres = Annotated[float, "m"]
Microseconds = Annotated[int, "us since the Unix epoch, UTC"]

M_PER_NM: Final = 1852.0
"""International nautical mile, exact (International Hydrographic Conference, Monaco 1929)."""

SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US

EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius R1 of WGS 84 (Moritz 2000); distances on it are within 0.56% of geodesics."""
