"""The running exercise: officers decide by the API, and the plan follows."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]

PLAN_S = 180
TASKINGS = "/v1/plans/current/taskings"


class Officer:
    """A watch officer of one nation with a key of the running service."""

    def __init__(self, service, nation):
        who = ["--name", nation, "--role", "watch_officer", "--nation", nation]
        folder = ["--data-dir", str(service.folder / "data")]
        made = subprocess.run(
            [sys.executable, "-m", "api.cli", "keys", *folder, "create", *who],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        self._key, self._service = made.stdout.strip(), service

    def ask(self, path, body=None):
        """Status and answer."""
        request = urllib.request.Request(
            self._service.urls["http_url"] + path,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def plan(self):
        return self.ask("/v1/plans/current")[1]  # before the first a problem, which has no pending

    def plan_where(self, what, holds):
        """The first plan from now on of which it holds, all decisions answered."""
        deadline = time.monotonic() + PLAN_S
        while True:
            plan = self.plan()
            if plan.get("pending") == 0 and holds(plan):
                return plan
            assert time.monotonic() < deadline, f"no plan {what} within {PLAN_S} s"
            time.sleep(0.5)

    def decide(self, tasking, verb, **body):
        status, answer = self.ask(f"{TASKINGS}/{tasking['id']}/{verb}", {"reason": "test"} | body)
        assert status == 201, answer
        return answer


def tasking_of(plan, request):
    """The tasking that serves the request, None where none does."""
    found = (t for t in plan["taskings"] for e in t["escorts"] if request in e["requests"])
    return next(found, None)


def stage(plan, request):
    tasking = tasking_of(plan, request)
    if tasking is None:
        return None
    return next(e["status"] for e in tasking["escorts"] if request in e["requests"])


def a_call_beside(asset, now):
    """A request of great risk that begins at once where the asset lies, beyond all others."""
    lon, lat = asset["position"]
    end = [round(lon - 0.5, 3), round(lat - 0.5, 3)]
    return {
        "mmsis": ["366999001"], "rendezvous": [lon, lat], "release": end, "speed_kn": 10.0,
        "earliest": f"{now:%Y-%m-%dT%H:%M:%SZ}", "risk_value": 0.9,
        "latest": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}", "reason": "master calls",
    }  # fmt: skip


def test_officers_approve_reject_lock_and_break_off_and_the_plan_follows(start_service):
    service = start_service("--exercise", "pacific")
    us, ec = Officer(service, "US"), Officer(service, "EC")
    plan = us.plan_where("with a proposal of the US", lambda p: _of(p, "US"))

    rejected, locked = _of(plan, "US")[0], next(t for t in plan["taskings"] if t["nation"] != "US")
    status, problem = us.ask(f"{TASKINGS}/{locked['id']}/lock", {})
    assert status == 403, problem
    request = rejected["escorts"][0]["requests"][0]
    us.decide(rejected, "rejection", requests=[request])
    plan = us.plan_where("after the rejection", lambda p: p["round"] > plan["round"])
    after = tasking_of(plan, request)
    assert after is None or after["asset"] != rejected["asset"]
    news = plan["recent_changes"]  # of all rounds since: more than one may have passed
    assert any("rejected by US (US): test" in change["why"] for change in news)

    asset = next(a for a in plan["assets"] if a["id"] == "ec-patrol-manta")
    status, filed = ec.ask("/v1/requests", a_call_beside(asset, datetime.now(UTC)))
    assert status == 201, filed
    mine = filed["requests"][0]
    plan = ec.plan_where("with the request filed", lambda p: tasking_of(p, mine))
    by_ec = tasking_of(plan, mine)
    assert by_ec["nation"] == "EC", "the request was filed where an asset of EC lies"

    ec.decide(by_ec, "lock", requests=[mine])
    plan = ec.plan_where("with the lock", lambda p: p["round"] > plan["round"])
    assert [e["locked"] for e in tasking_of(plan, mine)["escorts"] if mine in e["requests"]] == [
        True
    ]
    assert stage(plan, mine) == "proposed"

    service.send(signal.SIGKILL)
    service.start()
    plan = ec.plan_where("after a crash", lambda p: p.get("round", 0) >= plan["round"])
    assert tasking_of(plan, mine)["id"] == by_ec["id"]

    approved = tasking_of(plan, mine)
    ec.decide(approved, "approval", requests=[mine])
    plan = ec.plan_where("with it under way", lambda p: _running(p, mine))
    assert tasking_of(plan, mine) is None
    assert _running(plan, mine)["tasking"] == approved["id"]

    ec.decide({"id": approved["id"]}, "break-off", reason="engine")
    plan = ec.plan_where("without it", lambda p: not _running(p, mine))
    ended = next(each for each in plan["ended"] if mine in each["requests"])
    assert (ended["status"], ended["why"]) == ("broken_off", "broken off by EC (EC): engine")

    kinds = [d["kind"] for d in ec.ask("/v1/decisions")[1]["decisions"]]
    assert kinds == ["break_off", "approval", "lock", "request", "rejection"]


def _of(plan, nation):
    return [t for t in plan.get("taskings", ()) if t["nation"] == nation]


def _running(plan, request):
    return next((r for r in plan["under_way"] if request in r["requests"]), None)
