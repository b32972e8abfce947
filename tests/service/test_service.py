"""The whole service: what a user sees of starting, stopping, killing and replaying."""

import signal
import subprocess
import time

import pytest

from ingest.archive import open_archive

pytestmark = pytest.mark.service


def positions_of(path):
    """How many positions `decode` finds in a file."""
    return sum(int((block.reports.lon == block.reports.lon).sum()) for block in open_archive(path))


def wait_for(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} took longer than {seconds} s"
        time.sleep(0.05)


def stored(service):
    return service.query("SELECT count(*) FROM positions")[0][0]


def events(service):
    return service.query(
        "SELECT id, kind, mmsis, started_at, ended_at, detected_at, status, evidence "
        "FROM events ORDER BY id"
    )


def replay(service, path):
    done = subprocess.run(
        service.command("replay", path), capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_the_service(start_service, number):
    service = start_service("--no-exercise")
    assert len(service.children()) > 2
    code = service.send(number)
    assert code == (0 if number != signal.SIGKILL else -signal.SIGKILL)
    wait_for(lambda: not service.children(), 30, "the end of the embedded servers")


def test_a_second_start_is_quick_and_finds_its_data_again(start_service, shared_data):
    service = start_service("--no-exercise")
    replay(service, shared_data / "nmea" / "uscg_suffix.ais")
    before = stored(service)
    service.send(signal.SIGTERM)
    began = time.monotonic()
    service.start()
    assert time.monotonic() - began < 20
    assert stored(service) == before > 0


def test_a_second_service_in_the_same_folder_is_refused_in_one_line(start_service):
    service = start_service("--no-exercise")
    second = subprocess.run(
        service.command("up", "--port", "0"), capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "already runs" in second.stderr


def test_a_replay_stores_as_many_positions_as_decode_gives_and_no_more_the_second_time(
    start_service, shared_data
):
    path = shared_data / "nmea" / "denmark_pghp.nmea"
    service = start_service("--no-exercise")
    replay(service, path)
    assert stored(service) == positions_of(path) > 20_000
    replay(service, path)
    assert stored(service) == positions_of(path)


def test_killing_the_service_in_mid_replay_changes_neither_positions_nor_events(
    start_service, exercise_day
):
    undisturbed = start_service("--no-exercise")
    replay(undisturbed, exercise_day)

    service = start_service("--no-exercise")
    client = subprocess.Popen(
        service.command("replay", "--speed", 1000, exercise_day), stderr=subprocess.PIPE, text=True
    )
    for target in (0.15, 0.4, 0.65):
        goal = int(stored(undisturbed) * target)
        wait_for(lambda goal=goal: stored(service) >= goal, 120, "storing part of the replay")
        assert client.poll() is None, "the replay was over before the service was killed"
        service.send(signal.SIGKILL)
        service.start()
    _, told = client.communicate(timeout=240)
    assert client.returncode == 0, told

    assert stored(service) == stored(undisturbed) == positions_of(exercise_day)
    assert events(service) == events(undisturbed)
    assert len(events(service)) > 0
