"""Scenarios as documents, and a checker of plans that knows nothing of `escort.feasibility`."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import hypot

import numpy as np
import pytest
import shapely

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def iso(hours):
    return (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def when(text):
    return (datetime.fromisoformat(text) - NOW) / timedelta(hours=1)


def an_asset(**changed):
    return {
        "id": "a1", "name": "Patrol 1", "nation": "EC", "class": "OPV",
        "position": [-81.0, 0.0], "base": [-81.0, 0.0], "max_speed_kn": 20.0, "range_nm": 2000.0,
        "endurance_h": 120.0, "available_from": iso(0), "available_until": iso(72),
        "must_return": True, "may_enter": [], "capacity_ships": 1, **changed,
    }  # fmt: skip


def a_request(**changed):
    return {
        "id": "r1", "mmsis": ["366999001"], "rendezvous": [-82.0, 0.0], "earliest": iso(10),
        "latest": iso(12), "release": [-82.0, 0.5], "speed_kn": 12.0, "leg_h": None,
        "risk_value": 0.01, **changed,
    }  # fmt: skip


def a_scenario(assets, requests, **changed):
    """A flat sea: 60 nm a degree either way, given as the scenario's own distances."""
    document = {
        "now": iso(0), "horizon_h": 72, "zones": [], "assets": assets, "requests": requests,
        "locked": [], **changed,
    }  # fmt: skip
    points = {tuple(place) for asset in assets for place in (asset["position"], asset["base"])}
    points |= {tuple(r[end]) for r in requests for end in ("rendezvous", "release")}
    listed = sorted(points)
    matrix = [[flat_nm(one, other) for other in listed] for one in listed]
    document["distances"] = {"unit": "nm", "points": [list(p) for p in listed], "matrix": matrix}
    return document


def flat_nm(one, other):
    return 60.0 * hypot(one[0] - other[0], one[1] - other[1])


def a_random_scenario(seed, n_assets, n_requests):
    rng = np.random.default_rng(seed)
    square = [[-85.0, -1.0], [-84.0, -1.0], [-84.0, 1.0], [-85.0, 1.0]]
    zones = [
        {"id": "EC-TS", "nation": "EC", "kind": "territorial_sea", "polygon": square},
        {"id": "X", "nation": "CO", "kind": "closed",
         "polygon": [[x + 3, y + 2] for x, y in square]},
    ]  # fmt: skip

    def somewhere():
        return [round(float(rng.uniform(-88, -79)), 3), round(float(rng.uniform(-5, 5)), 3)]

    assets = []
    for i in range(n_assets):
        base = somewhere()
        position = base if rng.random() < 0.6 else somewhere()
        assets.append(an_asset(
            id=f"a{i}", nation=["US", "EC", "CO"][i % 3], position=position, base=base,
            max_speed_kn=float(rng.choice([14, 20, 28])),
            range_nm=float(rng.choice([400, 900, 2500])),
            endurance_h=float(rng.choice([18, 40, 120])), available_from=iso(int(rng.integers(9))),
            available_until=iso(int(rng.integers(40, 73))), must_return=bool(rng.random() < 0.8),
            may_enter=["EC-TS"] if rng.random() < 0.3 else [],
            capacity_ships=int(rng.integers(1, 3)),
        ))  # fmt: skip
    requests = []
    for i in range(n_requests):
        begin = somewhere()
        guard = rng.random() < 0.3
        end = begin if guard else [begin[0] + float(rng.uniform(-1, 1)), begin[1] + 0.5]
        earliest = float(rng.uniform(0, 60))
        requests.append(a_request(
            id=f"r{i}", mmsis=[f"{366000000 + i}", f"{367000000 + i}"][: 1 + (rng.random() < 0.1)],
            rendezvous=begin, release=end, earliest=iso(earliest), latest=iso(earliest + 1.5),
            speed_kn=0.0 if guard else float(rng.uniform(8, 22)), leg_h=6.0 if guard else None,
            risk_value=float(rng.exponential(0.02)),
        ))  # fmt: skip
    shares = {"shares": {"US": 0.4, "EC": 0.3, "CO": 0.3}, "tolerance": 0.25}
    return a_scenario(assets, requests, zones=zones, burden=shares)


def check_plan(scenario, plan):
    """Asserts everything `docs/escort.md` promises of a plan."""
    assets = {asset["id"]: asset for asset in scenario["assets"]}
    requests = {request["id"]: request for request in scenario["requests"]}
    served = [r for t in plan["taskings"] for e in t["escorts"] for r in e["requests"]]
    assert len(served) == len(set(served)), "a request is served twice"
    assert len({t["asset"] for t in plan["taskings"]}) == len(plan["taskings"])
    assert sorted(served + [u["request"] for u in plan["unserved"]]) == sorted(requests)
    assert all(u["reason"] and u["detail"] for u in plan["unserved"])
    assert all(t["why"] and t["escorts"] for t in plan["taskings"])
    for tasking in plan["taskings"]:
        check_tasking(scenario, assets[tasking["asset"]], requests, tasking)
    value = sum(requests[r]["risk_value"] for r in served)
    transit_nm = sum(e["transit_nm"] for t in plan["taskings"] for e in t["escorts"])
    assert plan["risk_value"] == pytest.approx(value, abs=1e-9)
    assert plan["objective"] == pytest.approx(value - 1e-6 * transit_nm, abs=1e-6)
    assert plan["objective"] >= max(plan["baselines"].values()) - 1e-12
    if plan["upper_bound"] is not None:
        assert plan["objective"] <= plan["upper_bound"] + 1e-12
        assert 0.0 <= plan["gap"] < 1.0
    hours = sum(burden["hours"] for burden in plan["burden"].values())
    assert not served or hours > 0
    assert {a["nation"] for a in scenario["assets"]} <= set(plan["burden"])


SECOND = 1 / 3600


def check_tasking(scenario, asset, requests, tasking):
    closed = [
        shapely.Polygon(z["polygon"])
        for z in scenario["zones"]
        if z["id"] not in asset["may_enter"]
        and (z["kind"] == "closed" or z["nation"] != asset["nation"])
    ]
    refuels = {refuel["before"]: refuel for refuel in tasking["refuels"]}
    here, at, speed = asset["position"], when(asset["available_from"]), asset["max_speed_kn"]
    from_base = here == asset["base"]
    sailed, sea_since, path = 0.0, when(tasking["escorts"][0]["depart_at"]) if from_base else at, []
    for escort in tasking["escorts"]:
        (request_id,) = escort["requests"]
        request = requests[request_id]
        assert len(request["mmsis"]) <= asset["capacity_ships"]
        assert speed >= request["speed_kn"]
        depart, meet, release = (
            when(escort[k]) for k in ("depart_at", "rendezvous_at", "release_at")
        )
        assert depart >= at - SECOND
        transit = 0.0
        if refuel := refuels.get(request_id):
            to_base = flat_nm(here, asset["base"])
            assert when(refuel["arrive_at"]) >= depart + to_base / speed - SECOND
            assert when(refuel["depart_at"]) >= when(refuel["arrive_at"]) + 4.0 - SECOND
            assert sailed + to_base <= asset["range_nm"] + 1e-6
            assert when(refuel["arrive_at"]) - sea_since <= asset["endurance_h"] + SECOND
            path += [here, asset["base"]]
            here, depart, transit = asset["base"], when(refuel["depart_at"]), to_base
            sailed, sea_since = 0.0, depart
        leg, last = (
            flat_nm(here, request["rendezvous"]),
            flat_nm(request["rendezvous"], request["release"]),
        )
        assert meet >= depart + leg / speed - 2 * SECOND
        assert when(request["earliest"]) - SECOND <= meet <= when(request["latest"]) + SECOND
        duration = request["leg_h"] or last / request["speed_kn"]
        assert release == pytest.approx(meet + duration, abs=2 * SECOND)
        assert escort["transit_nm"] == pytest.approx(transit + leg, abs=2e-3)
        assert escort["leg_nm"] == pytest.approx(last, abs=2e-3)
        sailed += leg + last
        path += [here, request["rendezvous"], request["release"]]
        here, at = request["release"], release
        assert sailed <= asset["range_nm"] + 1e-6
        assert at - sea_since <= asset["endurance_h"] + SECOND
    if asset["must_return"]:
        home = flat_nm(here, asset["base"])
        at = when(tasking["returns_at"])
        assert at >= release + home / speed - SECOND
        assert sailed + home <= asset["range_nm"] + 1e-6
        assert at - sea_since <= asset["endurance_h"] + SECOND
        path += [here, asset["base"]]
    assert at <= when(asset["available_until"]) + SECOND
    for one, other in pairwise(path):
        assert not any(zone.intersects(shapely.LineString([one, other])) for zone in closed)


@pytest.fixture
def make():
    """Factories of documents: `asset`, `request`, `scenario`, `random_scenario`, `iso`."""

    class Make:
        asset, request, scenario = map(staticmethod, (an_asset, a_request, a_scenario))
        random_scenario, iso = map(staticmethod, (a_random_scenario, iso))

    return Make


@pytest.fixture
def check():
    return check_plan


@pytest.fixture
def clock():
    """Hours since the scenario's now of an ISO time."""
    return when
