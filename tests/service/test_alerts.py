"""Alerts of the real service: killed between commit and send, nothing is lost or unsigned."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from functools import reduce
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from operator import xor

import pytest
from pyais import encode_dict
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


def entering(n, start_s):
    """NMEA of a ship that sails into a built-in zone, and of another minute after that."""
    lines = []
    for after_s, lat in ((0, 10.5005), (120, 10.4905), (240, 10.4805)):
        said = {"type": 1, "mmsi": 200000001 + n, "lon": -64.718 + n / 500, "lat": lat,
                "speed": 18.0, "course": 180.0, "heading": 180, "second": 60}  # fmt: skip
        tag = f"c:{start_s + after_s}".encode()
        total = reduce(xor, tag)
        lines.append(b"\\%s*%02X\\%s\r\n" % (tag, total, encode_dict(said)[0].encode()))
    return lines


def send(port, lines):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as sender:
        sender.sendall(b"".join(lines))


def test_a_service_killed_between_commit_and_send_loses_no_alert_and_sends_none_unsigned(
    start_service, partner, monkeypatch, unused_tcp_port
):
    monkeypatch.setenv("SAFEPASSAGE_WEBHOOK_NETWORKS", '["127.0.0.0/8"]')
    monkeypatch.setenv("SAFEPASSAGE_LATENESS_S", "0")
    service = start_service("--source", f"tcp-listen://127.0.0.1:{unused_tcp_port}")
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
         "filter": {"rules": ["zone_entry"], "min_severity": "notice"}},
    )  # fmt: skip

    def waiting():
        return service.query("SELECT count(*) FROM deliveries WHERE status = 'waiting'")[0][0]

    start_s = int(time.time()) - 600
    lines = [line for steps in zip(*(entering(n, start_s) for n in range(4)), strict=True)
             for line in steps]  # fmt: skip
    send(unused_tcp_port, lines)
    wait_for(lambda: waiting() == 4, "the alerts")
    service.send(signal.SIGKILL)
    assert partner.taken == []
    partner.well.set()
    service.start()
    wait_for(lambda: waiting() == 0, "the deliveries after the start")
    hook = Webhook(subscribed["secret"])
    taken = [hook.verify(body, headers) for headers, body in partner.taken]
    stored = {row["id"] for row in service.query("SELECT id FROM alerts WHERE rule = 'zone_entry'")}
    assert {event["data"]["id"] for event in taken} == stored
    assert len(stored) == 4
    told = ask(service, key, "/v1/alerts?rule=zone_entry")["alerts"]
    assert {alert["mmsis"][0] for alert in told} == {f"20000000{n}" for n in range(1, 5)}
