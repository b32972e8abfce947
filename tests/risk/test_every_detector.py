"""All detectors together: batches, order and restarts change no byte of the events."""

import numpy as np
import pytest

from ingest import snapshot
from ingest.decode import Decoder
from ingest.exercise import Exercise
from risk.detectors import standard_detectors
from risk.engine import Engine, watermark_of
from risk.event import event_line
from sea.instants import parse_utc
from sea.units import HOUR_US, SECOND_US

START = parse_utc("2026-01-15T00:00:00Z")
HOURS = 12


@pytest.fixture(scope="module")
def feed():
    exercise = Exercise("spoofing", start_us=START, hours=HOURS, vessels=60, seed=31)
    lines = exercise.lines(START, START + HOURS * HOUR_US)
    decoded = Decoder().feed(b"".join(line for _, line in lines))
    return decoded.reports, decoded.statics


def run(feed, *, batch, restarts=0, rng=None):
    """Lines of every word on every event, in the order given out."""
    reports, statics = feed
    heard, told = reports.received_at, statics.received_at
    if rng is not None:
        heard = heard + rng.integers(0, 40 * SECOND_US, len(heard))
        told = told + rng.integers(0, 40 * SECOND_US, len(told))
    reports = reports.take(np.argsort(heard, kind="stable"))
    statics = statics.take(np.argsort(told, kind="stable"))
    heard, told = np.sort(heard), np.sort(told)
    engine, events, newest = Engine(standard_detectors()), [], 0
    edges = np.arange(0, len(reports) + batch, batch)
    again = set(np.linspace(0, len(edges), restarts + 2, dtype=int)[1:-1].tolist())
    low_static = 0
    for number, low in enumerate(edges[:-1].tolist()):
        part = reports.take(np.arange(low, min(low + batch, len(reports))))
        until = heard[min(low + batch, len(heard)) - 1]
        high_static = int(np.searchsorted(told, until, side="right"))
        newest = max(newest, int(part.reported_at.max()))
        events += engine.take("feed", part, statics.take(np.arange(low_static, high_static)),
                              watermark_of(newest))  # fmt: skip
        low_static = high_static
        if number in again:
            state = snapshot.unpack(snapshot.pack(engine.state()))
            engine = Engine(standard_detectors())
            engine.restore(state)
    return [event_line(event) for event in [*events, *engine.finish()]]


@pytest.fixture(scope="module")
def expected(feed):
    lines = run(feed, batch=2_000)
    kinds = {kind for kind in Engine(standard_detectors()).detectors for kind in kind.kinds}
    found = {kind for kind in kinds if any(b'"kind":"%s"' % kind.encode() in x for x in lines)}
    assert len(found) > 8
    return lines


@pytest.mark.parametrize("batch", [137, 50_000])
def test_the_size_of_batches_changes_nothing(feed, expected, batch):
    assert run(feed, batch=batch) == expected


def test_restarts_leave_no_trace(feed, expected):
    assert run(feed, batch=2_000, restarts=5) == expected


def test_order_within_the_watermark_changes_nothing(feed, expected):
    assert run(feed, batch=2_000, rng=np.random.default_rng(5)) == expected
