"""Loitering: one vessel that stays about slowly, far from the shore, with no anchor down.

Definition: a vessel not at anchor, moored or aground, whose mean speed over 2 h or more is below
2 kn while it keeps within 5 nm of its own mean place (of the last two hours, so that a long
drift is one event), 12 nm or more from the shore. Short runs of the engine belong to it: it ends
at the last slow fix before 30 minutes without one while fixes come, at a fix outside the 5 nm,
or at the last fix before a silence of more than 2 h. Within 3 nm of an anchorage that was learnt
(`risk.detect.anchorages`) ships wait, and nobody loiters.

It starts at the first slow fix; or, where she was last heard under way more than 10 min before,
when she can have come to the place of that fix at the speed of the one before. A slow fix holds
for 10 min, so that what is due soon after it is told without waiting for the next; it is retracted
when that says otherwise.

A fishing vessel that does this is kept but marked, with less confidence.
Units: nm, kn, hours; the position is the mean place when the event was announced.
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
from sea.land import shore_distance_nm
from sea.units import HOUR_US, MINUTE_US, Microseconds

_FISHING: Final = 30
_RECKONED_US: Final = 10 * MINUTE_US
"""Silence before the first slow fix after which the start is reckoned, and for which the last one
holds; chosen by us: less moves a time by no more than a ship takes to lose her way, or make it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoiteringParams:
    """Thresholds of loitering.

    Attributes:
        sog_kn: mean below; 2 (Global Fishing Watch's loitering of carriers).
        hours: at least; 2, chosen by us: GFW's 1 h finds too many ships that wait.
        shore_nm: at least; 12, the territorial sea (UNCLOS article 3); GFW takes 20.
        radius_nm: 5, chosen by us: four hours of drift with 1.2 kn of current.
        run_minutes: a run of the engine that does not end it; 30, chosen by us.
        bridge_hours: silence that does not end it; 2, chosen by us.
        anchorage_nm: more, from the middle of a learnt anchorage; 3, as in `risk.detect.stop`.
    """

    sog_kn: float = 2
    hours: float = 2
    shore_nm: float = 12
    radius_nm: float = 5
    run_minutes: float = 30
    bridge_hours: float = 2
    anchorage_nm: float = 3

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"loitering: {field} must be positive", field=field)


class Loitering:
    """Follows every slow vessel from its first slow fix.

    Attributes:
        anchorages: learnt by `risk.detect.stop`; none, where nobody shares them.
    """

    kinds: tuple[str, ...] = ("loitering",)

    def __init__(self, params: LoiteringParams | None = None) -> None:
        self.params = params or LoiteringParams()
        self.anchorages = Anchorages()
        self._memory = Memory(
            at=("i8", UNKNOWN_TIME), lon=("f8", np.nan), lat=("f8", np.nan), sog=("f4", np.nan),
            began=("i8", UNKNOWN_TIME), slow_at=("i8", UNKNOWN_TIME), place_lon=("f8", np.nan),
            place_lat=("f8", np.nan), run_nm=("f8", 0), slow_run_nm=("f8", 0), over=("?", 0),
            fishing=("?", 0), passed=("?", 0), announced=("i8", 0), told_lon=("f8", np.nan),
            told_lat=("f8", np.nan), shore_nm=("f8", np.nan),
        )  # fmt: skip

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Follows the fixes; what they end is given out by the tick of the same minute."""
        memory, params = self._memory, self.params
        memory.reach(picture)
        _follow(
            slots, reports.reported_at, reports.lon, reports.lat, reports.sog, reports.nav_status,
            params.sog_kn, params.radius_nm, params.run_minutes * MINUTE_US,
            params.bridge_hours * HOUR_US, memory["at"], memory["lon"], memory["lat"],
            memory["sog"], memory["began"], memory["slow_at"], memory["place_lon"],
            memory["place_lat"], memory["run_nm"], memory["slow_run_nm"], memory["over"],
            memory["fishing"],
        )  # fmt: skip
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Loitering that has lasted long enough, and what is over."""
        memory, n = self._memory, len(self._memory)
        began = memory["began"][:n]
        silent = began != UNKNOWN_TIME
        silent &= np.where(silent, memory["at"][:n], now_us) < now_us - int(
            self.params.bridge_hours * HOUR_US
        )
        over = np.flatnonzero(memory["over"][:n] | silent)
        told = over[memory["announced"][over] != 0]
        events = [self._event(picture, slot, over=True) for slot in told.tolist()]
        self._reset(over)
        return events + self._opened(picture, now_us)

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: what goes on when the timeline ends stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel."""
        return self._memory.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore({"sog": np.full(len(state["at"]), np.nan)} | state)

    def _opened(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        memory, n, params = self._memory, len(self._memory), self.params
        candidate = (memory["began"][:n] != UNKNOWN_TIME) & ~memory["passed"][:n]
        slots = np.flatnonzero(candidate)
        began, slow_at = memory["began"][slots], memory["slow_at"][slots]
        holds = np.where(memory["at"][slots] == slow_at, slow_at + _RECKONED_US, slow_at)
        long = np.minimum(holds, now_us) - began >= int(params.hours * HOUR_US)
        slots, hours = slots[long], (slow_at[long] - began[long]) / HOUR_US
        slots = slots[memory["slow_run_nm"][slots] < params.sog_kn * hours]
        if not len(slots):
            return []
        lon, lat = memory["place_lon"][slots], memory["place_lat"][slots]
        memory["passed"][slots] = True
        memory["told_lon"][slots], memory["told_lat"][slots] = lon, lat
        memory["shore_nm"][slots] = shore_distance_nm(lon, lat)
        waits = self.anchorages.away_nm(lon, lat) <= params.anchorage_nm
        slots = slots[(memory["shore_nm"][slots] >= params.shore_nm) & ~waits]
        memory["announced"][slots] = now_us
        return [self._event(picture, slot, over=False) for slot in slots.tolist()]

    def _reset(self, slots: Array) -> None:
        kept = {name: self._memory[name][slots] for name in ("at", "lon", "lat", "sog")}
        self._memory.forget(slots)
        for name, values in kept.items():
            self._memory[name][slots] = values

    def _event(self, picture: Picture, slot: int, *, over: bool) -> Event:
        row = {name: self._memory[name][slot].item() for name in
               ("began", "slow_at", "slow_run_nm", "announced", "told_lon", "told_lat",
                "shore_nm", "fishing")}  # fmt: skip
        hours = (row["slow_at"] - row["began"]) / HOUR_US
        retracted = over and hours < self.params.hours
        fishing = bool(row["fishing"]) or int(picture.ship_type[slot]) == _FISHING
        return Event(
            kind="loitering",
            mmsis=(int(picture.mmsi[slot]),),
            started_at=row["began"],
            ended_at=row["slow_at"] if over else None,
            detected_at=row["announced"],
            lon=row["told_lon"],
            lat=row["told_lat"],
            status="retracted" if retracted else "ended" if over else "open",
            confidence=0.4 if fishing else 0.8,
            evidence={
                "hours": round(hours, 2),
                "mean_sog_kn": round(row["slow_run_nm"] / hours, 2),
                "shore_nm": round(row["shore_nm"], 1),
                "fishing": fishing,
                **({"reason": "she had gone on before"} if retracted else {}),
            },
        )


@numba.njit(cache=True, nogil=True)
def _follow(
    slots: Int32, times: Int64, lon: Array, lat: Array, sog: Array, nav: Array, slow_kn: float,
    radius_nm: float, run_us: float, bridge_us: float, at: Array, last_lon: Array,
    last_lat: Array, last_sog: Array, began: Array, slow_at: Array, place_lon: Array,
    place_lat: Array, run_nm: Array, slow_run_nm: Array, over: Array, fishing: Array,
) -> None:  # fmt: skip
    """Begins, carries on or marks as over each vessel's slow spell."""
    for i in range(len(slots)):
        slot = slots[i]
        if over[slot] or math.isnan(lon[i]) or math.isnan(lat[i]):
            continue
        known = at[slot] != UNKNOWN_TIME
        span = float(times[i] - at[slot]) if known else 0.0
        step = range_nm(last_lon[slot], last_lat[slot], lon[i], lat[i]) if known else 0.0
        resting = nav[i] == 1 or nav[i] == 5 or nav[i] == 6
        slow = sog[i] < slow_kn and not resting
        if began[slot] != UNKNOWN_TIME:
            away = range_nm(place_lon[slot], place_lat[slot], lon[i], lat[i]) > radius_nm
            ran = not slow and times[i] - slow_at[slot] > run_us and span <= run_us
            if resting or away or ran or span > bridge_us:
                over[slot] = True
            else:
                weight = 1.0 - math.exp(-span / (2 * 3.6e9))
                place_lon[slot] += weight * ((lon[i] - place_lon[slot] + 180) % 360 - 180)
                place_lat[slot] += weight * (lat[i] - place_lat[slot])
                run_nm[slot] += step
                if slow:
                    slow_at[slot], slow_run_nm[slot] = times[i], run_nm[slot]
                    fishing[slot] |= nav[i] == 7
        elif slow:
            began[slot] = slow_at[slot] = times[i]
            if _RECKONED_US < span <= bridge_us and last_sog[slot] >= slow_kn:
                came = at[slot] + int(step / last_sog[slot] * HOUR_US)
                began[slot] = min(came, times[i])
            place_lon[slot], place_lat[slot] = lon[i], lat[i]
            fishing[slot] = nav[i] == 7
        at[slot], last_lon[slot], last_lat[slot] = times[i], lon[i], lat[i]
        last_sog[slot] = sog[i]
