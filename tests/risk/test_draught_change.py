import pytest

from risk.detect.draught_change import DraughtChange, DraughtChangeParams
from sea.errors import BadInputError

SHIP = 235000001


@pytest.fixture
def told(a_static):
    """A ship's voyage messages: (minute, draught) each."""

    def tell(*declared):
        statics = [a_static(SHIP, 80, at) for at, _ in declared]
        for static, (_, draught) in zip(statics, declared, strict=True):
            static.draught[:] = draught
        return statics

    return tell


def test_a_metre_and_more_at_sea_is_a_change_at_once(a_pace, told, detected, minute):
    rows = a_pace(SHIP, (300, 12))
    (event,) = detected(DraughtChange(), rows, told((10, 8.0), (16, 8.0), (100, 10.5)))
    assert (event.kind, event.status, event.started_at) == ("draught_change", "ended", minute(100))
    assert minute(100) <= event.detected_at <= minute(102)
    assert (event.evidence["before_m"], event.evidence["after_m"]) == (8.0, 10.5)


@pytest.mark.parametrize(
    "declared",
    [[(10, 8.0), (100, 8.9)], [(10, 8.0)], [(10, 8.0), (50, 8.5), (100, 9.4)]],
    ids=["too little", "the first", "little by little"],
)
def test_these_are_none(a_pace, told, detected, declared):
    assert detected(DraughtChange(), a_pace(SHIP, (300, 12)), told(*declared)) == []


@pytest.mark.parametrize(
    "stay",
    [dict(nav_status=5), dict(nav_status=1), dict(lon=-79.75, lat=8.9)],
    ids=["moored", "at anchor", "still in port"],
)
def test_a_call_between_explains_it(a_pace, a_run, told, detected, stay):
    place = dict(lon=stay.get("lon", -90.0), lat=stay.get("lat", 3.0))
    rows = a_pace(SHIP, (60, 12), **place)
    stay = {**stay, "lon": rows[-1]["lon"], "lat": rows[-1]["lat"]}
    rows += a_run(SHIP, 60, 150, sog=0.0, **stay)
    assert detected(DraughtChange(), rows, told((10, 8.0), (140, 11.0))) == []


def test_lying_still_at_sea_does_not(a_pace, told, detected):
    rows = a_pace(SHIP, (60, 12), (60, 0.2), (60, 12))
    assert len(detected(DraughtChange(), rows, told((10, 8.0), (140, 11.0)))) == 1


def test_a_silence_of_hours_may_hide_a_call(a_pace, told, detected, minute):
    rows = [r for r in a_pace(SHIP, (900, 12)) if not minute(60) < r["reported_at"] < minute(500)]
    assert detected(DraughtChange(), rows, told((10, 8.0), (600, 11.0))) == []


def test_the_old_value_again_takes_it_back_and_no_change_is_told_for_a_day(a_pace, told, detected):
    rows = a_pace(SHIP, (900, 12))
    declared = told((10, 8.0), (100, 11.0), (200, 8.0), (300, 11.0), (400, 8.0))
    first, second = detected(DraughtChange(), rows, declared)
    assert (first.status, second.status, first.id) == ("ended", "retracted", second.id)
    assert "reason" in second.evidence


def test_draught_change_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="metres"):
        DraughtChangeParams(metres=0)
