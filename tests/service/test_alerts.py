"""Alerts of the real service: killed between commit and send, nothing is lost or unsigned."""

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks import Webhook

pytestmark = pytest.mark.service


class Partner(ThreadingHTTPServer):
    """A receiver that is out of order until `well` is set."""

    def __init__(self):
        self.well = threading.Event()
        self.taken = []
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        well = self.server.well.is_set()
        if well:
            self.server.taken.append((dict(self.headers), body))
        self.send_response(204 if well else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def partner():
    with Partner() as server:
        yield server
        server.shutdown()


def ask(service, key, path, body=None):
    request = urllib.request.Request(
        service.urls["http_url"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def wait_for(condition, what, seconds=120):
    deadline = time.monotonic() + seconds
    while not (met := condition()):
        assert time.monotonic() < deadline, f"{what} took longer than {seconds} s"
        time.sleep(0.1)
    return met


def test_a_service_killed_between_commit_and_send_loses_no_alert(
    start_service, partner, monkeypatch
):
    monkeypatch.setenv("SAFEPASSAGE_WEBHOOK_NETWORKS", '["127.0.0.0/8"]')
    service = start_service("--exercise", "pacific")
    who = ["--name", "p", "--role", "naval_partner", "--nation", "US"]
    folder = ["--data-dir", str(service.folder / "data")]
    made = subprocess.run(
        [sys.executable, "-m", "api.cli", "keys", *folder, "create", *who],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    key = made.stdout.strip()
    url = f"http://127.0.0.1:{partner.server_address[1]}/hook"
    subscribed = ask(
        service, key, "/v1/subscriptions",
        {"name": "mine", "channel": "webhook", "target": {"url": url},
         "filter": {"min_severity": "notice"}},
    )  # fmt: skip

    def waiting():
        return service.query("SELECT count(*) FROM deliveries WHERE status = 'waiting'")[0][0]

    wait_for(lambda: waiting() >= 3, "the first alerts")
    service.send(signal.SIGKILL)
    assert partner.taken == []
    partner.well.set()
    service.start()
    wait_for(lambda: waiting() == 0, "the deliveries after the start")
    sent = "SELECT alert_id || '.' || phase AS id FROM deliveries WHERE status = 'delivered'"
    hook = Webhook(subscribed["secret"])
    taken = {hook.verify(body, headers)["id"] for headers, body in partner.taken}
    assert taken >= {row["id"] for row in service.query(sent)}
    ids = service.query("SELECT count(*) AS n, count(DISTINCT id) AS ids FROM alerts")[0]
    assert ids["n"] == ids["ids"] >= 3
    told = ask(service, key, "/v1/alerts")["alerts"]
    assert {alert["exercise"] for alert in told} == {"pacific"}
