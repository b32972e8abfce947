import pytest

from api.bench_detectors import Cost, measure, report
from risk.detectors import named_detectors


def a_cost(vessels=10_000, us_per_report=2.0, reports=100_000):
    names = list(named_detectors())
    each = us_per_report * reports / 1e6 / len(names)
    return Cost(vessels=vessels, reports=reports, seconds=dict.fromkeys(names, each), engine_s=1.0)


def test_every_detector_is_timed_over_all_reports_behind_the_first_minutes():
    cost = measure(300, 500)
    assert cost.seconds.keys() == named_detectors().keys()
    assert cost.reports >= 500
    assert all(seconds > 0 for seconds in cost.seconds.values())
    assert sum(cost.seconds.values()) < cost.engine_s


def test_the_table_tells_all_together_and_each_and_what_the_targets_are():
    text, met = report([a_cost(10_000), a_cost(300_000, us_per_report=2.5)])
    assert met
    assert "all detectors together" in text
    assert all(f"  {name}" in text for name in named_detectors())
    assert "500,000" in text
    assert "400,000" in text
    assert "1.25 times" in text


@pytest.mark.parametrize(
    "costs",
    [[a_cost(us_per_report=3.4)], [a_cost(us_per_report=1.0), a_cost(us_per_report=1.6)]],
    ids=["too slow", "dearer with more vessels"],
)
def test_a_missed_target_is_named_and_fails(costs):
    text, met = report(costs)
    assert not met
    assert text.count("MISSED") == 1


def test_one_number_of_vessels_has_nothing_to_be_compared_with():
    assert "times as much" not in report([a_cost()])[0]
