"""Sources of the real service, from the wire to the database, and what it tells of them."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

pytestmark = pytest.mark.service

LINE = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n"
WAIT_S = 60


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(condition, what):
    deadline = time.monotonic() + WAIT_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} took longer than {WAIT_S} s"
        time.sleep(0.1)
    return found


def key_of(service):
    made = subprocess.run(
        [sys.executable, "-m", "api.cli", "keys", "create", "--name", "test",
         "--role", "watch_officer", "--nation", "XC"],
        env={**os.environ, "SAFEPASSAGE_DATA_DIR": str(service.folder / "data")},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return re.search(r"sp_\S+", made.stdout)[0]


def get(service, path, key):
    request = urllib.request.Request(
        service.urls["http_url"] + path, headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def test_feeds_of_several_kinds_are_stored_and_told_of(start_service, tmp_path):
    port, away, folder = free_port(), free_port(), tmp_path / "in"
    folder.mkdir()
    tcp, http = f"tcp-listen://127.0.0.1:{port}", f"http://u:s3cret@127.0.0.1:{away}/?key=k3y"
    service = start_service(
        "--source", tcp, "--source", f"folder:{folder}", "--source", http, "--no-exercise"
    )
    with socket.create_connection(("127.0.0.1", port)) as sender:
        sender.sendall(LINE)
        (folder / "day.part").write_bytes(LINE * 5)
        (folder / "day.part").rename(folder / "day.nmea")
        key = key_of(service)

        def told():
            sources = json.loads(get(service, "/v1/sources", key))["sources"]
            by_url = {source["url"]: source for source in sources}
            good = (
                len(by_url) == 3 and by_url[tcp]["reports"] and by_url[f"folder:{folder}"]["rows"]
            )
            return by_url if good else None

        by_url = wait_for(told, "hearing the feeds")
        stored = "SELECT count(*) FROM positions"
        wait_for(lambda: service.query(stored)[0][0] == 6, "storing them")
        metrics = get(service, "/metrics", key)
    covered = f"http://***@127.0.0.1:{away}/?key=***"
    assert by_url[tcp]["state"] == "receiving"
    assert by_url[tcp]["lag_s"] < WAIT_S
    assert by_url[covered]["failures"] >= 1
    assert f'safepassage_source_state{{source="{tcp}",state="receiving"}} 1.0' in metrics
    log = (service.folder / "service.log").read_text()
    assert covered in log
    for text in (log, metrics, json.dumps(by_url)):
        assert "s3cret" not in text
        assert "k3y" not in text


def test_a_source_that_is_none_is_refused_before_any_server_starts(open_folder):
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "up", "--data-dir", str(open_folder / "never"),
         "--source", "ftp://u:p@h/"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "ftp://***@h/" in done.stderr
    assert "tcp://HOST:PORT" in done.stderr
    assert not (open_folder / "never").exists()
