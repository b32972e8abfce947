"""Jumps, clones, circles and identities together: what changes no event."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.batch import ReportBatch, StaticBatch
from risk.detectors import standard_detectors
from risk.engine import Engine
from risk.event import event_line
from sea.geodesy import destination

KINDS = {"jump", "clone", "spoof_circle", "bad_identity", "identity_change"}
FEW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def rows(a_run):
    """Five hours of a ship that jumps, a clone, a circle, a number nobody set, a new number."""
    gone = a_run(235000001, 0, 300, sog=12.0)
    gone[20:40] = [{**row, "lat": 9.0} for row in gone[20:40]]
    circle = a_run(235000003, 0, 300, lon=-80.0, sog=11.0)
    for n in range(30, 70):
        lon, lat = destination(-80.5, 5.0, 24.0 * n, 1.2)
        circle[n] = {**circle[n], "lon": float(lon), "lat": float(lat)}
    return [
        *gone,
        *circle,
        *a_run(235000002, 0, 300, lon=-85.0, sog=9.0, every=4),
        *a_run(235000002, 61, 250, lon=-60.0, lat=20.0, sog=7.0, every=5),
        *a_run(123456789, 3, 200, lon=-100.0),
        *a_run(235000004, 0, 100, lon=-110.0, sog=10.0),
        *a_run(538000004, 105, 300, lon=-109.7, sog=10.0),
    ]


@pytest.fixture
def traffic(rows, reports):
    return reports(*[rows[i] for i in np.random.default_rng(0).permutation(len(rows))])


@pytest.fixture
def statics(a_static):
    said = [a_static(mmsi, 70, minute) for mmsi, minute in
            ((235000004, 10), (235000004, 16), (538000004, 110), (538000004, 116))]  # fmt: skip
    batch = StaticBatch.concat(said)
    columns = {name: getattr(batch, name) for name in StaticBatch.dtypes()}
    return StaticBatch.of(**columns | {"imo": [9074729] * 4, "name": ["PACIFIC TRADER"] * 4})


def expected_lines(traffic, statics, minute):
    engine = Engine(standard_detectors())
    events = engine.take("feed", traffic, statics, minute(400)) + engine.finish()
    assert {event.kind for event in events} >= KINDS
    return engine, [event_line(event) for event in events]


@FEW
@given(cuts=st.lists(st.integers(0, 480), max_size=5), seed=st.integers(0, 99))
def test_the_order_and_size_of_batches_change_no_event(traffic, statics, minute, cuts, seed):
    _, expected = expected_lines(traffic, statics, minute)
    draw = np.random.default_rng(seed)
    shuffled = traffic.take(draw.permutation(len(traffic)))
    engine, found, low = Engine(standard_detectors()), [], 0
    engine.take("feed", ReportBatch.empty(), statics.take(draw.permutation(len(statics))), 0)
    for high in [*sorted(cuts), len(traffic)]:
        found += engine.take("feed", shuffled.take(np.arange(low, high)), StaticBatch.empty(), 0)
        low = high
    found += engine.take("feed", ReportBatch.empty(), StaticBatch.empty(), minute(400))
    assert [event_line(event) for event in found + engine.finish()] == expected


@FEW
@given(stop=st.integers(0, 320))
def test_an_engine_that_was_stopped_and_restored_gives_the_same_events(
    traffic, statics, minute, stop
):
    whole, expected = expected_lines(traffic, statics, minute)
    first, second = Engine(standard_detectors()), Engine(standard_detectors())
    found = first.take("feed", traffic, statics, minute(stop))
    second.restore(first.state())
    found += second.take("feed", ReportBatch.empty(), StaticBatch.empty(), minute(400))
    assert [event_line(event) for event in found + second.finish()] == expected
    np.testing.assert_equal(second.state(), whole.state())


def test_each_ship_is_known_by_one_thing_only(traffic, statics, minute):
    engine, last = Engine(standard_detectors()), {}
    for event in engine.take("feed", traffic, statics, minute(400)) + engine.finish():
        last[event.id] = event
    seen = {(mmsi, e.kind) for e in last.values() if e.status != "retracted" for mmsi in e.mmsis}
    assert seen == {
        (235000001, "jump"), (235000002, "clone"), (235000003, "spoof_circle"),
        (123456789, "bad_identity"), (235000004, "identity_change"),
        (538000004, "identity_change"),
    }  # fmt: skip
