import json
import os
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from api.cli import main

SMALL = Path(__file__).parents[1] / "data" / "scenario_small.json"


def test_plan_writes_a_plan_of_the_small_scenario_to_a_pipe(capsys):
    assert main(["plan", str(SMALL), "--seed", "3"]) == 0
    plan = json.loads(capsys.readouterr().out)
    served = {r for t in plan["taskings"] for e in t["escorts"] for r in e["requests"]}
    asked = {request["id"] for request in json.loads(SMALL.read_bytes())["requests"]}
    assert served | {missed["request"] for missed in plan["unserved"]} == asked
    assert "bun-in" in served
    reasons = {missed["request"]: missed["reason"] for missed in plan["unserved"]}
    assert reasons["manta-fast"] == "speed"
    assert reasons["manta-soon"] == "no_asset_in_time"
    assert plan["solver"]["seed"] == 3


def test_plan_shows_who_escorts_whom_and_keeps_the_plan_in_a_file(tmp_path, capsys):
    out = tmp_path / "plan.json"
    assert main(["plan", str(SMALL), "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "gap 0.00%" in shown
    assert "bun-in" in shown
    assert "speed" in shown
    plan = json.loads(out.read_bytes())
    again = tmp_path / "again.json"
    assert main(["plan", str(SMALL), "--previous", str(out), "--out", str(again)]) == 0
    assert json.loads(again.read_bytes())["taskings"] == plan["taskings"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"{", "not JSON"), (b"{}", "assets is missing"), (b'{"now": NaN}', "assets is missing")],
)
def test_a_bad_scenario_is_one_clear_line(tmp_path, capsys, content, words):
    path = tmp_path / "scenario.json"
    path.write_bytes(content)
    assert main(["plan", str(path)]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_missing_scenario_is_one_clear_line(tmp_path, capsys):
    assert main(["plan", str(tmp_path / "none.json")]) == 1
    assert "cannot read" in capsys.readouterr().err


def test_no_time_at_all_is_refused(capsys):
    assert main(["plan", str(SMALL), "--seconds", "0"]) == 1
    assert "seconds" in capsys.readouterr().err


def test_a_plan_that_is_none_is_refused(tmp_path, capsys):
    path = tmp_path / "plan.json"
    path.write_text('{"taskings": [1]}')
    assert main(["plan", str(SMALL), "--previous", str(path)]) == 1
    assert "no plan" in capsys.readouterr().err


@contextmanager
def interrupt_once_it_plans():
    """Sends Ctrl-C as soon as somebody listens for it, and never once the block is left."""
    default = signal.getsignal(signal.SIGINT)
    left = threading.Event()

    def send():
        while signal.getsignal(signal.SIGINT) is default:
            if left.wait(0.01):
                return
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    try:
        yield
    finally:
        left.set()
        sender.join()


def test_ctrl_c_gives_the_best_plan_so_far(make, check, tmp_path):
    document = make.random_scenario(3, 40, 300)
    scenario, out = tmp_path / "scenario.json", tmp_path / "plan.json"
    scenario.write_text(json.dumps(document))
    began = time.monotonic()
    with interrupt_once_it_plans():
        assert main(["plan", str(scenario), "--seconds", "250", "--out", str(out)]) == 0
    assert time.monotonic() - began < 100
    plan = json.loads(out.read_bytes())
    assert "stopped by hand" in plan["solver"]["status"]
    assert plan["solver"]["seconds"] < 100
    check(document, plan)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_picture_shows_every_asset_that_goes_and_every_request_not_served(tmp_path, capsys):
    target, out = tmp_path / "plan.svg", tmp_path / "plan.json"
    assert main(["plan", str(SMALL), "--picture", str(target), "--out", str(out)]) == 0
    plan = json.loads(out.read_bytes())
    root = ElementTree.fromstring(target.read_text())
    words = "\n".join(root.itertext())
    for tasking in plan["taskings"]:
        assert tasking["name"] in words
        assert all(request in words for e in tasking["escorts"] for request in e["requests"])
    for missed in plan["unserved"]:
        assert f"{missed['request']} not served: {missed['reason']}" in words


def test_a_picture_of_another_kind_is_refused(tmp_path, capsys):
    assert main(["plan", str(SMALL), "--picture", str(tmp_path / "plan.gif")]) == 1
    assert "name it .svg" in capsys.readouterr().err


def test_what_if_compares_two_plans(tmp_path, capsys):
    changes = tmp_path / "changes.json"
    changes.write_text(json.dumps([{"kind": "raise_risk", "requests": ["bun-in"], "factor": 2}]))
    assert main(["plan", str(SMALL), "--what-if", str(changes)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["difference"]["risk_value"]["change"] > 0
    out = tmp_path / "answer.json"
    assert main(["plan", str(SMALL), "--what-if", str(changes), "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "risk value" in shown
    assert "gap:" in shown


def test_nothing_but_the_plan_is_printed(capfd):
    assert main(["plan", str(SMALL)]) == 0
    assert "HiGHS" not in "".join(capfd.readouterr())
