import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.assessment import translated
from risk.supplement import Supplement, Told, joined, supplement_document

amounts = st.lists(st.floats(1e-9, 60.0), min_size=1, max_size=4)


def a_told(amount, code="reported"):
    values = {"kind": "boarding", "at": [-77.2, -12.0], "day": "2026-03-01", "grade": "B2"}
    return Told(code=code, amount=amount, values=values, report_ids=("r1",))


def more(score, *told):
    total = sum(told)
    made = Supplement(mmsi=1, score=score, told=tuple(map(a_told, told)), low=total / 2,
                      high=total * 2)  # fmt: skip
    return supplement_document(made)


def an_assessment(probability=0.0002, priority=10.0, band="low"):
    def reason(code, contribution):
        return dict(code=code, text=code, contribution=contribution, event_ids=[],
                    innocent_explanation="")  # fmt: skip

    return {
        "mmsi": "000000001",
        "coercion": dict(probability=probability, low=probability / 2, high=2 * probability,
                         band="low", horizon_h=72.0, reasons=[reason("elsewhere", probability)]),
        "smuggling": dict(priority=priority, band=band,
                          reasons=[reason("S4", priority), reason("plain", 0.0)]),
    }  # fmt: skip


def sum_of(score):
    return math.fsum(r["contribution"] for r in score["reasons"])


@settings(deadline=None)
@given(st.floats(0, 0.5), amounts)
def test_contributions_sum_to_the_probability_and_more_never_lowers_it(probability, told):
    base = an_assessment(probability=probability)
    score = joined(base, more("coercion", *told), None)["coercion"]
    assert abs(sum_of(score) - score["probability"]) <= 1e-9
    assert score["probability"] >= probability
    assert score["low"] <= score["probability"] <= score["high"] <= 1


@settings(deadline=None)
@given(st.floats(0, 100), amounts)
def test_contributions_sum_to_the_priority_which_ends_at_100(priority, told):
    score = joined(an_assessment(priority=priority), None, more("smuggling", *told))["smuggling"]
    assert abs(sum_of(score) - score["priority"]) <= 1e-9
    assert priority <= score["priority"] <= 100


def test_expected_incidents_add_up():
    score = joined(an_assessment(probability=1 - math.exp(-0.01)), more("coercion", 0.02), None)
    assert score["coercion"]["probability"] == pytest.approx(1 - math.exp(-0.03))
    assert score["coercion"]["band"] == "severe"


def test_a_raised_band_has_no_reason_that_says_nothing_was_seen():
    score = joined(an_assessment(), None, more("smuggling", 25.0))["smuggling"]
    assert score["band"] == "elevated"
    assert [r["code"] for r in score["reasons"]] == ["reported", "S4"]


def test_a_little_leaves_the_band_and_insufficient_data_stays_so():
    base = an_assessment(band="insufficient_data")
    assert joined(base, None, more("smuggling", 1.0))["smuggling"]["band"] == "insufficient_data"


def test_nothing_added_is_the_assessment_itself_and_none_is_changed_in_place():
    base = an_assessment()
    assert joined(base, None, None) == base
    assert joined(base, {"low": 0, "high": 0, "told": []}, None) == base
    joined(base, more("coercion", 1.0), more("smuggling", 1.0))
    assert base == an_assessment()


def test_a_reason_out_of_reports_is_told_in_the_language_of_its_reader():
    reasons = joined(an_assessment(), more("coercion", 0.01), None)["coercion"]["reasons"]
    told = reasons[1:]
    assert told[0]["text"] == (
        "Boarding 6 nm off Callao, 2026-03-01, graded B2: reported by partners along her way."
    )
    (spanish,) = translated(told, "es")
    assert spanish["text"].startswith("Abordaje a 6 nm de Callao, 2026-03-01, calificado B2")
    assert spanish["innocent_explanation"].startswith("un ataque no significa")
