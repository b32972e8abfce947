"""The rolling plan, round by round, on a real sea with made-up assets and ships."""

from dataclasses import replace

import pytest

from escort.decision import Decision
from escort.reading import read_asset, read_request, read_scenario
from escort.rounds import Board, next_round
from sea.instants import parse_utc
from sea.units import HOUR_US, MINUTE_US

NOW = parse_utc("2026-03-01T12:00:00Z")


def scene(make, *, assets=None, requests=None, hours=0.0):
    """What the planner is offered so many hours after the first round."""
    document = make.scenario(assets or [make.asset()], requests or [make.request()])
    del document["distances"]
    scenario = read_scenario(document)
    now = NOW + round(hours * HOUR_US)
    asked = tuple(q for q in scenario.requests if q.latest >= now)
    return replace(scenario, now=now, requests=asked)


def decide(board, kind, *, tasking=None, number=None, **changes):
    """The board after one more decision on the tasking."""
    about = {} if tasking is None else dict(
        tasking=tasking["id"], asset=tasking["asset"],
        requests=tuple(r for escort in tasking.get("escorts", [tasking])
                       for r in escort["requests"]),
    )  # fmt: skip
    given = dict(id=number or board.standing.seen + 1, decided_at=board.made_at, kind=kind,
                 by="Ana", nation="EC", reason="because")  # fmt: skip
    return board.decided([Decision(**given | about | changes)])


def approved(make, **scenes):
    """The board after a first plan whose only tasking was approved, and the tasking."""
    first = next_round(Board(), scene(make, **scenes), seconds=5)
    (tasking,) = first.document["taskings"]
    return decide(first.board, "approval", tasking=tasking), tasking


def kinds(document, name):
    return [each["kind"] for each in document[name]]


def test_a_tasking_is_proposed_until_an_officer_approves_it(make):
    first = next_round(Board(), scene(make), seconds=5)
    (tasking,) = first.document["taskings"]
    assert (tasking["status"], tasking["locked"]) == ("proposed", False)
    board = decide(first.board, "approval", tasking=tasking)
    second = next_round(board, scene(make, hours=0.2), seconds=5)
    (again,) = second.document["taskings"]
    assert (again["id"], again["status"], again["locked"]) == (tasking["id"], "approved", True)
    assert again["escorts"][0]["decided"]["by"] == "Ana"
    assert second.scenario.locked[0].request == "r1"


def test_an_approved_escort_is_under_way_when_its_asset_was_to_leave_then_done(make):
    board, tasking = approved(make)
    depart_h = (parse_utc(tasking["escorts"][0]["depart_at"]) - NOW) / HOUR_US
    assert board.moves_at() is None, "the plan that answers the approval comes first"
    answered = next_round(board, scene(make, hours=0.1), seconds=5)
    assert answered.board.moves_at() == parse_utc(tasking["escorts"][0]["depart_at"])
    under = next_round(answered.board, scene(make, hours=depart_h + 0.1), seconds=5)
    assert under.board.moves_at() == parse_utc(tasking["escorts"][0]["release_at"])
    assert under.document["taskings"] == []
    (running,) = under.document["under_way"]
    assert (running["status"], running["tasking"]) == ("under_way", tasking["id"])
    assert running["why"] == ""
    assert under.document["changes"] == []
    again = next_round(under.board, scene(make, hours=depart_h + 0.2), seconds=5)
    assert again.document["changes"] == []
    release_h = (parse_utc(tasking["escorts"][0]["release_at"]) - NOW) / HOUR_US
    done = next_round(under.board, scene(make, hours=release_h + 0.1), seconds=5)
    assert done.document["under_way"] == []
    assert [each["status"] for each in done.document["ended"]] == ["done"]
    assert done.document["changes"] == []
    assert done.board.moves_at() is None


def test_a_proposal_that_nobody_approves_never_gets_under_way(make):
    first = next_round(Board(), scene(make), seconds=5)
    later = next_round(first.board, scene(make, hours=11), seconds=5)
    assert later.document["under_way"] == []


def test_a_rejected_pair_leaves_the_plan_and_the_change_says_who_and_why(make):
    first = next_round(Board(), scene(make), seconds=5)
    (tasking,) = first.document["taskings"]
    board = decide(first.board, "rejection", tasking=tasking, reason="crew rest")
    second = next_round(board, scene(make, hours=0.2), seconds=5)
    assert second.document["taskings"] == []
    (change,) = second.document["changes"]
    assert (change["kind"], change["was"]["asset"]) == ("dropped", "a1")
    assert change["why"] == "rejected by Ana (EC): crew rest"
    reconsidered = decide(second.board, "reconsideration", requests=("r1",))
    third = next_round(reconsidered, scene(make, hours=0.3), seconds=5)
    assert [each["asset"] for each in third.document["taskings"]] == ["a1"]


def test_a_lock_holds_against_a_better_request_until_it_is_released(make):
    rich = make.request(id="r2", mmsis=["366999002"], risk_value=0.5)
    first = next_round(Board(), scene(make), seconds=5)
    (tasking,) = first.document["taskings"]
    locked = decide(first.board, "lock", tasking=tasking)
    both = scene(make, requests=[make.request(), rich], hours=0.2)
    second = next_round(locked, both, seconds=5)
    assert second.document["taskings"][0]["escorts"][0]["requests"] == ["r1"]
    assert second.document["taskings"][0]["status"] == "proposed"
    assert {u["request"]: u["reason"] for u in second.document["unserved"]}["r2"] == "locked_out"
    free = decide(second.board, "unlock", tasking=tasking)
    third = next_round(free, replace(both, now=NOW + 20 * MINUTE_US), seconds=5)
    assert third.document["taskings"][0]["escorts"][0]["requests"] == ["r2"]


def test_breaking_off_frees_the_asset_where_it_is_and_is_told(make):
    board, tasking = approved(make)
    depart_h = (parse_utc(tasking["escorts"][0]["depart_at"]) - NOW) / HOUR_US
    under = next_round(board, scene(make, hours=depart_h + 0.5), seconds=5)
    (running,) = under.document["under_way"]
    board = decide(under.board, "break_off", tasking=running, reason="man overboard")
    after = next_round(board, scene(make, hours=depart_h + 0.6), seconds=5)
    (ended,) = after.document["ended"]
    assert ended["status"] == "broken_off"
    assert ended["why"] == "broken off by Ana (EC): man overboard"
    assert after.document["changes"][0]["why"] == ended["why"]
    assert after.document["taskings"] == []
    place = after.scenario.assets[0].position
    assert -82.0 < place.lon < -81.0
    assert after.scenario.assets[0].range_nm < 2000.0


def test_an_asset_that_goes_down_under_way_is_told_and_another_is_proposed(make):
    spare = make.asset(id="a2", position=[-83.5, 0.0], base=[-83.5, 0.0], max_speed_kn=28.0)
    both = [make.asset(), spare]
    board, tasking = approved(make, assets=both)
    depart_h = (parse_utc(tasking["escorts"][0]["depart_at"]) - NOW) / HOUR_US
    under = next_round(board, scene(make, assets=both, hours=depart_h + 0.1), seconds=5)
    down = decide(under.board, "asset", asset="a1", document={"down": "main engine"})
    after = next_round(down, scene(make, assets=both, hours=depart_h + 0.2), seconds=5)
    assert kinds(after.document, "alerts") == ["asset_down"]
    assert [each["asset"] for each in after.document["under_way"]] == ["a1"]
    assert [(t["asset"], t["status"]) for t in after.document["taskings"]] == [("a2", "proposed")]


def test_an_asset_reported_too_far_off_falls_behind_and_keeps_its_escort(make):
    board, tasking = approved(make)
    depart_h = (parse_utc(tasking["escorts"][0]["depart_at"]) - NOW) / HOUR_US
    under = next_round(board, scene(make, hours=depart_h + 0.1), seconds=5)
    off = decide(under.board, "asset", asset="a1", document={"position": [-84.5, -3.0]})
    after = next_round(off, scene(make, hours=depart_h + 0.2), seconds=5)
    assert kinds(after.document, "alerts") == ["falls_behind"]
    assert len(after.document["under_way"]) == 1


def test_an_approved_escort_that_cannot_be_kept_is_told(make):
    board, _ = approved(make)
    down = decide(board, "asset", asset="a1", document={"down": "main engine"})
    after = next_round(down, scene(make, hours=0.2), seconds=5)
    (alert,) = after.document["alerts"]
    assert alert["kind"] == "approval_lost"
    assert "main engine" in alert["text"]
    assert after.document["changes"][0]["why"] == "Patrol 1 cannot sail: main engine"
    still = next_round(after.board, scene(make, hours=0.4), seconds=5)
    assert kinds(still.document, "alerts") == ["approval_lost"]
    assert still.document["changes"] == []
    assert still.document["recent_changes"] == after.document["recent_changes"]
    later = next_round(still.board, scene(make, hours=1.5), seconds=5)
    assert later.document["recent_changes"] == []
    up = decide(later.board, "asset", asset="a1", document={"down": None})
    again = next_round(up, scene(make, hours=1.6), seconds=5)
    assert kinds(again.document, "alerts") == []
    assert again.document["taskings"][0]["status"] == "approved"


def test_an_approved_escort_stays_though_risk_asks_for_it_no_more(make):
    board, tasking = approved(make)
    empty = replace(scene(make, hours=0.2), requests=())
    after = next_round(board, empty, seconds=5)
    assert [each["id"] for each in after.document["taskings"]] == [tasking["id"]]
    assert kinds(after.document, "alerts") == ["no_longer_asked"]


def test_a_request_of_a_ship_that_leaves_is_withdrawn_and_the_change_says_so(make):
    first = next_round(Board(), scene(make), seconds=5)
    after = next_round(first.board, replace(scene(make, hours=0.2), requests=()), seconds=5)
    assert after.document["taskings"] == []
    assert "she has left" in after.document["changes"][0]["why"]


def test_a_leg_seen_again_an_hour_later_keeps_its_id_and_what_was_said_of_it(make):
    board, tasking = approved(make)
    moved = make.request(id="other", earliest=make.iso(11), latest=make.iso(13))
    after = next_round(board, scene(make, requests=[moved], hours=0.2), seconds=5)
    assert [each["id"] for each in after.document["taskings"]] == [tasking["id"]]
    assert after.document["taskings"][0]["status"] == "approved"
    assert kinds(after.document, "changes") == ["retimed"]


def test_a_request_filed_by_hand_takes_the_place_of_the_ships_own(make):
    filed = make.request(id="h-1", risk_value=0.001)
    board = decide(Board(made_at=NOW), "request", requests=("h-1",), document=filed)
    after = next_round(board, scene(make), seconds=5)
    assert [q.id for q in after.scenario.requests] == ["h-1"]
    assert after.scenario.requests[0].risk_value == 0.01
    gone = decide(after.board, "withdrawal", requests=("h-1",))
    last = next_round(gone, replace(scene(make, hours=0.2), requests=()), seconds=5)
    assert last.document["changes"][0]["why"] == "it was withdrawn"


def test_a_ship_that_refuses_is_left_alone_until_she_reconsiders(make):
    board = decide(Board(made_at=NOW), "refusal", mmsis=(366999001,), reason="no time")
    after = next_round(board, scene(make), seconds=5)
    assert after.document["unserved"][0]["reason"] == "refused"
    asks = decide(after.board, "reconsideration", mmsis=(366999001,), requests=("r1",))
    again = next_round(asks, scene(make, hours=0.2), seconds=5)
    assert len(again.document["taskings"]) == 1


def test_a_new_asset_is_planned_with(make):
    asset = make.asset(id="a9", nation="US", position=[-81.5, 0.0], base=[-81.5, 0.0])
    board = decide(Board(made_at=NOW), "asset", asset="a9", document=asset)
    after = next_round(board, scene(make), seconds=5)
    assert {a.id for a in after.scenario.assets} == {"a1", "a9"}


def test_an_asset_whose_record_makes_no_sense_any_more_stays_and_says_so(make):
    until = {"available_until": make.iso(1)}
    board = decide(Board(made_at=NOW), "asset", asset="a1", document=until)
    late = [make.asset(available_from=make.iso(2))]
    after = next_round(board, scene(make, assets=late), seconds=5)
    assert "available_until is before available_from" in after.scenario.assets[0].down


def test_a_scenarios_own_distances_hold_in_rounds_too(make):
    base = read_scenario(make.scenario([make.asset()], [make.request()]))
    assert next_round(Board(), base, seconds=5).document["taskings"]


def test_decisions_seen_twice_change_nothing(make):
    board, tasking = approved(make)
    same = decide(board, "rejection", tasking=tasking, number=board.standing.seen)
    assert same == board


def test_a_document_of_an_asset_and_of_a_request_can_be_read_alone(make):
    assert read_asset(make.asset(may_enter=["EC-TS"])).may_enter == ("EC-TS",)
    assert read_request(make.request()).id == "r1"


def test_equal_boards_give_equal_plans(make):
    board, _ = approved(make)
    one, other = (next_round(board, scene(make, hours=0.2), seconds=5).document for _ in "ab")
    for document in (one, other):
        document["solver"]["seconds"] = pytest.approx(0, abs=5)
    assert one == other
