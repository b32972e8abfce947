"""Approach: a small craft that runs at a ship and comes right up to her.

Definition: a craft (shorter than 30 m, or fishing, sailing or pleasure, or class B of unknown
length) comes within 300 m of a ship longer than 60 m, closing at 15 kn or more within the five
minutes before. Between reports both are held to sail straight; a report of the ship up to ten
minutes old is reckoned forward. It is told once an hour for each pair, at the instant they came
that close, and lasts no longer.

Not counted: craft whose work it is (pilots, tugs, SAR, tenders, law enforcement, by type or by
name), and ships within 2 nm of a port. The ship may be a victim: it raises her risk of coercion.
Units: m, kn, minutes; the position is the ship's.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME, Float64, Int32, ReportBatch
from ingest.picture import Picture
from risk.detect.kernel import pairs_within, reckoned, tree_of
from risk.detect.memory import Array, Memory
from risk.event import Event
from risk.roles import WORKING_TYPES, works
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.ports import nearest_port
from sea.units import HOUR_US, M_PER_NM, MINUTE_US, Microseconds

_PLAYING: Final = (30, 36, 37)
_LEFT_OUT: Final = (*WORKING_TYPES.tolist(), 35, 58)
"""Craft at work; military and medical craft (ITU-R M.1371-5 table 53)."""

_SEEN_NM: Final = 4.0
"""From how far a run is followed: five minutes at some 45 kn. Chosen by us."""

_SEGMENT_US: Final = 5 * MINUTE_US
_STALE_US: Final = 10 * MINUTE_US


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachParams:
    """Thresholds of an approach.

    Attributes:
        range_m: 300, chosen by us (design figure): a boarding ladder's reach in half a minute.
        closing_kn: 15, chosen by us: above what fishing and harbour craft make of each other.
        craft_m, ship_m: shorter than 30 and longer than 60; chosen by us.
        before_minutes: how long before she is near she must have closed so fast; 5, chosen by us:
            three reports, of which one may be lost.
        port_nm: ships nearer to a port are left out; 2, chosen by us.
        again_minutes: a pair is told again after 60; chosen by us.
    """

    range_m: float = 300
    closing_kn: float = 15
    craft_m: float = 30
    ship_m: float = 60
    before_minutes: float = 5
    port_nm: float = 2
    again_minutes: float = 60

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"approach: {field} must be positive", field=field)


class Approach:
    """Follows fast small craft, and the large ships around them."""

    kinds: tuple[str, ...] = ("approach",)

    def __init__(self, params: ApproachParams | None = None) -> None:
        self.params = params or ApproachParams()
        self._memory = Memory(
            at0=("i8", UNKNOWN_TIME), lon0=("f8", np.nan), lat0=("f8", np.nan),
            at1=("i8", UNKNOWN_TIME), lon1=("f8", np.nan), lat1=("f8", np.nan),
        )  # fmt: skip
        self._closed: dict[tuple[int, int], int] = {}
        self._told: dict[tuple[int, int], int] = {}
        self._craft: list[Int32] = []

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Keeps the last two fixes; the tick of the same minute looks at who ran at whom."""
        memory = self._memory
        memory.reach(picture)
        fixes = (memory[name] for name in ("at0", "lon0", "lat0", "at1", "lon1", "lat1"))
        _follow(slots, reports.reported_at, reports.lon, reports.lat, *fixes)
        self._craft.append(np.unique(slots[self._small(picture, slots)]))
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Approaches of this minute."""
        craft = np.unique(np.concatenate([np.zeros(0, np.int32), *self._craft]))
        self._craft.clear()
        self._forget(now_us)
        craft = craft[self._runs(craft)]
        if not len(craft):
            return []
        ships = np.flatnonzero(picture.length[: len(picture)] > self.params.ship_m)
        ships = ships[picture.reported_at[ships] > now_us - _STALE_US]
        if not len(ships):
            return []
        memory = self._memory
        at = memory["at1"][craft]
        hours = (now_us - picture.reported_at[ships]) / HOUR_US
        lon, lat = reckoned(picture.lon[ships], picture.lat[ships], picture.sog[ships],
                            picture.cog[ships], hours)  # fmt: skip
        asked, found = pairs_within(
            tree_of(lon, lat), memory["lon1"][craft], memory["lat1"][craft], _SEEN_NM
        )
        pairs = [(int(craft[a]), int(ships[f]), int(at[a])) for a, f in
                 zip(asked.tolist(), found.tolist(), strict=True)]  # fmt: skip
        return [e for pair in pairs if (e := self._look(picture, *pair, now_us))]

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: an approach lasts an instant."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel and pair."""
        return {
            **self._memory.state(),
            "closed": [[*pair, at] for pair, at in self._closed.items()],
            "told": [[*pair, at] for pair, at in self._told.items()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state)
        self._closed = {(a, b): at for a, b, at in state["closed"]}
        self._told = {(a, b): at for a, b, at in state["told"]}

    def _small(self, picture: Picture, slots: Int32) -> Array:
        kind, length = picture.ship_type[slots], picture.length[slots]
        class_b = picture.msg_type[slots] == 18
        small = (length < self.params.craft_m) | np.isin(kind, _PLAYING)
        small |= class_b & ~(length >= self.params.craft_m)
        return np.asarray(small & ~np.isin(kind, _LEFT_OUT))

    def _runs(self, craft: Int32) -> Array:
        """Craft of two recent fixes that moved at half the closing speed or more between them."""
        memory = self._memory
        passed = memory["at1"][craft] - memory["at0"][craft]
        run_nm = distance_nm(memory["lon0"][craft], memory["lat0"][craft], memory["lon1"][craft],
                             memory["lat1"][craft])  # fmt: skip
        recent = (memory["at0"][craft] != UNKNOWN_TIME) & (passed > 0) & (passed <= _SEGMENT_US)
        speed = run_nm * HOUR_US / np.maximum(passed, 1)
        return np.asarray(recent & (speed >= self.params.closing_kn / 2))

    def _look(
        self, picture: Picture, craft: int, ship: int, at: int, now_us: Microseconds
    ) -> Event | None:
        """The approach of a pair, if the craft's last leg came to one."""
        memory, params, pair = self._memory, self.params, (craft, ship)
        began = int(memory["at0"][craft])
        legs = np.array([[*self._away(craft, ship, began)], [*self._away(craft, ship, at)]])
        hours = (at - began) / HOUR_US
        motion = (legs[1] - legs[0]) / hours
        apart = float(np.hypot(*legs[0]))
        closing_kn = -float(legs[0] @ motion) / max(apart, 1e-9)
        if closing_kn >= params.closing_kn and apart * M_PER_NM > params.range_m:
            self._closed[pair] = at
        speed = float(motion @ motion)
        share = 0.0 if speed == 0 else -float(legs[0] @ motion) / speed / hours
        nearest = legs[0] + motion * hours * min(1.0, max(0.0, share))
        near_m = float(np.hypot(*nearest)) * M_PER_NM
        came = began + int((at - began) * min(1.0, max(0.0, share)))
        closed = self._closed.get(pair)
        if near_m > params.range_m or closed is None or pair in self._told:
            return None
        if came - closed > int(params.before_minutes * MINUTE_US):
            return None
        lon, lat = float(picture.lon[ship]), float(picture.lat[ship])
        at_work = works(picture.ship_type[[craft]], picture.name[[craft]])[0]
        if at_work or nearest_port(lon, lat)[1] < params.port_nm:
            return None
        self._told[pair] = now_us
        return Event(
            kind="approach",
            mmsis=tuple(sorted((int(picture.mmsi[craft]), int(picture.mmsi[ship])))),
            started_at=came,
            ended_at=came,
            detected_at=now_us,
            lon=lon,
            lat=lat,
            status="ended",
            confidence=0.7,
            evidence={
                "craft": f"{int(picture.mmsi[craft]):09d}",
                "ship": f"{int(picture.mmsi[ship]):09d}",
                "nearest_m": round(near_m),
                "closing_kn": round(closing_kn, 1),
                "ship_sog_kn": round(float(picture.sog[ship]), 1),
            },
        )

    def _away(self, craft: int, ship: int, at: int) -> tuple[float, float]:
        """From the ship to the craft at an instant of the craft's leg, nm east and north."""
        memory = self._memory
        which = "0" if at == memory["at0"][craft] else "1"
        lon, lat = float(memory["lon" + which][craft]), float(memory["lat" + which][craft])
        at1, at0 = int(memory["at1"][ship]), int(memory["at0"][ship])
        ship_lon, ship_lat = float(memory["lon1"][ship]), float(memory["lat1"][ship])
        if at0 != UNKNOWN_TIME and at1 > at0:
            share = (at - at1) / (at1 - at0)
            ship_lon += (ship_lon - float(memory["lon0"][ship])) * share
            ship_lat += (ship_lat - float(memory["lat0"][ship])) * share
        wrapped = (lon - ship_lon + 180.0) % 360.0 - 180.0
        return wrapped * 60.0 * float(np.cos(np.radians(lat))), (lat - ship_lat) * 60.0

    def _forget(self, now_us: Microseconds) -> None:
        stale = now_us - 2 * int(self.params.before_minutes * MINUTE_US)
        self._closed = {pair: at for pair, at in self._closed.items() if at > stale}
        again = now_us - int(self.params.again_minutes * MINUTE_US)
        self._told = {pair: at for pair, at in self._told.items() if at > again}


@numba.njit(cache=True, nogil=True)
def _follow(
    slots: Int32, times: Array, lon: Float64, lat: Float64, at0: Array, lon0: Array, lat0: Array,
    at1: Array, lon1: Array, lat1: Array,
) -> None:  # fmt: skip
    """Makes each fix its vessel's last, and the one before that her last but one."""
    for i in range(len(slots)):
        slot = slots[i]
        if np.isnan(lon[i]) or np.isnan(lat[i]) or times[i] <= at1[slot]:
            continue
        at0[slot], lon0[slot], lat0[slot] = at1[slot], lon1[slot], lat1[slot]
        at1[slot], lon1[slot], lat1[slot] = times[i], lon[i], lat[i]
