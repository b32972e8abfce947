from api.bench_behaviours import F1_AT_LEAST, Run
from api.bench_verdict import report
from risk.evaluation import Outcome

VESSEL = ("235000001",)


def outcome(*, right=1, wrong=0, missed=0, late_s=60.0):
    return Outcome(
        found=[(VESSEL, True)] * right + [(VESSEL, False)] * wrong, missed=[VESSEL] * missed,
        late_s=[late_s] * right, seen_late_s=[late_s] * right,
        midnight=[True] * right, daytime=[True] * right + [False] * missed,
    )  # fmt: skip


def a_run(name="pacific 1", **changes):
    good = dict.fromkeys(F1_AT_LEAST, outcome())
    return Run(name=name, vessel_hours=1000.0, **{"whole": good, "thinned": good, **changes})


def missed(runs):
    text, met = report(runs, 1)
    lines = [line for line in text.splitlines() if line.startswith("MISSED")]
    assert met is not bool(lines)
    return lines


def test_a_perfect_run_meets_every_target():
    assert missed([a_run()]) == []


def test_an_f1_below_its_target_is_missed():
    run = a_run(whole=dict.fromkeys(F1_AT_LEAST, outcome()) | {"gap": outcome(right=8, missed=2)})
    assert any("F1 of gap: 0.889" in line for line in missed([run]))


def test_a_late_kind_is_missed():
    run = a_run(whole=dict.fromkeys(F1_AT_LEAST, outcome(late_s=400.0)))
    assert any("6.7 min" in line for line in missed([run]))


def test_more_than_two_alerts_in_a_thousand_quiet_hours_are_too_many():
    assert missed([a_run(), a_run("quiet 1", alerts={"gap": 2})]) == []
    assert any("quiet: 3.00" in line
               for line in missed([a_run(), a_run("quiet 1", alerts={"gap": 3})]))  # fmt: skip


def test_what_thinning_costs_is_judged_by_the_worst_kind():
    thinned = dict.fromkeys(F1_AT_LEAST, outcome()) | {"jump": outcome(right=8, missed=2)}
    assert any("20.0 points" in line for line in missed([a_run(thinned=thinned)]))


def test_what_of_all_there_is_was_found_in_the_half_is_shown_and_not_judged():
    run = a_run(of_all=dict.fromkeys(F1_AT_LEAST, outcome(right=1, missed=1)))
    text, met = report([run], 1)
    (row,) = [line for line in text.splitlines() if line.startswith("jump")]
    assert met
    assert "0.500" in row


def test_a_kind_that_the_half_can_show_none_of_is_judged_by_all_there_is():
    nothing = dict.fromkeys(F1_AT_LEAST, outcome()) | {"jump": Outcome()}
    of_all = dict.fromkeys(F1_AT_LEAST, outcome()) | {"jump": outcome(right=3, missed=1)}
    assert any("25.0 points" in line for line in missed([a_run(thinned=nothing, of_all=of_all)]))


def test_others_definitions_stand_beside_ours():
    text, _ = report([a_run(others={"gfw-encounter": outcome(right=1, missed=3)})], 1)
    assert "ours" in text
    assert any("gfw-encounter" in line and "recall 0.250" in line for line in text.splitlines())
