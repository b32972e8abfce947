"""Stop: a vessel anchored, moored or adrift, and where.

Definition: a vessel below 0.5 kn for 1 h or more. It starts at the first such fix and ends at
the last one before two fixes in turn of 1 kn or more (or one of 3 kn or more), or before a
silence after which it is heard more than 1 nm away. Silence in the same place does not end it.

Where: ``port`` within 2 nm of a port; ``anchorage`` within 10 nm of one, or with the status "at
anchor", or within 3 nm of one that was learnt; else ``open_sea``. The evidence has the port, and
the local (solar) hour of its start.

Where 20 vessels that do not fish have lain still for 12 h within a mile, an anchorage is learnt
(`risk.detect.anchorages`), for the other detectors as well.
Units: nm, kn, hours; the position is that of the first fix.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME, Int32, Int64, ReportBatch
from ingest.picture import Picture
from risk.detect.anchorages import Anchorages
from risk.detect.kernel import range_nm
from risk.detect.memory import Array, Memory
from risk.event import Event
from sea.errors import BadInputError
from sea.ports import nearest_port, ports
from sea.units import DAY_US, HOUR_US, Microseconds

_AT_ANCHOR: Final = 1
_FISHING_STATUS: Final = 7
_FISHING: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class StopParams:
    """Thresholds of a stop.

    Attributes:
        sog_kn: below; 0.5, chosen by us: above the noise of a satellite fix at rest.
        hours: at least; 1, chosen by us.
        go_kn, gone_kn: two fixes of 1 kn, or one of 3 kn, end it; chosen by us.
        moved_nm: heard again farther away than this, it had ended; 1, chosen by us.
        port_nm, anchorage_nm: 2 and 10, chosen by us: berths lie within the one of most
            gazetteer points, roads within the other.
        learnt_vessels, learnt_hours: 20 vessels of 12 h make an anchorage (Global Fishing Watch's
            anchorages).
        learnt_nm: from the middle of a learnt one; 3, chosen by us: its cell and a mile more.
    """

    sog_kn: float = 0.5
    hours: float = 1
    go_kn: float = 1
    gone_kn: float = 3
    moved_nm: float = 1
    port_nm: float = 2
    anchorage_nm: float = 10
    learnt_vessels: float = 20
    learnt_hours: float = 12
    learnt_nm: float = 3

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"stop: {field} must be positive", field=field)


class Stop:
    """Follows every vessel from its first still fix.

    Attributes:
        anchorages: what it learns into, and keeps in its own state.
    """

    kinds: tuple[str, ...] = ("stop",)

    def __init__(self, params: StopParams | None = None) -> None:
        self.params = params or StopParams()
        self.anchorages = Anchorages()
        self._memory = Memory(
            began=("i8", UNKNOWN_TIME), lon=("f8", np.nan), lat=("f8", np.nan),
            still_at=("i8", UNKNOWN_TIME), last_lon=("f8", np.nan), last_lat=("f8", np.nan),
            anchored=("?", 0), moving=("i1", 0), over=("?", 0), announced=("i8", 0),
        )  # fmt: skip

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Follows the fixes; what they end is given out by the tick of the same minute."""
        memory, params = self._memory, self.params
        memory.reach(picture)
        lain = _follow(
            slots, reports.reported_at, reports.lon, reports.lat, reports.sog, reports.nav_status,
            params.sog_kn, params.go_kn, params.gone_kn, params.moved_nm,
            int(params.learnt_hours * HOUR_US), memory["began"], memory["lon"], memory["lat"],
            memory["still_at"], memory["last_lon"], memory["last_lat"], memory["anchored"],
            memory["moving"], memory["over"],
        )  # fmt: skip
        self._learn(picture, slots, reports, np.flatnonzero(lain))
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Stops that have lasted long enough, and what is over."""
        memory, n = self._memory, len(self._memory)
        over = np.flatnonzero(memory["over"][:n])
        told = over[memory["announced"][over] != 0]
        events = self._events(picture, told, over=True)
        memory.forget(over)
        slots = np.flatnonzero(
            (memory["began"][:n] != UNKNOWN_TIME) & (memory["announced"][:n] == 0)
        )
        lasted = memory["still_at"][slots] - memory["began"][slots]
        slots = slots[lasted >= int(self.params.hours * HOUR_US)]
        memory["announced"][slots] = now_us
        return events + self._events(picture, slots, over=False)

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: a stop that goes on when the timeline ends stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel, and of anchorages."""
        return {**self._memory.state(), "anchorages": self.anchorages.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state)
        if "anchorages" in state:
            self.anchorages.restore(state["anchorages"])

    def _learn(self, picture: Picture, slots: Int32, reports: ReportBatch, rows: Array) -> None:
        fishing = picture.ship_type[slots[rows]] == _FISHING
        fishing |= reports.nav_status[rows] == _FISHING_STATUS
        for row in rows[~fishing].tolist():
            self.anchorages.note(
                int(reports.mmsi[row]), float(reports.lon[row]), float(reports.lat[row]),
                int(reports.reported_at[row]), self.params.learnt_vessels,
            )  # fmt: skip

    def _events(self, picture: Picture, slots: Array, *, over: bool) -> list[Event]:
        if not len(slots):
            return []
        memory = self._memory
        lon, lat = memory["lon"][slots], memory["lat"][slots]
        index, away = nearest_port(lon, lat)
        learnt = self.anchorages.away_nm(lon, lat) <= self.params.learnt_nm
        rows = zip(slots.tolist(), index.tolist(), away.tolist(), learnt.tolist(), strict=True)
        return [self._event(picture, *row, over=over) for row in rows]

    def _event(
        self, picture: Picture, slot: int, port: int, port_nm: float, learnt: bool, *, over: bool
    ) -> Event:
        row = {name: self._memory[name][slot].item() for name in
               ("began", "still_at", "lon", "lat", "anchored", "announced")}  # fmt: skip
        where = "open_sea"
        if port_nm <= self.params.port_nm:
            where = "port"
        elif row["anchored"] or learnt or port_nm <= self.params.anchorage_nm:
            where = "anchorage"
        local_hour = (row["began"] % DAY_US / HOUR_US + row["lon"] / 15) % 24
        near = port_nm <= self.params.anchorage_nm
        return Event(
            kind="stop",
            mmsis=(int(picture.mmsi[slot]),),
            started_at=row["began"],
            ended_at=row["still_at"] if over else None,
            detected_at=row["announced"],
            lon=row["lon"],
            lat=row["lat"],
            status="ended" if over else "open",
            confidence=0.9,
            evidence={
                "where": where,
                "hours": round((row["still_at"] - row["began"]) / HOUR_US, 2),
                "port": ports()[port].unlocode if near else None,
                "port_nm": round(port_nm, 1),
                "anchored": row["anchored"],
                "local_hour": round(local_hour, 1),
            },
        )


@numba.njit(cache=True, nogil=True)
def _follow(
    slots: Int32, times: Int64, lon: Array, lat: Array, sog: Array, nav: Array, still_kn: float,
    go_kn: float, gone_kn: float, moved_nm: float, learnt_us: int, began: Array, first_lon: Array,
    first_lat: Array, still_at: Array, last_lon: Array, last_lat: Array, anchored: Array,
    moving: Array, over: Array,
) -> Array:  # fmt: skip
    """Begins, carries on or marks as over each vessel's stop.

    True for the report with which one has lasted `learnt_us`, near where it began.
    """
    lain = np.zeros(len(slots), np.bool_)
    for i in range(len(slots)):
        slot = slots[i]
        if over[slot] or math.isnan(lon[i]) or math.isnan(lat[i]) or math.isnan(sog[i]):
            continue
        if began[slot] != UNKNOWN_TIME:
            moved = range_nm(last_lon[slot], last_lat[slot], lon[i], lat[i]) > moved_nm
            moving[slot] = moving[slot] + 1 if sog[i] >= go_kn else 0
            if moved or moving[slot] >= 2 or sog[i] >= gone_kn:
                over[slot] = True
            elif sog[i] < still_kn:
                due = began[slot] + learnt_us
                if still_at[slot] < due <= times[i]:
                    stayed_nm = range_nm(first_lon[slot], first_lat[slot], lon[i], lat[i])
                    lain[i] = stayed_nm <= moved_nm
                still_at[slot], last_lon[slot], last_lat[slot] = times[i], lon[i], lat[i]
                anchored[slot] |= nav[i] == _AT_ANCHOR
        elif sog[i] < still_kn:
            began[slot] = still_at[slot] = times[i]
            first_lon[slot], first_lat[slot] = lon[i], lat[i]
            last_lon[slot], last_lat[slot] = lon[i], lat[i]
            anchored[slot] = nav[i] == _AT_ANCHOR
            moving[slot] = 0
    return lain
