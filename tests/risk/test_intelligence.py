import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.grade import Grade
from risk.intelligence import (
    HALF_LIFE_DAYS,
    SHIP_CAP,
    SHIP_POINTS,
    WATERS_SHARE,
    Intelligence,
    IntelligenceReport,
    Place,
    Route,
    Subject,
)
from risk.report import ReportedShip
from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.units import DAY_US, HOUR_US

NOW = parse_utc("2026-03-01T12:00:00Z")
SURE = Grade(reliability="A", credibility=1)
SHIP = ReportedShip(mmsi=200000001)
OFF_CALLAO = Place(lon=-77.2, lat=-12.0, radius_nm=30.0)
HER = Subject(mmsi=200000001, imo=9074729, name="ALPHA", lon=-77.2, lat=-12.0, bound_for="MXZLO",
              called=frozenset({"PECLL"}), evidence=40.0)  # fmt: skip


def a_report(number=1, **fields):
    return IntelligenceReport(
        **dict(id=f"i{number}", at=NOW, text="Load aboard", grade=SURE) | fields
    )


def points(*reports, vessel=HER, now=NOW):
    return sum(t.amount for t in Intelligence(reports, now).told(vessel))


def test_a_report_on_her_gives_points_that_fade_by_half_and_are_capped():
    report = a_report(ship=SHIP)
    assert points(report) == SHIP_POINTS
    later = NOW + round(HALF_LIFE_DAYS * DAY_US)
    assert points(report, now=later) == pytest.approx(SHIP_POINTS / 2)
    assert points(*[a_report(i, ship=SHIP) for i in range(4)]) == SHIP_CAP


def test_a_doubted_report_gives_less_and_a_name_alone_too():
    assert points(a_report(ship=SHIP, grade=Grade(reliability="D", credibility=4))) == (
        pytest.approx(SHIP_POINTS * 0.16)
    )
    assert 0 < points(a_report(ship=ReportedShip(name="mv alpha"))) < SHIP_POINTS


@pytest.mark.parametrize(
    "about",
    [
        dict(place=OFF_CALLAO),
        dict(route=Route(destination="MXZLO")),
        dict(route=Route(origin="PECLL", destination="MXZLO")),
        dict(place=Place(lon=-104.3, lat=19.05, radius_nm=10.0)),
    ],
)
def test_a_report_on_her_waters_or_route_raises_evidence_and_creates_none(about):
    report = a_report(**about)
    assert points(report) == pytest.approx(40.0 * WATERS_SHARE)
    innocent = Subject(mmsi=1, lon=-77.2, lat=-12.0, bound_for="MXZLO", called=HER.called)
    assert points(report, vessel=innocent) == 0


def test_other_ships_waters_and_routes_are_not_touched():
    for about in (
        dict(ship=ReportedShip(mmsi=200000002)),
        dict(place=Place(lon=-70.0, lat=10.0, radius_nm=30.0)),
        dict(route=Route(origin="ECGYE")),
    ):
        assert points(a_report(**about)) == 0


def test_a_report_counts_from_its_time_to_its_end():
    report = a_report(ship=SHIP, valid_until=NOW + DAY_US)
    assert points(report, now=NOW - HOUR_US - 1) == 0
    assert points(report, now=NOW - HOUR_US) == SHIP_POINTS
    assert points(report, now=NOW + DAY_US) == 0


def test_a_report_is_on_exactly_one_thing():
    for wrong in ({}, dict(ship=SHIP, place=OFF_CALLAO), dict(ship=ReportedShip()),
                  dict(route=Route())):  # fmt: skip
        with pytest.raises(BadInputError):
            a_report(**wrong)


@given(st.lists(st.sampled_from([dict(ship=SHIP), dict(place=OFF_CALLAO)]), max_size=6))
def test_more_reports_never_lower_the_points(abouts):
    reports = [a_report(i, **about) for i, about in enumerate(abouts)]
    assert all(points(*reports[:n]) <= points(*reports[: n + 1]) for n in range(len(reports)))
