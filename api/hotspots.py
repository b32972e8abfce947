"""Hot spots as each audience may know them: the hazard field raised by the incidents it may see."""

from collections.abc import Sequence
from typing import Any

from risk.hazard import HazardField
from risk.hazard_map import worst_cells
from risk.report import MergedIncident
from risk.threat import ThreatParams, known_at
from sea.units import HOUR_US, Microseconds

KEPT = 64
"""Answers remembered: audiences, times an hour or two."""


class Hotspots:
    """Hot spots of a field; the same incidents and hour are reckoned once. May run in threads."""

    def __init__(self, hazard: HazardField) -> None:
        self._hazard = hazard
        self._known: dict[object, dict[str, Any]] = {}

    def __call__(self, incidents: Sequence[MergedIncident], now_us: Microseconds) -> dict[str, Any]:
        """GeoJSON as of the hour."""
        hour_us = now_us // HOUR_US * HOUR_US
        counted = tuple(c for _, c in known_at(incidents, hour_us, ThreatParams()))
        key = counted, hour_us if counted else None
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            found = worst_cells(self._hazard.with_reports(counted, hour_us))
            self._known[key] = found
        return found
