"""Zone entry and exit: a vessel crosses the border of a named area.

Definition: a vessel enters with the first fix inside, and leaves with the first fix that is more
than 0.2 nm outside, so that a track along the border does not flicker. Where a vessel is first
heard is neither, and who lies in a zone when it is drawn has not entered it. Zones that partners
draw give events while they are valid. Looked at once an event-minute, at the vessel's latest fix of
that minute; zones crossed with the same fix are one event. Units: nm; both kinds last an instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ingest.batch import UNKNOWN_TIME, Int32, ReportBatch
from ingest.picture import Picture
from risk.detect.memory import Array, Memory
from risk.event import Event
from sea.errors import BadInputError
from sea.geodesy import destination
from sea.units import Microseconds
from sea.zones import Zone, ZoneSet, builtin_zones, zone_document, zone_of

_RING_DEG: Final = np.arange(0.0, 360.0, 45.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonesParams:
    """How zones are watched.

    Attributes:
        hysteresis_nm: 0.2, chosen by us: some ten times the error of a fix.
    """

    hysteresis_nm: float = 0.2

    def __post_init__(self) -> None:
        if not self.hysteresis_nm > 0:
            raise BadInputError("zones: hysteresis_nm must be positive", field="hysteresis_nm")


class Zones:
    """Watches a set of zones; by default the built-in ones."""

    kinds: tuple[str, ...] = ("zone_entry", "zone_exit")

    def __init__(
        self, params: ZonesParams | None = None, zones: Sequence[Zone] | None = None
    ) -> None:
        self.params = params or ZonesParams()
        self._own = tuple(builtin_zones() if zones is None else zones)
        self._zones = ZoneSet(self._own)
        self._memory = Memory(
            at=("i8", UNKNOWN_TIME), lon=("f8", np.nan), lat=("f8", np.nan), fresh=("?", 0),
            placed=("?", 0),
        )  # fmt: skip
        self._inside = np.zeros((0, len(self._zones.zones)), bool)

    @property
    def given(self) -> tuple[Zone, ...]:
        """The zones watched beside its own."""
        return self._zones.zones[len(self._own) :]

    def give(self, zones: Sequence[Zone]) -> None:
        """Watches these zones beside its own from now on, in place of those given before.

        Of a zone that is new or drawn anew, who lies in it by her latest fix has not entered it.
        """
        before, inside = (
            {zone.id: (i, zone) for i, zone in enumerate(self._zones.zones)},
            self._inside,
        )
        self._zones = ZoneSet((*self._own, *zones))
        self._inside = np.zeros((len(inside), len(self._zones.zones)), bool)
        placed = np.flatnonzero(self._memory["placed"][: len(inside)])
        lon, lat = self._memory["lon"][placed], self._memory["lat"][placed]
        self._inside[placed] = self._zones.containing(lon, lat)
        for i, zone in enumerate(self._zones.zones):
            column, known = before.get(zone.id, (0, None))
            if known is not None and known.polygon.equals(zone.polygon):
                self._inside[:, i] = inside[:, column]

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Keeps the latest fix of each vessel; gives out nothing."""
        memory = self._memory
        memory.reach(picture)
        located = np.flatnonzero(np.isfinite(reports.lon) & np.isfinite(reports.lat))
        rows = slots[located]
        memory["fresh"][rows] = True
        memory["at"][rows] = reports.reported_at[located]
        memory["lon"][rows], memory["lat"][rows] = reports.lon[located], reports.lat[located]
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Borders crossed in this minute."""
        memory = self._memory
        slots = np.flatnonzero(memory["fresh"])
        if not len(slots):
            return []
        memory["fresh"][slots] = False
        self._reach(len(memory["fresh"]))
        within = self._zones.containing(memory["lon"][slots], memory["lat"][slots])
        before = np.where(memory["placed"][slots, None], self._inside[slots], within)
        entered, left = within & ~before, before & ~within
        doubtful = np.flatnonzero(left.any(axis=1))
        left[doubtful] &= ~self._close(slots[doubtful])
        memory["placed"][slots] = True
        self._inside[slots] = (before | entered) & ~left
        in_force = np.array([zone.in_force(now_us) for zone in self._zones.zones], bool)
        entered, left = entered & in_force, left & in_force
        return [
            self._event(picture, kind, int(slots[row]), crossed[row])
            for kind, crossed in (("zone_entry", entered), ("zone_exit", left))
            for row in np.flatnonzero(crossed.any(axis=1))
        ]

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: every crossing has been given out."""
        return []

    def state(self) -> dict[str, Any]:
        """Latest fixes, and who is inside what (by the ids of the zones)."""
        n = min(len(self._memory), len(self._inside))
        return {
            "memory": self._memory.state(),
            "zones": [zone.id for zone in self._zones.zones],
            "inside": self._inside[:n].copy(),
            "given": [zone_document(zone) for zone in self.given],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`.

        Raises:
            BadInputError: it is of other zones.
        """
        self._zones = ZoneSet((*self._own, *(zone_of(given) for given in state.get("given", ()))))
        if state["zones"] != [zone.id for zone in self._zones.zones]:
            raise BadInputError("the snapshot is of other zones", field="zones")
        self._memory.restore(state["memory"])
        self._inside = np.array(state["inside"], bool).reshape(-1, len(self._zones.zones))

    def _reach(self, capacity: int) -> None:
        if len(self._inside) < capacity:
            grown = np.zeros((capacity, self._inside.shape[1]), bool)
            grown[: len(self._inside)] = self._inside
            self._inside = grown

    def _close(self, slots: Array) -> Array:
        """Whether each vessel is within the hysteresis of each zone: on a ring about its fix."""
        memory = self._memory
        lon, lat = destination(
            memory["lon"][slots, None], memory["lat"][slots, None], _RING_DEG,
            self.params.hysteresis_nm,
        )  # fmt: skip
        on_ring = self._zones.containing(lon.ravel(), lat.ravel())
        rings = on_ring.reshape(len(slots), len(_RING_DEG), len(self._zones.zones))
        close: Array = np.asarray(rings.any(axis=1))
        return close

    def _event(self, picture: Picture, kind: str, slot: int, crossed: Array) -> Event:
        memory = self._memory
        zones = [self._zones.zones[i] for i in np.flatnonzero(crossed)]
        at = int(memory["at"][slot])
        return Event(
            kind=kind,
            mmsis=(int(picture.mmsi[slot]),),
            started_at=at,
            ended_at=at,
            detected_at=at,
            lon=float(memory["lon"][slot]),
            lat=float(memory["lat"][slot]),
            status="ended",
            confidence=0.9,
            evidence={
                "zones": [zone.id for zone in zones],
                "names": [zone.name for zone in zones],
                "zone_kinds": [zone.kind for zone in zones],
            },
        )
