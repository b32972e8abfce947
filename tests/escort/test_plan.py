from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escort.plan import plan, plan_document
from escort.reading import read_scenario


def planned(document, **options):
    return plan_document(plan(read_scenario(document), **options))


def without_seconds(document):
    return {**document, "solver": {**document["solver"], "seconds": None}}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1), assets=st.integers(0, 8), requests=st.integers(0, 25))
def test_every_plan_of_a_random_scenario_is_feasible_and_explained(
    make, check, seed, assets, requests
):
    document = make.random_scenario(seed, assets, requests)
    check(document, planned(document, seconds=60))


def test_forty_assets_and_three_hundred_requests_are_planned_in_time(make, check):
    document = make.random_scenario(3, 40, 300)
    planned(make.random_scenario(3, 4, 30))
    began = process_time()
    made = planned(document, seconds=5, clock=process_time)
    assert process_time() - began < 6
    check(document, made)


def test_a_plan_ends_in_time_when_there_is_too_little_of_it(make, check):
    document = make.random_scenario(4, 10, 80)
    ticks = iter(range(10**9))
    made = planned(document, seconds=50, clock=lambda: float(next(ticks)))
    check(document, made)
    assert "stopped by time" in made["solver"]["status"]
    assert next(ticks) < 400


def test_equal_scenario_and_seed_give_an_equal_plan(make):
    document = make.random_scenario(5, 8, 60)
    assert without_seconds(planned(document, seed=7, seconds=60)) == without_seconds(
        planned(document, seed=7, seconds=60)
    )


def test_the_riskier_of_two_requests_at_once_is_served(make):
    requests = [make.request(id="low"), make.request(id="high", risk_value=0.02)]
    made = planned(make.scenario([make.asset()], requests))
    assert made["taskings"][0]["escorts"][0]["requests"] == ["high"]
    (missed,) = made["unserved"]
    assert (missed["request"], missed["reason"]) == ("low", "outbid")
    assert "high" in missed["detail"]
    assert missed["would_cost"] == pytest.approx(0.01)


def test_an_asset_refuels_at_its_base_when_its_range_would_not_do(make, check):
    far = make.request(id="r2", earliest=make.iso(30), latest=make.iso(31))
    document = make.scenario([make.asset(range_nm=170.0)], [make.request(), far])
    made = planned(document)
    check(document, made)
    (tasking,) = made["taskings"]
    assert [refuel["before"] for refuel in tasking["refuels"]] == ["r2"]


def test_an_asset_in_its_base_leaves_no_sooner_than_it_must(make):
    made = planned(make.scenario([make.asset()], [make.request()]))
    assert made["taskings"][0]["escorts"][0]["depart_at"] == make.iso(7)


def test_a_locked_escort_is_kept_though_another_is_worth_more(make):
    requests = [make.request(id="low"), make.request(id="high", risk_value=0.02)]
    lock = [{"asset": "a1", "request": "low"}]
    made = planned(make.scenario([make.asset()], requests, locked=lock))
    assert made["taskings"][0]["escorts"][0]["requests"] == ["low"]
    assert made["unserved"][0]["reason"] == "locked_out"


def test_a_lock_that_cannot_be_kept_is_reported_with_its_reason(make):
    lock = [{"asset": "a1", "request": "r1"}]
    assets = [make.asset(max_speed_kn=10.0), make.asset(id="a2")]
    made = planned(make.scenario(assets, [make.request()], locked=lock))
    assert made["lost_locks"] == [{"asset": "a1", "request": "r1"}]
    assert made["unserved"][0]["reason"] == "speed"
    assert made["unserved"][0]["detail"].startswith("Locked to Patrol 1")


def test_what_a_previous_plan_promised_is_kept_where_little_is_lost(make):
    assets = [make.asset(id="a1"), make.asset(id="a2", position=[-81.2, 0.0])]
    document = make.scenario(assets, [make.request()])
    assert planned(document)["taskings"][0]["asset"] == "a2"
    before = {"taskings": [{"asset": "a1", "escorts": [{"requests": ["r1"]}]}]}
    assert planned(document, previous=before)["taskings"][0]["asset"] == "a1"


def test_hours_and_shares_of_all_nations_are_shown(make):
    shares = {"shares": {"EC": 0.5, "PE": 0.5}, "tolerance": 0.25}
    made = planned(make.scenario([make.asset()], [make.request()], burden=shares))
    assert made["burden"]["EC"]["share"] == 1.0
    assert made["burden"]["EC"]["within_tolerance"] is False
    assert made["burden"]["PE"] == {
        "hours": 0.0, "share": 0.0, "agreed": 0.5, "within_tolerance": True
    }  # fmt: skip
    assert made["burden"]["EC"]["hours"] == pytest.approx(3 + 2.5 + 67.082 / 20, abs=0.01)


def test_a_plan_that_is_the_best_there_is_says_so(make):
    made = planned(make.scenario([make.asset()], [make.request()]))
    assert made["upper_bound"] == made["objective"]
    assert made["gap"] == 0.0


def test_no_bound_is_claimed_where_time_did_not_do_for_one(make):
    ticks = iter(range(10**9))
    document = make.random_scenario(4, 10, 80)
    made = planned(document, seconds=1, clock=lambda: float(next(ticks)))
    assert made["upper_bound"] is None
    assert made["gap"] is None


def test_an_idle_asset_says_why_it_stays(make):
    made = planned(make.scenario([make.asset(max_speed_kn=5.0)], [make.request()]))
    assert made["idle"] == [
        {"asset": "a1",
         "why": "Stays: it can serve none of one request (first obstacle: speed 1)."}
    ]  # fmt: skip
