import csv
import io
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from api.cli import main
from ingest.rows import SCHEMA

FEEDS = Path(__file__).parents[2].parent / "shared" / "data" / "nmea"
MOVING = "!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n"
DAMAGED = "!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*24\n"


@pytest.fixture
def feed(tmp_path):
    path = tmp_path / "feed.nmea"
    path.write_text(MOVING + "# comment\n" + DAMAGED + MOVING)
    return path


def decode(capsys, *words):
    status = main(["decode", *map(str, words)])
    shown = capsys.readouterr()
    return status, shown.out, shown.err.splitlines()


def test_rows_go_to_standard_output_as_csv(capsys, feed):
    status, out, err = decode(capsys, feed, "--start", "2026-03-01T12:00:00Z")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0
    assert list(rows[0]) == SCHEMA.names
    assert [row["reported_at"] for row in rows] == [
        "2026-03-01T12:00:00Z", "2026-03-01T12:00:00.030Z"
    ]  # fmt: skip
    assert (rows[0]["mmsi"], rows[0]["nav_status"], rows[0]["name"]) == ("227006760", "0", "")
    assert err[-1] == "lines=4 sentences=2 messages=2 rows=2 rejected=2 not_ais=1 checksum=1"
    assert "100 lines a second" in err[-2]


def test_json_lines_and_parquet_hold_the_same_rows(capsys, feed, tmp_path):
    out = tmp_path / "rows.parquet"
    assert decode(capsys, feed, "--out", out)[0] == 0
    _, text, _ = decode(capsys, feed, "--format", "jsonl")
    documents = [json.loads(line) for line in text.splitlines()]
    table = pq.read_table(out).to_pylist()
    assert [document["lon"] for document in documents] == [row["lon"] for row in table]
    assert documents[0]["msg_type"] == table[0]["msg_type"] == 1
    assert list(documents[0]) == SCHEMA.names


def test_parquet_can_be_decoded_again_to_the_same_csv(capsys, feed, tmp_path):
    decode(capsys, feed, "--out", tmp_path / "rows.parquet")
    _, direct, _ = decode(capsys, feed)
    _, again, _ = decode(capsys, tmp_path / "rows.parquet")
    assert again == direct


def test_unique_leaves_out_copies_and_says_how_many(capsys, tmp_path):
    path = tmp_path / "feed.nmea"
    path.write_text("".join(MOVING.strip() + f",141192050{s}\n" for s in (1, 1, 2)))
    _, out, err = decode(capsys, path, "--unique")
    assert len(out.splitlines()) == 2
    assert err[-2] == "2 copies left out"
    assert " rows=1 " in err[-1]


def test_a_failure_is_one_line_and_leaves_no_half_file(capsys, feed, tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("nothing of the sea\n")
    out = tmp_path / "rows.csv"
    status, _, err = decode(capsys, text, "--out", out)
    assert (status, len(err)) == (1, 1)
    assert err[0].startswith("safepassage: ")
    assert list(tmp_path.glob("rows*")) == []


@pytest.mark.parametrize("words", [["--format", "parquet"], ["--format", "xml"], ["--start", "x"]])
def test_wrong_usage_is_status_2(capsys, feed, words):
    with pytest.raises(SystemExit) as stop:
        decode(capsys, feed, *words)
    assert stop.value.code == 2


def test_the_last_line_of_a_real_feed_adds_up(capsys, tmp_path):
    if not FEEDS.exists():
        pytest.skip("the real feeds are not here")
    status, _, err = decode(capsys, FEEDS / "denmark_pghp.nmea", "--out", tmp_path / "rows.csv")
    assert status == 0
    counts = {name: int(n) for name, n in re.findall(r"(\w+)=(\d+)", err[-1])}
    totals = {"lines", "sentences", "messages", "rows", "rejected"}
    assert counts["rejected"] == sum(n for name, n in counts.items() if name not in totals)
    assert counts["rows"] == len((tmp_path / "rows.csv").read_text().splitlines()) - 1 == 26077
