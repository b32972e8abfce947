"""All detectors together: batches, partitions, order and restarts change no byte of the events."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

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


def shuffled(table, chance, late_s):
    """The rows as they arrive: each up to so many seconds after it was heard; and when."""
    arrived = table.received_at + chance.integers(0, late_s * SECOND_US + 1, len(table))
    order = np.argsort(arrived, kind="stable")
    return table.take(order), arrived[order]


def partitioned(table, partitions, chance):
    """The rows of a batch as a log hands them on: partition after partition, in any order."""
    of = table.mmsi % partitions
    rows = [np.flatnonzero(of == n) for n in chance.permutation(partitions)]
    return table.take(np.concatenate(rows).astype(np.int64))


def run(feed, *, cuts=(), partitions=1, restarts=(), late_s=0, seed=0):
    """Lines of every word on every event, in the order given out.

    The feed is cut into batches at shares of its length, each taken at its mark, as the watch
    takes what the log holds; after batches of the numbers `restarts` the engine is begun anew.
    """
    chance = np.random.default_rng(seed)
    reports, heard = shuffled(feed[0], chance, late_s)
    statics, told = shuffled(feed[1], chance, late_s)
    edges = sorted({0, len(reports), *(int(cut * len(reports)) for cut in cuts)})
    engine, events, newest, done = Engine(standard_detectors()), [], 0, 0
    for number, (low, high) in enumerate(pairwise(edges)):
        last = high == len(reports)
        until = len(statics) if last else int(np.searchsorted(told, heard[high - 1], side="right"))
        newest = max(newest, int(reports.reported_at[low:high].max()))
        batches = (
            partitioned(table.take(np.arange(first, after)), partitions, chance)
            for table, first, after in ((reports, low, high), (statics, done, until))
        )
        events += engine.take("feed", *batches, watermark_of(newest))
        done = until
        if number in restarts:
            state = snapshot.unpack(snapshot.pack(engine.state()))
            engine = Engine(standard_detectors())
            engine.restore(state)
    assert engine.counts["late"] == 0
    return [event_line(event) for event in [*events, *engine.finish()]]


@pytest.fixture(scope="module")
def expected(feed):
    lines = run(feed)
    kinds = {kind for kind in Engine(standard_detectors()).detectors for kind in kind.kinds}
    found = {kind for kind in kinds if any(b'"kind":"%s"' % kind.encode() in x for x in lines)}
    assert len(found) > 8
    return lines


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cuts=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=60),
    partitions=st.integers(1, 16),
    restarts=st.sets(st.integers(0, 60), max_size=2),
    late_s=st.integers(0, 40),
    seed=st.integers(0, 2**32 - 1),
)
@example(cuts=[0.5], partitions=16, restarts=set(), late_s=40, seed=1)
@example(cuts=np.linspace(0, 1, 200).tolist(), partitions=3, restarts={7, 70}, late_s=0, seed=2)
def test_batches_partitions_order_and_restarts_change_no_byte(
    feed, expected, cuts, partitions, restarts, late_s, seed
):
    lines = run(feed, cuts=cuts, partitions=partitions, restarts=restarts, late_s=late_s, seed=seed)
    assert lines == expected
