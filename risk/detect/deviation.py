"""Deviation: a ship that leaves the way to the port she declares, for an hour or more.

Definition: more than 15 nm off her way for 1 h or more, after at least four hours on it (within
7.5 nm), more than 120 nm from where it begins, where ships join their lanes, and 50 nm from where
it ends. Her way is the sea route from where she was first heard with that destination to the port
it means, straight where nothing lies between, or the one that keeps to the lanes. Within 15 nm of
any lane she has left none, and where two others have passed within some 6 nm there is a lane that
no chart shows. Looked at every ten minutes.

It starts at the first fix farther off than 15 nm and ends at the last. It is retracted when another
ship leaves hers within 100 nm and 12 h: they go round the same thing, mostly weather.
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
from risk.detect.ways import lane_nm, off_way, points_of
from risk.event import Event, Status
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.lanes import lane_route, sea_route
from sea.ports import ports
from sea.units import HOUR_US, MINUTE_US, Microseconds

_EVERY_US: Final = 10 * MINUTE_US
_ROUTES_A_MINUTE: Final = 20
"""Ways laid in an event-minute, some 3 ms each; others wait their turn. Chosen by us."""

_CELL_DEG: Final = 0.1
_MOST_CELLS: Final = 400_000
"""Cells whose passers are remembered. Chosen by us: some 30 MB; a third of the region's sea."""

_NO_WAY: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationParams:
    """Thresholds of a deviation.

    Attributes:
        off_nm: 15, chosen by us (design figure): wider than lanes and traffic separation schemes.
        hours: off for at least 1, chosen by us.
        on_nm, on_hours: she kept within 7.5 nm for 4 hours before; chosen by us, half the width.
        begins_nm, ends_nm: nearer than 120 to where the way begins ships join their lanes, nearer
            than 50 to where it ends they wait or turn; chosen by us.
        passed: others that make a lane; 2, chosen by us.
        alike_nm, alike_hours: another that left her way within 100 nm and 12 h makes it the
            weather's; chosen by us, the size and pace of a storm.
        sog_kn: under way above; 3, chosen by us.
    """

    off_nm: float = 15
    hours: float = 1
    on_nm: float = 7.5
    on_hours: float = 4
    begins_nm: float = 120
    ends_nm: float = 50
    passed: float = 2
    alike_nm: float = 100
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
    """Lays a way for every ship that declares a port, and follows her along it."""

    kinds: tuple[str, ...] = ("deviation",)

    def __init__(self, params: DeviationParams | None = None) -> None:
        self.params = params or DeviationParams()
        self._memory = Memory(
            port=("i4", NO_PORT), from_lon=("f8", np.nan), from_lat=("f8", np.nan),
            way=("i8", _NO_WAY), size=("i8", 0), half=("i8", 0), near=("i8", 0),
            near_lane=("i8", 0), at=("i8", UNKNOWN_TIME), on_for=("i8", 0),
            off_from=("i8", UNKNOWN_TIME), off_at=("i8", UNKNOWN_TIME), most_nm=("f8", 0),
            announced=("i8", 0), told_lon=("f8", np.nan), told_lat=("f8", np.nan), void=("?", 0),
        )  # fmt: skip
        self._told: list[_Told] = []
        self._passed: dict[int, list[int]] = {}
        self._way_lon, self._way_lat = np.zeros(0), np.zeros(0)
        self._looked_at: Microseconds = UNKNOWN_TIME
        self._declared = Declared()
        self._wanting: dict[int, None] = {}
        self._ended: list[Event] = []

    def observe_statics(self, picture: Picture, slots: Int32, statics: StaticBatch) -> list[Event]:
        """Notes other destinations: the way to one begins where she is now."""
        memory = self._memory
        memory.reach(picture)
        told = np.flatnonzero(statics.destination != np.array(None))
        for slot, text in zip(
            slots[told].tolist(), statics.destination[told].tolist(), strict=True
        ):
            port = self._declared.port_of(text)
            if port != memory["port"][slot]:
                self._end(picture, slot)
                memory["port"][slot], memory["way"][slot] = port, _NO_WAY
                memory["from_lon"][slot] = np.nan
                if port >= 0:
                    self._wanting[slot] = None
        return []

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Nothing: ships are looked at every ten minutes."""
        self._memory.reach(picture)
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Ships that have been off their way for long enough, and those that are back."""
        self._lay(picture)
        events, self._ended = self._ended, []
        if self._looked_at != UNKNOWN_TIME and now_us < self._looked_at + _EVERY_US:
            return events
        self._looked_at = now_us // _EVERY_US * _EVERY_US
        self._look(picture, now_us)
        events += self._ended
        self._ended = []
        return events

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: what goes on when the timeline ends stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel; ways are laid anew."""
        return {
            **self._memory.state(),
            "looked_at": self._looked_at,
            "wanting": list(self._wanting),
            "told": [[t.at, t.slot, t.void, msgspec.to_builtins(t.event)] for t in self._told],
            "passed": [[cell, *slots] for cell, slots in self._passed.items()],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state)
        self._looked_at = int(state["looked_at"])
        self._wanting = dict.fromkeys(state["wanting"])
        self._told = [_Told(at=at, slot=slot, void=void, event=msgspec.convert(event, Event))
                      for at, slot, void, event in state["told"]]  # fmt: skip
        self._passed = {cell: slots for cell, *slots in state["passed"]}
        self._way_lon, self._way_lat = np.zeros(0), np.zeros(0)
        for slot in np.flatnonzero(self._memory["way"] != _NO_WAY).tolist():
            self._lay_one(slot)

    def _lay(self, picture: Picture) -> None:
        """Ways of the next ships that want one and have been heard."""
        memory = self._memory
        laid = 0
        for slot in list(self._wanting):
            if laid == _ROUTES_A_MINUTE:
                break
            lon, lat = float(picture.lon[slot]), float(picture.lat[slot])
            if not np.isfinite(lon):
                continue
            del self._wanting[slot]
            if memory["port"][slot] < 0:
                continue
            memory["from_lon"][slot], memory["from_lat"][slot] = lon, lat
            self._lay_one(slot)
            memory["near"][slot] = memory["near_lane"][slot] = memory["on_for"][slot] = 0
            memory["off_from"][slot] = UNKNOWN_TIME
            memory["at"][slot] = UNKNOWN_TIME
            laid += 1

    def _lay_one(self, slot: int) -> None:
        """Puts the points of one ship's way behind those of the others."""
        memory, port = self._memory, ports()[int(self._memory["port"][slot])]
        begin = float(memory["from_lon"][slot]), float(memory["from_lat"][slot])
        straight = sea_route(*begin, port.lon, port.lat)
        over_lanes = lane_route(*begin, port.lon, port.lat)
        parts = [points_of(route.lon, route.lat) for route in (straight, over_lanes)]
        memory["half"][slot] = len(parts[0][0])
        lon, lat = (np.concatenate(axis) for axis in zip(*parts, strict=True))
        used = int((memory["size"] * (memory["way"] != _NO_WAY)).sum())
        if len(self._way_lon) > 1_000_000 and len(self._way_lon) > 2 * used:
            self._tidy()
        memory["way"][slot], memory["size"][slot] = len(self._way_lon), len(lon)
        self._way_lon = np.concatenate([self._way_lon, lon])
        self._way_lat = np.concatenate([self._way_lat, lat])

    def _tidy(self) -> None:
        """Drops the points of ways that nobody follows any more."""
        memory = self._memory
        slots = np.flatnonzero(memory["way"] != _NO_WAY)
        ways = zip(memory["way"][slots].tolist(), memory["size"][slots].tolist(), strict=True)
        rows = [np.arange(first, first + size) for first, size in ways]
        kept = np.concatenate([np.zeros(0, np.int64), *rows])
        memory["way"][slots] = np.cumsum(memory["size"][slots]) - memory["size"][slots]
        self._way_lon, self._way_lat = self._way_lon[kept], self._way_lat[kept]

    def _look(self, picture: Picture, now_us: Microseconds) -> None:
        memory, params, n = self._memory, self.params, len(self._memory)
        slots = np.flatnonzero((memory["way"][:n] != _NO_WAY) & (memory["size"][:n] > 1))
        slots = slots[picture.reported_at[slots] > memory["at"][slots]]
        slots = slots[np.isfinite(picture.lon[slots]) & (picture.sog[slots] > params.sog_kn)]
        lon, lat = picture.lon[slots], picture.lat[slots]
        self._pass(slots, lon, lat)
        off = off_way(
            slots, lon, lat, memory["way"], memory["half"], memory["size"], memory["near"],
            memory["near_lane"], self._way_lon, self._way_lat,
        )  # fmt: skip
        at = picture.reported_at[slots]
        since = np.where(memory["at"][slots] == UNKNOWN_TIME, at, memory["at"][slots])
        on = off <= params.on_nm
        memory["on_for"][slots[on]] += (at - since)[on]
        far = off > params.off_nm
        for slot in slots[~far & (memory["off_from"][slots] != UNKNOWN_TIME)].tolist():
            self._end(picture, slot)
        new = far & (memory["off_from"][slots] == UNKNOWN_TIME)
        memory["off_from"][slots[new]], memory["most_nm"][slots[new]] = at[new], 0
        memory["off_at"][slots[far]] = at[far]
        memory["most_nm"][slots[far]] = np.maximum(memory["most_nm"][slots[far]], off[far])
        memory["at"][slots] = at
        lasted = memory["off_at"][slots] - memory["off_from"][slots]
        due = far & (lasted >= int(params.hours * HOUR_US) - _EVERY_US // 2)
        due &= (memory["announced"][slots] == 0) & ~memory["void"][slots]
        due &= memory["on_for"][slots] >= int(params.on_hours * HOUR_US)
        for slot in slots[due].tolist():
            self._open(picture, slot, now_us)

    def _open(self, picture: Picture, slot: int, now_us: Microseconds) -> None:
        memory, params = self._memory, self.params
        lon, lat = float(picture.lon[slot]), float(picture.lat[slot])
        port = ports()[int(memory["port"][slot])]
        begin = distance_nm(lon, lat, memory["from_lon"][slot], memory["from_lat"][slot])
        if begin < params.begins_nm or distance_nm(lon, lat, port.lon, port.lat) < params.ends_nm:
            return
        if lane_nm(lon, lat) < params.off_nm or self._is_lane(slot, lon, lat):
            return
        memory["announced"][slot] = now_us
        memory["told_lon"][slot], memory["told_lat"][slot] = lon, lat
        event = self._event(picture, slot, "open")
        recent = now_us - int(params.alike_hours * HOUR_US)
        self._told = [told for told in self._told if told.at > recent]
        alike = [
            told for told in self._told
            if told.slot != slot
            and distance_nm(lon, lat, told.event.lon, told.event.lat) <= params.alike_nm
        ]  # fmt: skip
        memory["void"][slot] = len(alike) > 0
        self._told.append(_Told(at=now_us, slot=slot, event=event, void=bool(memory["void"][slot])))
        if not memory["void"][slot]:
            self._ended.append(event)
            return
        for told in alike:
            if not told.void:
                told.void = memory["void"][told.slot] = True
                self._ended.append(_retracted(told.event))

    def _pass(self, slots: Int64, lon: Float64, lat: Float64) -> None:
        """Notes who passes where: in each cell the first few."""
        most = int(self.params.passed) + 1
        for slot, cell in zip(slots.tolist(), _cells(lon, lat).tolist(), strict=True):
            known = self._passed.setdefault(cell, [])
            if slot not in known and len(known) < most:
                known.append(slot)
        if len(self._passed) > _MOST_CELLS:
            for cell in list(self._passed)[: _MOST_CELLS // 2]:
                del self._passed[cell]

    def _is_lane(self, slot: int, lon: float, lat: float) -> bool:
        """Whether others have passed in the cells here."""
        x, y = np.meshgrid([-_CELL_DEG, 0.0, _CELL_DEG], [-_CELL_DEG, 0.0, _CELL_DEG])
        around = _cells(lon + x.ravel(), lat + y.ravel()).tolist()
        others = {other for cell in around for other in self._passed.get(cell, ())} - {slot}
        return len(others) >= self.params.passed

    def _end(self, picture: Picture, slot: int) -> None:
        memory = self._memory
        if memory["announced"][slot] and not memory["void"][slot]:
            self._ended.append(self._event(picture, slot, "ended"))
        memory["off_from"][slot] = UNKNOWN_TIME
        memory["announced"][slot], memory["void"][slot] = 0, False

    def _event(self, picture: Picture, slot: int, status: Status) -> Event:
        names = ("port", "off_from", "off_at", "announced", "told_lon", "told_lat", "most_nm")
        row = {name: self._memory[name][slot].item() for name in names}
        evidence: dict[str, Any] = {
            "declared": ports()[row["port"]].unlocode,
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


def _cells(lon: Float64, lat: Float64) -> Int64:
    """Numbers of the squares of a tenth of a degree that hold positions."""
    east = np.floor((np.asarray(lon) + 180) % 360 / _CELL_DEG).astype(np.int64)
    return np.asarray(east * 10_000 + np.floor((np.asarray(lat) + 90) / _CELL_DEG).astype(np.int64))
