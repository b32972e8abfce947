"""Each reason is true: take the obstacle away and the request is served."""

import pytest

from escort.plan import plan, plan_document
from escort.reading import read_scenario

SQUARE = [[-81.6, -0.4], [-81.4, -0.4], [-81.4, 0.4], [-81.6, 0.4]]
WATERS = {"id": "CO-TS", "nation": "CO", "kind": "territorial_sea", "polygon": SQUARE}


def planned(document):
    return plan_document(plan(read_scenario(document)))


OBSTACLES = {
    "speed": ({"max_speed_kn": 11.9}, {"max_speed_kn": 12.0}, {}),
    "no_asset_in_time": ({"available_from": "2026-03-01T21:01:00Z"}, {}, {}),
    "range": ({"range_nm": 157.0}, {"range_nm": 157.1}, {}),
    "endurance": ({"endurance_h": 8.85}, {"endurance_h": 8.86}, {}),
    "availability": ({"available_until": "2026-03-02T03:00:00Z"}, {}, {}),
    "jurisdiction": ({}, {"may_enter": ["CO-TS"]}, {"zones": [WATERS]}),
}


@pytest.mark.parametrize("reason", OBSTACLES)
def test_a_request_is_served_once_its_obstacle_is_gone(make, check, reason):
    obstacle, mend, scenario = OBSTACLES[reason]
    document = make.scenario([make.asset(**obstacle)], [make.request()], **scenario)
    (missed,) = planned(document)["unserved"]
    assert missed["reason"] == reason
    assert any(letter.isdigit() for letter in missed["detail"]) or "CO-TS" in missed["detail"]
    assert missed["would_cost"] is None
    mended = make.scenario([make.asset(**mend)], [make.request()], **scenario)
    made = planned(mended)
    assert made["unserved"] == []
    check(mended, made)


def test_a_coastal_state_may_enter_its_own_waters(make):
    document = make.scenario([make.asset(nation="CO")], [make.request()], zones=[WATERS])
    assert planned(document)["unserved"] == []


def test_closed_waters_keep_even_their_own_nation_out(make):
    zone = {**WATERS, "kind": "closed"}
    document = make.scenario([make.asset(nation="CO")], [make.request()], zones=[zone])
    assert planned(document)["unserved"][0]["reason"] == "jurisdiction"


def test_a_leg_through_closed_waters_is_refused_though_the_way_there_is_open(make):
    zone = {**WATERS, "polygon": [[-82.1, 0.2], [-81.9, 0.2], [-81.9, 0.3], [-82.1, 0.3]]}
    document = make.scenario([make.asset()], [make.request()], zones=[zone])
    assert planned(document)["unserved"][0]["reason"] == "jurisdiction"


def test_a_way_home_through_closed_waters_is_refused(make):
    zone = {**WATERS, "polygon": [[-81.6, 0.2], [-81.4, 0.2], [-81.4, 0.3], [-81.6, 0.3]]}
    staying = make.asset(id="a2", must_return=False)
    document = make.scenario([make.asset()], [make.request()], zones=[zone])
    assert planned(document)["unserved"][0]["reason"] == "jurisdiction"
    document = make.scenario([make.asset(), staying], [make.request()], zones=[zone])
    assert planned(document)["taskings"][0]["asset"] == "a2"


def test_a_request_not_released_to_a_nation_is_not_given_to_it(make):
    document = make.scenario([make.asset()], [make.request(releasable_to=["US"])])
    assert planned(document)["unserved"][0]["reason"] == "not_released"
    document = make.scenario([make.asset()], [make.request(releasable_to=["US", "EC"])])
    assert planned(document)["unserved"] == []


def test_more_ships_than_an_asset_can_guard_are_too_many(make):
    ships = make.request(mmsis=["366999001", "366999002"])
    assert planned(make.scenario([make.asset()], [ships]))["unserved"][0]["reason"] == "capacity"
    document = make.scenario([make.asset(capacity_ships=2)], [ships])
    assert planned(document)["unserved"] == []


def test_a_window_that_opens_after_the_horizon_waits_for_the_next_plan(make):
    later = make.request(earliest=make.iso(25), latest=make.iso(26))
    made = planned(make.scenario([make.asset()], [later], horizon_h=24))
    assert made["unserved"][0]["reason"] == "beyond_horizon"


def test_a_request_worth_less_than_its_transit_is_left(make):
    made = planned(make.scenario([make.asset()], [make.request(risk_value=5e-5)]))
    (missed,) = made["unserved"]
    assert missed["reason"] == "not_worth_transit"
    assert missed["would_cost"] == pytest.approx(1e-5)


def test_without_assets_every_request_says_so(make):
    assert planned(make.scenario([], [make.request()]))["unserved"][0]["reason"] == "no_asset"


def test_the_asset_nearest_to_able_speaks_for_all(make):
    slow_and_late = make.asset(id="a1", name="Far", max_speed_kn=4.0)
    slow = make.asset(id="a2", name="Near", max_speed_kn=11.0)
    made = planned(make.scenario([slow_and_late, slow], [make.request()]))
    assert "Nearest to able: Near: it makes 11 kn" in made["unserved"][0]["detail"]


def test_a_guard_in_place_asks_for_no_speed(make, check):
    guard = make.request(release=[-82.0, 0.0], speed_kn=0.0, leg_h=6.0)
    document = make.scenario([make.asset(max_speed_kn=8.0)], [guard])
    made = planned(document)
    check(document, made)
    assert made["unserved"] == []
