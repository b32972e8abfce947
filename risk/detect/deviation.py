"""Deviation: a ship that leaves the way she kept to the port she declares, for an hour or more.

Definition: a merchant ship more than 15 nm off her way for 1 h or more. Her way is the one of
`risk.detect.ways` that she kept longest: within 7.5 nm of it, and at the same distance within 2 nm,
for 50 nm or more (75 if it is the great circle to the port); off it is measured from where she
used to keep beside it. Nothing is told of a ship on another such way, of one that follows other
lanes to her port (within 5 nm of them, their way, with most of her fixes) or heads straight for it
(within 10 degrees), of one that sails as straight as before (within 2 nm over 6 h), of one that
makes less than 0.8 of her pace, nearer than 75 nm to her port, where ships wait or turn, or nearer
than 10 nm to any other.

It starts when she crossed 15 nm, reckoned between two fixes, and ends at the last fix farther off
when she has been back within 7.5 nm for 1 h: a bow may cross her way.
It is retracted when another ship leaves hers within 120 nm and 12 h: they go round the same thing,
mostly weather. A ship is told of once in 12 h. Where two others bound for her port did so within 30
days there is a lane that no chart shows.
Units: nm, hours; the position is where she was when it was given out.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import msgspec
import numpy as np

from ingest.batch import UNKNOWN_TIME, Float64, Int32, Int64, ReportBatch, StaticBatch
from ingest.picture import Picture
from risk.detect.declared import NO_PORT, Declared
from risk.detect.memory import Memory
from risk.detect.wake import Wakes
from risk.detect.ways import Way, on_lanes, ways_kept
from risk.event import Event, Status
from risk.roles import MERCHANT_TYPES
from sea.errors import BadInputError
from sea.geodesy import bearing_deg, distance_nm
from sea.lanes import sea_distance_nm
from sea.ports import nearest_port, ports
from sea.units import DAY_US, HOUR_US, MINUTE_US, Microseconds

_SEARCHES_A_MINUTE: Final = 10
"""Ships whose ways are laid in an event-minute; others wait their turn. Chosen by us."""

_SEARCH_EVERY_US: Final = 55 * MINUTE_US
"""So a ship is looked at again before she is an hour off a way that she kept until now."""

_LOOK_EVERY_US: Final = 10 * MINUTE_US
_MOSTLY: Final = 0.6
"""Share of her fixes that must lie on lanes; chosen by us: one of three may be between two."""

_DIRECT: Final = 1.1
"""A way by sea that is so much longer than the straight one goes round land; chosen by us."""

_LEARNT_US: Final = 30 * DAY_US
_WAKE_H: Final = 2.0
"""Shorter wakes are not looked at: at 25 kn they are as long as a way must be kept."""

_ANEW_H: Final = 4.0
"""A ship that is off her way for so long, innocently, has another; chosen by us."""

_STRAIGHT_H: Final = 6.0
_STRAIGHT_NM: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationParams:
    """Thresholds of a deviation.

    Attributes:
        off_nm: 15, chosen by us (design figure): wider than lanes and traffic separation schemes.
        hours: off for at least 1, chosen by us.
        on_nm: she kept within 7.5 of a lane before; chosen by us, half the width.
        steady_nm, run_nm: at the same distance from it, within 2 either way, for 50; chosen by us:
            no lane crossed at 5 degrees or more is kept for so far.
        straight_nm: for 75 where it is the great circle; chosen by us: on a bow round a storm 100
            nm wide she keeps to one for 55.
        back_hours: it ends when she is back within on_nm for 1; chosen by us, as long as she was
            off.
        ends_nm: nearer than 75 to her port ships wait or turn; chosen by us: pilots of great ports
            board 50 nm off.
        port_nm: nearer than 10 to any port she calls there; chosen by us.
        pace: below 0.8 of the best pace of her wake she is in weather or in trouble; chosen by us.
        lane_nm: within 5 of a lane that leads where she sails she follows it; chosen by us.
        heads_deg: within 10 of the course to her port she heads straight for it; chosen by us: half
            of what leads off a lane.
        passed: others bound for the same port that left theirs at the same place, within 15 nm and
            30 days, make a lane that no chart shows; 2, chosen by us.
        alike_nm, alike_hours: another that left her way within 120 nm and 12 h makes it the
            weather's; chosen by us, the size and pace of a storm.
        sog_kn: under way above; 3, chosen by us.
    """

    off_nm: float = 15
    hours: float = 1
    on_nm: float = 7.5
    steady_nm: float = 2
    run_nm: float = 50
    straight_nm: float = 75
    back_hours: float = 1
    ends_nm: float = 75
    port_nm: float = 10
    pace: float = 0.8
    lane_nm: float = 5
    heads_deg: float = 10
    passed: float = 2
    alike_nm: float = 120
    alike_hours: float = 12
    sog_kn: float = 3

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"deviation: {field} must be positive", field=field)


@dataclass(slots=True, kw_only=True)
class _Told:
    """A deviation as it was given out; `void` if it was taken back."""

    at: Microseconds
    slot: int
    event: Event
    void: bool = False


class Deviation:
    """Keeps the wakes of all ships, and looks for the ways of those that turn."""

    kinds: tuple[str, ...] = ("deviation",)

    def __init__(self, params: DeviationParams | None = None) -> None:
        self.params = params or DeviationParams()
        self._memory = Memory(
            port=("i4", NO_PORT), next_at=("i8", UNKNOWN_TIME), off_from=("i8", UNKNOWN_TIME),
            off_at=("i8", UNKNOWN_TIME), most_nm=("f8", 0), announced=("i8", 0),
            told_lon=("f8", np.nan), told_lat=("f8", np.nan), void=("?", 0),
            back_at=("i8", UNKNOWN_TIME),
        )  # fmt: skip
        self._wakes = Wakes(self.params.sog_kn)
        self._declared = Declared()
        self._ways: dict[int, list[Way]] = {}
        self._wanting: dict[int, None] = {}
        self._told: list[_Told] = []
        self._ended: list[Event] = []
        self._longer: list[Int64] = []

    def observe_statics(self, picture: Picture, slots: Int32, statics: StaticBatch) -> list[Event]:
        """Notes other destinations: the way to one begins where she is now."""
        memory = self._memory
        self._reach(picture)
        told = np.flatnonzero(statics.destination != np.array(None))
        bound = [self._declared.port_of(text) for text in statics.destination[told].tolist()]
        rows, port = slots[told], np.array(bound, np.int32)
        other = np.isin(rows, rows[port != memory["port"][rows]])
        for slot, to in zip(rows[other].tolist(), port[other].tolist(), strict=True):
            if to != memory["port"][slot]:
                self._end(picture, slot)
                if memory["port"][slot] != NO_PORT:
                    self._wakes.forget(slot)
                memory["port"][slot] = to
        return []

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Keeps the wakes."""
        self._reach(picture)
        self._longer.append(self._wakes.follow(slots, reports))
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Ships that have been off their way for long enough, and those that are back."""
        self._want(picture)
        for slot in list(self._wanting)[:_SEARCHES_A_MINUTE]:
            del self._wanting[slot]
            self._search(slot)
        self._look(picture, now_us)
        events, self._ended = self._ended, []
        return events

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: what goes on when the timeline ends stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel."""
        return {
            **self._memory.state(),
            "wakes": self._wakes.state(),
            "wanting": list(self._wanting),
            "told": [[t.at, t.slot, t.void, msgspec.to_builtins(t.event)] for t in self._told],
            "ways": [[slot, [[getattr(way, name) for name in Way.__slots__] for way in ways]]
                     for slot, ways in self._ways.items()],
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`; one of another definition is left."""
        if not {"wakes", "back_at"} <= state.keys():
            return
        self._memory.restore(state)
        self._wakes.restore(state["wakes"])
        self._wanting = dict.fromkeys(state["wanting"])
        self._told = [_Told(at=at, slot=slot, void=void, event=msgspec.convert(event, Event))
                      for at, slot, void, event in state["told"]]  # fmt: skip
        self._ways = {slot: [Way(*way) for way in ways]
                      for slot, ways in state["ways"]}  # fmt: skip

    def _reach(self, picture: Picture) -> None:
        self._memory.reach(picture)
        self._wakes.reach(picture)

    def _want(self, picture: Picture) -> None:
        """Merchant ships whose wake is longer now and bent wait for their ways."""
        memory = self._memory
        slots = np.concatenate([np.zeros(0, np.int64), *self._longer])
        self._longer = []
        slots = slots[(memory["port"][slots] >= 0) & (memory["off_from"][slots] == UNKNOWN_TIME)]
        slots = slots[picture.reported_at[slots] >= memory["next_at"][slots]]
        slots = slots[np.isin(picture.ship_type[slots], MERCHANT_TYPES)]
        slots = self._wakes.bent(slots, _STRAIGHT_H, _WAKE_H, _STRAIGHT_NM)
        self._wanting |= dict.fromkeys(slots.tolist())

    def _search(self, slot: int) -> None:
        """Whether she left a way that she kept, and when."""
        memory, params, port = self._memory, self.params, int(self._memory["port"][slot])
        at, lon, lat = self._wakes.of(slot)
        if port < 0 or len(at) < 2 or memory["off_from"][slot] != UNKNOWN_TIME:
            return
        if distance_nm(lon[-1], lat[-1], ports()[port].lon, ports()[port].lat) < params.ends_nm:
            return
        ways = self._ways.get(slot, [])
        if ways and abs(ways[0].off_nm(lon[-1], lat[-1])[0]) <= params.on_nm:
            memory["next_at"][slot] = at[-1] + _SEARCH_EVERY_US
            return
        ways = ways_kept(lon, lat, port, params.on_nm, params.steady_nm, params.run_nm,
                         params.straight_nm)  # fmt: skip
        self._ways[slot] = ways
        if not ways:
            memory["next_at"][slot] = at[-1] + _SEARCH_EVERY_US
        elif not self._on(ways, lon[-1], lat[-1]):
            self._left(slot, at, np.abs(ways[0].off_nm(lon, lat)))

    def _left(self, slot: int, at: Int64, off: Float64) -> None:
        """Notes when she crossed the width of her way, between two fixes of her wake."""
        memory, params = self._memory, self.params
        k = int(np.flatnonzero(off <= params.off_nm)[-1])
        share = (params.off_nm - off[k]) / (off[k + 1] - off[k])
        memory["off_from"][slot] = at[k] + int(share * (at[k + 1] - at[k]))
        memory["off_at"][slot], memory["most_nm"][slot] = at[-1], off[k:].max()
        memory["next_at"][slot] = memory["off_from"][slot] + int(params.hours * HOUR_US)

    def _on(self, ways: list[Way], lon: float, lat: float) -> bool:
        """Whether she is still about her way, or on another that she kept."""
        params = self.params
        return abs(ways[0].off_nm(lon, lat)[0]) <= params.off_nm or any(
            abs(way.off_nm(lon, lat)[0]) <= (_STRAIGHT_NM if way.straight else params.on_nm)
            for way in ways[1:]
        )

    def _look(self, picture: Picture, now_us: Microseconds) -> None:
        """Follows those that are off their ways."""
        memory, params = self._memory, self.params
        slots = np.flatnonzero(memory["off_from"][: len(memory)] != UNKNOWN_TIME)
        for slot in slots[picture.reported_at[slots] >= memory["next_at"][slots]].tolist():
            lon, lat = float(picture.lon[slot]), float(picture.lat[slot])
            off = abs(float(self._ways[slot][0].off_nm(lon, lat)[0]))
            at = int(picture.reported_at[slot])
            memory["next_at"][slot] = at + _LOOK_EVERY_US
            if memory["announced"][slot]:
                self._follow(picture, slot, at, off)
                continue
            if off <= params.off_nm or self._on(self._ways[slot], lon, lat):
                self._end(picture, slot)
                continue
            memory["off_at"][slot] = at
            memory["most_nm"][slot] = max(memory["most_nm"][slot], off)
            if not self._innocent(slot, lon, lat):
                self._open(picture, slot, now_us)
            elif at - memory["off_from"][slot] >= _ANEW_H * HOUR_US:
                self._end(picture, slot)
                self._wakes.forget(slot)

    def _follow(self, picture: Picture, slot: int, at: Microseconds, off: float) -> None:
        """One that was told of ends when she has been back about her way for long enough."""
        memory, params = self._memory, self.params
        if off > params.off_nm:
            memory["off_at"][slot] = at
            memory["most_nm"][slot] = max(memory["most_nm"][slot], off)
        if off > params.on_nm:
            memory["back_at"][slot] = UNKNOWN_TIME
        elif memory["back_at"][slot] == UNKNOWN_TIME:
            memory["back_at"][slot] = at
        elif at - memory["back_at"][slot] >= params.back_hours * HOUR_US:
            self._end(picture, slot)

    def _innocent(self, slot: int, lon: float, lat: float) -> bool:
        """Whether she nears a port or heads for hers, sails on straight, slows or follows a lane.

        So is one whose wake began anew since she left her way: she was silent, or lay still.
        """
        memory, params = self._memory, self.params
        port = int(memory["port"][slot])
        if distance_nm(lon, lat, ports()[port].lon, ports()[port].lat) < params.ends_nm:
            return True
        if nearest_port(lon, lat)[1] < params.port_nm:
            return True
        if not len(self._wakes.bent(np.array([slot]), _STRAIGHT_H, 0, _STRAIGHT_NM)):
            return True
        at, wake_lon, wake_lat = self._wakes.of(slot)
        since = at >= memory["off_from"][slot]
        if np.count_nonzero(~since) < 2:
            return True
        left = float(wake_lon[~since][-1]), float(wake_lat[~since][-1])
        if self._heads_for(port, left, (lon, lat)) or self._slowed(slot, lon, lat):
            return True
        lons, lats = np.append(wake_lon[since], lon), np.append(wake_lat[since], lat)
        return on_lanes(lons, lats, port, params.lane_nm) >= _MOSTLY

    def _heads_for(self, port: int, left: tuple[float, float], here: tuple[float, float]) -> bool:
        """Whether she sails straight for her port since she left her way."""
        goal = ports()[port].lon, ports()[port].lat
        off = (bearing_deg(*left, *here) - bearing_deg(*here, *goal) + 180) % 360 - 180
        if abs(off) > self.params.heads_deg:
            return False
        by_sea_nm = sea_distance_nm([here], [goal])[0, 0]
        return bool(by_sea_nm <= _DIRECT * distance_nm(*here, *goal))

    def _slowed(self, slot: int, lon: float, lat: float) -> bool:
        """Whether she makes less way than she did: in bad weather, or in need of help."""
        at, wake_lon, wake_lat = self._wakes.of(slot)
        off_from, now = self._memory["off_from"][slot], self._memory["off_at"][slot]
        before = np.flatnonzero(at < off_from)
        legs = distance_nm(wake_lon[before[:-1]], wake_lat[before[:-1]],
                           wake_lon[before[1:]], wake_lat[before[1:]])  # fmt: skip
        best = float(np.max(legs / np.diff(at[before])))
        last = before[-1]
        run = float(distance_nm(wake_lon[last], wake_lat[last], lon, lat))
        return bool(run / (now - at[last]) < self.params.pace * best)

    def _open(self, picture: Picture, slot: int, now_us: Microseconds) -> None:
        memory = self._memory
        memory["announced"][slot] = now_us
        memory["told_lon"][slot], memory["told_lat"][slot] = picture.lon[slot], picture.lat[slot]
        event = self._event(picture, slot, "open")
        self._told = [told for told in self._told if told.at > now_us - _LEARNT_US]
        alike = self._alike(slot, event, now_us)
        void = len(alike) > 0 or self._told_lately(slot, now_us) or self._passed(slot, event)
        memory["void"][slot] = void
        self._told.append(_Told(at=now_us, slot=slot, event=event, void=void))
        if not void:
            self._ended.append(event)
        for told in alike:
            if not told.void:
                told.void = memory["void"][told.slot] = True
                self._ended.append(_retracted(told.event))

    def _alike(self, slot: int, event: Event, now_us: Microseconds) -> list[_Told]:
        """Other ships that left their ways hereabouts of late."""
        recent = now_us - int(self.params.alike_hours * HOUR_US)
        return [
            told for told in self._told
            if told.slot != slot and told.at > recent
            and distance_nm(event.lon, event.lat, told.event.lon, told.event.lat)
            <= self.params.alike_nm
        ]  # fmt: skip

    def _told_lately(self, slot: int, now_us: Microseconds) -> bool:
        recent = now_us - int(self.params.alike_hours * HOUR_US)
        return any(told.slot == slot and told.at > recent for told in self._told)

    def _passed(self, slot: int, event: Event) -> bool:
        """Whether enough others bound for her port went the same way before."""
        others = {
            told.slot for told in self._told
            if told.slot != slot and told.event.evidence["declared"] == event.evidence["declared"]
            and distance_nm(event.lon, event.lat, told.event.lon, told.event.lat)
            <= self.params.off_nm
        }  # fmt: skip
        return len(others) >= self.params.passed

    def _end(self, picture: Picture, slot: int) -> None:
        memory = self._memory
        if memory["announced"][slot] and not memory["void"][slot]:
            self._ended.append(self._event(picture, slot, "ended"))
        memory["off_from"][slot] = UNKNOWN_TIME
        memory["announced"][slot], memory["void"][slot] = 0, False
        memory["back_at"][slot] = UNKNOWN_TIME
        memory["next_at"][slot] = UNKNOWN_TIME
        self._ways.pop(slot, None)

    def _event(self, picture: Picture, slot: int, status: Status) -> Event:
        names = ("port", "off_from", "off_at", "announced", "told_lon", "told_lat", "most_nm")
        row = {name: self._memory[name][slot].item() for name in names}
        evidence: dict[str, Any] = {
            "declared": ports()[row["port"]].unlocode,
            "kept_nm": round(self._ways[slot][0].kept_nm, 1),
            "off_nm": round(row["most_nm"], 1),
            "hours": round((row["off_at"] - row["off_from"]) / HOUR_US, 1),
        }
        return Event(
            kind="deviation",
            mmsis=(int(picture.mmsi[slot]),),
            started_at=row["off_from"],
            ended_at=None if status == "open" else row["off_at"],
            detected_at=row["announced"],
            lon=row["told_lon"],
            lat=row["told_lat"],
            status=status,
            confidence=0.6,
            evidence=evidence,
        )


def _retracted(event: Event) -> Event:
    reason = "others left their ways here as well: weather, or what it may be"
    return replace(
        event, status="retracted", ended_at=event.detected_at,
        evidence={**event.evidence, "reason": reason},
    )  # fmt: skip
