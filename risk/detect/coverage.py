"""Coverage lost: a whole receiver, or a region, that goes quiet; nobody's fault on board.

Definition: a receiver that heard three or more vessels in its last hour hears nobody for more
than 30 minutes, twice the longest silence of its last days, and 20 times its usual interval. It
starts at the last report it brought, and ends with the next. A receiver is the source that
reports name; where they name none, the 2 degree square of sea that they come from. Satellites
and merged feeds, whose reports lie hundreds of miles apart, have no place to lose.

Names no vessel. Units: nm, minutes; the position is the mean place of what it heard.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from ingest.batch import Int32, ReportBatch
from ingest.picture import Picture
from risk.event import Event
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.units import DAY_US, HOUR_US, MINUTE_US, Microseconds

_CHECK_US: Final = 5 * MINUTE_US
_SQUARE_DEG: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageParams:
    """Thresholds of a coverage loss; all chosen by us.

    Attributes:
        minutes: silence, at least; 30, three times the slowest interval of a ship at anchor
            (3 min, ITU-R M.1371-5 table 1) and room for repairs.
        longest: times its longest silence, remembered with a half-life of some 17 h; 2.
        intervals: times its mean interval; 20: by chance once in e^20.
        vessels: heard in its last hour; 3: one may have sailed on, three did not at once.
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
    """What is known of one receiver; times in us, the mean place in degrees."""

    since: int
    heard: int
    lon: float
    lat: float
    reports: int = 0
    reach_nm: float = 0.0
    longest: float = 0.0
    interval: float = 0.0
    announced: int = 0
    lost_vessels: int = 0


class Coverage:
    """Watches every receiver's rhythm."""

    kinds: tuple[str, ...] = ("coverage_lost",)

    def __init__(self, params: CoverageParams | None = None) -> None:
        self.params = params or CoverageParams()
        self._receivers: dict[str, _Receiver] = {}
        self._audience: dict[str, dict[int, int]] = {}

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Losses that these reports end."""
        located = np.flatnonzero(np.isfinite(reports.lon) & np.isfinite(reports.lat))
        rows_of: dict[str, list[int]] = {}
        for row in located.tolist():
            rows_of.setdefault(_receiver_name(reports, row), []).append(row)
        events = []
        for name, rows in rows_of.items():
            receiver = self._receivers.get(name)
            first = int(reports.reported_at[rows[0]])
            if receiver is None:
                receiver = self._receivers[name] = _Receiver(
                    since=first, heard=first, lon=float(reports.lon[rows[0]]),
                    lat=float(reports.lat[rows[0]]),
                )  # fmt: skip
            elif receiver.announced:
                events.append(_event(name, receiver, first))
                receiver.announced = 0
            _hear(receiver, reports, rows)
            times = zip(
                reports.mmsi[rows].tolist(), reports.reported_at[rows].tolist(), strict=True
            )
            self._audience.setdefault(name, {}).update(times)
        return events

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Every five minutes, receivers that have been quiet too long."""
        if now_us % _CHECK_US:
            return []
        events = []
        for name, receiver in self._receivers.items():
            audience = self._audience[name]
            for mmsi in [m for m, at in audience.items() if at < receiver.heard - HOUR_US]:
                del audience[mmsi]
            if not receiver.announced and self._is_lost(receiver, len(audience), now_us):
                receiver.announced, receiver.lost_vessels = now_us, len(audience)
                events.append(_event(name, receiver, None))
        return events

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: a loss that goes on when the timeline ends stays open."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every receiver."""
        return {
            "receivers": {name: asdict(r) for name, r in self._receivers.items()},
            "audience": {
                name: [[*pair] for pair in a.items()] for name, a in self._audience.items()
            },
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._receivers = {name: _Receiver(**row) for name, row in state["receivers"].items()}
        self._audience = {name: dict(pairs) for name, pairs in state["audience"].items()}

    def _is_lost(self, receiver: _Receiver, vessels: int, now_us: Microseconds) -> bool:
        params = self.params
        silence = now_us - receiver.heard
        enough = max(
            params.minutes * MINUTE_US,
            params.longest * receiver.longest,
            params.intervals * receiver.interval,
        )
        return (
            silence > enough
            and vessels >= params.vessels
            and receiver.heard - receiver.since >= params.known_hours * HOUR_US
            and receiver.reach_nm <= params.reach_nm
        )


def _receiver_name(reports: ReportBatch, row: int) -> str:
    source = reports.source[row]
    if source is not None:
        return str(source)
    corner = (int(np.floor(c[row] / _SQUARE_DEG) * _SQUARE_DEG) for c in (reports.lon, reports.lat))
    return "square {} {}".format(*corner)


def _hear(receiver: _Receiver, reports: ReportBatch, rows: list[int]) -> None:
    """Takes one minute's reports into the receiver's rhythm and place."""
    last = int(reports.reported_at[rows[-1]])
    silence = int(reports.reported_at[rows[0]]) - receiver.heard
    receiver.longest = max(receiver.longest * 0.5 ** (silence / (0.7 * DAY_US)), float(silence))
    span = (last - receiver.heard) / len(rows)
    receiver.interval += 0.05 * (span - receiver.interval)
    lon, lat = reports.lon[rows], reports.lat[rows]
    receiver.reports += len(rows)
    weight = max(len(rows) / receiver.reports, 0.01)
    receiver.lon += weight * float(np.mean((lon - receiver.lon + 180) % 360 - 180))
    receiver.lat += weight * float(np.mean(lat - receiver.lat))
    away = float(np.mean(distance_nm(receiver.lon, receiver.lat, lon, lat)))
    receiver.reach_nm += weight * (away - receiver.reach_nm)
    receiver.heard = last


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
