"""Tracks: which of a vessel's fixes can be one ship's, and which lie where she cannot be.

fixes of one minute -> a mark for each that is doubtful. Two tracks are followed for each MMSI.
A fix carries on a track when the way from the track's last fix is sailed with 40 kn or three
times the reported sog (whichever is more), or is below 1 nm. Where it carries on both, the one
whose dead-reckoned place is nearer has it. A fix that carries on neither begins the second
track anew, unless that is well known and was heard lately; then it is an odd one.

The first track is taken for the ship's: what lies on the second, or on neither, is doubtful, and
the picture and all detectors but those of false positions take it for a report without position.
So a ship that is displaced is neither silent nor anywhere else. When the first track has been
silent for 12 h while the second goes on, the two change places; a first track of fewer fixes than
4 is given up at once. `risk.detect.jump` and `risk.detect.clone` read the two.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from ingest.batch import UNKNOWN_TIME, Int32, Int64, ReportBatch
from ingest.picture import Picture
from risk.detect.kernel import range_nm
from risk.detect.memory import Array, Memory
from sea.errors import BadInputError
from sea.units import HOUR_US, Microseconds

HELD: Final = 4
"""Fixes that make a track: the one that begins it and 3 later ones, as a jump is defined."""

_OF_TRACK: Final[dict[str, tuple[str, float]]] = {
    "at": ("i8", UNKNOWN_TIME), "lon": ("f8", np.nan), "lat": ("f8", np.nan), "sog": ("f4", np.nan),
    "cog": ("f4", np.nan), "fixes": ("i4", 0),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TracksParams:
    """What one ship can sail.

    Attributes:
        sog_kn, sog_times: 40 kn, and 3 times the reported sog: the definition of a jump.
        least_nm: 1, chosen by us: a stamp two minutes late at 25 kn is 0.8 nm off.
        patience_h: how long a well-known second track is kept against an odd fix, and how long
            the first is silent before they change places; 12, chosen by us: jamming of a night.
        forget_h: a second track not heard for longer, while the first goes on, is forgotten; 3,
            chosen by us: two satellite passes.
    """

    sog_kn: float = 40
    sog_times: float = 3
    least_nm: float = 1
    patience_h: float = 12
    forget_h: float = 3

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"tracks: {field} must be positive", field=field)


class Tracks:
    """Both tracks of every vessel, by the picture's slots.

    ``tracks["at0"]`` is a column of the first track, ``tracks["at1"]`` of the second: at (us, of
    the last fix), lon, lat, sog, cog, fixes (how many, 0 for no track). Of both: second (the last
    fix was of the second), turns (changes from one to the other since the second began), run,
    run_at, run_lon, run_lat (fixes since the last turn, and the first of them), leap_nm (from the
    other track, at the last turn), began (of the second, us), era (changes with every new second
    track), circle_from, circle_to (us, when `risk.detect.spoof_circle` found fixes on a circle).

    Attributes:
        split: slots that have a second track, ascending.
    """

    def __init__(self, params: TracksParams | None = None) -> None:
        self.params = params or TracksParams()
        pairs = {f"{name}{k}": column for name, column in _OF_TRACK.items() for k in (0, 1)}
        self._memory = Memory(
            second=("?", 0), turns=("i4", 0), run=("i4", 0), run_at=("i8", UNKNOWN_TIME),
            run_lon=("f8", np.nan), run_lat=("f8", np.nan), leap_nm=("f4", np.nan),
            began=("i8", UNKNOWN_TIME), era=("i4", 0), circle_from=("i8", UNKNOWN_TIME),
            circle_to=("i8", UNKNOWN_TIME), **pairs,
        )  # fmt: skip
        self.split: npt.NDArray[np.intp] = np.zeros(0, np.intp)

    def __getitem__(self, column: str) -> Array:
        return self._memory[column]

    def follow(self, picture: Picture, slots: Int32, reports: ReportBatch) -> npt.NDArray[np.bool_]:
        """Which fixes are doubtful, shape (n,); reports in order of time."""
        memory, params = self._memory, self.params
        memory.reach(picture)
        doubtful = np.zeros(len(slots), np.bool_)
        begun = np.zeros(len(slots), np.int32)
        number = _follow(
            slots, reports.reported_at, reports.lon, reports.lat, reports.sog, reports.cog,
            params.sog_kn, params.sog_times, params.least_nm, params.patience_h * HOUR_US,
            self._pair("at"), self._pair("lon"), self._pair("lat"), self._pair("sog"),
            self._pair("cog"), self._pair("fixes"), memory["second"], memory["turns"],
            memory["run"], memory["run_at"], memory["run_lon"], memory["run_lat"],
            memory["leap_nm"], memory["began"], memory["era"], doubtful, begun,
        )  # fmt: skip
        if number:
            self.split = np.union1d(self.split, begun[:number]).astype(np.intp)
        return doubtful

    def tick(self, now_us: Microseconds) -> None:
        """Lets tracks change places, and forgets those not heard for long."""
        if not len(self.split):
            return
        memory, params = self._memory, self.params
        ahead = memory["at1"][self.split] - memory["at0"][self.split]
        gone_on = ahead >= int(params.patience_h * HOUR_US)
        self._exchange(self.split[gone_on & (memory["fixes1"][self.split] >= HELD)])
        old = memory["at1"][self.split] < now_us - int(params.forget_h * HOUR_US)
        self._drop(self.split[old & ~memory["second"][self.split]])
        self.split = self.split[memory["fixes1"][self.split] > 0]

    def state(self) -> dict[str, Any]:
        """Both tracks of every vessel."""
        return {"memory": self._memory.state(), "split": self.split.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state["memory"])
        self.split = np.array(state["split"], np.intp)

    def _pair(self, name: str) -> tuple[Array, Array]:
        return self._memory[f"{name}0"], self._memory[f"{name}1"]

    def _exchange(self, slots: Array) -> None:
        for name in _OF_TRACK:
            first, second = self._pair(name)
            first[slots], second[slots] = second[slots], first[slots]
        self._memory["second"][slots] = False
        self._memory["era"][slots] += 1

    def _drop(self, slots: Array) -> None:
        for name, (_, fill) in _OF_TRACK.items():
            self._memory[f"{name}1"][slots] = fill
        self._memory["turns"][slots] = 0
        self._memory["second"][slots] = False
        self._memory["era"][slots] += 1


@numba.njit(cache=True, nogil=True)
def _follow(
    slots: Int32, times: Int64, lon: Array, lat: Array, sog: Array, cog: Array, sog_kn: float,
    sog_times: float, least_nm: float, patience_us: float, at: Any, last_lon: Any, last_lat: Any,
    last_sog: Any, last_cog: Any, fixes: Any, second: Array, turns: Array, run: Array,
    run_at: Array, run_lon: Array, run_lat: Array, leap_nm: Array, began: Array, era: Array,
    doubtful: Array, begun: Array,
) -> int:  # fmt: skip
    """Gives each fix to a track; the number of second tracks begun, their slots in `begun`."""
    number = 0
    for i in range(len(slots)):
        slot = slots[i]
        if math.isnan(lon[i]) or math.isnan(lat[i]):
            continue
        fit0, off0 = 0.0, 0.0
        if fixes[0][slot] > 0:
            fit0, off0 = _fit(0, slot, times[i], lon[i], lat[i], sog[i], sog_kn, sog_times,
                              least_nm, at, last_lon, last_lat, last_sog, last_cog)  # fmt: skip
        k = 0 if fit0 <= 1.0 else -1
        if fixes[1][slot] > 0:
            fit1, off1 = _fit(1, slot, times[i], lon[i], lat[i], sog[i], sog_kn, sog_times,
                              least_nm, at, last_lon, last_lat, last_sog, last_cog)  # fmt: skip
            if fit1 <= 1.0 and (k < 0 or off1 < off0 or (off1 == off0 and second[slot])):
                k = 1
        if k < 0:
            doubtful[i] = True
            if fixes[1][slot] >= HELD and times[i] - at[1][slot] <= patience_us:
                continue
            k, fixes[1][slot], second[slot], turns[slot] = 1, 0, False, 0
            began[slot] = times[i]
            era[slot] += 1
            begun[number] = slot
            number += 1
        doubtful[i] = k == 1
        if second[slot] != (k == 1):
            second[slot] = k == 1
            turns[slot] += 1
            run[slot], run_at[slot] = 0, times[i]
            run_lon[slot], run_lat[slot] = lon[i], lat[i]
            leap_nm[slot] = range_nm(last_lon[1 - k][slot], last_lat[1 - k][slot], lon[i], lat[i])
        run[slot] += 1
        if k == 1 and fixes[0][slot] < HELD and fixes[1][slot] + 1 >= HELD:
            k, doubtful[i], second[slot], turns[slot] = 0, False, False, 0
            fixes[0][slot], fixes[1][slot] = fixes[1][slot], 0
            era[slot] += 1
        fixes[k][slot] += 1
        at[k][slot], last_lon[k][slot], last_lat[k][slot] = times[i], lon[i], lat[i]
        last_sog[k][slot], last_cog[k][slot] = sog[i], cog[i]
    return number


@numba.njit(cache=True, nogil=True)
def _fit(
    k: int, slot: int, time: int, lon: float, lat: float, sog: float, sog_kn: float,
    sog_times: float, least_nm: float, at: Any, last_lon: Any, last_lat: Any, last_sog: Any,
    last_cog: Any,
) -> tuple[float, float]:  # fmt: skip
    """Way from a track's last fix over what can be sailed; and nm from where it should be."""
    hours = (time - at[k][slot]) / 3.6e9
    way_nm = range_nm(last_lon[k][slot], last_lat[k][slot], lon, lat)
    fastest = sog_kn
    known_sog, known_cog = float(last_sog[k][slot]), float(last_cog[k][slot])
    for reported in (sog, known_sog):
        if sog_times * reported > fastest:
            fastest = sog_times * reported
    fit = way_nm / max(least_nm, fastest * hours)
    if math.isnan(known_sog) or math.isnan(known_cog):
        return fit, way_nm
    north = known_sog * hours / 60.0 * math.cos(math.radians(known_cog))
    east = known_sog * hours / 60.0 * math.sin(math.radians(known_cog))
    there_lat = min(max(last_lat[k][slot] + north, -89.9), 89.9)
    there_lon = last_lon[k][slot] + east / max(math.cos(math.radians(there_lat)), 0.01)
    return fit, range_nm(there_lon, there_lat, lon, lat)
