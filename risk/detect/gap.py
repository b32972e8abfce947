"""Gap: a vessel that falls silent where others are heard.

Definition: a vessel under way is silent for more than 6 h (class A; 12 h class B) and more than
five times its own recent cadence, and in the first two hours of the silence other vessels were
heard within 20 nm of where it should have been, more of them than fell silent with it, at least
one not astern of its last fix (a ship that leaves coverage is followed by ships still in it); and
the receiver that heard it last did not itself fall silent with it (`Hearings.fell_silent`), for
others that hear ships there may never have heard this one. It starts at the last report. Its
evidence says ``silent`` while it is open and ``resumed`` after; silence is never called more than
that. Slack is the duration less the time that the distance to the first fix afterwards takes at
the vessel's own cruising speed.

Not seen: vessels at anchor, moored or stopped, or near a port when they fall silent.
Units: nm, kn, hours; longitude and latitude of a gap are those of the last fix.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from ingest.batch import UNKNOWN_TIME, Float64, Int32, Int64, ReportBatch
from ingest.coverage import Hearings, receivers
from ingest.picture import Picture
from risk.detect.kernel import pairs_within, reckoned, tree_of
from risk.detect.memory import Array, Memory
from risk.event import Event
from sea.errors import BadInputError
from sea.geodesy import bearing_deg, distance_nm
from sea.ports import nearest_port
from sea.units import HOUR_US, MINUTE_US, Microseconds

_CHECK_US: Final = 10 * MINUTE_US
"""How often the neighbourhood of silent vessels is looked at; chosen by us."""

_SETTLED: Final = 2
"""Reports before a vessel's silence counts; chosen by us: a single one may be a garbled MMSI."""

_CLASS_B: Final = np.array([18, 19, 24], np.int8)
_AT_REST: Final = np.array([1, 5, 6], np.int8)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapParams:
    """Thresholds of a gap.

    Attributes:
        hours_a, hours_b: 6 for class A (design figure; pipe-gaps of Global Fishing Watch uses 12
            where satellites are the receivers), 12 for class B, weaker by its power of 2 W.
        cadences: 5 times the vessel's own, chosen by us.
        witness_nm: 20, chosen by us: well within the reach of one shore station.
        witness_hours: a silence is watched this long for witnesses; 2, chosen by us.
        rest_kn: below this the vessel is at rest; 0.5 (as everywhere here).
        port_nm: silence that begins nearer to a port says nothing; 5, chosen by us.
        company_minutes: vessels that fell silent within this of each other did so together; 30,
            chosen by us.
    """

    hours_a: float = 6
    hours_b: float = 12
    cadences: float = 5
    witness_nm: float = 20
    witness_hours: float = 2
    rest_kn: float = 0.5
    port_nm: float = 5
    company_minutes: float = 30

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"gap: {field} must be positive", field=field)


class Gap:
    """Watches every vessel's silence."""

    kinds: tuple[str, ...] = ("gap",)

    def __init__(self, params: GapParams | None = None) -> None:
        self.params = params or GapParams()
        self.hearings = Hearings()
        self._memory = Memory(
            heard=("i8", UNKNOWN_TIME), reports=("i8", 0), cadence=("f8", np.nan),
            fix_at=("i8", UNKNOWN_TIME), lon=("f8", np.nan), lat=("f8", np.nan),
            sog=("f8", np.nan), cog=("f8", np.nan), nav_status=("i1", 15), msg_type=("i1", 0),
            cruise=("f8", np.nan), witnesses=("i4", 0), ahead=("?", 0), quiet=("i4", 0),
            passed=("?", 0), announced=("i8", 0), receiver=("i8", 0),
        )  # fmt: skip

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Gaps that end with these reports."""
        memory = self._memory
        memory.reach(picture)
        events = self._resumed(picture, slots, reports)
        _hear(
            slots, reports.reported_at, reports.lon, reports.lat, reports.sog, reports.cog,
            reports.nav_status, reports.msg_type, memory["heard"], memory["reports"],
            memory["cadence"], memory["fix_at"], memory["lon"], memory["lat"], memory["sog"],
            memory["cog"], memory["nav_status"], memory["msg_type"], memory["cruise"],
        )  # fmt: skip
        for column in ("witnesses", "ahead", "quiet", "passed"):
            memory[column][slots] = 0
        memory["receiver"][slots] = receivers(reports)
        return events

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Silences that have become gaps."""
        if now_us % _CHECK_US == 0 and len(self._memory):
            self._look_around(now_us)
        return self._opened(picture, now_us)

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: a silence that goes on when the timeline ends stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel."""
        return self._memory.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        unknown = np.zeros(len(state["heard"]), np.int64)
        self._memory.restore({"receiver": unknown} | state)

    def _under_way(self) -> npt.NDArray[np.bool_]:
        n, memory = len(self._memory), self._memory
        still = (memory["sog"][:n] < self.params.rest_kn) | np.isin(
            memory["nav_status"][:n], _AT_REST
        )
        located = memory["fix_at"][:n] != UNKNOWN_TIME
        settled: npt.NDArray[np.bool_] = (memory["reports"][:n] >= _SETTLED) & located & ~still
        return settled

    def _look_around(self, now_us: Microseconds) -> None:
        """Counts, for vessels lately silent, who near them is heard and who fell silent too."""
        memory, n = self._memory, len(self._memory)
        located = np.flatnonzero(memory["fix_at"][:n] != UNKNOWN_TIME)
        heard = memory["heard"]
        watched_us = self._settling(located) + self.params.witness_hours * HOUR_US
        recent = located[now_us - heard[located] < watched_us]
        silent = recent[now_us - heard[recent] >= self._settling(recent)]
        if not len(silent):
            return
        lon, lat = self._reckoned(recent, now_us)
        own_lon, own_lat = self._reckoned(silent, now_us)
        asked, found = pairs_within(tree_of(lon, lat), own_lon, own_lat, self.params.witness_nm)
        me, other = silent[asked], recent[found]
        talks = (other != me) & (heard[other] >= now_us - _CHECK_US)
        talks &= heard[other] >= heard[me] + _CHECK_US
        hushed = (other != me) & ~talks & (now_us - heard[other] >= self._settling(other))
        hushed &= np.abs(heard[other] - heard[me]) <= int(self.params.company_minutes * MINUTE_US)
        size = len(heard)
        heard_now = np.bincount(me[talks], minlength=size)[silent]
        memory["witnesses"][silent] = np.maximum(memory["witnesses"][silent], heard_now)
        memory["quiet"][silent] = np.bincount(me[hushed], minlength=size)[silent]
        memory["ahead"][me[talks][self._not_astern(me[talks], other[talks])]] = True

    def _settling(self, slots: Array) -> Float64:
        """Silence of each vessel after which it counts as silent at all, us."""
        cadence = np.nan_to_num(self._memory["cadence"][slots], nan=0.0)
        settling: Float64 = np.maximum(3 * cadence, _CHECK_US)
        return settling

    def _reckoned(self, slots: Array, now_us: Microseconds) -> tuple[Float64, Float64]:
        memory = self._memory
        hours = (now_us - memory["fix_at"][slots]) / HOUR_US
        return reckoned(
            memory["lon"][slots], memory["lat"][slots], memory["sog"][slots],
            memory["cog"][slots], hours,
        )  # fmt: skip

    def _not_astern(self, me: Array, other: Array) -> npt.NDArray[np.bool_]:
        """Whether each other's fix lies forward of the beam of my last fix."""
        memory = self._memory
        bearing = bearing_deg(
            memory["lon"][me], memory["lat"][me], memory["lon"][other], memory["lat"][other]
        )
        off = np.abs((bearing - memory["cog"][me] + 180) % 360 - 180)
        forward: npt.NDArray[np.bool_] = ~(off > 90)
        return forward

    def _opened(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        memory, n, params = self._memory, len(self._memory), self.params
        hours = np.where(np.isin(memory["msg_type"][:n], _CLASS_B), params.hours_b, params.hours_a)
        cadence = np.nan_to_num(memory["cadence"][:n], nan=0.0)
        needed = np.maximum(hours * HOUR_US, params.cadences * cadence)
        known = memory["heard"][:n] != UNKNOWN_TIME
        due = known & (now_us - np.where(known, memory["heard"][:n], 0) > needed)
        due &= ~memory["passed"][:n]
        slots = np.flatnonzero(due)
        if not len(slots):
            return []
        memory["passed"][slots] = True
        slots = slots[self._under_way()[slots] & memory["ahead"][slots]]
        slots = slots[memory["witnesses"][slots] > memory["quiet"][slots]]
        slots = slots[self._receiver_lives(slots, now_us)]
        if not len(slots):
            return []
        slots = slots[nearest_port(memory["lon"][slots], memory["lat"][slots])[1] >= params.port_nm]
        memory["announced"][slots] = now_us
        return [self._event(picture, int(slot)) for slot in slots]

    def _receiver_lives(self, slots: Array, now_us: Microseconds) -> npt.NDArray[np.bool_]:
        """Whether the receiver that heard each vessel last went on to hear anybody."""
        since = self._memory["heard"][slots] + self._settling(slots)
        by = self._memory["receiver"][slots]
        fell = [
            self.hearings.fell_silent(receiver, at, now_us)
            for receiver, at in zip(by.tolist(), since.tolist(), strict=True)
        ]
        return ~np.array(fell, bool)

    def _resumed(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        open_rows = np.flatnonzero(self._memory["announced"][slots] != 0)
        events = []
        for slot, row in zip(*np.unique(slots[open_rows], return_index=True), strict=True):
            first = open_rows[row]
            at = int(reports.reported_at[first])
            fix = (float(reports.lon[first]), float(reports.lat[first]))
            events.append(self._event(picture, int(slot), at, fix))
            self._memory["announced"][slot] = 0
        return events

    def _event(
        self,
        picture: Picture,
        slot: int,
        resumed_at: Microseconds | None = None,
        fix: tuple[float, float] = (np.nan, np.nan),
    ) -> Event:
        memory = self._memory
        row = {name: memory[name][slot].item() for name in
               ("heard", "lon", "lat", "sog", "cruise", "cadence", "witnesses", "quiet",
                "announced")}  # fmt: skip
        evidence = {
            "state": "silent" if resumed_at is None else "resumed",
            "last_sog_kn": _rounded(row["sog"], 1),
            "cadence_s": _rounded(row["cadence"] / 1e6, 0),
            "witnesses": row["witnesses"],
            "silent_too": row["quiet"],
        }
        if resumed_at is not None:
            evidence |= _crossing(row, resumed_at, fix)
        return Event(
            kind="gap",
            mmsis=(int(picture.mmsi[slot]),),
            started_at=row["heard"],
            ended_at=resumed_at,
            detected_at=row["announced"],
            lon=row["lon"],
            lat=row["lat"],
            status="open" if resumed_at is None else "ended",
            confidence=min(0.9, 0.5 + 0.1 * (row["witnesses"] - row["quiet"])),
            evidence=evidence,
        )


def _crossing(
    row: dict[str, Any], resumed_at: Microseconds, fix: tuple[float, float]
) -> dict[str, Any]:
    hours = (resumed_at - row["heard"]) / HOUR_US
    distance = float(distance_nm(row["lon"], row["lat"], *fix))
    slack = hours - distance / row["cruise"]
    return {
        "hours": round(hours, 2),
        "first_lon": _rounded(fix[0], 5),
        "first_lat": _rounded(fix[1], 5),
        "distance_nm": _rounded(distance, 1),
        "implied_sog_kn": _rounded(distance / hours, 1),
        "cruise_kn": _rounded(row["cruise"], 1),
        "slack_h": _rounded(slack, 2),
    }


def _rounded(value: float, digits: int) -> float | None:
    return round(value, digits) if np.isfinite(value) else None


@numba.njit(cache=True, nogil=True)
def _hear(
    slots: Int32, times: Int64, lon: Array, lat: Array, sog: Array, cog: Array, nav: Array,
    msg_type: Array, heard: Array, count: Array, cadence: Array, fix_at: Array, last_lon: Array,
    last_lat: Array, last_sog: Array, last_cog: Array, last_nav: Array, last_type: Array,
    cruise: Array,
) -> None:  # fmt: skip
    """Updates each vessel's last fix, cadence (of intervals up to 6 h) and cruising speed."""
    for i in range(len(slots)):
        slot = slots[i]
        if count[slot] > 0 and times[i] > heard[slot]:
            interval = min(float(times[i] - heard[slot]), 6.0 * 3.6e9)
            if np.isnan(cadence[slot]):
                cadence[slot] = interval
            else:
                cadence[slot] += 0.1 * (interval - cadence[slot])
        if times[i] > heard[slot] or count[slot] == 0:
            count[slot] += 1
        heard[slot] = times[i]
        last_nav[slot] = nav[i]
        last_type[slot] = msg_type[i]
        if not (np.isnan(lon[i]) or np.isnan(lat[i])):
            fix_at[slot], last_lon[slot], last_lat[slot] = times[i], lon[i], lat[i]
            last_sog[slot], last_cog[slot] = sog[i], cog[i]
        if sog[i] > 5.0:
            if np.isnan(cruise[slot]):
                cruise[slot] = sog[i]
            else:
                cruise[slot] += 0.02 * (sog[i] - cruise[slot])
