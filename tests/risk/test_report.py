import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.grade import CREDIBILITY, RELIABILITY, Grade
from risk.hazard import HazardField, _kernel
from risk.incident import Activity
from risk.intelligence import HALF_LIFE_DAYS, NAME_SHARE, SHIP_CAP, SHIP_POINTS, WATERS_SHARE
from risk.report import (
    COUNT,
    REACH_NM,
    WINDOW_H,
    IncidentReport,
    ReportedShip,
    agree,
    compatible,
    merge,
    plain_name,
)
from risk.threat import ThreatParams
from risk.watchlist import NAME_POINTS, WATCH_CAP, WATCH_HALF_LIFE_DAYS, WATCH_POINTS
from sea.errors import BadInputError
from sea.geodesy import destination
from sea.instants import parse_utc
from sea.units import DAY_US, HOUR_US

NIGHT = parse_utc("2026-03-01T06:30:00Z")
SHIP, OTHER = ReportedShip(imo=9074729), ReportedShip(imo=9176187)


def a_report(number=1, **fields):
    told = dict(id=f"r{number}", kind="boarding", at=NIGHT, lon=-77.2, lat=-12.0,
                source=f"s{number}", originator="PE")  # fmt: skip
    return IncidentReport(**told | fields)


reports = st.builds(
    a_report,
    number=st.integers(1, 10**9),
    kind=st.sampled_from(["boarding", "robbery", "attempted_boarding", "other"]),
    at=st.integers(NIGHT - 12 * HOUR_US, NIGHT + 12 * HOUR_US),
    lon=st.floats(-77.5, -77.0),
    within_h=st.sampled_from([0.0, 12.0]),
    ship=st.sampled_from([ReportedShip(), SHIP, OTHER, ReportedShip(name="ALPHA")]),
)
lists = st.lists(reports, max_size=8, unique_by=lambda r: r.id)


def test_two_reports_near_in_time_and_place_mean_one_event():
    (incident,) = merge([a_report(1), a_report(2, kind="robbery", at=NIGHT + HOUR_US, lon=-77.15)])
    assert [r.id for r in incident.reports] == ["r1", "r2"]
    assert incident.id == "r1"
    assert incident.kind == "boarding"


@pytest.mark.parametrize(
    "other",
    [
        dict(at=NIGHT + 4 * HOUR_US),
        dict(lon=-77.0),
        dict(kind="suspicious_approach"),
        dict(ship=OTHER),
    ],
)
def test_reports_apart_in_time_place_kind_or_ship_are_two_events(other):
    assert len(merge([a_report(1, ship=SHIP), a_report(2, **other)])) == 2


def test_what_a_report_admits_not_to_know_widens_its_reach():
    vague = a_report(2, at=NIGHT + 14 * HOUR_US, lon=-77.5, within_h=12.0, within_nm=15.0)
    assert agree(a_report(1), vague)
    assert not agree(a_report(1), a_report(2, at=vague.at, lon=vague.lon))


def test_two_ships_never_become_one_by_way_of_a_report_that_names_none():
    found = merge([a_report(1, ship=SHIP), a_report(2), a_report(3, ship=OTHER)])
    assert [[r.id for r in incident.reports] for incident in found] == [["r1", "r2"], ["r3"]]


def test_shots_may_be_told_of_either_a_boarding_or_an_attempt():
    assert compatible("shots_fired", "boarding")
    assert compatible("shots_fired", "attempted_boarding")
    assert not compatible("attempted_boarding", "hijacking")


@given(lists)
def test_every_report_is_in_one_incident_and_no_incident_has_two_ships(told):
    found = merge(told)
    assert sorted(r.id for i in found for r in i.reports) == sorted(r.id for r in told)
    assert all(agree(a, b) for i in found for a in i.reports for b in i.reports)


@given(
    st.floats(-180, 180), st.floats(-90, 90), st.floats(0, 360), st.floats(0, 0.999),
    st.floats(0, 60), st.floats(0, 60), st.integers(-15, 15),
)  # fmt: skip
def test_any_two_reports_that_agree_are_found_to_whatever_their_place(
    lon, lat, bearing, share, within, other, hours
):
    x, y = destination(lon, lat, bearing, share * (within + other + REACH_NM))
    one = a_report(1, lon=lon, lat=lat, within_nm=within, within_h=12.0)
    two = a_report(2, lon=float(x), lat=float(y), within_nm=other, at=NIGHT + hours * HOUR_US)
    assert len(merge([one, two])) == (1 if agree(one, two) else 2)


@given(lists)
def test_a_report_that_agrees_with_none_changes_no_other_incident(told):
    apart = a_report(0, at=NIGHT + 30 * DAY_US)
    assert set(merge(told)) <= set(merge([*told, apart]))


def test_a_person_may_join_what_the_rule_parts_and_part_what_it_joins():
    far = a_report(2, lon=-77.0)
    pair = frozenset(("r1", "r2"))
    assert len(merge([a_report(1), far], {pair: True})) == 1
    assert len(merge([a_report(1), a_report(2)], {pair: False})) == 2


def test_a_retracted_report_stays_in_its_incident_and_counts_nothing():
    (incident,) = merge([a_report(1, retracted=True, kind="hijacking"), a_report(2)])
    assert incident.id == "r1"
    assert incident.kind == "boarding"
    assert not incident.retracted
    (gone,) = merge([a_report(1, retracted=True)])
    assert gone.retracted
    assert gone.count == 0.0


def test_the_least_uncertain_report_says_where_and_when():
    rough, exact = a_report(1, within_nm=10.0), a_report(2, lon=-77.25, within_nm=0.1)
    (incident,) = merge([rough, exact])
    assert incident.counted().lon == -77.25
    assert incident.counted().within_nm == 0.1


def test_a_second_source_adds_weight_and_the_same_source_again_does_not():
    grade = Grade(reliability="C", credibility=3)
    one, again = a_report(1, grade=grade, source="a"), a_report(2, grade=grade, source="a")
    two = a_report(2, grade=grade, source="b")
    assert merge([one, again])[0].weight == pytest.approx(0.49)
    assert merge([one, two])[0].weight == pytest.approx(1 - 0.51**2)


@given(st.sampled_from(list(RELIABILITY)), st.sampled_from(list(CREDIBILITY)))
def test_a_weight_is_within_bounds_and_falls_with_doubt(letter, figure):
    weight = Grade(reliability=letter, credibility=figure).weight
    assert 0 < weight <= 1
    assert Grade(reliability="A", credibility=figure).weight >= weight
    assert Grade(reliability=letter, credibility=1).weight >= weight


def test_a_grade_outside_the_code_is_refused():
    with pytest.raises(BadInputError):
        Grade(reliability="G")
    with pytest.raises(BadInputError):
        Grade(credibility=7)


def test_names_are_compared_without_prefix_case_and_signs():
    assert plain_name("M/V  Alpha-Star") == plain_name("mv ALPHA STAR") == "ALPHA STAR"
    assert ReportedShip(name="M.T. Alpha").contradicts(ReportedShip(name="BETA"))
    assert not ReportedShip(name="M.T. Alpha").contradicts(ReportedShip(name="ALPHA"))


def rate_at(field, lon, lat=-12.0):
    return float(field.mean[field.rows(np.array([lon]), np.array([lat]))[0], Activity.ANCHORED])


@settings(deadline=None, max_examples=25)
@given(lists)
def test_the_field_raised_by_reports_is_a_refit_to_the_byte(told):
    counted = [i.counted() for i in merge(told)]
    raised = HazardField.fit().with_reports(counted, NIGHT + DAY_US)
    _kernel.cache_clear()
    refitted = HazardField.fit(at_us=NIGHT + DAY_US, reports=counted)
    for name in ("cells", "mean", "shape", "ship_hours", "at_sea", "ring_ships"):
        assert getattr(raised, name).tobytes() == getattr(refitted, name).tobytes()


def test_a_doubted_report_raises_the_field_less_and_a_vague_one_more_widely():
    field = HazardField.fit()
    at = NIGHT + DAY_US
    lon = -100.0

    def raised(**fields):
        return field.with_reports([merge([a_report(lon=lon, **fields)])[0].counted()], at)

    sure = raised(grade=Grade(reliability="A", credibility=1))
    doubted = raised(grade=Grade(reliability="E", credibility=5))
    vague = raised(grade=Grade(reliability="A", credibility=1), within_nm=30.0)
    assert rate_at(sure, lon) > rate_at(vague, lon) > rate_at(field, lon)
    assert rate_at(sure, lon) > rate_at(doubted, lon) > rate_at(field, lon)
    away = lon + 40 / 60
    assert rate_at(vague, away) > rate_at(sure, away)
    assert math.isclose(rate_at(sure, away), rate_at(field, away), rel_tol=1e-6)


def test_a_position_or_uncertainty_out_of_range_is_refused():
    for wrong in (dict(lat=91.0), dict(within_nm=100.0), dict(within_h=-1.0)):
        with pytest.raises(BadInputError):
            a_report(**wrong)


def test_the_document_has_the_weights_caps_and_bounds_of_the_code():
    text = (Path(__file__).parents[2] / "docs" / "reports.md").read_text("utf-8")
    for (letter, (words, weight)), (figure, (about, other)) in zip(
        RELIABILITY.items(), CREDIBILITY.items(), strict=True
    ):
        row = f"| {letter} | {words} | {weight:g} | {figure} | {about} | {other:g} |"
        assert row in text
    threat = ThreatParams()
    for said in (
        f"and {WINDOW_H:g} h", f"and {REACH_NM:g} nm", f"For {threat.live_days:g} days, within "
        f"{threat.live_nm:g} nm", f"up to\n{threat.live:g}, by less",
        f"suspicious approach counts {COUNT['suspicious_approach']:g}, other\n{COUNT['other']:g}",
        f"| {WATCH_POINTS:g} by MMSI or IMO number, {NAME_POINTS:g} by name alone | {WATCH_CAP:g} "
        f"| {WATCH_HALF_LIFE_DAYS:g} |",
        f"| {SHIP_POINTS:g} x weight; by name alone {NAME_SHARE:g} of it | {SHIP_CAP:g} "
        f"| {HALF_LIFE_DAYS:g} |", f"up to {WATERS_SHARE:.0%} of",
    ):  # fmt: skip
        assert said in text, said
