import pytest

from risk.detect.sudden_stop import SuddenStop, SuddenStopParams
from sea.errors import BadInputError

SHIP = 235000001


def test_from_sea_speed_to_nothing_in_minutes_is_a_sudden_stop(a_pace, detected, minute):
    opened, ended = detected(SuddenStop(), a_pace(SHIP, (60, 13), (40, 0.5), (30, 12)))
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
def test_these_are_none(a_pace, detected, paces):
    assert detected(SuddenStop(), a_pace(SHIP, *paces)) == []


def test_off_a_port_ships_stop_all_the_time(a_pace, detected):
    rows = a_pace(SHIP, (20, 13), (40, 0.5), lon=-79.55, lat=8.9)
    assert detected(SuddenStop(), rows) == []


@pytest.mark.parametrize("ship_type", [30, 31, 50, 51, 52, 55, 37])
def test_craft_that_stop_at_work_have_none(a_pace, a_static, detected, ship_type):
    rows = a_pace(SHIP, (60, 13), (40, 0.5))
    assert detected(SuddenStop(), rows, [a_static(SHIP, ship_type)]) == []


def test_a_silence_of_hours_ends_it_at_the_last_slow_fix(a_pace, detected, minute):
    rows = a_pace(SHIP, (60, 13), (300, 0.5))
    rows = [r for r in rows if not minute(90) < r["reported_at"] < minute(300)]
    assert [e.ended_at for e in detected(SuddenStop(), rows)] == [None, minute(90)]


def test_sudden_stop_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="fast_kn"):
        SuddenStopParams(fast_kn=0)
