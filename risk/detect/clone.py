"""Clone: one MMSI heard as two ships far apart at once.

Definition: fixes of one MMSI lie by turns on two tracks more than 50 nm apart: the first, the
second, the first and the second again, 4 fixes or more on each, and each can be sailed by itself
(`risk.detect.tracks`). Which of the two is the ship is not said; both may be. It starts with the
first fix on the second track, and ends when both were last heard: before either is silent for
6 h, or the two come within 25 nm of each other.

Numbers that nobody set are no clones (`risk.detect.bad_identity`).
Units: nm, hours; the position is the last one on the second track when it was announced.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from ingest.batch import Int32, ReportBatch
from ingest.picture import Picture
from risk.detect.bad_identity import fault
from risk.detect.tracks import HELD, Tracks
from risk.event import Event
from sea.errors import BadInputError
from sea.units import HOUR_US, Microseconds

_MET: Final = 0.5
"""Share of the least distance at which the two tracks have come together; chosen by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneParams:
    """Thresholds of a clone.

    Attributes:
        apart_nm: more than; 50, chosen by us (design figure): beyond the reach of one station.
        turns: changes from one track to the other, at least; 3, chosen by us: a jump and the
            return from it are two.
        quiet_h: silence of either that ends it; 6, chosen by us: some satellite passes.
    """

    apart_nm: float = 50
    turns: float = 3
    quiet_h: float = 6

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"clone: {field} must be positive", field=field)


@dataclass(slots=True, kw_only=True)
class _Pair:
    """Two tracks of one number; times in us."""

    began: int
    both_at: int
    announced: int
    lon: float
    lat: float
    apart_nm: float


class Clone:
    """Reads the tracks of vessels that have two."""

    kinds: tuple[str, ...] = ("clone",)

    def __init__(self, params: CloneParams | None = None) -> None:
        self.params = params or CloneParams()
        self.tracks = Tracks()
        self._pairs: dict[int, _Pair] = {}

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Nothing: the tracks are looked at when the minute is over."""
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Pairs of tracks that have shown themselves, and those that are over."""
        ended = [e for slot in list(self._pairs) if (e := self._over(picture, slot, now_us))]
        return ended + self._opened(picture, now_us)

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: two tracks that go on when the timeline ends stay open."""
        return []

    def state(self) -> dict[str, Any]:
        """Pairs of tracks that go on."""
        return {"pairs": [[slot, *asdict(pair).values()] for slot, pair in self._pairs.items()]}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        names = list(_Pair.__dataclass_fields__)
        self._pairs = {
            slot: _Pair(**dict(zip(names, values, strict=True))) for slot, *values in state["pairs"]
        }

    def _opened(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        tracks, slots = self.tracks, self.tracks.split
        both = tracks["turns"][slots] >= self.params.turns
        both &= np.minimum(tracks["fixes0"][slots], tracks["fixes1"][slots]) >= HELD
        both &= tracks["leap_nm"][slots] > self.params.apart_nm
        both &= tracks["circle_to"][slots] < tracks["began"][slots]
        both &= self._both_at(slots) >= now_us - int(self.params.quiet_h * HOUR_US)
        events = []
        for slot in slots[both].tolist():
            if slot in self._pairs or fault(int(picture.mmsi[slot])):
                continue
            pair = self._pairs[slot] = _Pair(
                began=int(tracks["began"][slot]), both_at=int(self._both_at(slot)),
                announced=now_us, lon=float(tracks["lon1"][slot]), lat=float(tracks["lat1"][slot]),
                apart_nm=float(tracks["leap_nm"][slot]),
            )  # fmt: skip
            events.append(self._event(picture, slot, pair, over=False))
        return events

    def _over(self, picture: Picture, slot: int, now_us: Microseconds) -> Event | None:
        tracks, pair = self.tracks, self._pairs[slot]
        if tracks["fixes1"][slot]:
            pair.both_at = max(pair.both_at, int(self._both_at(slot)))
        quiet = pair.both_at < now_us - int(self.params.quiet_h * HOUR_US)
        if not quiet and tracks["leap_nm"][slot] > _MET * self.params.apart_nm:
            return None
        del self._pairs[slot]
        return self._event(picture, slot, pair, over=True)

    def _both_at(self, slots: Any) -> Any:
        return np.minimum(self.tracks["at0"][slots], self.tracks["at1"][slots])

    def _event(self, picture: Picture, slot: int, pair: _Pair, *, over: bool) -> Event:
        return Event(
            kind="clone",
            mmsis=(int(picture.mmsi[slot]),),
            started_at=pair.began,
            ended_at=pair.both_at if over else None,
            detected_at=pair.announced,
            lon=pair.lon,
            lat=pair.lat,
            status="ended" if over else "open",
            confidence=0.8,
            evidence={
                "apart_nm": round(pair.apart_nm, 1),
                "hours": round((pair.both_at - pair.began) / HOUR_US, 2),
                "turns": int(self.tracks["turns"][slot]),
            },
        )
