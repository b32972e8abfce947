import json
import subprocess
import sys

import pytest

from api.bench_ingest import MESSAGES_A_MINUTE, STAGES, WARM_MIN
from api.profile import MEASURING, NATIVE, OTHER
from ingest.decode import Decoder
from ingest.exercise import Exercise
from sea.instants import parse_utc
from sea.units import HOUR_US, MINUTE_US

pytestmark = pytest.mark.service
VESSELS, REPORTS = 300, 2000


@pytest.fixture(scope="module")
def told():
    argv = ["bench", "ingest", "--vessels", str(VESSELS), "--reports", str(REPORTS), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", *argv], check=True, timeout=240, stdout=subprocess.PIPE
    )
    return json.loads(done.stdout)


def test_every_report_behind_the_first_minutes_is_a_row_once(told):
    minutes = WARM_MIN + REPORTS / (VESSELS * MESSAGES_A_MINUTE)
    start = parse_utc("2026-01-15T00:00:00Z")
    world = Exercise("world", start_us=start, hours=minutes / 60, vessels=VESSELS)
    lines = world.lines(start + WARM_MIN * MINUTE_US, start + HOUR_US)
    sent = Decoder().feed(b"".join(line for _, line in lines))
    assert told["positions"] == len(sent.reports)
    assert told["statics"] == len(sent.statics)
    assert told["reports"] == len(sent.reports) + len(sent.statics) >= REPORTS


def test_time_and_memory_are_told_of_every_process(told):
    stages = told["stages_cpu_us_per_report"]
    assert stages.keys() <= {name for _, _, name in STAGES} | {
        "NATS server", "PostgreSQL server", NATIVE, OTHER,
    } - {MEASURING}  # fmt: skip
    assert all(cost > 0 for cost in stages.values())  # a stage too short to be sampled is left out
    assert sum(stages.values()) == pytest.approx(told["cpu_us_per_report"], rel=0.01)
    assert told["rss_mib"] > 50
    assert told["servers_rss_mib"] > 5
    assert told["reports_per_s"] == pytest.approx(told["reports"] / told["wall_s"], rel=0.01)
