"""Measures the detectors on the exercise `world`: reports -> CPU time of each, and the verdicts.

The engine of the service is driven a minute of the feed at a time, as it is live; only the time
inside the detectors counts, not the decoder's nor the engine's own. The first minutes, in which
every ship is heard, are outside the clock. CPU time of the whole process, so that other work on
the machine does not matter, and the figure is one core's.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ingest.decode import Decoded, Decoder
from ingest.exercise.world import World
from risk.detect import Detector
from risk.detectors import named_detectors
from risk.engine import Engine, watermark_of
from sea.instants import parse_utc
from sea.units import MINUTE_US

WARM_MIN: Final = 7
"""Minutes of the feed outside the clock: every ship has reported and told her static data."""

REPORTS_PER_S_AT_LEAST: Final = 300_000
RATIO_AT_MOST: Final = 1.5
"""Targets: all detectors together on one core, and the dearest fleet's cost over the cheapest's."""

_LEAST_MIN: Final = 3
_METHODS: Final = ("observe", "observe_statics", "tick")
_START: Final = parse_utc("2026-03-10T11:00:00Z")
_SEED: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the detectors took of a fleet.

    Attributes:
        reports: messages within the clock, of position or static.
        seconds: CPU time of each detector.
        engine_s: CPU time of the engine with all of them.
    """

    vessels: int
    reports: int
    seconds: Mapping[str, float]
    engine_s: float

    @property
    def us_per_report(self) -> float:
        """CPU time of all detectors together for each report."""
        return sum(self.seconds.values()) / self.reports * 1e6


def measure(vessels: int, reports: int) -> Cost:
    """Cost of at least so many reports, and three minutes, of so many vessels."""
    detectors = named_detectors()
    engine = Engine(list(detectors.values()))
    feed = _minutes(vessels)
    for _, decoded in zip(range(WARM_MIN), feed, strict=False):
        _take(engine, decoded)
    clock: defaultdict[str, float] = defaultdict(float)
    for name, detector in detectors.items():
        _time(detector, name, clock)
    taken, minutes, began, decoding = 0, 0, time.process_time(), 0.0
    while taken < reports or minutes < _LEAST_MIN:
        before = time.process_time()
        decoded = next(feed)
        decoding += time.process_time() - before
        taken += _take(engine, decoded)
        minutes += 1
    engine_s = time.process_time() - began - decoding
    return Cost(vessels=vessels, reports=taken, seconds=dict(clock), engine_s=engine_s)


def _minutes(vessels: int) -> Iterator[Decoded]:
    """Every minute of the feed, without end."""
    world = World(start_us=_START, vessels=vessels, seed=_SEED)
    decoder, minute = Decoder(start_us=_START), _START
    while True:
        data = b"".join(world.played(minute, minute + MINUTE_US))
        minute += MINUTE_US
        yield decoder.feed(data)


def _take(engine: Engine, decoded: Decoded) -> int:
    newest = int(decoded.reports.reported_at.max())
    engine.take("world", decoded.reports, decoded.statics, watermark_of(newest))
    return len(decoded.reports) + len(decoded.statics)


def _time(detector: Detector, name: str, clock: defaultdict[str, float]) -> None:
    """Has every call of the detector's methods add to the clock."""

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            began = time.process_time()
            given = method(*args)
            clock[name] += time.process_time() - began
            return given

        return call

    for method in _METHODS:
        if hasattr(detector, method):
            setattr(detector, method, timed(getattr(detector, method)))


def report(costs: Sequence[Cost]) -> tuple[str, bool]:
    """A table of reports a second, and whether every target is met."""
    lines = [_row("reports/s on one core", [f"{cost.vessels:,} vessels" for cost in costs])]
    together = [f"{1e6 / cost.us_per_report:,.0f}" for cost in costs]
    lines.append(_row("all detectors together", together))
    dearest = sorted(costs[-1].seconds, key=lambda name: -costs[-1].seconds[name])
    for name in dearest:
        each = [cost.reports / max(cost.seconds[name], 1e-9) for cost in costs]
        lines.append(_row(f"  {name}", [f"{rate:,.0f}" for rate in each]))
    lines.append(_row("us a report, together", [f"{cost.us_per_report:.2f}" for cost in costs]))
    engine = [f"{cost.engine_s / cost.reports * 1e6:.2f}" for cost in costs]
    lines.append(_row("with the engine that drives them", engine))
    verdicts = list(_verdicts(costs))
    judged = [f"{'met ' if met else 'MISSED'}  {text}" for met, text in verdicts]
    return "\n".join([*lines, "", *judged]) + "\n", all(met for met, _ in verdicts)


def _verdicts(costs: Sequence[Cost]) -> Iterable[tuple[bool, str]]:
    for cost in costs:
        rate = 1e6 / cost.us_per_report
        text = f"{rate:,.0f} reports/s at {cost.vessels:,} vessels"
        yield rate >= REPORTS_PER_S_AT_LEAST, f"{text}, at least {REPORTS_PER_S_AT_LEAST:,}"
    if len(costs) > 1:
        ratio = costs[-1].us_per_report / costs[0].us_per_report
        text = f"a report costs {ratio:.2f} times as much at {costs[-1].vessels:,} vessels"
        text += f" as at {costs[0].vessels:,}, at most {RATIO_AT_MOST}"
        yield ratio <= RATIO_AT_MOST, text


def _row(title: str, cells: Sequence[str]) -> str:
    return f"{title:34}" + "".join(f"{cell:>18}" for cell in cells)
