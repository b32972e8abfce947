"""Rendezvous: two vessels close together, both slow, long enough to pass something across.

Definition: two vessels within 500 m of each other (by their latest fixes, dead-reckoned to the
same instant), both below 3 kn, for 20 minutes or more, 10 nm or more from any port and from the
middle of any anchorage that was learnt (`risk.detect.anchorages`). A fix older
than 30 minutes says nothing; while either is silent for no longer than that, the meeting goes
on. Fixes that contradict it (apart, or fast) for 10 minutes end it at the last confirmed moment.
Midnight means nothing. Vessels whose work is to lie alongside others (tugs, pilots, SAR,
dredgers, bunker craft, by type or name) do not count, nor do two ships at anchor or moored, nor
one at anchor in a road.

The event starts when the later of the two came, and ends when they were last seen together.
Units: nm, kn, minutes; positions of the evidence are midway.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ingest.batch import UNKNOWN_TIME, Int32, ReportBatch
from ingest.picture import Picture
from risk.detect.anchorages import Anchorages
from risk.detect.kernel import pairs_within, reckoned, tree_of
from risk.detect.memory import Memory
from risk.detect.roads import lying_within
from risk.event import Event, Status
from risk.roles import WORKING_TYPES, works
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.ports import nearest_port
from sea.units import HOUR_US, M_PER_NM, MINUTE_US, Microseconds

_AT_REST: Final = np.array([1, 5], np.int8)
_FISHING: Final = 30
_PORT_RECHECK_NM: Final = 0.5
_SETTLE_US: Final = 5 * MINUTE_US


@dataclass(frozen=True, slots=True, kw_only=True)
class RendezvousParams:
    """Thresholds of a rendezvous.

    Attributes:
        range_m: 500 (Global Fishing Watch's encounters: 500 m; Miller et al. 2018).
        sog_kn: both below; 3, chosen by us: above the 2 kn of Miller et al. for ships under way.
        minutes: at least; 20, chosen by us: a fifth of the 2 h of Miller et al., for bags not fish.
        port_nm: at least, from the nearest port or anchorage; 10 nm for their 10 km, chosen by us.
        bridge_minutes: silence that does not end it; 30, chosen by us.
        apart_minutes: contradiction that ends it; 10, chosen by us.
        road_ships, road_nm: with 3 other ships at anchor within 3 nm a ship at anchor lies in a
            road, where she is bunkered and supplied; chosen by us.
    """

    range_m: float = 500
    sog_kn: float = 3
    minutes: float = 20
    port_nm: float = 10
    bridge_minutes: float = 30
    apart_minutes: float = 10
    road_ships: float = 3
    road_nm: float = 3

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"rendezvous: {field} must be positive", field=field)


@dataclass(slots=True, kw_only=True)
class _Meeting:
    """Two vessels being together; times in us."""

    began: int
    together: int
    lon: float
    lat: float
    nearest_m: float
    announced: int = 0


class Rendezvous:
    """Finds pairs at the end of every event-minute; sees only each vessel's latest fix.

    Attributes:
        anchorages: learnt by `risk.detect.stop`; none, where nobody shares them.
    """

    kinds: tuple[str, ...] = ("rendezvous",)

    def __init__(self, params: RendezvousParams | None = None) -> None:
        self.params = params or RendezvousParams()
        self.anchorages = Anchorages()
        self._memory = Memory(
            at=("i8", UNKNOWN_TIME), lon=("f8", np.nan), lat=("f8", np.nan), sog=("f4", np.nan),
            cog=("f4", np.nan), nav_status=("i1", 15), port_lon=("f8", np.nan),
            port_lat=("f8", np.nan), port_nm=("f8", np.nan),
        )  # fmt: skip
        self._meetings: dict[tuple[int, int], _Meeting] = {}

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Keeps the latest fix of each vessel; gives out nothing."""
        self._memory.reach(picture)
        located = np.flatnonzero(np.isfinite(reports.lon) & np.isfinite(reports.lat))
        rows = slots[located]
        self._memory["at"][rows] = reports.reported_at[located]
        for column in ("lon", "lat", "sog", "cog", "nav_status"):
            self._memory[column][rows] = getattr(reports, column)[located]
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Meetings that have lasted long enough, and those that are over."""
        pairs, middles, ranges = self._pairs(picture, now_us)
        at = self._memory["at"]
        for pair, (lon, lat), range_m in zip(pairs, middles, ranges, strict=True):
            first, last = sorted((int(at[pair[0]]), int(at[pair[1]])))
            meeting = self._meetings.get(pair)
            if meeting is None:
                meeting = _Meeting(began=last, together=last, lon=lon, lat=lat, nearest_m=range_m)
                self._meetings[pair] = meeting
            meeting.together = max(meeting.together, last if last - first <= _SETTLE_US else first)
            meeting.nearest_m = min(meeting.nearest_m, range_m)
        return self._closed(picture, now_us) + self._opened(picture, now_us)

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: a meeting that goes on when the timeline ends stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """Latest fixes and meetings."""
        meetings = [[*pair, *asdict(m).values()] for pair, m in self._meetings.items()]
        return {"memory": self._memory.state(), "meetings": meetings}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state["memory"])
        names = list(_Meeting.__dataclass_fields__)
        self._meetings = {
            (first, second): _Meeting(**dict(zip(names, values, strict=True)))
            for first, second, *values in state["meetings"]
        }

    def _pairs(
        self, picture: Picture, now_us: Microseconds
    ) -> tuple[list[tuple[int, int]], list[list[float]], list[float]]:
        """Pairs of slots in contact, lower MMSI first, the points between them, ranges in m."""
        slots = self._candidates(picture, now_us)
        if len(slots) < 2:
            return [], [], []
        memory = self._memory
        hours = (now_us - memory["at"][slots]) / HOUR_US
        lon, lat = reckoned(
            memory["lon"][slots], memory["lat"][slots], memory["sog"][slots],
            memory["cog"][slots], hours,
        )  # fmt: skip
        radius_nm = self.params.range_m / M_PER_NM
        one, two = pairs_within(tree_of(lon, lat), lon, lat, radius_nm)
        resting = np.isin(memory["nav_status"][slots], _AT_REST)
        keep = (picture.mmsi[slots[one]] < picture.mmsi[slots[two]]) & ~(
            resting[one] & resting[two]
        )
        one, two = one[keep], two[keep]
        range_m = distance_nm(lon[one], lat[one], lon[two], lat[two]) * M_PER_NM
        middle = np.column_stack((_between(lon[one], lon[two]), (lat[one] + lat[two]) / 2))
        pairs = list(zip(slots[one].tolist(), slots[two].tolist(), strict=True))
        return pairs, middle.tolist(), range_m.tolist()

    def _candidates(self, picture: Picture, now_us: Microseconds) -> npt.NDArray[np.intp]:
        memory, n = self._memory, len(self._memory)
        fresh = memory["at"][:n] >= now_us - int(self.params.bridge_minutes * MINUTE_US)
        slow = fresh & (memory["sog"][:n] < self.params.sog_kn)
        slots = np.flatnonzero(slow & ~np.isin(picture.ship_type[:n], WORKING_TYPES))
        lon, lat = memory["lon"][slots], memory["lat"][slots]
        moved = distance_nm(memory["port_lon"][slots], memory["port_lat"][slots], lon, lat)
        stale = ~(moved <= _PORT_RECHECK_NM)
        if stale.any():
            rows = slots[stale]
            memory["port_lon"][rows], memory["port_lat"][rows] = lon[stale], lat[stale]
            memory["port_nm"][rows] = nearest_port(lon[stale], lat[stale])[1]
        slots = slots[memory["port_nm"][slots] >= self.params.port_nm]
        away_nm = self.anchorages.away_nm(memory["lon"][slots], memory["lat"][slots])
        return slots[away_nm >= self.params.port_nm]

    def _opened(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        enough = int(self.params.minutes * MINUTE_US)
        events = []
        for pair, meeting in self._meetings.items():
            due = not meeting.announced and meeting.together - meeting.began >= enough
            if due and not self._of_course(picture, pair, meeting):
                meeting.announced = now_us
                events.append(self._event(picture, pair, meeting, "open"))
        return events

    def _of_course(self, picture: Picture, pair: tuple[int, int], meeting: _Meeting) -> bool:
        """Whether one is a craft at work, or they lie among ships at anchor, one of them so."""
        slots = list(pair)
        if works(picture.ship_type[slots], picture.name[slots]).any():
            return True
        if not np.isin(self._memory["nav_status"][slots], _AT_REST).any():
            return False
        others = lying_within(picture, meeting.lon, meeting.lat, self.params.road_nm) - set(pair)
        return len(others) >= self.params.road_ships

    def _closed(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        at, events = self._memory["at"], []
        apart = int(self.params.apart_minutes * MINUTE_US)
        bridge = int(self.params.bridge_minutes * MINUTE_US)
        for pair, meeting in list(self._meetings.items()):
            heard = min(int(at[pair[0]]), int(at[pair[1]]))
            patience = apart if heard > meeting.together + apart else bridge
            if now_us - meeting.together <= patience:
                continue
            del self._meetings[pair]
            if meeting.announced:
                working = works(picture.ship_type[list(pair)], picture.name[list(pair)]).any()
                status: Status = "retracted" if working else "ended"
                events.append(self._event(picture, pair, meeting, status))
        return events

    def _event(
        self, picture: Picture, pair: tuple[int, int], meeting: _Meeting, status: Status
    ) -> Event:
        types = [int(picture.ship_type[slot]) for slot in pair]
        fishing = types.count(_FISHING) == 2
        return Event(
            kind="rendezvous",
            mmsis=(int(picture.mmsi[pair[0]]), int(picture.mmsi[pair[1]])),
            started_at=meeting.began,
            ended_at=None if status == "open" else meeting.together,
            detected_at=meeting.announced,
            lon=meeting.lon,
            lat=meeting.lat,
            status=status,
            confidence=0.5 if fishing else 0.8,
            evidence={
                "minutes": round((meeting.together - meeting.began) / MINUTE_US, 1),
                "nearest_m": round(meeting.nearest_m, 0),
                "port_nm": round(float(np.min(self._memory["port_nm"][list(pair)])), 1),
                "ship_types": types,
                "both_fishing": fishing,
                **({"reason": "turned out to be a working craft"} if status == "retracted" else {}),
            },
        )


def _between(
    lon1: npt.NDArray[np.float64], lon2: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The meridian halfway the short way round, also across 180."""
    return (lon1 + ((lon2 - lon1 + 180) % 360 - 180) / 2 + 180) % 360 - 180
