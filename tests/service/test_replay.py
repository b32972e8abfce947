"""Replays of many archives, bad ones among them, and of one that was cut off."""

import os
import pty
import subprocess
import time

import pytest

from ingest.archive import open_archive

pytestmark = pytest.mark.service


@pytest.fixture
def hours(exercise_day, tmp_path):
    """Three archives of a third of an exercise's day each."""
    lines = exercise_day.read_bytes().splitlines(keepends=True)
    third = len(lines) // 3
    paths = [tmp_path / f"{n}.nmea" for n in range(3)]
    for n, path in enumerate(paths):
        path.write_bytes(b"".join(lines[n * third : (n + 1) * third]))
    return paths


def positions_of(path):
    return sum(int((block.reports.lon == block.reports.lon).sum()) for block in open_archive(path))


def stored(service):
    return service.query("SELECT count(*) FROM positions")[0][0]


def replay(service, *words):
    return subprocess.run(
        service.command("replay", *words), capture_output=True, text=True, timeout=240, check=False
    )


def test_archives_at_once_and_bad_ones_among_them_are_stored_whole(start_service, hours, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("nothing of the sea\n")
    service = start_service("--no-exercise")
    done = replay(service, hours[0], notes, *hours[1:], "--jobs", 3)
    told = done.stderr.splitlines()
    assert done.returncode == 1
    assert "notes.txt is no AIS archive" in told[0]
    assert [line.split(":")[0] for line in told[1:]] == ["0.nmea", "1.nmea", "2.nmea"]
    assert stored(service) == sum(map(positions_of, hours)) > 1000


def test_a_replay_that_was_cut_off_goes_on_where_it_stopped(start_service, hours):
    service = start_service("--no-exercise")
    whole = positions_of(hours[0])
    client = subprocess.Popen(service.command("replay", "--speed", 3000, hours[0]))
    deadline = time.monotonic() + 120
    while stored(service) < whole // 4:
        assert time.monotonic() < deadline
        assert client.poll() is None, "the replay was over before it was cut off"
        time.sleep(0.05)
    client.kill()
    client.wait(30)
    assert stored(service) < whole
    began = time.monotonic()
    done = replay(service, hours[0])
    assert done.returncode == 0, done.stderr
    assert stored(service) == whole
    assert f"reports={sum(len(b.reports) for b in open_archive(hours[0]))} " in done.stderr
    assert time.monotonic() - began < 60


def test_a_replay_on_a_terminal_shows_how_far_it_is_and_how_long_it_takes_yet(start_service, hours):
    service = start_service("--no-exercise")
    keeper, terminal = pty.openpty()
    client = subprocess.Popen(
        service.command("replay", *hours), stderr=terminal,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(terminal)
    shown = b""
    while True:
        try:
            shown += os.read(keeper, 65536)
        except OSError:  # EIO: the client has closed its end
            break
    os.close(keeper)
    assert client.wait(60) == 0
    text = shown.decode("utf-8", "replace")
    for part in ("replay ", "100%", "0:00:00", "3/3 files"):
        assert part in text
