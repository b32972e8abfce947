import json

from api.cli import main


def write(folder, *options):
    feed, truth = folder / "feed.nmea", folder / "truth.jsonl"
    code = main(["exercise", "pacific", "--hours", "3", "--vessels", "30",
                 "--out", str(feed), "--truth", str(truth), *options])  # fmt: skip
    assert code == 0
    return feed.read_bytes(), truth.read_bytes()


def test_the_same_command_writes_the_same_bytes(tmp_path):
    (tmp_path / "b").mkdir()
    assert write(tmp_path) == write(tmp_path / "b")


def test_the_feed_is_tag_blocked_aivdm_and_the_truth_is_json(tmp_path, capsys):
    feed, truth = write(tmp_path, "--start", "2026-03-01T06:00:00Z", "--seed", "5")
    lines = feed.splitlines()
    assert len(lines) > 300
    assert all(line.startswith(b"\\") and b"!AIVDM," in line for line in lines)
    rows = [json.loads(line) for line in truth.splitlines()]
    assert {"kind", "mmsis", "started_at", "ended_at"} <= set(rows[0])
    assert all(row["started_at"].startswith("2026-03-01T") for row in rows)
    assert capsys.readouterr().err == ""


def test_an_unknown_exercise_is_one_line_on_stderr(tmp_path, capsys):
    code = main(["exercise", "nowhere", "--out", str(tmp_path / "f"), "--truth", "t"])
    assert code == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_that_cannot_be_written_is_named(tmp_path, capsys):
    missing = tmp_path / "none" / "feed.nmea"
    code = main(["exercise", "pacific", "--hours", "1", "--vessels", "3",
                 "--out", str(missing), "--truth", str(tmp_path / "t")])  # fmt: skip
    assert code == 1
    assert str(missing) in capsys.readouterr().err
