import json

import pytest

from api.cli import main
from ingest.exercise import Exercise
from sea.instants import parse_utc


@pytest.fixture(scope="module")
def exercise(tmp_path_factory):
    """Nine hours of the exercise with a hundred ships: the feed in two files, and the truth."""
    folder = tmp_path_factory.mktemp("exercise")
    start = parse_utc("2026-03-01T18:00:00Z")
    played = Exercise("pacific", start_us=start, hours=9, vessels=100, seed=5)
    lines = list(played.lines(start, played.end_us))
    middle = start + (played.end_us - start) // 2
    (folder / "one.nmea").write_bytes(b"".join(line for at, line in lines if at < middle))
    (folder / "two.nmea").write_bytes(b"".join(line for at, line in lines if at >= middle))
    (folder / "all.nmea").write_bytes(b"".join(line for _, line in lines))
    rows = (json.dumps(row) + "\n" for row in played.truth())
    (folder / "truth.jsonl").write_text("".join(rows))
    return folder


def detect(folder, *paths, out="events.jsonl", options=()):
    assert main(["detect", *(str(folder / p) for p in paths), "--out", str(folder / out),
                 *map(str, options)]) == 0  # fmt: skip
    return (folder / out).read_bytes()


def test_detecting_twice_gives_the_same_bytes_also_in_two_files_in_any_order(exercise):
    once = detect(exercise, "all.nmea")
    assert once.count(b"\n") > 20
    assert detect(exercise, "all.nmea", out="again.jsonl") == once
    assert detect(exercise, "two.nmea", "one.nmea", out="parts.jsonl") == once


def test_each_event_has_one_line_in_order_of_start(exercise):
    events = [json.loads(line) for line in detect(exercise, "all.nmea").splitlines()]
    assert len({event["id"] for event in events}) == len(events)
    keys = [(event["started_at"], event["id"]) for event in events]
    assert keys == sorted(keys)


def test_assessments_are_written_for_the_ships_at_the_end(exercise):
    scores = exercise / "assessments.jsonl"
    detect(exercise, "all.nmea", options=("--assessments", scores))
    documents = [json.loads(line) for line in scores.read_bytes().splitlines()]
    assert len(documents) > 50
    assert {"mmsi", "coercion", "smuggling", "model"} <= documents[0].keys()


def test_parameters_change_what_is_found_and_unknown_ones_are_refused(exercise, capsys):
    params = exercise / "params.toml"
    params.write_text("[stop]\nhours = 30\n")
    assert b'"stop"' not in detect(exercise, "all.nmea", options=("--params", params))
    params.write_text("[stop]\ndays = 30\n")
    assert main(["detect", str(exercise / "all.nmea"), "--out", str(exercise / "x.jsonl"),
                 "--params", str(params)]) == 1  # fmt: skip
    assert "unknown parameter stop.days" in capsys.readouterr().err


def test_the_planted_meetings_are_found_and_evaluate_says_so(exercise, capsys):
    detect(exercise, "all.nmea")
    capsys.readouterr()
    assert main(["evaluate", "--events", str(exercise / "events.jsonl"),
                 "--truth", str(exercise / "truth.jsonl"), "--json"]) == 0  # fmt: skip
    scores = {score["kind"]: score for score in json.loads(capsys.readouterr().out)["kinds"]}
    assert scores["rendezvous"]["recall"] == 1.0
    assert scores["stop"]["recall"] > 0.9
