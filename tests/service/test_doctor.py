"""What the doctor says of real installations, well and ill."""

import socket
import subprocess

import pytest

pytestmark = pytest.mark.service


def doctor(service):
    done = subprocess.run(
        service.command("doctor"), capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout


def test_a_running_service_is_well(start_service):
    service = start_service("--no-exercise")
    code, told = doctor(service)
    assert code == 0, told
    assert "ok    http         ready" in told
    assert "ok    decisions    every seal fits" in told
    assert "tracker" in told


def test_a_database_whose_log_was_lost_is_named(start_service):
    service = start_service("--no-exercise")
    service.query("UPDATE readers SET log_offset = 1000")
    code, told = doctor(service)
    assert code == 1
    assert "it is not the log they read" in told


def test_a_port_in_use_is_named_with_its_mend(start_service):
    service = start_service("--no-exercise")
    service.stop()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        env = {"SAFEPASSAGE_PORT": str(taken.getsockname()[1])}
        done = subprocess.run(
            ["env", *(f"{k}={v}" for k, v in env.items()), *service.command("doctor")],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "--port" in done.stdout
