"""Jump: a vessel reported where she cannot have sailed, and again from there.

Definition: between two fixes in turn the vessel would have sailed above 40 kn and above three
times the sog she reports, over 3 nm or more, and 3 later fixes carry on from the new place with
none from the old one between. One bad fix is no jump, nor is a number heard from two places by
turns (`risk.detect.clone`). It starts with the first fix at the new place and ends with the last
one there before she is heard where she was (``returned``), or before the new place is accepted,
12 h later (``stayed``).

Retracted when the fixes there turn out to be one of two tracks heard by turns, or a circle.
Units: nm, kn, minutes; the position is that of the first fix at the new place.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from ingest.batch import Int32, ReportBatch
from ingest.picture import Picture
from risk.detect.tracks import HELD, Tracks
from risk.event import Event, Status
from sea.errors import BadInputError
from sea.units import HOUR_US, MINUTE_US, Microseconds

_AGAIN: Final = 2
"""Fixes in turn that show that a track goes on; one may be a bad fix. Chosen by us."""

_BY_TURNS: Final = "two tracks of this number are heard by turns"
_CIRCLE: Final = "her fixes there lie on a circle"


@dataclass(frozen=True, slots=True, kw_only=True)
class JumpParams:
    """Thresholds of a jump; those of its speed are of `risk.detect.tracks.TracksParams`.

    Attributes:
        later: fixes after the first from the new place; 3, chosen by us (design figure).
        least_nm: 3, chosen by us: a clock ten minutes wrong moves a ship of 18 kn as far.
    """

    later: float = 3
    least_nm: float = 3

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"jump: {field} must be positive", field=field)


@dataclass(slots=True, kw_only=True)
class _Leap:
    """One jump; times in us. `over`: ended or retracted; `void`: retracted."""

    era: int
    began: int
    announced: int
    there_at: int
    lon: float
    lat: float
    from_lon: float
    from_lat: float
    distance_nm: float
    implied_kn: float
    turns: int
    over: bool = False
    void: bool = False


class Jump:
    """Reads the tracks of vessels that have two."""

    kinds: tuple[str, ...] = ("jump",)

    def __init__(self, params: JumpParams | None = None) -> None:
        self.params = params or JumpParams()
        self.tracks = Tracks()
        self._leaps: dict[int, _Leap] = {}

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Nothing: the tracks are looked at when the minute is over."""
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Jumps that have been held, those that are over, and those contradicted."""
        events = [e for slot in list(self._leaps) if (e := self._changed(picture, slot))]
        return events + self._opened(picture, now_us)

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: who is away when the timeline ends stays away."""
        return []

    def state(self) -> dict[str, Any]:
        """Jumps whose second track is still followed."""
        return {"leaps": [[slot, *asdict(leap).values()] for slot, leap in self._leaps.items()]}

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        names = list(_Leap.__dataclass_fields__)
        self._leaps = {
            slot: _Leap(**dict(zip(names, values, strict=True))) for slot, *values in state["leaps"]
        }

    def _opened(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        tracks, slots = self.tracks, self.tracks.split
        away = tracks["second"][slots] & (tracks["run"][slots] > self.params.later)
        away &= tracks["fixes1"][slots] - tracks["run"][slots] < _AGAIN
        away &= tracks["fixes0"][slots] >= HELD
        away &= tracks["leap_nm"][slots] >= self.params.least_nm
        away &= tracks["circle_to"][slots] < tracks["run_at"][slots]
        events = []
        for slot in slots[away].tolist():
            if slot in self._leaps:
                continue
            began, left = int(tracks["run_at"][slot]), int(tracks["at0"][slot])
            distance = float(tracks["leap_nm"][slot])
            leap = self._leaps[slot] = _Leap(
                era=int(tracks["era"][slot]), turns=int(tracks["turns"][slot]), began=began,
                announced=now_us, there_at=int(tracks["at1"][slot]),
                lon=float(tracks["run_lon"][slot]), lat=float(tracks["run_lat"][slot]),
                from_lon=float(tracks["lon0"][slot]), from_lat=float(tracks["lat0"][slot]),
                distance_nm=distance, implied_kn=distance * HOUR_US / max(began - left, 1),
            )  # fmt: skip
            events.append(_event(picture, slot, leap, "open"))
        return events

    def _changed(self, picture: Picture, slot: int) -> Event | None:
        """What became of a jump since the last minute."""
        tracks, leap = self.tracks, self._leaps[slot]
        if tracks["era"][slot] != leap.era:
            del self._leaps[slot]
            return None if leap.over else _event(picture, slot, leap, "ended", after="stayed")
        if leap.void:
            return None
        if tracks["circle_to"][slot] >= leap.began and tracks["circle_from"][slot] <= leap.there_at:
            leap.over = leap.void = True
            return _event(picture, slot, leap, "retracted", reason=_CIRCLE)
        on_second, settled = bool(tracks["second"][slot]), tracks["run"][slot] >= _AGAIN
        if tracks["turns"][slot] > leap.turns + 2 or (leap.over and on_second and settled):
            leap.over = leap.void = True
            return _event(picture, slot, leap, "retracted", reason=_BY_TURNS)
        if leap.over:
            return None
        leap.there_at = int(tracks["at1"][slot])
        if on_second or not settled:
            return None
        leap.over = True
        return _event(picture, slot, leap, "ended", after="returned")


def _event(picture: Picture, slot: int, leap: _Leap, status: Status, **facts: str) -> Event:
    return Event(
        kind="jump",
        mmsis=(int(picture.mmsi[slot]),),
        started_at=leap.began,
        ended_at=None if status == "open" else leap.there_at,
        detected_at=leap.announced,
        lon=leap.lon,
        lat=leap.lat,
        status=status,
        confidence=0.8,
        evidence={
            "distance_nm": round(leap.distance_nm, 1),
            "implied_sog_kn": round(leap.implied_kn),
            "from_lon": round(leap.from_lon, 5),
            "from_lat": round(leap.from_lat, 5),
            "minutes": round((leap.there_at - leap.began) / MINUTE_US, 1),
            **facts,
        },
    )
