import pytest

from risk.detect.clone import Clone, CloneParams
from risk.detect.jump import Jump
from risk.detectors import standard_detectors
from risk.engine import Engine
from sea.errors import BadInputError

SHIP = 235000001


def two(a_run, nm, begin=60, end=240, *, every=3.0):
    """A ship for six hours, and another with her number `nm` to the north from begin to end."""
    first = a_run(SHIP, 0, 360, sog=12.0, every=every)
    return [*first, *a_run(SHIP, begin + 1, end, lat=3.0 + nm / 60, sog=9.0, every=every * 1.3)]


def kinds(events):
    return [(event.kind, event.status) for event in events]


def test_one_number_heard_far_apart_by_turns_is_a_clone(a_run, detected, minute):
    rows = [*two(a_run, 900), *a_run(SHIP, 363, 700, lon=-88.8, sog=12.0)]
    opened, ended = detected(Clone(), rows)
    assert (opened.kind, opened.mmsis, opened.status) == ("clone", (SHIP,), "open")
    assert opened.started_at == minute(61)
    assert opened.detected_at <= minute(61 + 3 * 3.9 + 1)
    assert opened.evidence["apart_nm"] == pytest.approx(900, abs=5)
    assert ended.id == opened.id
    assert minute(235) <= ended.ended_at <= minute(240)


def test_forty_nautical_miles_are_not_far_enough(a_run, detected):
    assert detected(Clone(), two(a_run, 40)) == []


def test_a_clone_is_no_stream_of_jumps_whichever_is_heard_more_often(a_run, detected):
    assert detected(Jump(), two(a_run, 900)) == []
    often = [*a_run(SHIP, 0, 360, sog=12.0, every=10), *a_run(SHIP, 61, 240, lat=20.0, every=1)]
    assert kinds(detected(Jump(), often)) == [("jump", "open"), ("jump", "retracted")]
    assert kinds(detected(Clone(), often)) == [("clone", "open")]


def test_satellites_that_hear_the_two_by_turns_show_a_clone(a_run, detected):
    rows = a_run(SHIP, 0, 12, sog=12.0)
    for hour in range(2, 10, 2):
        rows += a_run(SHIP, hour * 60, hour * 60 + 12, lat=40.0, sog=0.0)
        rows += a_run(SHIP, hour * 60 + 50, hour * 60 + 56, lon=-90 + hour * 0.2, sog=12.0)
    assert kinds(detected(Clone(), rows)) == [("clone", "open")]
    assert kinds(detected(Jump(), rows))[-1] == ("jump", "retracted")


def test_a_jump_and_the_return_from_it_are_no_clone(a_run, detected):
    rows = [*a_run(SHIP, 0, 60), *a_run(SHIP, 63, 120, lat=20.0), *a_run(SHIP, 123, 300)]
    assert detected(Clone(), rows) == []


def test_scattered_bad_fixes_are_no_clone(a_run, detected):
    rows = a_run(SHIP, 0, 600, sog=12.0)
    for n in range(5, 200, 9):
        rows[n] = {**rows[n], "lon": -170.0 + 37 * n % 300, "lat": -60.0 + 23 * n % 120}
    assert detected(Clone(), rows) == []


def test_a_clone_near_another_ship_meets_nobody_and_leaves_no_gap(a_run, reports, a_static):
    rows = two(a_run, 900, end=360)
    rows += a_run(235000002, 0, 360, lat=18.0, sog=9.0)
    rows += [{**row, "sog": 0.5} for row in a_run(235000003, 0, 360, lat=3.003, lon=-89.9)]
    engine = Engine(standard_detectors())
    nothing = type(a_static(1, 1)).empty()
    events = engine.take("feed", reports(*rows), nothing, rows[-1]["reported_at"])
    events += engine.finish()
    assert {event.kind for event in events if SHIP in event.mmsis} == {"clone"}


def test_clone_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="apart_nm"):
        CloneParams(apart_nm=-1)
