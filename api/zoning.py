"""Zoning: the zones that partners drew -> those that events and plans may rest on."""

from collections.abc import Sequence

import asyncpg

from api import store_zones
from api.policy import Principal, allowed, release_of
from escort.reading import read_zone
from escort.scenario import CLOSING_KINDS
from escort.scenario import Zone as Waters
from sea.units import Microseconds
from sea.zones import Zone


class Drawn:
    """Asks which zones there are that all the readers of events and plans may see."""

    def __init__(self, readers: Sequence[Principal]) -> None:
        self._readers = tuple(readers)
        self._revision = -1

    async def since(self, database: asyncpg.Pool) -> tuple[Zone, ...] | None:
        """All of them, where one was changed since the last time; else None."""
        last = await store_zones.revision(database)
        if last == self._revision:
            return None
        rows = await store_zones.zones(database)
        self._revision = last
        return tuple(
            store_zones.zone_of_row(row) for row in rows
            if all(allowed(reader, release_of("zone", row)) for reader in self._readers)
        )  # fmt: skip


def closing(zones: Sequence[Zone], now_us: Microseconds) -> list[Waters]:
    """Those now in force that are closed to some, as plans have them."""
    return [
        read_zone({"id": zone.id, "nation": zone.nation, "kind": zone.kind,
                   "polygon": [list(corner) for corner in zone.polygon.exterior.coords]})
        for zone in zones if zone.kind in CLOSING_KINDS and zone.in_force(now_us)
    ]  # fmt: skip
