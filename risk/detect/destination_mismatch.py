"""Destination mismatch: a ship that sails away from the port she declares, for hours.

Definition: the declared destination means one port (`sea.ports.resolve_destination`), and for 6 h
or more under way her distance to it has grown by a tenth or more of the way she made, without
coming nearer again by as much. Looked at every five minutes, and with each report once the hours
are full. A ship that first goes round land is none, which is seen by the way along the lanes: that
must have grown as well.

It starts when she began to lead away, or declared the port, and ends when she declares another,
comes nearer for 2 h, or is not heard for 6 h. About half of what ships declare is wrong or out of
date (Steidel et al. 2019: 52%), so this says little by itself.
Units: nm, hours; the position is where she was when it was given out.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from ingest.batch import UNKNOWN_TIME, Int32, ReportBatch, StaticBatch
from ingest.picture import Picture
from risk.detect.declared import NO_PORT, Declared
from risk.detect.memory import Array, Memory
from risk.event import Event
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.lanes import sea_distance_nm
from sea.ports import ports
from sea.units import HOUR_US, MINUTE_US, Microseconds

_EVERY_US: Final = 5 * MINUTE_US


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationMismatchParams:
    """Thresholds of a destination mismatch.

    Attributes:
        hours: of leading away; 6, chosen by us (design figure): a night's detour.
        share: of the way made that must lead away; 0.1, chosen by us: across is neither.
        sog_kn: under way above; 3, chosen by us.
        back_hours: of coming nearer that end it; 2, chosen by us: a bend of her way is none.
        near_nm: nearer to the port than this she may wait or turn; 50, chosen by us.
    """

    hours: float = 6
    share: float = 0.1
    sog_kn: float = 3
    back_hours: float = 2
    near_nm: float = 50

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"destination_mismatch: {field} must be positive", field=field)


class DestinationMismatch:
    """Follows the distance of every ship to the port she declares."""

    kinds: tuple[str, ...] = ("destination_mismatch",)

    def __init__(self, params: DestinationMismatchParams | None = None) -> None:
        self.params = params or DestinationMismatchParams()
        self._memory = Memory(
            port=("i4", NO_PORT), at=("i8", UNKNOWN_TIME), lon=("f8", np.nan),
            lat=("f8", np.nan), away_nm=("f8", np.nan), began=("i8", UNKNOWN_TIME),
            first_lon=("f8", np.nan), first_lat=("f8", np.nan), made_nm=("f8", 0),
            back_at=("i8", UNKNOWN_TIME), announced=("i8", 0), told_lon=("f8", np.nan),
            told_lat=("f8", np.nan), doubted=("?", 0), leads=("?", 0),
        )  # fmt: skip
        self._looked_at: Microseconds = UNKNOWN_TIME
        self._declared = Declared()
        self._ended: list[Event] = []

    def observe_statics(self, picture: Picture, slots: Int32, statics: StaticBatch) -> list[Event]:
        """Notes other destinations; what they end is given out by the tick of the same minute."""
        memory = self._memory
        memory.reach(picture)
        told = np.flatnonzero(statics.destination != np.array(None))
        for slot, text in zip(
            slots[told].tolist(), statics.destination[told].tolist(), strict=True
        ):
            port = self._declared.port_of(text)
            if port != memory["port"][slot]:
                self._end(picture, slot)
                memory["port"][slot] = port
        return []

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Nothing: ships are looked at every five minutes."""
        self._memory.reach(picture)
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Ships that have led away for long enough, and those that no longer do."""
        events, self._ended = self._ended, []
        if self._looked_at != UNKNOWN_TIME and now_us < self._looked_at + _EVERY_US:
            self._move(picture, self._waiting(picture), settled=False)
        else:
            self._looked_at = now_us // _EVERY_US * _EVERY_US
            self._look(picture, now_us)
        events += [*self._ended, *self._opened(picture, now_us)]
        self._ended = []
        return events

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: what goes on when the timeline ends stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel."""
        return {**self._memory.state(), "looked_at": self._looked_at}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        unknown = np.zeros(len(state["at"]), np.bool_)
        self._memory.restore({"leads": unknown} | state)
        self._looked_at = int(state["looked_at"])

    def _waiting(self, picture: Picture) -> Array:
        """Slots that a report may open an event of, or that no distance is known of yet."""
        memory, n = self._memory, len(self._memory)
        lasted = picture.reported_at[:n] - memory["began"][:n]
        full = (memory["began"][:n] != UNKNOWN_TIME) & (lasted >= self.params.hours * HOUR_US)
        full &= (memory["announced"][:n] == 0) & ~memory["doubted"][:n]
        return np.flatnonzero((memory["port"][:n] >= 0) & (full | np.isnan(memory["away_nm"][:n])))

    def _look(self, picture: Picture, now_us: Microseconds) -> None:
        """Moves every ship with a port on, and ends what is lost."""
        memory, n = self._memory, len(self._memory)
        slots = np.flatnonzero(memory["port"][:n] >= 0)
        fresh = picture.reported_at[slots] > memory["at"][slots]
        lost = ~fresh & (picture.reported_at[slots] < now_us - int(self.params.hours * HOUR_US))
        for slot in slots[lost & (memory["began"][slots] != UNKNOWN_TIME)].tolist():
            self._end(picture, slot)
        self._move(picture, slots, settled=True)

    def _move(self, picture: Picture, slots: Array, *, settled: bool) -> None:
        """Moves ships on to their latest fix; unsettled, only the new and those that lead away."""
        memory, share = self._memory, self.params.share
        slots = slots[picture.reported_at[slots] > memory["at"][slots]]
        slots = slots[np.isfinite(picture.lon[slots])]
        where = np.array([(p.lon, p.lat) for p in ports()])[memory["port"][slots]]
        away = distance_nm(picture.lon[slots], picture.lat[slots], where[:, 0], where[:, 1])
        made = distance_nm(memory["lon"][slots], memory["lat"][slots], picture.lon[slots],
                           picture.lat[slots])  # fmt: skip
        grown, far = away - memory["away_nm"][slots], away > self.params.near_nm
        leads = (grown > share * made) & (made > 0) & far
        leads &= picture.sog[slots] > self.params.sog_kn
        back = (grown < -share * made) | ~far
        kept = leads | np.isnan(memory["away_nm"][slots]) | settled
        slots, away, made = slots[kept], away[kept], made[kept]
        leads = leads[kept]
        self._turn(picture, slots, leads, back[kept])
        new = slots[leads & (memory["began"][slots] == UNKNOWN_TIME)]
        memory["began"][new] = memory["at"][new]
        memory["first_lon"][new], memory["first_lat"][new] = memory["lon"][new], memory["lat"][new]
        memory["made_nm"][new] = 0
        memory["made_nm"][slots[leads]] += made[leads]
        memory["leads"][slots] = leads
        memory["at"][slots], memory["away_nm"][slots] = picture.reported_at[slots], away
        memory["lon"][slots], memory["lat"][slots] = picture.lon[slots], picture.lat[slots]

    def _turn(self, picture: Picture, slots: Array, leads: Array, back: Array) -> None:
        """Notes who leads away and who has turned back, and ends what has for long enough."""
        memory, at = self._memory, picture.reported_at[slots]
        memory["back_at"][slots[leads]] = UNKNOWN_TIME
        turned = back & (memory["back_at"][slots] == UNKNOWN_TIME)
        memory["back_at"][slots[turned]] = at[turned]
        back = back & (memory["began"][slots] != UNKNOWN_TIME)
        patience = np.where(memory["announced"][slots] != 0, self.params.back_hours, 0.0) * HOUR_US
        for slot in slots[back & (at - memory["back_at"][slots] >= patience)].tolist():
            self._end(picture, slot)

    def _opened(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        memory, n = self._memory, len(self._memory)
        slots = np.flatnonzero((memory["began"][:n] != UNKNOWN_TIME) & ~memory["doubted"][:n]
                               & memory["leads"][:n] & (memory["announced"][:n] == 0))  # fmt: skip
        lasted = memory["at"][slots] - memory["began"][slots]
        events = []
        for slot in slots[lasted >= self.params.hours * HOUR_US].tolist():
            if self._goes_round(slot):
                memory["doubted"][slot] = True
                continue
            memory["announced"][slot] = now_us
            memory["told_lon"][slot] = memory["lon"][slot]
            memory["told_lat"][slot] = memory["lat"][slot]
            events.append(self._event(picture, slot, over=False))
        return events

    def _goes_round(self, slot: int) -> bool:
        """Whether the way along the lanes grew by less than the share of what she made."""
        memory, port = self._memory, ports()[int(self._memory["port"][slot])]
        places = [
            (memory["first_lon"][slot], memory["first_lat"][slot]),
            (memory["lon"][slot], memory["lat"][slot]),
        ]
        first, last = sea_distance_nm(places, [(port.lon, port.lat)])[:, 0]
        return bool(last - first < self.params.share * memory["made_nm"][slot])

    def _end(self, picture: Picture, slot: int) -> None:
        memory = self._memory
        if memory["announced"][slot]:
            self._ended.append(self._event(picture, slot, over=True))
        memory["began"][slot] = memory["back_at"][slot] = UNKNOWN_TIME
        memory["announced"][slot], memory["doubted"][slot] = 0, False
        memory["away_nm"][slot], memory["made_nm"][slot] = np.nan, 0

    def _event(self, picture: Picture, slot: int, *, over: bool) -> Event:
        names = ("port", "began", "at", "back_at", "announced", "told_lon", "told_lat", "away_nm",
                 "made_nm")  # fmt: skip
        row = {name: self._memory[name][slot].item() for name in names}
        until = row["at"] if row["back_at"] == UNKNOWN_TIME else row["back_at"]
        return Event(
            kind="destination_mismatch",
            mmsis=(int(picture.mmsi[slot]),),
            started_at=row["began"],
            ended_at=until if over else None,
            detected_at=row["announced"],
            lon=row["told_lon"],
            lat=row["told_lat"],
            status="ended" if over else "open",
            confidence=0.5,
            evidence={
                "declared": ports()[row["port"]].unlocode,
                "away_nm": round(row["away_nm"]),
                "made_nm": round(row["made_nm"]),
                "hours": round((until - row["began"]) / HOUR_US, 1),
            },
        )
