import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.evaluation import evaluate
from risk.matching import MatchParams, Spell, match, read_spells
from sea.errors import BadInputError

HOUR = 3_600_000_000
RULES = MatchParams()


def spell(begin=0.0, end=2.0, *, kind="loitering", mmsis=("235000001",), **fields):
    ended = None if end is None else round(end * HOUR)
    return Spell(kind=kind, mmsis=mmsis, started_at=round(begin * HOUR), ended_at=ended, **fields)


def test_an_event_that_overlaps_the_truth_by_a_third_is_right():
    assert match([spell(0, 1)], [spell(0, 3)], RULES) == [(0, 0)]
    assert match([spell(0, 0.5)], [spell(0, 3)], RULES) == []


def test_short_events_may_miss_each_other_by_ten_minutes_at_both_ends():
    assert match([spell(0.15, 0.15)], [spell(0, 0)], RULES) == [(0, 0)]
    assert match([spell(0.2, 0.2)], [spell(0, 0)], RULES) == []


def test_other_vessels_or_kinds_are_no_match():
    truths = [spell()]
    assert match([spell(mmsis=("235000002",))], truths, RULES) == []
    (score,) = evaluate([spell(kind="gap")], truths)
    assert (score.right, score.wrong, score.missed) == (0, 0, 1)


def test_two_events_for_one_truth_are_one_right_and_one_wrong():
    (score,) = evaluate([spell(0, 1), spell(1, 3)], [spell(0, 3)])
    assert (score.right, score.wrong, score.missed) == (1, 1, 0)
    assert (score.precision, score.recall) == (0.5, 1.0)
    assert score.f1 == pytest.approx(2 / 3)


def test_latency_counts_from_when_the_definition_was_met():
    events = [spell(0, 3, detected_at=round(2.1 * HOUR))]
    (score,) = evaluate(events, [spell(0, 3)])
    assert score.latency_p50_s == pytest.approx(360)


def test_an_open_event_and_an_open_truth_end_together():
    (score,) = evaluate([spell(0, None), spell(9, 10, mmsis=("235000002",))], [spell(0, None)])
    assert (score.right, score.missed) == (1, 0)


def test_a_truth_that_has_not_come_due_when_all_ends_is_not_missed():
    ended = spell(0, 10)
    assert evaluate([ended], [ended, spell(9, None, mmsis=("235000002",))])[0].missed == 0
    assert evaluate([ended], [ended, spell(7, None, mmsis=("235000002",))])[0].missed == 1


def test_events_without_vessels_must_lie_near_the_truth():
    truth = spell(kind="coverage_lost", mmsis=(), lon=-80.0, lat=0.0)
    near = spell(kind="coverage_lost", mmsis=(), lon=-80.5, lat=0.0)
    far = spell(kind="coverage_lost", mmsis=(), lon=-85.0, lat=0.0)
    assert match([far, near], [truth], RULES) == [(1, 0)]


def test_a_kind_without_any_event_has_no_precision():
    (score,) = evaluate([], [spell()])
    assert score.precision is None
    assert score.recall == 0.0
    assert score.recall_interval == (0.0, 0.0)


@settings(max_examples=20, deadline=None)
@given(
    hits=st.lists(st.booleans(), min_size=1, max_size=12), extra=st.integers(0, 5),
    seed=st.integers(0, 9),
)  # fmt: skip
def test_rates_lie_within_their_intervals_and_a_seed_gives_the_same_ones(hits, extra, seed):
    truths = [spell(mmsis=(f"2350000{n:02d}",)) for n in range(len(hits))]
    events = [truth for truth, hit in zip(truths, hits, strict=True) if hit]
    events += [spell(mmsis=(f"3350000{n:02d}",)) for n in range(extra)]
    (score,) = evaluate(events, truths, seed=seed)
    assert score == evaluate(events, truths, seed=seed)[0]
    assert score.right + score.missed == len(truths)
    for rate, interval in (
        (score.precision, score.precision_interval),
        (score.recall, score.recall_interval),
    ):
        if rate is not None:
            assert interval[0] - 1e-9 <= rate <= interval[1] + 1e-9


def test_truth_matches_itself():
    truths = [spell(n, n + 3, mmsis=(f"23500000{n}",)) for n in range(5)]
    (score,) = evaluate(truths, truths)
    assert (score.precision, score.recall, score.f1) == (1.0, 1.0, 1.0)
    assert score.f1_interval == (1.0, 1.0)


LINE = b'{"kind":"gap","mmsis":["2"],"started_at":"2026-03-01T00:00:00Z","ended_at":null'


def test_retracted_events_are_left_out():
    lines = [LINE + b"}", LINE + b',"status":"retracted"}', b""]
    assert [s.kind for s in read_spells(lines)] == ["gap"]


@pytest.mark.parametrize("line", [b"nonsense", b"[]", b'{"kind":"gap"}'])
def test_a_line_that_is_no_event_is_named(line):
    with pytest.raises(BadInputError, match="truth line 2"):
        read_spells([LINE + b"}", line], file="truth")
