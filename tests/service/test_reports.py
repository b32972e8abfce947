"""A report of a partner, all the way to the scores that each nation reads."""

import json
import subprocess
import time
import urllib.request

import pytest

pytestmark = pytest.mark.service


class Reader:
    """One who reads and reports with a key of his nation."""

    def __init__(self, service, nation):
        made = subprocess.run(
            service.command("keys", "create", "--name", nation, "--role", "watch_officer",
                            "--nation", nation)[:-2],
            env={"SAFEPASSAGE_DATA_DIR": str(service.folder / "data")}, check=True, text=True,
            capture_output=True, timeout=60,
        )  # fmt: skip
        key = next(w for w in made.stdout.split() if w.startswith("sp_"))
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.url = service.urls["http_url"]

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, self.headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def coercion(self, mmsi):
        return self.ask(f"/v1/vessels/{mmsi}")["coercion"]

    def priority(self, mmsi):
        return self.ask(f"/v1/vessels/{mmsi}")["smuggling"]["priority"]


def soon(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)
    return found


def test_a_report_raises_the_scores_of_its_readers_at_once_and_of_nobody_else(start_service):
    service = start_service("--exercise", "pacific")
    ours, theirs = Reader(service, "XC"), Reader(service, "CO")

    def at_risk():
        vessels = ours.ask("/v1/vessels?min_band=high&limit=50")["vessels"]
        return next((v for v in vessels if v["coercion"] and v["sog_kn"] is not None
                     and v["sog_kn"] < 0.5), None)  # fmt: skip

    ship = soon(at_risk, 180)
    mmsi, before = ship["mmsi"], ship["coercion"]["probability"]
    told = ours.ask("/v1/incidents", {
        "kind": "boarding", "at": ship["reported_at"], "position": ship["position"],
        "reliability": "A", "credibility": 1, "activity": "anchored",
    })  # fmt: skip
    soon(lambda: ours.coercion(mmsi)["probability"] > 1.5 * before)
    score = ours.coercion(mmsi)
    assert sum(r["contribution"] for r in score["reasons"]) == pytest.approx(score["probability"])
    assert any(told["id"] in r["report_ids"] for r in score["reasons"] if "report_ids" in r)
    assert {r["code"] for r in theirs.coercion(mmsi)["reasons"]}.isdisjoint(
        {"reported", "live_threat"}
    )
    assert theirs.ask("/v1/incidents")["incidents"] == []

    watched = {"mmsi": mmsi, "owner": "port", "reason": "hull search", "releasable_to": ["CO"]}
    priority = theirs.priority(mmsi)
    ours.ask("/v1/watchlists", watched)
    soon(lambda: theirs.priority(mmsi) > priority)

    ours.ask(f"/v1/incidents/{told['id']}/retraction", {"reason": "a drill"})
    soon(lambda: "reported" not in {r["code"] for r in ours.coercion(mmsi)["reasons"]})
    kept = service.query("SELECT count(*) FROM reports")[0][0]
    assert kept == 2
