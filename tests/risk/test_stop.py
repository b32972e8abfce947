import pytest

from risk.detect.stop import Stop, StopParams
from sea.errors import BadInputError

SHIP = 235000001


def test_an_hour_without_way_is_a_stop(a_run, detected, minute):
    rows = [*a_run(SHIP, 0, 90, sog=0.2), *a_run(SHIP, 93, 120, lon=-89.99, sog=8.0)]
    opened, ended = detected(Stop(), rows)
    assert (opened.kind, opened.status, opened.started_at) == ("stop", "open", minute(0))
    assert minute(60) <= opened.detected_at <= minute(64)
    assert (ended.id, ended.ended_at) == (opened.id, minute(90))
    assert ended.evidence["hours"] == 1.5


def test_fifty_minutes_are_none(a_run, detected):
    rows = [*a_run(SHIP, 0, 50), *a_run(SHIP, 53, 120, sog=8.0)]
    assert detected(Stop(), rows) == []


@pytest.mark.parametrize(
    ("lon", "lat", "nav_status", "where"),
    [
        (-79.56, 8.95, 5, "port"),
        (-79.50, 8.84, 0, "anchorage"),
        (-90.0, 3.0, 1, "anchorage"),
        (-90.0, 3.0, 0, "open_sea"),
    ],
)
def test_a_stop_says_where(a_run, detected, lon, lat, nav_status, where):
    (event,) = detected(Stop(), a_run(SHIP, 0, 90, lon=lon, lat=lat, nav_status=nav_status))
    assert event.evidence["where"] == where
    assert (event.evidence["port"] is not None) == (lon > -80)


def test_the_local_hour_is_that_of_the_sun(a_run, detected):
    (event,) = detected(Stop(), a_run(SHIP, 600, 690, lon=-90.0))
    assert event.evidence["local_hour"] == 4.0


def test_one_jumpy_fix_does_not_end_a_stop(a_run, a_report, detected):
    rows = [*a_run(SHIP, 0, 60), a_report(SHIP, 62, sog=1.4), *a_run(SHIP, 63, 180)]
    assert [event.status for event in detected(Stop(), rows)] == ["open"]


def test_silence_in_one_place_is_part_of_the_stop(a_run, detected, minute):
    rows = [*a_run(SHIP, 0, 20), *a_run(SHIP, 300, 321), *a_run(SHIP, 324, 340, sog=9.0)]
    assert detected(Stop(), rows)[-1].ended_at == minute(321)


def test_a_ship_heard_again_elsewhere_had_gone_on(a_run, detected, minute):
    rows = [*a_run(SHIP, 0, 90), *a_run(SHIP, 300, 320, lon=-89.9)]
    assert [e.ended_at for e in detected(Stop(), rows)] == [None, minute(90)]


def test_stop_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="port_nm"):
        StopParams(port_nm=0)
