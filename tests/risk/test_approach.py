import numpy as np
import pytest

from ingest.batch import UNKNOWN_TIME
from risk.detect.approach import Approach, ApproachParams
from risk.detect.pairs import PairTimes
from sea.errors import BadInputError

SHIP, CRAFT = 235000001, 367000002
LON, LAT = -90.0, 3.0


@pytest.fixture
def met(a_pace, a_report, a_static, detected):
    """Events of a craft that runs at a ship from 3 nm east; `miss_m` abeam, at `closing_kn`."""

    def meet(closing_kn=25.0, miss_m=50.0, craft_type=37, craft_m=9.0, ship_m=180.0, name=None,
             lon=LON, lat=LAT, stays=True, every=1.0, msg_type=18):  # fmt: skip
        rows = [a_report(SHIP, m, lon, lat, 0.1) for m in np.arange(0.0, 30.0, 1.0)]
        for m in np.arange(0.0, 30.0, every):
            apart = 3 - closing_kn * m / 60
            if stays:
                apart = max(apart, 0.0)
            east = lon + apart / 60 / np.cos(np.radians(lat))
            sog = closing_kn if apart != 0 else 0.2
            rows.append(a_report(CRAFT, m + 0.3, east, lat + miss_m / 1852 / 60, sog,
                                 msg_type=msg_type))  # fmt: skip
        statics = [a_static(SHIP, 80), a_static(CRAFT, craft_type)]
        for static, length in zip(statics, (ship_m, craft_m), strict=True):
            static.to_bow[:], static.to_stern[:] = length / 2, length / 2
        statics[1].name[:] = name
        return detected(Approach(), rows, statics)

    return meet


def test_a_fast_craft_alongside_a_ship_is_an_approach_within_a_minute(met, minute):
    (event,) = met()
    assert (event.kind, event.status, event.mmsis) == ("approach", "ended", (SHIP, CRAFT))
    assert abs(event.started_at - minute(7.4)) < minute(1) - minute(0)
    assert event.detected_at - event.started_at <= minute(2) - minute(0)
    assert event.evidence["nearest_m"] <= 300
    assert event.evidence["craft"] == str(CRAFT)


def test_one_that_runs_by_close_and_on_was_there_between_two_reports(met):
    (event,) = met(stays=False, closing_kn=33.0)
    assert event.evidence["nearest_m"] == pytest.approx(50, abs=15)


@pytest.mark.parametrize(
    "fields",
    [
        dict(closing_kn=9.0),
        dict(miss_m=700.0),
        dict(craft_type=50),
        dict(craft_type=51),
        dict(craft_type=52),
        dict(craft_type=55),
        dict(craft_m=45.0, craft_type=70, msg_type=1),
        dict(ship_m=40.0),
        dict(craft_type=0, name="PILOTO 3"),
        dict(craft_type=0, name="GUARDACOSTAS"),
        dict(lon=-79.56, lat=8.95),
    ],
    ids=lambda fields: " ".join(f"{k}={v}" for k, v in fields.items()),
)
def test_these_are_none(met, fields):
    assert met(**fields) == []


def test_a_pair_is_told_once_an_hour(met):
    assert len(met(every=0.5)) == 1


def test_approach_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="range_m"):
        ApproachParams(range_m=0)


@pytest.fixture
def passed(a_report, a_static, detected):
    """Events of a craft given by (minute, nm east of the ship); she reports every 10 s."""

    def run(places, lon=LON, ship_sog=0.1, north_m=50.0, sog=25.0):
        east = ship_sog / 60 / 60 / np.cos(np.radians(LAT))
        rows = [a_report(SHIP, m, _wrapped(lon + east * m), LAT, ship_sog)
                for m in np.arange(0.0, 20.0, 1 / 6)]  # fmt: skip
        for minute, apart in places:
            at = _wrapped(lon + east * minute + apart / 60 / np.cos(np.radians(LAT)))
            rows.append(a_report(CRAFT, minute, at, LAT + north_m / 1852 / 60, sog, 270.0,
                                 msg_type=18))  # fmt: skip
        statics = [a_static(SHIP, 80), a_static(CRAFT, 37)]
        statics[0].to_bow[:], statics[0].to_stern[:] = 150.0, 30.0
        return detected(Approach(), sorted(rows, key=lambda r: r["reported_at"]), statics)

    return run


def _wrapped(lon):
    return (lon + 180) % 360 - 180


def test_every_leg_of_a_minute_is_looked_at(passed):
    (event,) = passed([(4.0, 2.0), (5.1, 0.8), (5.9, -0.2), (5.95, -0.22), (5.99, -0.23)])
    assert event.evidence["nearest_m"] <= 60


def test_a_ship_under_way_is_where_she_was_when_the_craft_was_there(passed):
    (event,) = passed([(4.0, 1.5), (6.05, 0.06)], ship_sog=14.0)
    assert event.evidence["nearest_m"] == pytest.approx(122, abs=20)


@pytest.mark.parametrize("lon", [179.999, -179.999, 180.0])
def test_the_date_line_is_no_wall(passed, lon):
    assert len(passed([(4.0, 1.5), (5.0, 0.8), (6.0, 0.06)], lon=lon)) == 1


def test_many_legs_at_many_ships_are_each_told(a_report, a_static, detected):
    rows, statics = [], []
    for number in range(40):
        lat, ship = 3.0 + 0.01 * number, SHIP + number
        rows += [a_report(ship, m, LON, lat, 0.1) for m in range(10)]
        rows += [a_report(CRAFT + number, m + 0.5, LON + (2.5 - 0.4 * m) / 60, lat, 24.0, 270.0,
                          msg_type=18) for m in range(10)]  # fmt: skip
        statics += [a_static(ship, 80), a_static(CRAFT + number, 37)]
        statics[-2].to_bow[:], statics[-2].to_stern[:] = 150.0, 30.0
    told = {event.mmsis for event in detected(Approach(), rows, statics)}
    assert told >= {(SHIP + n, CRAFT + n) for n in range(40)}


def test_a_craft_heard_minutes_before_and_then_alongside_ran_by_what_she_reported(passed):
    (event,) = passed([(3.0, 1.0), (7.0, 0.06)])  # 14 kn from fix to fix, 25 by her own word
    assert event.evidence["closing_kn"] == pytest.approx(25, abs=1)


def test_on_a_long_silence_only_its_ends_are_believed(passed):
    assert passed([(3.0, 2.0), (9.0, -0.8)]) == []
    assert len(passed([(3.0, 2.0), (9.0, 0.06)])) == 1


def test_a_silence_beyond_ten_minutes_says_nothing(passed):
    assert passed([(3.0, 3.0), (13.1, 0.06)]) == []


def test_a_ship_that_runs_close_by_a_slow_craft_is_one_too(passed):
    drifts = [(m, 4.2 - m / 60 * 21) for m in np.arange(1.0, 15.0)]
    assert len(passed(drifts, ship_sog=20.0, sog=1.0)) == 1


def test_a_ship_whose_length_is_told_later_was_run_at_all_the_same(a_report, a_static, detected):
    rows = [a_report(SHIP, m, LON, LAT, 0.1) for m in range(30)]
    rows += [a_report(CRAFT, m + 0.3, LON + max(3 - 0.4 * m, 0.05) / 60, LAT, 24.0, 270.0,
                      msg_type=18) for m in range(30)]  # fmt: skip
    told = a_static(SHIP, 80, minute=10.0)
    told.to_bow[:], told.to_stern[:] = 150.0, 30.0
    (event,) = detected(Approach(), rows, [a_static(CRAFT, 37), told])
    assert event.mmsis == (SHIP, CRAFT)


def test_what_one_minute_knew_of_pairs_the_next_knows_after_a_restart():
    first, second = PairTimes(), PairTimes()
    first.note(np.array([7, 3, 7]), np.array([50, 20, 90]))
    first.forget(before=30)
    second.restore(first.state())
    for pairs in (first, second):
        assert pairs.latest(np.array([7, 7, 3]), np.array([95, 89, 95])).tolist() == [
            90, UNKNOWN_TIME, UNKNOWN_TIME,
        ]  # fmt: skip
