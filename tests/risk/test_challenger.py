"""The challenger: monotone, additive, exact, calibrated where labels suffice, judged apart."""

import importlib.util
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.challenger import EXERCISE, challenger_document, opinion, read_challenger
from risk.comparison import auc, compare, wilson
from risk.labels import CODES, read_labels
from risk.smuggling import TABLE_VERSION
from risk.training import TrainParams, boosted, split, steps_of, train
from sea.errors import BadInputError

_FILE = Path(__file__).parents[2] / "tools" / "draw_labels.py"
_SPEC = importlib.util.spec_from_file_location("draw_labels", _FILE)
draw_labels = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(draw_labels)

POINTS = st.lists(st.floats(0, 100), min_size=len(CODES), max_size=len(CODES))


def labels_of(rows, seed=1, synthetic=1):
    text = io.StringIO()
    draw_labels.write(text, rows, seed, synthetic)
    return read_labels(text.getvalue())


@pytest.fixture(scope="module")
def labels():
    return labels_of(1600)


@pytest.fixture(scope="module")
def model(labels):
    return train(labels)


def an_assessment(points):
    reasons = [{"code": c, "contribution": p} for c, p in zip(CODES, points, strict=True)]
    return {"mmsi": "351000001", "model": f"hazard-1 {TABLE_VERSION}",
            "smuggling": {"priority": sum(points), "reasons": reasons}}  # fmt: skip


@given(points=POINTS, more=POINTS)
def test_more_evidence_never_lowers_the_score_or_the_probability(model, points, more):
    rows = np.array([points, np.add(points, more)])
    low, high = model.log_odds(rows)
    assert low <= high
    a, b = model.calibration.of([low, high])
    assert 0 < a <= b < 1


@given(points=POINTS)
def test_the_parts_and_the_baseline_sum_to_the_score(model, points):
    said = opinion(model, an_assessment(points))
    total = said["baseline"] + sum(part["log_odds"] for part in said["parts"])
    assert said["log_odds"] == pytest.approx(total, abs=1e-9)


def test_the_steps_are_the_boosted_trees_at_every_label(labels):
    early, _ = split(labels, TrainParams())
    trees = boosted(early, 0, TrainParams())
    baseline, terms = steps_of(trees.decision_function, early.points)
    summed = baseline + sum(
        np.array([0.0, *term.log_odds])[np.searchsorted(term.points, column, side="right")]
        for term, column in zip(terms, early.points.T, strict=True)
    )
    assert summed == pytest.approx(trees.decision_function(early.points), abs=1e-9)


def test_the_same_labels_give_the_same_model(labels, model):
    assert challenger_document(train(labels)) == challenger_document(model)


def test_no_vessel_is_both_trained_on_and_judged_by_and_the_judges_are_the_latest(labels):
    early, late = split(labels, TrainParams())
    assert not set(early.mmsi.tolist()) & set(late.mmsi.tolist())
    assert early.at.max() < late.at.min()
    assert len(late) == round(0.3 * len(labels))


def test_a_model_trained_on_exercises_says_so_in_its_name_its_opinion_and_its_document(model):
    assert model.exercise
    assert model.name.endswith("-exercise")
    said = opinion(model, an_assessment([0.0] * len(CODES)))
    assert said["exercise"]
    assert EXERCISE in said["note"]
    assert read_challenger(challenger_document(model)).exercise


def test_a_single_exercise_among_real_labels_marks_the_model():
    labels = labels_of(300, synthetic=0)
    assert not train(labels).exercise
    labels.synthetic[0] = True
    assert train(labels).name.endswith("-exercise")


def test_fifty_labels_are_not_calibrated_and_the_model_says_why():
    few = train(labels_of(50))
    assert few.calibration.method == "none"
    assert "at least 200 and 30 are needed" in few.calibration.why
    assert opinion(few, an_assessment([0.0] * len(CODES)))["probability"] is None


def test_some_labels_get_the_smooth_curve_and_many_the_isotonic_line(model):
    assert train(labels_of(500)).calibration.method == "platt"
    assert model.calibration.method == "isotonic"


def test_it_learns_what_the_labels_hold_and_is_calibrated_on_what_it_never_saw(model):
    """Of the made-up rule: S1 and S9 tell most, S2 nothing."""
    height = {t.code: t.log_odds[-1] if t.log_odds else 0.0 for t in model.terms}
    assert min(height["S1"], height["S9"]) > 1.0
    assert height["S2"] < 0.5
    groups = model.evaluation["calibration"]
    off = [g["told"] - g["found"] for g in groups]
    assert np.average(np.abs(off), weights=[g["rows"] for g in groups]) < 0.1


def test_labels_that_tell_nothing_show_no_difference_to_a_table_that_tells_nothing():
    labels = labels_of(600)
    np.random.default_rng(0).shuffle(labels.found)
    told = compare(train(labels), split(labels, TrainParams())[1], 0, seed=0)
    assert told["difference"]["low"] < 0 < told["difference"]["high"]
    assert told["verdict"].startswith("no difference")


def test_alert_rates_by_flag_add_up_to_the_tenth_that_is_alerted(model):
    rows = model.evaluation["alerts"]
    held_out = model.evaluation["held_out"]
    assert sum(r["rows"] for r in rows) == held_out
    for score in ("challenger", "table"):
        alerted = sum(r[score]["rate"] * r["rows"] for r in rows)
        assert alerted == pytest.approx(round(0.1 * held_out))


def test_too_few_labels_give_no_model():
    with pytest.raises(BadInputError, match="too few labels"):
        train(labels_of(12))


@pytest.mark.parametrize("change", [
    (b'"synthetic_rows": 1600', b'"synthetic_rows": 0'), (b'"baseline": -', b'"baseline": '),
    (b'"format"', b'"form"'), (b"{", b"["),
])  # fmt: skip
def test_a_model_that_was_changed_after_training_is_refused(model, change):
    with pytest.raises(BadInputError):
        read_challenger(challenger_document(model).replace(*change, 1))


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000, '{"name": 1}'])
def test_what_is_no_model_is_said(text):
    with pytest.raises(BadInputError, match="not a challenger"):
        read_challenger(text)


def test_a_model_of_another_table_says_nothing(model):
    with pytest.raises(BadInputError, match="train it anew"):
        opinion(model, an_assessment([0.0] * len(CODES)) | {"model": "other-table-9"})


def test_the_area_is_the_share_of_pairs_in_order_ties_half():
    assert auc(np.array([1.0, 2, 3]), np.array([False, True, True])) == 1.0
    assert auc(np.array([1.0, 1]), np.array([False, True])) == 0.5


def test_the_interval_of_a_share_is_wilsons():
    """Brown, Cai and DasGupta 2001: of 0 in n it ends at z2 / (n + z2)."""
    z2 = 1.6448536269514722**2
    assert wilson(0, 10) == pytest.approx((0.0, z2 / (10 + z2)))
    assert wilson(10, 10)[1] == 1.0
