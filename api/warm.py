"""Compiles every kernel once, at set-up, so that no user waits for it: ``python -m api.warm``.

An hour of a small exercise goes the whole way, from bytes to a plan.
"""

from typing import TypeVar

from escort.fleet import exercise_fleet
from escort.plan import plan
from escort.request import build_scenario
from ingest.batch import ReportBatch, StaticBatch
from ingest.copy_format import positions_copy, statics_copy
from ingest.decode import Decoder
from ingest.exercise import Exercise
from ingest.exercise.world import World
from risk.assess import Assessor
from risk.detectors import standard_detectors
from risk.engine import Engine
from risk.evidence import Evidence
from sea.instants import parse_utc
from sea.units import HOUR_US, MINUTE_US

Table = TypeVar("Table", ReportBatch, StaticBatch)


def warm() -> None:
    """Runs each compiled kernel with the types the service uses."""
    start = parse_utc("2026-01-15T00:00:00Z")
    end = start + HOUR_US
    exercise = Exercise("pacific", start_us=start, hours=1.0, vessels=60, seed=0)
    decoded = Decoder().feed(b"".join(line for _, line in exercise.lines(start, end)))
    for reports, statics in (
        (decoded.reports, decoded.statics),
        (_as_read(decoded.reports), _as_read(decoded.statics)),
    ):
        positions_copy(reports)
        statics_copy(statics)
    list(World(start_us=start, vessels=10, seed=0).played(start, start + MINUTE_US))
    engine = Engine(standard_detectors())
    engine.take("warm", decoded.reports, decoded.statics, end)
    engine.finish()
    passages = Assessor().assess(engine.picture, Evidence(), engine.now_us).passages()
    plan(build_scenario(passages, exercise_fleet(end, 48.0), end), seconds=1.0)


def _as_read(batch: Table) -> Table:
    """The batch as it comes out of the log: arrays that are not to be written are another type."""
    return type(batch).from_arrow(batch.to_arrow())


if __name__ == "__main__":
    warm()
