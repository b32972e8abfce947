import json

import pytest

from api.cli import main

GAP = {"kind": "gap", "mmsis": ["235000001"], "started_at": "2026-03-01T00:00:00Z",
       "ended_at": "2026-03-01T08:00:00Z"}  # fmt: skip
STOP = {**GAP, "kind": "stop"}
FOUND = {**GAP, "detected_at": "2026-03-01T06:01:00Z"}


@pytest.fixture
def files(tmp_path):
    """Paths of the rows given, one file a list."""

    def write(**lists):
        for name, rows in lists.items():
            (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return [arg for name in lists for arg in (f"--{name}", str(tmp_path / name))]

    return write


def test_a_table_tells_each_kind(files, capsys):
    assert main(["evaluate", *files(events=[FOUND], truth=[GAP, STOP])]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == ["kind", "gap", "stop"]
    assert lines[1][1:6] == ["1", "0", "0", "0", "0"]


def test_events_of_thinned_traffic_have_a_recall_of_their_own(files, capsys):
    argv = files(events=[FOUND], truth=[GAP], thinned=[])
    assert main(["evaluate", *argv, "--json"]) == 0
    (score,) = json.loads(capsys.readouterr().out)["kinds"]
    assert (score["recall"], score["thinned_recall"]) == (1.0, 0.0)


def test_alerts_are_told_for_the_hours_that_were_watched(files, capsys):
    argv = files(events=[FOUND, STOP], truth=[GAP])
    assert main(["evaluate", *argv, "--vessel-hours", "500"]) == 0
    out = capsys.readouterr().out
    assert "without truth: stop=1\n" in out
    assert "alerts per 1,000 vessel-hours: 2.00\n" in out


def test_no_hours_are_refused(files, capsys):
    argv = files(events=[], truth=[GAP])
    assert main(["evaluate", *argv, "--vessel-hours", "0"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
