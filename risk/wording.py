"""Plain words for places, times and durations, as they stand in reasons."""

import numpy as np

from sea.instants import from_us
from sea.ports import nearest_port, ports
from sea.units import DegreesEast, DegreesNorth, Microseconds

AT_PORT_NM = 3.0
NEAR_PORT_NM = 250.0
"""Farther than this a port's name does not help; chosen by us."""


def instant(at_us: Microseconds) -> str:
    """``1 Mar 2026 02:10 UTC``."""
    return from_us(at_us).strftime("%-d %b %Y %H:%M UTC")


def duration(hours: float) -> str:
    """``42 min``, ``3.5 h`` or ``5 days``."""
    if hours < 2:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h".replace(".0 ", " ") if hours < 72 else f"{hours / 24:.0f} days"


def whereabouts(lon: DegreesEast, lat: DegreesNorth) -> str:
    """``35 nm off Manta``, ``at Callao``, or the position where no port is near."""
    index, distance = nearest_port(np.array([lon]), np.array([lat]))
    if distance[0] > NEAR_PORT_NM:
        return position(lon, lat)
    name = ports()[int(index[0])].name
    return f"at {name}" if distance[0] <= AT_PORT_NM else f"{distance[0]:.0f} nm off {name}"


def position(lon: DegreesEast, lat: DegreesNorth) -> str:
    """``12°30.5'N 078°04.1'W``, degrees and minutes as on a chart."""
    return f"{_angle(lat, 'N', 'S', 2)} {_angle(lon, 'E', 'W', 3)}"


def _angle(degrees: float, positive: str, negative: str, width: int) -> str:
    tenths = round(abs(degrees) * 600)
    side = positive if degrees >= 0 else negative
    return f"{tenths // 600:0{width}d}°{tenths % 600 / 10:04.1f}'{side}"
