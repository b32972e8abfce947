import pytest

from risk.detect.slowdown import Slowdown, SlowdownParams
from sea.errors import BadInputError

SHIP = 235000001


@pytest.fixture
def found(detected, a_static):
    """Events of a ship's rows, a cargo ship's unless another type is given."""
    return lambda rows, ship_type=70: detected(Slowdown(), rows, [a_static(SHIP, ship_type)])


def test_half_an_hour_at_half_speed_is_a_slowdown_once_she_is_back_at_cruise(a_pace, found, minute):
    (event,) = found(a_pace(SHIP, (120, 14), (30, 6), (60, 14)))
    assert (event.kind, event.status, event.mmsis) == ("slowdown", "ended", (SHIP,))
    assert abs(event.started_at - minute(120)) <= minute(1) - minute(0)
    assert abs(event.ended_at - minute(150)) <= minute(1) - minute(0)
    assert minute(150) < event.detected_at <= minute(152)
    assert event.evidence["share"] == pytest.approx(6 / 14, abs=0.01)


@pytest.mark.parametrize(
    "paces",
    [
        [(120, 14), (8, 6), (60, 14)],
        [(120, 14), (80, 6), (60, 14)],
        [(120, 14), (30, 10), (60, 14)],
        [(120, 14), (30, 6), (120, 11)],
        [(120, 14), (30, 6), (10, 10), (30, 6), (60, 14)],
        [(30, 6), (60, 14)],
        [(20, 14), (30, 6), (60, 14)],
    ],
    ids=[
        "too short",
        "too long",
        "not slow",
        "not back",
        "slow again",
        "no cruise",
        "unknown cruise",
    ],
)
def test_these_are_none(a_pace, found, paces):
    assert found(a_pace(SHIP, *paces)) == []


def test_a_fix_above_the_threshold_within_it_does_not_end_it(a_pace, found):
    (event,) = found(a_pace(SHIP, (120, 14), (4, 8.2), (2, 8.6), (24, 7), (60, 14)))
    assert 28 <= event.evidence["minutes"] <= 32


def test_a_ship_that_left_a_port_an_hour_ago_is_measured_by_her_pace_at_sea(a_pace, found):
    (event,) = found(a_pace(SHIP, (240, 7), (60, 15), (30, 8), (60, 15)))
    assert event.evidence["cruise_kn"] > 13.5


def test_where_ships_lie_at_anchor_it_is_the_way_to_the_roads(a_pace, a_report, found):
    rows = a_pace(SHIP, (120, 14), (30, 6), (60, 14))
    slow = rows[60]
    lying = [a_report(SHIP + n, m, slow["lon"], slow["lat"] + 0.02 * n, 0.0, nav_status=1)
             for n in (1, 2, 3) for m in range(0, 200, 10)]  # fmt: skip
    assert len(found(rows)) == 1
    assert found([*rows, *lying]) == []


@pytest.mark.parametrize(
    ("ship_type", "number"), [(60, 1), (70, 1), (80, 1), (0, 1), (30, 0), (50, 0), (52, 0), (36, 0)]
)
def test_craft_that_are_no_merchants_have_none(a_pace, found, ship_type, number):
    rows = a_pace(SHIP, (120, 14), (30, 6), (60, 14))
    assert len(found(rows, ship_type)) == number


def test_near_a_port_it_is_the_approach(a_pace, found):
    rows = a_pace(SHIP, (120, 14), (30, 6), (60, 14), lon=-80.0, lat=8.85)
    assert found(rows) == []


def test_silence_within_hides_what_happened(a_pace, found, minute):
    rows = a_pace(SHIP, (120, 14), (40, 6), (60, 14))
    heard = [r for r in rows if not minute(126) < r["reported_at"] < minute(150)]
    assert found(heard) == []


def test_her_cruise_is_not_pulled_down_by_slowdowns(a_pace, found):
    paces = [(180, 14), (30, 6), (40, 14), (30, 6), (40, 14), (30, 6), (40, 14)]
    events = found(a_pace(SHIP, *paces))
    assert len(events) == 3
    assert {event.evidence["cruise_kn"] for event in events} == {14.0}


def test_slowdown_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="port_nm"):
        SlowdownParams(port_nm=0)
