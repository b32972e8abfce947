from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.batch import ReportBatch, StaticBatch
from risk.detectors import standard_detectors
from risk.engine import Engine, EngineParams, watermark_of
from risk.event import event_line
from sea.errors import BadInputError

NOTHING = StaticBatch.empty()
SLOW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Diary:
    """A detector that writes down what it is shown."""

    kinds = ()

    def __init__(self):
        self.seen, self.ticks = [], []

    def observe(self, picture, slots, reports):
        self.seen += list(zip(reports.reported_at.tolist(), reports.mmsi.tolist(), strict=True))
        assert picture.mmsi[slots].tolist() == reports.mmsi.tolist()
        return []

    def tick(self, picture, now_us):
        self.ticks.append(now_us)
        return []

    def finish(self, picture, now_us):
        return []

    def state(self):
        return {}

    def restore(self, state):
        pass


@pytest.fixture
def traffic(a_run, reports):
    """Three hours with a meeting, a drifter, a silence and a ship at a berth, shuffled."""
    rows = [
        *a_run(235000001, 0, 180, lon=-90.0, sog=0.4),
        *a_run(235000002, 0, 30, lon=-90.1, sog=12.0),
        *a_run(235000002, 33, 120, lon=-89.999, sog=0.3),
        *a_run(235000003, 0, 40, lon=-85.0, sog=14.0),
        *a_run(235000004, 0, 180, lon=-84.9, sog=1.0, every=7),
        *a_run(235000005, 0, 180, lon=-79.56, lat=8.94, nav_status=5),
    ]
    return reports(*[rows[i] for i in np.random.default_rng(0).permutation(len(rows))])


def fed(engine, batch, cuts, watermark):
    """Events of the batch given in pieces, all before the watermark moves."""
    edges = [0, *sorted(cuts), len(batch)]
    events = []
    for low, high in pairwise(edges):
        events += engine.take("feed", batch.take(np.arange(low, high)), NOTHING, 0)
    return events + engine.take("feed", ReportBatch.empty(), NOTHING, watermark)


def test_a_minute_is_shown_sorted_and_only_when_the_watermark_has_passed_it(
    a_report, reports, minute
):
    diary = Diary()
    engine = Engine([diary])
    batch = reports(a_report(300000002, 0.5), a_report(300000001, 0.5), a_report(300000003, 0.1))
    engine.take("feed", batch, NOTHING, minute(0.9))
    assert diary.seen == []
    engine.take("feed", ReportBatch.empty(), NOTHING, minute(1))
    assert [mmsi for _, mmsi in diary.seen] == [300000003, 300000001, 300000002]
    assert engine.now_us == minute(1)


def test_a_report_of_a_released_minute_is_late_and_changes_only_the_picture(
    a_report, reports, minute
):
    diary = Diary()
    engine = Engine([diary])
    engine.take("feed", reports(a_report(300000001, 0)), NOTHING, minute(10))
    engine.take("feed", reports(a_report(300000002, 5)), NOTHING, minute(11))
    assert engine.counts["late"] == 1
    assert [mmsi for _, mmsi in diary.seen] == [300000001]
    assert engine.picture.slot_of(300000002) is not None


def test_only_ships_reach_detectors(a_report, reports, minute):
    diary = Diary()
    engine = Engine([diary])
    rows = [
        a_report(300000001),
        a_report(993000001, msg_type=21),
        a_report(3000001, msg_type=4),
        a_report(111300001, msg_type=9),
        a_report(300000002, msg_type=17),
    ]
    engine.take("feed", reports(*rows), NOTHING, minute(1))
    assert [mmsi for _, mmsi in diary.seen] == [300000001]
    assert len(engine.picture) == 5


def test_the_slowest_source_holds_the_engine_back_unless_it_is_stale(a_report, reports, minute):
    engine = Engine([Diary()])
    engine.take("slow", reports(a_report(minute=0)), NOTHING, minute(2))
    engine.take("fast", reports(a_report(minute=4)), NOTHING, minute(5))
    assert engine.now_us == minute(2)
    engine.take("fast", reports(a_report(minute=8)), NOTHING, minute(9))
    assert engine.now_us == minute(9)


def test_years_of_silence_cost_few_ticks_and_always_the_same(a_report, reports, minute):
    years = 13 * 366 * 1440
    rows = reports(a_report(minute=0.5), a_report(minute=years))
    at_once, by_steps = Diary(), Diary()
    Engine([at_once]).take("feed", rows, NOTHING, minute(years + 1))
    engine = Engine([by_steps])
    engine.take("feed", rows, NOTHING, minute(1))
    for step in (30, 61, 90.5, 500, 1441, 1500, 10_000, years + 1):
        engine.take("feed", ReportBatch.empty(), NOTHING, minute(step))
    assert at_once.ticks == by_steps.ticks
    assert len(at_once.ticks) < 5000
    assert at_once.ticks[:3] == [minute(1), minute(2), minute(3)]


@SLOW
@given(cuts=st.lists(st.integers(0, 200), max_size=5), seed=st.integers(0, 99))
def test_the_order_and_size_of_batches_change_no_event(traffic, minute, cuts, seed):
    shuffled = traffic.take(np.random.default_rng(seed).permutation(len(traffic)))
    one, other = Engine(standard_detectors()), Engine(standard_detectors())
    expected = fed(one, traffic, [], minute(240)) + one.finish()
    found = fed(other, shuffled, cuts, minute(240)) + other.finish()
    assert {"rendezvous", "loitering", "stop"} <= {event.kind for event in expected}
    assert [event_line(e) for e in found] == [event_line(e) for e in expected]


@SLOW
@given(stop=st.integers(0, 240))
def test_an_engine_that_was_stopped_and_restored_gives_the_same_events(traffic, minute, stop):
    whole = Engine(standard_detectors())
    expected = fed(whole, traffic, [], minute(240)) + whole.finish()
    first, second = Engine(standard_detectors()), Engine(standard_detectors())
    found = fed(first, traffic, [], minute(stop))
    second.restore(first.state())
    found += second.take("feed", ReportBatch.empty(), NOTHING, minute(240)) + second.finish()
    assert [event_line(e) for e in found] == [event_line(e) for e in expected]
    np.testing.assert_equal(second.state(), whole.state())


def test_a_state_holds_plain_values_and_arrays_only(traffic, minute):
    engine = Engine(standard_detectors())
    fed(engine, traffic, [], minute(100))
    pending = [engine.state()]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            assert all(isinstance(key, str) for key in value)
            pending += value.values()
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, np.ndarray):
            assert not value.dtype.hasobject
        else:
            assert value is None or type(value) in (bool, int, float, str)


def test_the_watermark_trails_the_newest_report(minute):
    assert watermark_of(minute(2)) == minute(1)
    assert watermark_of(minute(2), EngineParams(lateness_s=30)) == minute(1.5)


def test_negative_lateness_is_refused():
    with pytest.raises(BadInputError, match="lateness_s"):
        EngineParams(lateness_s=-1)
