"""What people say against an escort holds in every plan, and is given as the reason."""

import pytest

from escort.plan import plan, plan_document
from escort.reading import read_scenario
from escort.scenario import scenario_document
from sea.errors import BadInputError


def planned(document):
    return plan_document(plan(read_scenario(document)))


def missed(made):
    return {each["request"]: each for each in made["unserved"]}


def test_a_ship_that_refuses_is_not_escorted_and_the_plan_says_so(make):
    made = planned(make.scenario([make.asset()], [make.request(refused="no time to wait")]))
    assert made["taskings"] == []
    assert missed(made)["r1"]["reason"] == "refused"
    assert "no time to wait" in missed(made)["r1"]["detail"]


def test_a_rejected_pair_is_never_planned_again_but_another_asset_may_go(make):
    no = [{"asset": "a1", "request": "r1", "reason": "crew is tired"}]
    alone = planned(make.scenario([make.asset()], [make.request()], excluded=no))
    assert missed(alone)["r1"]["reason"] == "rejected"
    assert "crew is tired" in missed(alone)["r1"]["detail"]
    far = make.asset(id="a2", position=[-80.0, 0.0], base=[-80.0, 0.0])
    both = planned(make.scenario([make.asset(), far], [make.request()], excluded=no))
    assert [tasking["asset"] for tasking in both["taskings"]] == ["a2"]


def test_an_asset_that_is_down_stays_and_the_plan_says_why(make):
    made = planned(make.scenario([make.asset(down="main engine")], [make.request()]))
    assert made["taskings"] == []
    assert missed(made)["r1"]["reason"] == "down"
    assert "main engine" in missed(made)["r1"]["detail"]
    assert "down 1" in made["idle"][0]["why"]


def test_what_people_said_comes_back_from_its_document(make):
    scenario = read_scenario(
        make.scenario(
            [make.asset(down="main engine")],
            [make.request(refused="no")],
            excluded=[{"asset": "a1", "request": "r1", "reason": "crew"}],
        )
    )
    again = read_scenario(scenario_document(scenario))
    assert again.excluded == scenario.excluded
    assert (again.assets[0].down, again.requests[0].refused) == ("main engine", "no")


def test_an_exclusion_of_nobody_known_is_named(make):
    no = [{"asset": "a9", "request": "r1", "reason": ""}]
    with pytest.raises(BadInputError) as caught:
        read_scenario(make.scenario([make.asset()], [make.request()], excluded=no))
    assert caught.value.field == "excluded[0].asset"
