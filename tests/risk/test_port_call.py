import pytest

from risk.detect.port_call import PortCall, PortCallParams
from sea.errors import BadInputError
from sea.ports import port

SHIP = 235000001
BALBOA = port("PABLB")


def test_a_call_is_from_the_first_still_fix_to_the_first_outside(a_run, detected, minute):
    rows = [
        *a_run(SHIP, 0, 30, lon=BALBOA.lon, lat=BALBOA.lat - 0.2, sog=0.0),
        *a_run(SHIP, 60, 300, lon=BALBOA.lon, lat=BALBOA.lat, sog=0.1),
        *a_run(SHIP, 330, 360, lon=BALBOA.lon, lat=BALBOA.lat - 0.05, sog=8.0),
    ]
    opened, ended = detected(PortCall(), rows)
    assert (opened.kind, opened.status, opened.started_at) == ("port_call", "open", minute(60))
    assert opened.detected_at <= minute(62)
    assert opened.evidence["port"] == BALBOA.unlocode
    assert (ended.id, ended.ended_at) == (opened.id, minute(330))
    assert ended.evidence["hours"] == 4.5


def test_passing_a_port_is_no_call(a_run, detected):
    assert detected(PortCall(), a_run(SHIP, 0, 30, lon=BALBOA.lon, lat=BALBOA.lat, sog=6.0)) == []


def test_shifting_berth_within_reach_is_one_call(a_run, detected):
    rows = [
        *a_run(SHIP, 0, 60, lon=BALBOA.lon, lat=BALBOA.lat, sog=0.0),
        *a_run(SHIP, 63, 70, lon=BALBOA.lon, lat=BALBOA.lat + 0.015, sog=3.0),
        *a_run(SHIP, 73, 200, lon=BALBOA.lon, lat=BALBOA.lat + 0.03, sog=0.0),
    ]
    assert [event.status for event in detected(PortCall(), rows)] == ["open"]


def test_between_in_and_out_nothing_flickers(a_run, detected):
    edge = BALBOA.lat - 3.5 / 1.852 / 60
    rows = [
        *a_run(SHIP, 0, 60, lon=BALBOA.lon, lat=BALBOA.lat),
        *a_run(SHIP, 70, 200, lon=BALBOA.lon, lat=edge),
    ]
    assert [event.status for event in detected(PortCall(), rows)] == ["open"]


def test_a_ship_heard_again_at_sea_left_while_she_was_silent(a_run, detected, minute):
    rows = [
        *a_run(SHIP, 0, 60, lon=BALBOA.lon, lat=BALBOA.lat),
        *a_run(SHIP, 1800, 1830, lon=-85.0, lat=5.0, sog=12.0),
    ]
    assert detected(PortCall(), rows)[-1].ended_at >= minute(1800)


def test_out_must_not_be_nearer_than_in():
    with pytest.raises(BadInputError, match="out_km"):
        PortCallParams(in_km=3, out_km=2)
