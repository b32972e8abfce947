"""Coverage lost: a whole receiver, or a region, that goes quiet; nobody's fault on board.

Definition: a receiver hears nobody for more than 30 minutes, twice the longest silence of its
last days, and 20 times its usual interval; and three or more vessels of its last hour should
still be within its usual reach (dead-reckoned), and are not heard by any other receiver of such
short reach since. It starts at the last report it brought, and ends with the next.

A receiver is the source that reports name; where they name none, the 2 degree square of sea that
they come from. Satellites and merged feeds, whose reports lie hundreds of miles apart, have no
place to lose.

Names no vessel. Units: nm, minutes; the position is the mean place of what it heard.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.batch import Int32, ReportBatch
from ingest.picture import Picture
from risk.detect.audience import Audience
from risk.detect.kernel import range_nm, reckoned
from risk.event import Event
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.units import DAY_US, HOUR_US, MINUTE_US, Microseconds

_CHECK_US: Final = 5 * MINUTE_US
_SQUARE_DEG: Final = 2.0
_USUAL_REACH: Final = 1.5
"""Times the mean distance of what it hears: the radius of a disc evenly filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageParams:
    """Thresholds of a coverage loss; all chosen by us.

    Attributes:
        minutes: silence, at least; 30, three times the slowest interval of a ship at anchor
            (3 min, ITU-R M.1371-5 table 1) and room for repairs.
        longest: times its longest silence, remembered with a half-life of some 17 h; 2.
        intervals: times its mean interval; 20: by chance once in e^20.
        vessels: heard in its last hour and by no neighbour since; 3: two may keep company.
        known_hours: how long a receiver is known before it can be lost; 1.
        reach_nm: mean distance of what it hears from its place, at most; 100.
    """

    minutes: float = 30
    longest: float = 2
    intervals: float = 20
    vessels: float = 3
    known_hours: float = 1
    reach_nm: float = 100

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"coverage: {field} must be positive", field=field)


@dataclass(slots=True, kw_only=True)
class _Receiver:
    """What is known of one receiver, the `number`th known; times in us, mean place in degrees."""

    number: int
    since: int
    heard: int
    lon: float
    lat: float
    places: int = 0
    reach_nm: float = 0.0
    longest: float = 0.0
    interval: float = 0.0
    announced: int = 0
    lost_vessels: int = 0


class Coverage:
    """Watches every receiver's rhythm."""

    kinds: tuple[str, ...] = ("coverage_lost",)
    hears_copies = True

    def __init__(self, params: CoverageParams | None = None) -> None:
        self.params = params or CoverageParams()
        self._receivers: dict[str, _Receiver] = {}
        self._audience = Audience()

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Losses that these reports end."""
        located = np.isfinite(reports.lon) & np.isfinite(reports.lat)
        heard = reports if located.all() else reports.take(np.flatnonzero(located))
        names, codes = _named(heard)
        order = np.argsort(codes, kind="stable")
        begins = np.searchsorted(codes[order], np.arange(len(names) + 1)).tolist()
        numbers = np.zeros(len(names), np.int64)
        events = []
        for code, name in enumerate(names):
            rows = order[begins[code] : begins[code + 1]]
            first, last = int(heard.reported_at[rows[0]]), int(heard.reported_at[rows[-1]])
            receiver = self._receivers.get(name)
            if receiver is None:
                receiver = _Receiver(
                    number=len(self._receivers), since=first, heard=first,
                    lon=float(heard.lon[rows[0]]), lat=float(heard.lat[rows[0]]),
                )  # fmt: skip
                self._receivers[name] = receiver
            elif receiver.announced:
                events.append(_event(name, receiver, first))
                receiver.announced = 0
            numbers[code] = receiver.number
            _hear(receiver, first, last, len(rows))
            any_row = rows[receiver.places % len(rows)]
            _place(receiver, float(heard.lon[any_row]), float(heard.lat[any_row]))
        self._audience.add(numbers[codes], heard.mmsi, heard.reported_at)
        return events

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Every five minutes, receivers that have been quiet too long."""
        if now_us % _CHECK_US:
            return []
        everyone = list(self._receivers.values())
        oldest = np.array([r.heard - HOUR_US for r in everyone], np.int64)
        reaches = np.array([r.reach_nm <= self.params.reach_nm for r in everyone], bool)
        self._audience.settle()
        events = []
        for name, receiver in self._receivers.items():
            if receiver.announced or not self._is_quiet(receiver, now_us):
                continue
            missing = self._audience.missing(receiver.number, receiver.heard, oldest, reaches)
            lost = _in_reach(picture, receiver, missing, now_us)
            if lost >= self.params.vessels:
                receiver.announced, receiver.lost_vessels = now_us, lost
                events.append(_event(name, receiver, None))
        self._audience.forget(oldest)
        return events

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: a loss that goes on when the timeline ends stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every receiver."""
        return {
            "receivers": {name: asdict(r) for name, r in self._receivers.items()},
            "audience": self._audience.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._receivers = {
            name: _Receiver(**{**row, "number": number})
            for number, (name, row) in enumerate(state["receivers"].items())
        }
        self._audience = Audience.restored(state["audience"])

    def _is_quiet(self, receiver: _Receiver, now_us: Microseconds) -> bool:
        params = self.params
        silence = now_us - receiver.heard
        enough = max(
            params.minutes * MINUTE_US,
            params.longest * receiver.longest,
            params.intervals * receiver.interval,
        )
        known_us = receiver.heard - receiver.since
        return (
            silence > enough
            and known_us >= params.known_hours * HOUR_US
            and receiver.reach_nm <= params.reach_nm
        )


def _in_reach(
    picture: Picture, receiver: _Receiver, mmsis: npt.NDArray[np.int64], now_us: Microseconds
) -> int:
    """How many of the vessels should still be within the receiver's usual reach."""
    slots = [slot for mmsi in mmsis.tolist() if (slot := picture.slot_of(mmsi)) is not None]
    lon, lat = reckoned(
        picture.lon[slots], picture.lat[slots], picture.sog[slots], picture.cog[slots],
        (now_us - picture.reported_at[slots]) / HOUR_US,
    )  # fmt: skip
    away = distance_nm(receiver.lon, receiver.lat, lon, lat)
    return int(np.count_nonzero(away <= _USUAL_REACH * receiver.reach_nm))


def _named(heard: ReportBatch) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Names of the receivers of the reports, in order of appearance, and which is each one's."""
    coded = pa.array(heard.source, pa.string(), from_pandas=True).dictionary_encode()
    names = coded.dictionary.to_pylist()
    codes = np.asarray(coded.indices.fill_null(-1), np.int64)
    nameless = np.flatnonzero(codes < 0)
    if not len(nameless):
        return names, codes
    west, south = (
        (c[nameless] // _SQUARE_DEG * _SQUARE_DEG).astype(np.int64) for c in (heard.lon, heard.lat)
    )
    places, which = np.unique(west * 1000 + south, return_inverse=True)
    known = {name: code for code, name in enumerate(names)}
    named = [f"square {(p + 500) // 1000} {(p + 500) % 1000 - 500}" for p in places.tolist()]
    codes[nameless] = np.array([known.setdefault(n, len(known)) for n in named])[which]
    return _by_appearance(list(known), codes)


def _by_appearance(
    names: list[str], codes: npt.NDArray[np.int64]
) -> tuple[list[str], npt.NDArray[np.int64]]:
    used, first, which = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(used), np.int64)
    place[order] = np.arange(len(used))
    return [names[code] for code in used[order].tolist()], place[which]


def _hear(receiver: _Receiver, first: Microseconds, last: Microseconds, reports: int) -> None:
    """Takes one minute's reports into the receiver's rhythm."""
    silence = first - receiver.heard
    receiver.longest = max(receiver.longest * 0.5 ** (silence / (0.7 * DAY_US)), float(silence))
    receiver.interval += 0.05 * ((last - receiver.heard) / reports - receiver.interval)
    receiver.heard = last


def _place(receiver: _Receiver, lon: float, lat: float) -> None:
    """Takes a position into the receiver's mean place and reach."""
    receiver.places += 1
    weight = max(1 / receiver.places, 0.01)
    receiver.lon += weight * ((lon - receiver.lon + 180) % 360 - 180)
    receiver.lat += weight * (lat - receiver.lat)
    away = range_nm(receiver.lon, receiver.lat, lon, lat)
    receiver.reach_nm += weight * (away - receiver.reach_nm)


def _event(name: str, receiver: _Receiver, regained_at: Microseconds | None) -> Event:
    return Event(
        kind="coverage_lost",
        mmsis=(),
        started_at=receiver.heard,
        ended_at=regained_at,
        detected_at=receiver.announced,
        lon=(receiver.lon + 180) % 360 - 180,
        lat=receiver.lat,
        status="open" if regained_at is None else "ended",
        confidence=0.8,
        evidence={
            "receiver": name,
            "vessels": receiver.lost_vessels,
            "reach_nm": round(receiver.reach_nm, 1),
            "longest_silence_min": round(receiver.longest / MINUTE_US, 1),
        },
    )
