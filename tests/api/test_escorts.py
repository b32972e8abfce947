"""Decisions by HTTP: who may, what is recorded, and how the plan shows it before the next one."""

import pytest

from api import store_escort
from api.http.auditing import AUDIT
from escort.decision import Decision

TASKINGS = "/v1/plans/current/taskings"


def a_plan(make, **document):
    """A row of a plan with one proposed tasking of a US asset and one escort under way."""
    tasking = {
        "id": "t1", "asset": "a1", "name": "Tester", "nation": "US", "status": "proposed",
        "escorts": [{"requests": ["r1"], "status": "proposed"}],
    }  # fmt: skip
    running = {
        "id": "u1", "tasking": "t0", "asset": "a2", "nation": "MX", "status": "under_way",
        "requests": ["r0"], "mmsis": ["200000009"], "risk_value": 0.1,
        "rendezvous_position": [-90.0, 9.0], "release_position": [-90.0, 8.0],
        "position": [-90.0, 9.5],
    }  # fmt: skip
    asset = {
        "id": "a1", "name": "Tester", "nation": "US", "class": "FRC", "position": [-91.0, 9.0],
        "base": [-91.0, 9.0], "max_speed_kn": 28.0, "range_nm": 2500.0, "endurance_h": 120.0,
        "available_from": "2026-03-01T12:00:00Z", "available_until": "2026-03-05T12:00:00Z",
    }  # fmt: skip
    row = make.plan()
    row["scenario"]["assets"] = [asset, {**asset, "id": "a2", "nation": "MX"}]
    row["document"] |= {"taskings": [tasking], "under_way": [running], "decisions": 0} | document
    return row


@pytest.fixture
async def planned(world, make):
    await world.store("plans", a_plan(make))
    await world.live.round()
    return world


async def post(world, path, headers=None, status=201, method="POST", **body):
    response = await world.client.request(method, path, headers=headers, json=body)
    answer = await response.json()
    assert response.status == status, answer
    return answer


async def current(world, headers):
    return await (await world.get("/v1/plans/current", headers)).json()


async def test_an_officer_approves_the_taskings_of_the_own_nation_and_the_plan_shows_it(planned):
    us = await planned.sign(nation="US")
    recorded = await post(planned, f"{TASKINGS}/t1/approval", us, reason="go")
    assert (recorded["kind"], recorded["asset"], recorded["requests"]) == ("approval", "a1", ["r1"])
    plan = await current(planned, us)
    assert (plan["taskings"][0]["status"], plan["pending"]) == ("approved", 1)
    assert plan["taskings"][0]["escorts"][0]["decided"]["nation"] == "US"
    await post(planned, f"{TASKINGS}/t1/approval", us, status=409)


async def test_a_decision_stands_in_the_audit_of_its_nation_with_its_seal(planned):
    us = await planned.sign(nation="US")
    recorded = await post(planned, f"{TASKINGS}/t1/approval", us, reason="go")
    await post(planned, f"{TASKINGS}/t1/approval", us, status=409)
    await planned.application[AUDIT].flush()
    entries = (await (await planned.get("/v1/audit", us)).json())["entries"]
    assert [(e["action"], e["status"]) for e in entries[:2]] == [("write", 409), ("decision", 201)]
    assert entries[1]["detail"] == {"kind": "approval", "seal": recorded["seal"]}


async def test_no_nation_decides_for_anothers_asset_but_the_node_plays_all_in_an_exercise(planned):
    for nation, role, status in (
        ("MX", "watch_officer", 403),
        ("US", "naval_partner", 403),
        ("US", "admin", 403),
        ("XC", "planner", 201),
    ):
        headers = await planned.sign(nation=nation, role=role)
        await post(planned, f"{TASKINGS}/t1/lock", headers, status=status)


async def test_outside_an_exercise_the_node_decides_for_nobody_else():
    from api.policy import Principal, may_decide

    node = Principal(name="n", role="watch_officer", nation="XC")
    assert not may_decide(node, "US")
    assert may_decide(node, "US", player="XC")
    assert may_decide(node, "XC")
    assert not may_decide(node, "")


async def test_a_rejection_needs_a_reason_and_takes_effect_on_what_is_shown(planned):
    us = await planned.sign(nation="US")
    refused = await post(planned, f"{TASKINGS}/t1/rejection", us, status=422)
    assert refused["errors"][0]["field"] == "reason"
    await post(planned, f"{TASKINGS}/t1/rejection", us, reason="crew rest")
    assert (await current(planned, us))["taskings"][0]["status"] == "rejected"


async def test_breaking_off_is_for_escorts_under_way_by_either_of_their_ids(planned):
    mx = await planned.sign(nation="MX")
    us = await planned.sign(nation="US")
    await post(planned, f"{TASKINGS}/t1/break-off", us, status=409, reason="x")
    answer = await post(planned, f"{TASKINGS}/t0/break-off", mx, reason="engine")
    assert (answer["asset"], answer["requests"]) == ("a2", ["r0"])
    assert (await current(planned, mx))["under_way"][0]["status"] == "broken_off"


async def test_an_id_that_a_later_plan_replaced_stands_for_what_is_left_of_it(planned, make):
    us = await planned.sign(nation="US")
    await post(planned, f"{TASKINGS}/t1/approval", us)
    longer = {
        "id": "t2", "asset": "a1", "nation": "US",
        "escorts": [{"requests": ["r1"], "status": "approved"}, {"requests": ["r2"]}],
    }  # fmt: skip
    later = a_plan(make, taskings=[longer], decisions=1) | {"timeline": "later"}
    await planned.store("plans", later)
    await planned.live.round()
    answer = await post(planned, f"{TASKINGS}/t1/unlock", us)
    assert answer["requests"] == ["r1"]


async def replanned(world, make, **document):
    """The next plan, of another timeline so that both are kept."""
    await world.store("plans", a_plan(make, **document) | {"timeline": "later"})
    await world.live.round()


UNSERVED = {"request": "r1", "reason": "outbid", "detail": "d", "would_cost": 0.1}


@pytest.mark.parametrize(
    "later",
    [
        {
            "taskings": [
                {"id": "t2", "asset": "a2", "nation": "MX", "escorts": [{"requests": ["r1"]}]}
            ]
        },
        {"taskings": [], "unserved": [UNSERVED]},
    ],
    ids=["with another asset", "with none"],
)
async def test_an_officer_decides_on_what_was_shown_though_the_plan_has_moved_on(
    planned, make, later
):
    us = await planned.sign(nation="US")
    await replanned(planned, make, **later)
    await post(planned, f"{TASKINGS}/t1/approval", await planned.sign(nation="MX"), 403)
    recorded = await post(planned, f"{TASKINGS}/t1/approval", us)
    assert (recorded["asset"], recorded["requests"]) == ("a1", ["r1"])


async def test_a_ship_that_another_asset_already_escorts_is_not_given_to_this_one(planned, make):
    taken = {"id": "t2", "asset": "a2", "nation": "MX",
             "escorts": [{"requests": ["r1"], "status": "approved"}]}  # fmt: skip
    us = await planned.sign(nation="US")
    await replanned(planned, make, taskings=[taken])
    await post(planned, f"{TASKINGS}/t1/approval", us, 409)


async def test_a_ship_that_asks_no_more_is_not_found_by_the_id_of_its_tasking(planned, make):
    us = await planned.sign(nation="US")
    await replanned(planned, make, taskings=[])
    await post(planned, f"{TASKINGS}/t1/approval", us, 404)


async def test_an_unknown_tasking_and_what_may_not_be_seen_are_not_found(planned):
    us = await planned.sign(nation="US")
    await post(planned, f"{TASKINGS}/t9/approval", us, status=404)
    port = await planned.sign(nation="US", role="port_authority")
    await post(planned, f"{TASKINGS}/t1/approval", port, status=404)
    assert (await (await planned.get("/v1/decisions", port)).json())["decisions"] == []


async def test_sent_again_with_its_key_a_decision_is_recorded_once(planned):
    us = await planned.sign(nation="US") | {"Idempotency-Key": "k1"}
    one = await post(planned, f"{TASKINGS}/t1/approval", us)
    other = await post(planned, f"{TASKINGS}/t1/approval", us)
    assert one == other
    assert await planned.database.fetchval("SELECT count(*) FROM escort_decisions") == 1


async def test_a_key_that_came_with_another_decision_is_refused(planned):
    us = await planned.sign(nation="US") | {"Idempotency-Key": "k1"}
    await post(planned, f"{TASKINGS}/t1/lock", us)
    await post(planned, f"{TASKINGS}/t1/approval", us, 409)
    assert await planned.database.fetchval("SELECT count(*) FROM escort_decisions") == 1


FILING = {
    "mmsis": ["200000005"], "rendezvous": [-90.0, 9.0], "earliest": "2026-03-01T18:00:00Z",
    "latest": "2026-03-01T20:00:00Z", "release": [-90.5, 8.0], "speed_kn": 12.0,
    "risk_value": 0.02, "reason": "master asks by phone",
}  # fmt: skip


async def test_a_request_filed_by_hand_is_listed_until_it_is_planned_or_withdrawn(planned):
    us = await planned.sign(nation="US")
    filed = await post(planned, "/v1/requests", us, **FILING)
    identity = filed["requests"][0]
    listed = (await (await planned.get("/v1/requests", us)).json())["requests"]
    shown = {r["id"]: r for r in listed}[identity]
    assert shown["outcome"] == {"status": "pending", "reason": "master asks by phone"}
    assert shown["mmsis"] == ["200000005"]
    mx = await planned.sign(nation="MX")
    path = f"/v1/requests/{identity}/withdrawal"
    await post(planned, path, mx, status=403, reason="no")
    await post(planned, path, us, reason="she waits in port")
    listed = (await (await planned.get("/v1/requests", us)).json())["requests"]
    assert identity not in {r["id"] for r in listed}
    await post(planned, "/v1/requests/r1/withdrawal", us, status=422, reason="not by hand")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"latest": "2026-03-01T17:00:00Z"}, "latest"),
        ({"mmsis": ["12"]}, "mmsis.0"),
        ({"risk_value": -1}, "risk_value"),
        ({"rendezvous": [-900, 0]}, "rendezvous[0]"),
        ({"reason": ""}, "reason"),
        ({"colour": "red"}, "colour"),
        ({"latest": "2020-03-01T17:00:00Z", "earliest": "2020-03-01T17:00:00Z"}, "latest"),
    ],
)
async def test_a_wrong_field_of_a_request_is_named(planned, change, field):
    refused = await post(
        planned, "/v1/requests", await planned.sign(nation="US"), status=422, **FILING | change
    )
    assert refused["errors"][0]["field"] == field


async def test_a_refusal_names_the_ships_of_the_request(planned):
    us = await planned.sign(nation="US")
    said = await post(planned, "/v1/requests/r2/refusal", us, reason="no time")
    assert said["mmsis"] == ["200000002"]
    await post(planned, "/v1/requests/r2/reconsideration", us, reason="changed her mind")


async def test_an_asset_is_changed_by_its_nation_and_a_new_one_is_offered(planned):
    us, mx = await planned.sign(nation="US"), await planned.sign(nation="MX")
    path = "/v1/assets/a1"
    await post(planned, path, mx, status=403, method="PATCH", down="main engine")
    await post(planned, path, us, method="PATCH", down="main engine", reason="told by radio")
    seen = (await (await planned.get("/v1/assets", us)).json())["assets"]
    assert {a["id"]: a.get("down") for a in seen} == {"a1": "main engine", "a2": None}
    assert {a["id"]: a["position"] for a in seen}["a2"] == [-90.0, 9.5]
    await post(planned, path, us, method="PATCH", down=None)
    refused = await post(planned, path, us, method="PATCH", status=422, range_nm=-1)
    assert refused["errors"][0]["field"] == "range_nm"
    await post(planned, path, us, method="PATCH", status=422)
    new = {
        "id": "us-new", "nation": "US", "class": "FRC", "position": [-80.0, 25.0], "base": "USMIA",
        "max_speed_kn": 28.0, "range_nm": 2500.0, "endurance_h": 120.0,
        "available_from": "2026-03-01T12:00:00Z", "available_until": "2026-03-05T12:00:00Z",
    }  # fmt: skip
    await post(planned, "/v1/assets", mx, status=403, **new)
    await post(planned, "/v1/assets", us, status=422, **new | {"base": "ZZZZZ"})
    await post(planned, "/v1/assets", us, **new)
    await post(planned, "/v1/assets", us, status=409, **new)
    seen = (await (await planned.get("/v1/assets", us)).json())["assets"]
    assert [a["id"] for a in seen] == ["a1", "a2", "us-new"]


async def test_every_decision_is_listed_by_pages_and_sealed_with_the_one_before(planned):
    us = await planned.sign(nation="US")
    for verb in ("lock", "unlock", "lock"):
        await post(planned, f"{TASKINGS}/t1/{verb}", us)
    await post(planned, "/v1/assets/a1", us, method="PATCH", position=[-0.0, 1e-7])
    first = await (await planned.get("/v1/decisions?limit=2", us)).json()
    rest = await (await planned.get(f"/v1/decisions?limit=2&cursor={first['next']}", us)).json()
    listed = first["decisions"] + rest["decisions"]
    assert [d["kind"] for d in listed] == ["asset", "lock", "unlock", "lock"]
    assert len({d["id"] for d in listed}) == len({d["seal"] for d in listed}) == 4
    assert rest["next"] is None
    assert await store_escort.first_broken(planned.database) is None


async def test_decisions_are_not_changed_and_one_that_was_shows(planned):
    us = await planned.sign(nation="US")
    for verb in ("lock", "unlock", "lock"):
        await post(planned, f"{TASKINGS}/t1/{verb}", us, reason="é")
    change = "UPDATE escort_decisions SET reason = 'other' WHERE id = 2"
    with pytest.raises(Exception, match="only ever added to"):
        await planned.database.execute(change)
    async with planned.database.acquire() as connection:
        await connection.execute("SET session_replication_role = replica")  # triggers off
        await connection.execute(change)
        await connection.execute("RESET session_replication_role")
    assert await store_escort.first_broken(planned.database) == 2


async def test_a_body_that_is_no_json_or_of_another_kind_is_refused(planned):
    us = await planned.sign(nation="US")
    for data, kind in (
        (b"{", "application/json"),
        (b"a=1", "text/plain"),
        (b"[]", "application/json"),
    ):
        response = await planned.client.post(
            f"{TASKINGS}/t1/lock", headers=us | {"Content-Type": kind}, data=data
        )
        assert response.status == 422


async def test_a_what_if_is_answered_from_the_current_scenario_and_kept_only_if_asked(world, make):
    request = {
        "id": "r1", "mmsis": ["200000001"], "rendezvous": [-90.0, 9.0], "release": [-90.5, 8.5],
        "earliest": "2026-03-01T18:00:00Z", "latest": "2026-03-01T19:00:00Z", "speed_kn": 12.0,
        "risk_value": 0.1,
    }  # fmt: skip
    row = a_plan(make)
    row["scenario"] |= {"now": "2026-03-01T12:00:00Z", "requests": [request]}
    await world.store("plans", row)
    await world.live.round()
    mx = await world.sign(nation="MX", role="naval_partner")
    gone = [{"kind": "remove_asset", "asset": a} for a in ("a1", "a2")]
    answer = await post(world, "/v1/plans", mx, status=200, changes=gone)
    assert answer["difference"]["requests_served"] == {"before": 1, "after": 0, "change": -1}
    assert [place["requests"] for place in answer["gaps"]["after"]["places"]] == [["r1"]]
    assert answer["id"] is None
    assert await world.database.fetchval("SELECT count(*) FROM what_ifs") == 0
    kept = await post(world, "/v1/plans", mx, changes=gone[:1], store=True)
    again = await (await world.get(f"/v1/plans/what-if/{kept['id']}", mx)).json()
    assert again == kept
    refused = await post(world, "/v1/plans", mx, status=422, changes=[{"kind": "wish"}])
    assert refused["errors"][0]["field"] == "changes[0].kind"
    port = await world.sign(nation="MX", role="port_authority")
    await post(world, "/v1/plans", port, status=404, changes=[])
    assert (await world.get(f"/v1/plans/what-if/{kept['id']}", port)).status == 404


async def test_no_body_is_a_fault_of_the_service(planned):
    us = await planned.sign(nation="US")
    paths = [f"{TASKINGS}/t1/approval", f"{TASKINGS}/t1/rejection", "/v1/requests", "/v1/assets",
             "/v1/requests/r1/refusal", "/v1/plans"]  # fmt: skip
    odd = [None, [], 3, "x", {}, "a\0b", "é" * 300, -1e308, [[0, 0]], "\U0001f6a2"]
    bodies = [*odd, *({"reason": value} for value in odd), *({"requests": value} for value in odd),
              *({"changes": [{"kind": "close_zone", "zone": value}]} for value in odd),
              *(FILING | {name: value} for name in FILING for value in odd)]  # fmt: skip
    for path in paths:
        for body in bodies:
            response = await planned.client.post(path, headers=us, json=body)
            assert response.status in {200, 201, 404, 409, 422}, (path, body, await response.text())
            if response.status == 201 and path.startswith(TASKINGS):
                await post(
                    planned, f"{TASKINGS}/t1/unlock", us, status=201 if "app" in path else 409
                )


async def test_decisions_come_back_as_they_were_made(planned):
    us = await planned.sign(nation="US")
    await post(planned, f"{TASKINGS}/t1/lock", us, reason="keep")
    (decision,) = await store_escort.decisions_after(planned.database, 0)
    assert isinstance(decision, Decision)
    assert (decision.kind, decision.tasking, decision.requests) == ("lock", "t1", ("r1",))
    assert await store_escort.decisions_after(planned.database, 1) == []
