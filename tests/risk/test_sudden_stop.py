import pytest

from risk.detect.sudden_stop import SuddenStop, SuddenStopParams
from sea.errors import BadInputError

SHIP = 235000001


@pytest.fixture
def found(detected, a_static):
    """Events of a ship's rows, a cargo ship's unless another type is given."""
    return lambda rows, ship_type=70: detected(SuddenStop(), rows, [a_static(SHIP, ship_type)])


def test_from_sea_speed_to_nothing_in_minutes_is_a_sudden_stop(a_pace, found, minute):
    opened, ended = found(a_pace(SHIP, (60, 13), (40, 0.5), (30, 12)))
    assert (opened.kind, opened.status, opened.started_at) == ("sudden_stop", "open", minute(58))
    assert minute(60) <= opened.detected_at <= minute(64)
    assert (ended.id, ended.status, ended.ended_at) == (opened.id, "ended", minute(98))
    assert ended.evidence["from_sog_kn"] == 13.0


@pytest.mark.parametrize(
    "paces",
    [
        [(60, 13), (20, 7), (40, 0.5)],
        [(60, 7), (40, 0.5)],
        [(60, 13), (40, 4)],
        [(60, 13), (2, 0.5), (60, 13)],
    ],
    ids=["in its time", "never fast", "not slow enough", "one bad fix"],
)
def test_these_are_none(a_pace, found, paces):
    assert found(a_pace(SHIP, *paces)) == []


def test_off_a_port_ships_stop_all_the_time(a_pace, found):
    rows = a_pace(SHIP, (20, 13), (40, 0.5), lon=-79.55, lat=8.9)
    assert found(rows) == []


def test_in_a_road_ships_come_to_anchor(a_pace, a_run, found):
    rows = a_pace(SHIP, (60, 13), (40, 0.5))
    for number in range(3):
        rows += a_run(SHIP + 1 + number, 0, 98, lon=-89.8, lat=3.0 + number / 60, nav_status=1)
    assert found(sorted(rows, key=lambda row: row["reported_at"])) == []


@pytest.mark.parametrize("ship_type", [0, 30, 31, 50, 51, 52, 55, 37])
def test_craft_that_stop_at_work_have_none(a_pace, found, ship_type):
    rows = a_pace(SHIP, (60, 13), (40, 0.5))
    assert found(rows, ship_type) == []


def test_a_silence_of_hours_ends_it_at_the_last_slow_fix(a_pace, found, minute):
    rows = a_pace(SHIP, (60, 13), (300, 0.5))
    rows = [r for r in rows if not minute(90) < r["reported_at"] < minute(300)]
    assert [e.ended_at for e in found(rows)] == [None, minute(90)]


def test_sudden_stop_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="fast_kn"):
        SuddenStopParams(fast_kn=0)
