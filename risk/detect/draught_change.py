"""Draught change: a ship whose declared draught changes by a metre or more with no call between.

Definition: two voyage messages in turn differ in draught by 1 m or more, and since the earlier
value was first declared she was not moored or at anchor, nor below 0.5 kn within 10 nm of a port.
A silence of more than 6 h hides a call, and so does a first message. It happens at the first
message with the new draught and is given out at once; it is retracted if the old value comes
back, within 0.3 m, in the next 24 h: a typing error, or two ships under one number, of whom no
change is told for another 24 h.

The draught is typed in by hand. Units: m, hours; the position is her last before the message.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME, Int32, ReportBatch, StaticBatch
from ingest.picture import Picture
from risk.detect.memory import Memory
from risk.event import Event, Status
from sea.errors import BadInputError
from sea.ports import nearest_port
from sea.units import HOUR_US, Microseconds

_LYING: Final = (1, 5, 6)
"""At anchor, moored, aground (ITU-R M.1371-5 table 45)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraughtChangeParams:
    """Thresholds of a draught change.

    Attributes:
        metres: at least; 1, chosen by us: fuel and ballast move a ship by less in a day.
        sog_kn, port_nm: below 0.5 kn within 10 nm of a port she may have worked cargo; chosen by
            us, as in `risk.detect.stop`.
        silence_hours: one that may hide a call; 6, as in `risk.detect.gap`.
        back_hours, back_m: the old value again within 24 h and 0.3 m takes it back; chosen by us.
    """

    metres: float = 1
    sog_kn: float = 0.5
    port_nm: float = 10
    silence_hours: float = 6
    back_hours: float = 24
    back_m: float = 0.3

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"draught_change: {field} must be positive", field=field)


class DraughtChange:
    """Follows what ships declare, and whether they called anywhere meanwhile."""

    kinds: tuple[str, ...] = ("draught_change",)

    def __init__(self, params: DraughtChangeParams | None = None) -> None:
        self.params = params or DraughtChangeParams()
        self._memory = Memory(
            draught=("f4", np.nan), called=("?", 1), fix_at=("i8", UNKNOWN_TIME),
            before=("f4", np.nan), changed_at=("i8", UNKNOWN_TIME), told_at=("i8", 0),
            doubted_at=("i8", UNKNOWN_TIME),
            lon=("f8", np.nan), lat=("f8", np.nan),
        )  # fmt: skip
        self._changes: list[tuple[int, Status]] = []

    def observe_statics(self, picture: Picture, slots: Int32, statics: StaticBatch) -> list[Event]:
        """Notes changed draughts; the tick of the same minute gives them out."""
        memory, params = self._memory, self.params
        memory.reach(picture)
        declared = np.flatnonzero(np.isfinite(statics.draught) & (statics.draught > 0))
        for row in declared.tolist():
            slot, draught = int(slots[row]), float(statics.draught[row])
            known, at = float(memory["draught"][slot]), int(statics.reported_at[row])
            if abs(draught - known) < 0.05:
                continue
            memory["draught"][slot] = draught
            lately = at - int(params.back_hours * HOUR_US)
            memory["called"][slot] |= memory["doubted_at"][slot] >= lately
            if (
                memory["changed_at"][slot] >= lately
                and abs(draught - memory["before"][slot]) <= params.back_m
            ):
                self._changes.append((slot, "retracted"))
                memory["doubted_at"][slot] = at
            elif abs(draught - known) >= params.metres and not memory["called"][slot]:
                memory["before"][slot], memory["changed_at"][slot] = known, at
                memory["lon"][slot], memory["lat"][slot] = picture.lon[slot], picture.lat[slot]
                self._changes.append((slot, "ended"))
            memory["called"][slot] = False
        return []

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Notes who lay somewhere, or was silent for long."""
        memory, params = self._memory, self.params
        memory.reach(picture)
        still = _follow(
            slots, reports.reported_at, reports.lon, reports.sog, reports.nav_status,
            params.sog_kn, int(params.silence_hours * HOUR_US), memory["called"], memory["fix_at"],
        )  # fmt: skip
        rows = np.flatnonzero(still)
        if len(rows):
            away = nearest_port(reports.lon[rows], reports.lat[rows])[1]
            memory["called"][slots[rows[away <= params.port_nm]]] = True
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """The changes of this minute."""
        events = []
        for slot, status in self._changes:
            if status == "ended":
                self._memory["told_at"][slot] = now_us
            events.append(self._event(picture, slot, status))
            if status == "retracted":
                self._memory["changed_at"][slot] = UNKNOWN_TIME
        self._changes.clear()
        return events

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: a change lasts an instant."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel."""
        return self._memory.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state)

    def _event(self, picture: Picture, slot: int, status: Status) -> Event:
        row = {name: self._memory[name][slot].item() for name in
               ("draught", "before", "changed_at", "told_at", "lon", "lat")}  # fmt: skip
        evidence: dict[str, Any] = {"before_m": round(row["before"], 1)}
        if status == "retracted":
            evidence["reason"] = "she declares the old draught again"
        else:
            evidence["after_m"] = round(row["draught"], 1)
        return Event(
            kind="draught_change",
            mmsis=(int(picture.mmsi[slot]),),
            started_at=row["changed_at"],
            ended_at=row["changed_at"],
            detected_at=row["told_at"],
            lon=row["lon"] if math.isfinite(row["lon"]) else 0.0,
            lat=row["lat"] if math.isfinite(row["lat"]) else 0.0,
            status=status,
            confidence=0.6,
            evidence=evidence,
        )


@numba.njit(cache=True, nogil=True)
def _follow(  # type: ignore[no-untyped-def]
    slots, times, lon, sog, nav, still_kn, silence_us, called, fix_at
):
    """Reports of vessels that lie still and are not known to have called."""
    still = np.zeros(len(slots), np.bool_)
    for i in range(len(slots)):
        slot = slots[i]
        if fix_at[slot] != UNKNOWN_TIME and times[i] - fix_at[slot] > silence_us:
            called[slot] = True
        fix_at[slot] = times[i]
        if nav[i] in _LYING and not sog[i] >= 3.0:
            called[slot] = True
        still[i] = not called[slot] and sog[i] < still_kn and not math.isnan(lon[i])
    return still
