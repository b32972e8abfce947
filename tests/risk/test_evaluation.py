import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.evaluation import alerts_per_1000_vessel_hours, evaluate, outcomes, scores
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


def test_an_event_below_the_threshold_is_wrong_and_was_lured():
    low = spell(0, 3, over=False)
    (score,) = evaluate([spell(0, 3)], [low])
    assert (score.right, score.wrong, score.lured, score.missed) == (0, 1, 1, 0)
    assert evaluate([], [low])[0].missed == 0


def test_a_truth_that_is_not_judged_excuses_its_event_and_is_never_missed():
    near = spell(0, 3, judged=False)
    (found,) = evaluate([spell(0, 3)], [near])
    (unfound,) = evaluate([], [near])
    assert (found.right, found.wrong, found.excused) == (0, 0, 1)
    assert (unfound.missed, unfound.recall) == (0, None)


def test_an_event_elsewhere_is_not_excused():
    near = spell(0, 3, judged=False)
    (score,) = evaluate([spell(8, 9), spell(0, 3, mmsis=("235000002",))], [near])
    assert (score.wrong, score.excused) == (2, 0)


def test_of_an_instant_kind_the_start_alone_counts():
    truth = spell(1, 1.2, kind="sudden_stop")
    assert match([spell(1.1, 9, kind="sudden_stop")], [truth], RULES) == [(0, 0)]
    assert match([spell(1.5, 1.5, kind="sudden_stop")], [truth], RULES) == []


@pytest.mark.parametrize("mmsis", [("235000001",), ("335000001",), ("235000001", "335000001")])
def test_a_new_identity_may_be_named_by_the_old_number_or_the_new(mmsis):
    truth = spell(1, 1, kind="identity_change", mmsis=("235000001", "335000001"))
    (score,) = evaluate([spell(1, 1, kind="identity_change", mmsis=mmsis)], [truth])
    assert (score.right, score.wrong, score.missed) == (1, 0, 0)


def test_recall_across_midnight_is_told_apart():
    truths = [spell(23, 25), spell(2, 4), spell(6, 8)]
    (score,) = evaluate([truths[1]], truths)
    assert (score.midnight_recall, score.daytime_recall) == (0.0, 0.5)


def test_latency_runs_from_when_the_truth_says_it_was_met_and_seen():
    truth = spell(0, 3, met_at=HOUR, seen_at=2 * HOUR)
    (score,) = evaluate([spell(0, 3, detected_at=2 * HOUR + HOUR // 60)], [truth])
    assert score.latency_p90_s == pytest.approx(61 * 60)
    assert score.seen_p90_s == pytest.approx(60)


def test_runs_add_up_and_their_vessels_are_different():
    runs = [outcomes([spell()], [spell()]), outcomes([], [spell()])]
    (score,) = scores(runs)
    assert (score.right, score.missed, score.recall) == (1, 1, 0.5)
    assert score.recall_interval == (0.0, 1.0)


def test_a_kind_that_was_looked_for_is_judged_without_any_truth():
    assert outcomes([spell()], []) == {}
    (score,) = scores([outcomes([spell()], [], known=["loitering"])])
    assert (score.wrong, score.precision) == (1, 0.0)


def test_only_kinds_of_alert_rank_are_alerts():
    events = [spell(kind="stop"), spell(kind="port_call"), spell(kind="gap"), spell(kind="jump")]
    assert alerts_per_1000_vessel_hours(events, 500.0) == 4.0


def test_truth_lines_tell_what_counts():
    low, unseen, near = (
        LINE + b',"over_threshold":' + rest + b"}"
        for rest in (b"false", b'true,"met_at":null,"seen_at":null', b'true,"judged":false')
    )
    read = read_spells([low, unseen, near])
    assert [(s.over, s.judged) for s in read] == [(False, True), (True, False), (True, False)]
