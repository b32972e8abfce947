"""What-if and coverage gaps on the flat sea of the scenarios here."""

import pytest

from escort.gaps import coverage_gaps
from escort.plan import plan, plan_document
from escort.reading import read_scenario
from escort.whatif import changed, what_if
from sea.errors import BadInputError

SQUARE = [[-82.2, -0.2], [-81.8, -0.2], [-81.8, 0.2], [-82.2, 0.2]]


def a_scenario(make, **changes):
    far = make.request(id="far", mmsis=["366999002"], rendezvous=[-88.0, 0.0],
                       release=[-88.0, 0.5], risk_value=0.03)  # fmt: skip
    return read_scenario(make.scenario([make.asset()], [make.request(), far], **changes))


def asked(scenario, *changes):
    return what_if(scenario, changes, seconds=5)


def test_one_more_asset_averts_more_and_the_difference_says_how_much(make):
    scenario = a_scenario(make)
    more = make.asset(id="a2", position=[-87.5, 0.0], base=[-87.5, 0.0])
    made = asked(scenario, {"kind": "add_asset", "asset": more})
    change = made.difference["risk_value"]
    assert (change["before"], change["after"]) == pytest.approx((0.01, 0.04))
    assert made.difference["requests_served"]["change"] == 1
    assert made.difference["share_of_risk"]["after"] == pytest.approx(1.0)


def test_moving_a_base_takes_the_asset_that_lies_there_along(make):
    moved = changed(a_scenario(make), [{"kind": "move_base", "asset": "a1", "base": [-87.5, 0.0]}])
    assert (moved.assets[0].position.lon, moved.assets[0].base_place.lon) == (-87.5, -87.5)


def test_closing_a_zone_takes_away_what_lies_in_it(make):
    zone = {"id": "X", "polygon": SQUARE}
    made = asked(a_scenario(make), {"kind": "close_zone", "zone": zone})
    assert made.difference["risk_value"]["after"] == 0
    assert {u["reason"] for u in made.after["unserved"] if u["request"] == "r1"} == {"jurisdiction"}


def test_raising_a_risk_by_place_or_by_name_raises_what_is_asked(make):
    scenario = a_scenario(make)
    by_place = changed(scenario, [{"kind": "raise_risk", "polygon": SQUARE, "factor": 3}])
    by_name = changed(scenario, [{"kind": "raise_risk", "requests": ["r1"], "factor": 3}])
    assert by_place.requests == by_name.requests
    assert [q.risk_value for q in by_place.requests] == pytest.approx([0.03, 0.03])


def test_an_asset_taken_away_takes_its_locks_with_it(make):
    scenario = a_scenario(make, locked=[{"asset": "a1", "request": "r1"}])
    assert changed(scenario, [{"kind": "remove_asset", "asset": "a1"}]).locked == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "wish"}, "changes[0].kind"),
        ({"kind": "remove_asset", "asset": "a9"}, "changes[0].asset"),
        ({"kind": "add_asset", "asset": {"id": "x"}}, "changes[0].asset.base"),
        ({"kind": "close_zone", "zone": 3}, "changes[0].zone"),
        ({"kind": "raise_risk", "requests": ["r9"], "factor": 2}, "changes[0].requests[0]"),
        ({"kind": "raise_risk", "factor": 2}, "changes[0].polygon"),
        ({"kind": "raise_risk", "requests": ["r1"], "factor": -2}, "changes[0].factor"),
    ],
)
def test_what_is_wrong_with_a_change_is_named(make, change, field):
    with pytest.raises(BadInputError) as caught:
        changed(a_scenario(make), [change])
    assert caught.value.field == field


def test_a_gap_is_a_place_that_nobody_reaches_in_time(make):
    soon = make.request(id="soon", mmsis=["366999002"], rendezvous=[-88.0, 0.0],
                        release=[-88.0, 0.5], earliest=make.iso(1), latest=make.iso(2),
                        risk_value=0.03)  # fmt: skip
    rival = make.request(id="rival", mmsis=["366999003"], risk_value=0.001)
    scenario = read_scenario(make.scenario([make.asset()], [make.request(), soon, rival]))
    gaps = coverage_gaps(scenario, plan_document(plan(scenario)))
    assert [place["requests"] for place in gaps["places"]] == [["soon"]]
    assert gaps["places"][0]["reasons"] == {"no_asset_in_time": 1}
    assert gaps["places"][0]["kind"] == "lane"
    assert gaps["share_of_risk"] == pytest.approx(0.03 / 0.041)


def test_a_plan_that_serves_all_leaves_no_gap(make):
    scenario = read_scenario(make.scenario([make.asset()], [make.request()]))
    gaps = coverage_gaps(scenario, plan_document(plan(scenario)))
    assert (gaps["places"], gaps["risk_value"]) == ([], 0)
