"""The engine: reports in any order -> the picture and every detector, in event time -> events.

It collects hearings until the watermark has passed the end of a minute, sorts the minute, takes
each report once, applies it to the picture, shows it to every detector and ticks them. The events
depend on the hearings and the watermarks alone, not on batch sizes, restarts or the speed of a
replay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from ingest.batch import UNKNOWN_TIME, Column, Columns, Int32, ReportBatch, StaticBatch
from ingest.clean import (
    by_hearing,
    counted,
    flaws,
    once,
    ships,
    without_positions,
    without_zero_positions,
)
from ingest.coverage import Hearings
from ingest.picture import Picture
from risk.detect import Detector
from risk.detect.tracks import Tracks
from risk.event import Event
from risk.ship_hours import ShipHours
from sea.errors import BadInputError
from sea.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US, Microseconds

LATENESS_S: Final = 60
"""How far a feed's watermark trails its newest report, s; chosen by us: receivers and networks
deliver within seconds, a minute costs little against detectors that need 20 minutes."""

Table = TypeVar("Table", bound=Columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineParams:
    """How the engine treats time.

    Attributes:
        lateness_s: see `LATENESS_S`.
        stale_source_s: a source whose watermark is further behind the greatest than this holds
            nobody up; 300, chosen by us: a dead receiver must not stop the watch.
    """

    lateness_s: float = LATENESS_S
    stale_source_s: float = 300

    def __post_init__(self) -> None:
        for field in ("lateness_s", "stale_source_s"):
            if not getattr(self, field) >= 0:
                raise BadInputError(f"{field} must not be negative", field=field)


def watermark_of(newest_us: Microseconds, params: EngineParams | None = None) -> Microseconds:
    """Watermark of a feed whose newest report so far is of `newest_us`."""
    return newest_us - int((params or EngineParams()).lateness_s * SECOND_US)


class Engine:
    """Drives detectors in whole event-minutes behind a watermark.

    Attributes:
        picture: all that was heard up to `now_us`, of every kind of station, but for doubtful
            positions of ships.
        tracks: which positions of ships are doubtful.
        hearings: which source heard whom where, late ones included.
        ship_hours: how many merchant ships were where.
        now_us: end of the last released minute, us UTC; `UNKNOWN_TIME` before the first.
        counts: reports, statics, late (reports and statics of minutes already released), copies
            (hearings of a report heard before), not_ships, doubtful (positions), events, and each
            `ingest.clean.Flaw`.
    """

    def __init__(self, detectors: Sequence[Detector], params: EngineParams | None = None) -> None:
        self.detectors = tuple(detectors)
        self.params = params or EngineParams()
        self.picture = Picture()
        self.tracks = Tracks()
        self.hearings = Hearings()
        self.ship_hours = ShipHours()
        self.now_us: Microseconds = UNKNOWN_TIME
        self.counts = dict.fromkeys(
            ("reports", "statics", "late", "copies", "not_ships", "doubtful", "events"), 0
        ) | counted(flaws(ReportBatch.empty()))
        self._heard_until: Microseconds = UNKNOWN_TIME
        self._watermarks: dict[str, Microseconds] = {}
        self._reports: list[ReportBatch] = []
        self._statics: list[StaticBatch] = []
        self._heard = ReportBatch.empty()
        for detector in self.detectors:
            if hasattr(detector, "tracks"):
                detector.tracks = self.tracks
            if hasattr(detector, "hearings"):
                detector.hearings = self.hearings

    def take(
        self, source: str, reports: ReportBatch, statics: StaticBatch, watermark_us: Microseconds
    ) -> list[Event]:
        """Events of the minutes that this mark of the source releases, in event time.

        What is older than the last released minute is late: counted, and applied to the picture
        alone, which keeps a vessel's newest report.
        """
        self.counts["reports"] += len(reports)
        self.counts["statics"] += len(statics)
        self._reports.append(self._punctual(reports))
        self._statics.append(self._punctual(statics))
        known = self._watermarks.get(source, UNKNOWN_TIME)
        self._watermarks[source] = max(known, int(watermark_us))
        return self._release(self._watermark() // MINUTE_US * MINUTE_US)

    def finish(self) -> list[Event]:
        """Events of everything still held, then of every detector's `finish`: a timeline's end."""
        batches: tuple[ReportBatch | StaticBatch, ...] = (*self._reports, *self._statics)
        held = [batch.reported_at.max() for batch in batches if len(batch)]
        events = self._release(_minute_end(int(max(held)))) if held else []
        last = [e for d in self.detectors for e in d.finish(self.picture, self.now_us)]
        self.counts["events"] += len(last)
        return events + sorted(last, key=_order)

    def state(self) -> dict[str, Any]:
        """Plain values and arrays, nested, from which `restore` continues without a trace."""
        return {
            "picture": self.picture.state(),
            "now_us": self.now_us,
            "heard_until": self._heard_until,
            "counts": dict(self.counts),
            "watermarks": dict(self._watermarks),
            "reports": _plain(ReportBatch.concat(self._reports)),
            "statics": _plain(StaticBatch.concat(self._statics)),
            "heard": _plain(self._heard),
            "hearings": self.hearings.state(),
            "ship_hours": self.ship_hours.state(),
            "tracks": self.tracks.state(),
            "detectors": {_name(detector): detector.state() for detector in self.detectors},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from the `state` of an engine with the same parameters.

        A detector that the state does not know begins afresh; what only the state knows is left.
        """
        self.picture = Picture.restore(state["picture"])
        self.now_us = int(state["now_us"])
        self._heard_until = int(state["heard_until"])
        self.counts |= state["counts"]
        self._watermarks = dict(state["watermarks"])
        self._reports = [ReportBatch.of(**state["reports"])]
        self._statics = [StaticBatch.of(**state["statics"])]
        if "heard" in state:
            self._heard = ReportBatch.of(**state["heard"])
        if "hearings" in state:
            self.hearings.restore(state["hearings"])
        if "ship_hours" in state:
            self.ship_hours.restore(state["ship_hours"])
        if "tracks" in state:
            self.tracks.restore(state["tracks"])
        for detector in self.detectors:
            if _name(detector) in state["detectors"]:
                detector.restore(state["detectors"][_name(detector)])

    def _watermark(self) -> Microseconds:
        newest = max(self._watermarks.values())
        stale = int(self.params.stale_source_s * SECOND_US)
        return min(mark for mark in self._watermarks.values() if mark >= newest - stale)

    def _punctual(self, batch: Table) -> Table:
        late = np.flatnonzero(batch.reported_at < self.now_us)  # type: ignore[attr-defined]
        if not len(late):
            return batch
        self.counts["late"] += len(late)
        if isinstance(batch, StaticBatch):
            self.picture.apply_static(batch.take(late))
        elif isinstance(batch, ReportBatch):
            self.picture.apply(batch.take(late))
            self.hearings.add(batch.take(late), late=True)
        return batch.take(np.flatnonzero(batch.reported_at >= self.now_us))  # type: ignore[attr-defined]

    def _release(self, until: Microseconds) -> list[Event]:
        if until <= self.now_us:
            return []
        reports, self._reports = _split(self._reports, ReportBatch, until)
        statics, self._statics = _split(self._statics, StaticBatch, until)
        reports = reports.take(by_hearing(reports))
        first, self._heard = once(reports, self._heard, until)
        self._count(reports, first)
        reports = without_zero_positions(reports)
        statics = statics.take(np.lexsort((statics.msg_type, statics.mmsi, statics.reported_at)))
        minutes = np.union1d(reports.reported_at // MINUTE_US, statics.reported_at // MINUTE_US)
        events: list[Event] = []
        for minute in minutes.tolist():
            begin, end = minute * MINUTE_US, (minute + 1) * MINUTE_US
            events += self._quiet(begin)
            low, high = np.searchsorted(reports.reported_at, (begin, end))
            hearings = _within(reports, begin, end)
            events += self._minute(hearings, first[low:high], _within(statics, begin, end), end)
            self._heard_until = end
        events += self._quiet(until)
        self.now_us = until
        self.counts["events"] += len(events)
        return events

    def _count(self, hearings: ReportBatch, first: npt.NDArray[np.bool_]) -> None:
        reports = hearings.take(first)
        self.counts["copies"] += len(hearings) - len(reports)
        self.counts["not_ships"] += int(np.count_nonzero(~ships(reports)))
        for name, number in counted(flaws(reports)).items():
            self.counts[name] += number

    def _minute(
        self,
        hearings: ReportBatch,
        first: npt.NDArray[np.bool_],
        statics: StaticBatch,
        end: Microseconds,
    ) -> list[Event]:
        self.hearings.add(hearings)
        static_slots = self.picture.apply_static(statics)
        once_each = hearings if first.all() else hearings.take(first)
        slots = self.picture.slots(once_each.mmsi)
        raw, raw_slots, of_ship = _of_ships(once_each, slots)
        doubtful = np.zeros(len(once_each), np.bool_)
        doubtful[of_ship] = self.tracks.follow(self.picture, raw_slots, raw)
        self.counts["doubtful"] += int(np.count_nonzero(doubtful))
        placed = without_positions(once_each, doubtful)
        self.picture.apply(placed, slots)
        known = _of_ships(placed, slots)[0]
        heard, heard_slots = known, raw_slots
        if once_each is not hearings:
            heard, heard_slots, _ = _of_ships(hearings, self.picture.slots(hearings.mmsi))
        events: list[Event] = []
        for detector in self.detectors:
            if hasattr(detector, "observe_statics"):
                events += detector.observe_statics(self.picture, static_slots, statics)
            if getattr(detector, "hears_copies", False):
                events += detector.observe(self.picture, heard_slots, heard)
            elif getattr(detector, "hears_all", False):
                events += detector.observe(self.picture, slots, once_each)
            elif hasattr(detector, "tracks"):
                events += detector.observe(self.picture, raw_slots, raw)
            else:
                events += detector.observe(self.picture, raw_slots, known)
        self.now_us = end
        return sorted(events, key=_order) + self._tick(end)

    def _quiet(self, until: Microseconds) -> list[Event]:
        """Events of ticks without reports: each minute of an hour, hours of a day, then days.

        So a silence of years costs little, and every run ticks alike.
        """
        if self._heard_until == UNKNOWN_TIME:
            return []
        now = max(self.now_us, self._heard_until)
        events: list[Event] = []
        while (now := _next_quiet_tick(now, self._heard_until)) <= until:
            events += self._tick(now)
        return events

    def _tick(self, now_us: Microseconds) -> list[Event]:
        self.now_us = now_us
        self.tracks.tick(now_us)
        self.ship_hours.tick(self.picture, now_us)
        return sorted((e for d in self.detectors for e in d.tick(self.picture, now_us)), key=_order)


def _name(detector: Detector) -> str:
    return " ".join(detector.kinds)


def _next_quiet_tick(now: Microseconds, heard_until: Microseconds) -> Microseconds:
    for step, until in ((MINUTE_US, HOUR_US), (HOUR_US, DAY_US)):
        tick = (now // step + 1) * step
        if tick - heard_until <= until:
            return tick
    return (now // DAY_US + 1) * DAY_US


def _minute_end(instant: Microseconds) -> Microseconds:
    return (instant // MINUTE_US + 1) * MINUTE_US


def _order(event: Event) -> tuple[int, str, tuple[int, ...]]:
    return event.started_at, event.kind, event.mmsis


def _split(held: list[Table], table: type[Table], until: Microseconds) -> tuple[Table, list[Table]]:
    """What is older than `until`, and the rest."""
    batch = table.concat(b for b in held if len(b))
    due: npt.NDArray[np.bool_] = batch.reported_at < until  # type: ignore[attr-defined]
    return batch.take(due), [batch.take(~due)]


def _within(batch: Table, begin: Microseconds, end: Microseconds) -> Table:
    """Rows of begin <= reported_at < end of a batch sorted by it, as views."""
    times: npt.NDArray[np.int64] = batch.reported_at  # type: ignore[attr-defined]
    low, high = np.searchsorted(times, (begin, end))
    return type(batch)(**{name: getattr(batch, name)[low:high] for name in batch.dtypes()})


def _of_ships(
    reports: ReportBatch, slots: Int32
) -> tuple[ReportBatch, Int32, npt.NDArray[np.bool_]]:
    """The ships' reports, their slots, and which rows they are."""
    rows = ships(reports)
    return (reports, slots, rows) if rows.all() else (reports.take(rows), slots[rows], rows)


def _plain(batch: Columns) -> dict[str, Column | list[Any]]:
    columns = {name: getattr(batch, name) for name in batch.dtypes()}
    return {n: c.tolist() if c.dtype.hasobject else c.copy() for n, c in columns.items()}
