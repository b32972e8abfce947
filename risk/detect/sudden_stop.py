"""Sudden stop: a ship under way that comes nearly to a standstill at sea within minutes.

Definition: from above 8 kn to below 3 kn within 15 minutes, more than 8 nm from any port, held by
the next fix. It starts at the last fix above 8 kn and ends at the last one below 3 kn before two
in turn above, or before a silence of more than 2 h. A single slow fix is none.

Told of passenger, cargo and tank ships only, and not where others lie at anchor around or of craft
whose name says that they work there: other craft stop all the time. A ship that has stopped like
this may be held up: it raises her risk of coercion, and is no evidence of more.
Units: nm, kn, minutes; the position is that of the first slow fix.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME, Int32, ReportBatch
from ingest.picture import Picture
from risk.detect.memory import Memory
from risk.detect.roads import lying_within
from risk.event import Event
from risk.roles import MERCHANT_TYPES, works
from sea.errors import BadInputError
from sea.ports import nearest_port
from sea.units import HOUR_US, MINUTE_US, Microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SuddenStopParams:
    """Thresholds of a sudden stop.

    Attributes:
        fast_kn, slow_kn: from above 8 to below 3, chosen by us: sea speed to bare steerage.
        within_minutes: 15, chosen by us: a laden tanker's crash stop takes 15 to 20
            (IMO MSC.137(76) asks for 15 to 20 ship lengths), an ordinary slowing an hour.
        port_nm: at least, from any port; 8, chosen by us: 5 from its roads, which lie off it.
        road_ships, road_nm: 3 other ships at anchor within 5 nm make a road, where ships come to
            anchor; chosen by us.
        silence_hours: one that ends it; 2, chosen by us.
    """

    fast_kn: float = 8
    slow_kn: float = 3
    within_minutes: float = 15
    port_nm: float = 8
    road_ships: float = 3
    road_nm: float = 5
    silence_hours: float = 2

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"sudden_stop: {field} must be positive", field=field)


class SuddenStop:
    """Follows every ship from her last fast fix."""

    kinds: tuple[str, ...] = ("sudden_stop",)

    def __init__(self, params: SuddenStopParams | None = None) -> None:
        self.params = params or SuddenStopParams()
        self._memory = Memory(
            fast_at=("i8", UNKNOWN_TIME), fast_kn=("f4", 0), from_kn=("f4", 0),
            began=("i8", UNKNOWN_TIME), slow_first=("i8", UNKNOWN_TIME),
            slow_at=("i8", UNKNOWN_TIME), slows=("i4", 0), moving=("i1", 0), over=("?", 0),
            announced=("i8", 0), refused=("?", 0),
            lon=("f8", np.nan), lat=("f8", np.nan), port_nm=("f4", np.nan),
        )  # fmt: skip
        self._open: set[int] = set()

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Follows the fixes; what they open or end is given out by the tick of the same minute."""
        memory, params = self._memory, self.params
        memory.reach(picture)
        left_out = ~np.isin(picture.ship_type[slots], MERCHANT_TYPES) | (reports.msg_type == 18)
        touched = _follow(
            slots, reports.reported_at, reports.lon, reports.lat, reports.sog,
            left_out, params.fast_kn, params.slow_kn,
            int(params.within_minutes * MINUTE_US), int(params.silence_hours * HOUR_US),
            memory["fast_at"], memory["fast_kn"], memory["from_kn"], memory["began"],
            memory["slow_first"], memory["slow_at"], memory["slows"], memory["moving"],
            memory["over"], memory["lon"], memory["lat"],
        )  # fmt: skip
        self._open.update(slots[touched].tolist())
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Stops that the next fix held, and those that are over."""
        if not self._open:
            return []
        memory = self._memory
        slots = np.array(sorted(self._open), np.int32)
        silent = memory["slow_at"][slots] < now_us - int(self.params.silence_hours * HOUR_US)
        memory["over"][slots] |= silent
        over = slots[memory["over"][slots]]
        told = over[memory["announced"][over] != 0]
        events = [self._event(picture, slot, over=True) for slot in told.tolist()]
        self._open.difference_update(over.tolist())
        for name in ("began", "slow_first", "slow_at", "slows", "moving", "over", "announced",
                     "refused", "fast_at"):  # fmt: skip
            memory[name][over] = UNKNOWN_TIME if name in _TIMES else 0
        new = slots[(memory["slows"][slots] >= 2) & (memory["announced"][slots] == 0)]
        new = new[~memory["refused"][new]]
        if len(new):
            memory["port_nm"][new] = nearest_port(memory["lon"][new], memory["lat"][new])[1]
            near = memory["port_nm"][new] <= self.params.port_nm
            near |= works(picture.ship_type[new], picture.name[new])
            near |= np.array([self._in_road(picture, slot) for slot in new.tolist()], np.bool_)
            memory["refused"][new[near]] = True
            memory["announced"][new[~near]] = now_us
            events += [self._event(picture, slot, over=False) for slot in new[~near].tolist()]
        return events

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: one that goes on when the timeline ends stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel."""
        return {**self._memory.state(), "open": sorted(self._open)}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state)
        self._open = set(state["open"])

    def _in_road(self, picture: Picture, slot: int) -> bool:
        lon, lat = float(self._memory["lon"][slot]), float(self._memory["lat"][slot])
        others = lying_within(picture, lon, lat, self.params.road_nm) - {slot}
        return len(others) >= self.params.road_ships

    def _event(self, picture: Picture, slot: int, *, over: bool) -> Event:
        names = ("began", "slow_first", "slow_at", "from_kn", "announced", "lon", "lat", "port_nm")
        row = {name: self._memory[name][slot].item() for name in names}
        return Event(
            kind="sudden_stop",
            mmsis=(int(picture.mmsi[slot]),),
            started_at=row["began"],
            ended_at=row["slow_at"] if over else None,
            detected_at=row["announced"],
            lon=row["lon"],
            lat=row["lat"],
            status="ended" if over else "open",
            confidence=0.7,
            evidence={
                "from_sog_kn": round(row["from_kn"], 1),
                "within_minutes": round((row["slow_first"] - row["began"]) / MINUTE_US, 1),
                "stopped_minutes": round((row["slow_at"] - row["slow_first"]) / MINUTE_US, 1),
                "port_nm": round(row["port_nm"], 1),
            },
        )


_TIMES: Final = frozenset({"began", "slow_first", "slow_at", "fast_at"})


@numba.njit(cache=True, nogil=True)
def _follow(  # type: ignore[no-untyped-def]
    slots, times, lon, lat, sog, left_out, fast_kn, slow_kn, within_us, silence_us, fast_at,
    fast_kn_of, from_kn, began, slow_first, slow_at, slows, moving, over, first_lon, first_lat,
):  # fmt: skip
    """Which reports begin or carry on a stop that came suddenly."""
    touched = np.zeros(len(slots), np.bool_)
    for i in range(len(slots)):
        slot = slots[i]
        if left_out[i] or over[slot] or math.isnan(sog[i]) or math.isnan(lon[i]):
            continue
        if began[slot] != UNKNOWN_TIME:
            touched[i] = True
            if times[i] - slow_at[slot] > silence_us:
                over[slot] = True
            elif sog[i] < slow_kn:
                slow_at[slot] = times[i]
                slows[slot] += 1
                moving[slot] = 0
            else:
                moving[slot] += 1
                over[slot] = moving[slot] >= 2 or slows[slot] < 2
        elif (
            sog[i] < slow_kn
            and fast_at[slot] != UNKNOWN_TIME
            and times[i] - fast_at[slot] <= within_us
        ):
            touched[i] = True
            began[slot], slow_first[slot], slow_at[slot] = fast_at[slot], times[i], times[i]
            slows[slot], moving[slot], from_kn[slot] = 1, 0, fast_kn_of[slot]
            first_lon[slot], first_lat[slot] = lon[i], lat[i]
        if sog[i] > fast_kn and not over[slot]:
            fast_at[slot], fast_kn_of[slot] = times[i], sog[i]
    return touched
