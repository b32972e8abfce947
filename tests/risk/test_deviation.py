import numpy as np
import pytest

from risk.detect.deviation import Deviation, DeviationParams
from risk.engine import Engine
from sea.errors import BadInputError
from sea.geodesy import destination, distance_nm
from sea.lanes import sea_route
from sea.ports import port
from sea.units import HOUR_US

SHIP = 235000001
BOUND = port("CLVAP")
WAY = sea_route(-100.0, -10.0, BOUND.lon, BOUND.lat)
"""From the west of Peru to Valparaiso; 30 nm east of it there is no lane for a day."""

BOW = [12, 15, 17, 20], [0, 1, 1, 0]
"""Hours, and shares of the greatest distance off her way."""


@pytest.fixture
def sailed(a_report, a_static):
    """Rows and statics of a ship to Valparaiso, `off_nm` off her way from hour 12 to 20."""

    def sail(mmsi=SHIP, off_nm=0.0, hours=30, sog=14.0, late_h=0.0, bound=BOUND.unlocode, bow=BOW):
        static = a_static(mmsi, 70, 1.0 + 60 * late_h)
        static.destination[:] = bound
        rows = []
        legs = distance_nm(WAY.lon[:-1], WAY.lat[:-1], WAY.lon[1:], WAY.lat[1:])
        along = np.concatenate([[0.0], np.cumsum(legs)])
        for minute in np.arange(0.0, 60 * hours, 5.0):
            run = sog * minute / 60
            lon, lat = (float(np.interp(run, along, axis)) for axis in (WAY.lon, WAY.lat))
            away = off_nm * float(np.interp(minute / 60, *bow))
            lon, lat = (float(x) for x in destination(lon, lat, 90.0, away))
            rows.append(a_report(mmsi, minute + 60 * late_h, lon, lat, sog))
        return rows, static

    return sail


def test_an_hour_and_more_off_her_way_is_a_deviation(sailed, detected, minute):
    rows, static = sailed(off_nm=40.0)
    opened, ended = detected(Deviation(), rows, [static])
    assert (opened.kind, opened.status, ended.status) == ("deviation", "open", "ended")
    assert opened.detected_at - opened.started_at <= minute(75) - minute(0)
    assert minute(12 * 60) < opened.started_at < minute(15 * 60)
    assert minute(17 * 60) < ended.ended_at < minute(20.5 * 60)
    assert ended.evidence["off_nm"] == pytest.approx(
        28, abs=3
    )  # 40 nm due east of a way that leads southeast


def test_who_comes_near_her_way_for_a_moment_is_still_off_it(sailed, detected, minute):
    rows, static = sailed(off_nm=40.0, bow=([12, 15, 17, 17.5, 19.5, 22], [0, 1, 0.2, 0.2, 1, 0]))
    opened, ended = detected(Deviation(), rows, [static])
    assert (opened.status, ended.status) == ("open", "ended")
    assert ended.ended_at > minute(20 * 60)


def test_who_falls_silent_off_her_way_and_comes_back_elsewhere_is_left_alone(sailed, detected):
    rows, static = sailed(off_nm=40.0, bow=([12, 15], [0, 1]))
    from_us = rows[0]["reported_at"]
    heard = [row for row in rows if not 13.9 < (row["reported_at"] - from_us) / HOUR_US < 18]
    assert detected(Deviation(), heard, [static]) == []


@pytest.mark.parametrize(
    "fields",
    [dict(), dict(off_nm=12.0), dict(off_nm=40.0, bound="FOR ORDERS")],
    ids=["on her way", "not far enough", "no port"],
)
def test_these_are_none(sailed, detected, fields):
    rows, static = sailed(**fields)
    assert detected(Deviation(), rows, [static]) == []


def test_two_that_go_round_the_same_thing_are_taken_back(sailed, detected):
    first, one = sailed(off_nm=40.0)
    second, two = sailed(mmsi=SHIP + 1, off_nm=45.0, late_h=2.0)
    events = {}
    rows = sorted([*first, *second], key=lambda row: row["reported_at"])
    for event in detected(Deviation(), rows, [one, two]):
        events[event.id] = event
    assert [event.status for event in events.values()] == ["retracted"]
    assert "reason" in next(iter(events.values())).evidence


def test_where_others_have_passed_there_is_a_lane(sailed, detected):
    rows, statics = [], []
    for number in range(3):
        part, static = sailed(mmsi=SHIP + number, off_nm=40.0, late_h=14.0 * number)
        rows, statics = rows + part, [*statics, static]
    rows.sort(key=lambda row: row["reported_at"])
    found = {event.mmsis for event in detected(Deviation(), rows, statics)}
    assert (SHIP + 2,) not in found


def test_ways_are_laid_again_after_a_restart(sailed, reports, detected):
    rows, static = sailed(off_nm=40.0)
    whole = detected(Deviation(), rows, [static])
    first, second = Engine([Deviation()]), Engine([Deviation()])
    cut = 170
    events = first.take("feed", reports(*rows[:cut]), static, rows[cut - 1]["reported_at"])
    second.restore(first.state())
    events += second.take("feed", reports(*rows[cut:]), type(static).empty(),
                          rows[-1]["reported_at"])  # fmt: skip
    assert [*events, *second.finish()] == whole


def test_deviation_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="off_nm"):
        DeviationParams(off_nm=0)
