"""Port call: a vessel stopped in a port, until she has left it.

Definition: she is in with a fix below 0.5 kn within 3 km of a port's point, and out with the first
fix beyond 4 km of the same point, so that shifting berths is one call. It starts at the first such
fix and ends at the first one outside, however long she was silent between.

Units: km from the port, kn, hours; the position is that of the first fix.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME, Int32, ReportBatch
from ingest.picture import Picture
from risk.detect.kernel import range_nm
from risk.detect.memory import Memory
from risk.event import Event
from sea.errors import BadInputError
from sea.ports import nearest_port, ports
from sea.units import HOUR_US, M_PER_NM, Microseconds

_KM_NM: Final = 1000 / M_PER_NM
_MOVED_NM: Final = 0.1
"""A vessel stopped outside every port is looked up again when she has moved so far. Chosen by us:
less than the kilometre between in and out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortCallParams:
    """Thresholds of a port call.

    Attributes:
        sog_kn: stopped below; 0.5, as in `risk.detect.stop`.
        in_km, out_km: 3 and 4, chosen by us (design figures; Global Fishing Watch's port visits
            have 3 and 4 km as well): berths lie within, and a berth on the edge does not flicker.
    """

    sog_kn: float = 0.5
    in_km: float = 3
    out_km: float = 4

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"port_call: {field} must be positive", field=field)
        if self.out_km < self.in_km:
            raise BadInputError("port_call: out_km must not be less than in_km", field="out_km")


class PortCall:
    """Follows every vessel from her first still fix near a port."""

    kinds: tuple[str, ...] = ("port_call",)

    def __init__(self, params: PortCallParams | None = None) -> None:
        self.params = params or PortCallParams()
        self._memory = Memory(
            port=("i4", -1), began=("i8", UNKNOWN_TIME), lon=("f8", np.nan), lat=("f8", np.nan),
            port_lon=("f8", np.nan), port_lat=("f8", np.nan), out_at=("i8", UNKNOWN_TIME),
            asked_lon=("f8", np.nan), asked_lat=("f8", np.nan), announced=("i8", 0),
        )  # fmt: skip
        self._leaving: list[int] = []

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Follows the fixes; what they open or end is given out by the tick of the same minute."""
        memory, params = self._memory, self.params
        memory.reach(picture)
        state = _follow(
            slots, reports.reported_at, reports.lon, reports.lat, reports.sog, params.sog_kn,
            params.out_km * _KM_NM, memory["port"], memory["began"], memory["lon"], memory["lat"],
            memory["port_lon"], memory["port_lat"], memory["out_at"], memory["asked_lon"],
            memory["asked_lat"],
        )  # fmt: skip
        self._leaving += np.unique(slots[state == _LEFT]).tolist()
        self._enter(np.unique(slots[state == _STOPPED]))
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Calls that began or ended in this minute."""
        memory, n = self._memory, len(self._memory)
        new = np.flatnonzero((memory["port"][:n] >= 0) & (memory["announced"][:n] == 0))
        memory["announced"][new] = now_us
        events = [self._event(picture, slot, over=False) for slot in new.tolist()]
        over = sorted(set(self._leaving))
        self._leaving.clear()
        events += [self._event(picture, slot, over=True) for slot in over]
        memory.forget(np.array(over, np.int64))
        return events

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: a call that goes on when the timeline ends stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel."""
        return self._memory.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state)

    def _enter(self, slots: Int32) -> None:
        """Those that stopped within reach of a port are in it."""
        if not len(slots):
            return
        memory = self._memory
        index, away = nearest_port(memory["lon"][slots], memory["lat"][slots])
        near = away < self.params.in_km * _KM_NM
        memory["began"][slots[~near]] = UNKNOWN_TIME
        for slot, port in zip(slots[near].tolist(), index[near].tolist(), strict=True):
            memory["port"][slot] = port
            memory["port_lon"][slot], memory["port_lat"][slot] = (
                ports()[port].lon,
                ports()[port].lat,
            )

    def _event(self, picture: Picture, slot: int, *, over: bool) -> Event:
        row = {name: self._memory[name][slot].item() for name in
               ("port", "began", "out_at", "announced", "lon", "lat")}  # fmt: skip
        port = ports()[row["port"]]
        hours = (row["out_at"] - row["began"]) / HOUR_US if over else None
        return Event(
            kind="port_call",
            mmsis=(int(picture.mmsi[slot]),),
            started_at=row["began"],
            ended_at=row["out_at"] if over else None,
            detected_at=row["announced"],
            lon=row["lon"],
            lat=row["lat"],
            status="ended" if over else "open",
            confidence=0.9,
            evidence={
                "port": port.unlocode,
                "port_name": port.name,
                "hours": None if hours is None else round(hours, 2),
            },
        )


_STOPPED: Final = 1
_LEFT: Final = 2


@numba.njit(cache=True, nogil=True)
def _follow(  # type: ignore[no-untyped-def]
    slots, times, lon, lat, sog, still_kn, out_nm, port, began, first_lon, first_lat, port_lon,
    port_lat, out_at, asked_lon, asked_lat,
):  # fmt: skip
    """What each report says: stopped where no call is open, out of the port of one, or nothing."""
    state = np.zeros(len(slots), np.int8)
    for i in range(len(slots)):
        slot = slots[i]
        if math.isnan(lon[i]) or math.isnan(lat[i]):
            continue
        if port[slot] >= 0:
            away = range_nm(port_lon[slot], port_lat[slot], lon[i], lat[i])
            if out_at[slot] == UNKNOWN_TIME and away > out_nm:
                out_at[slot] = times[i]
                state[i] = _LEFT
        elif began[slot] == UNKNOWN_TIME and sog[i] < still_kn:
            moved = range_nm(asked_lon[slot], asked_lat[slot], lon[i], lat[i])
            if math.isnan(moved) or moved > _MOVED_NM:
                began[slot], first_lon[slot], first_lat[slot] = times[i], lon[i], lat[i]
                asked_lon[slot], asked_lat[slot] = lon[i], lat[i]
                state[i] = _STOPPED
    return state
