"""Many files: in parallel as in a row, a bad one among good ones, going on, and the bar."""

import gzip
import os
import pty
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from api.cli import main

LINES = (
    "!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23",
    "!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24",
    "!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C",
)


def a_feed(path, begin, lines=3000):
    """A file of NMEA, a message a second from `begin`."""
    chance = random.Random(begin)
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        "".join(f"{chance.choice(LINES)},{1411920000 + begin + s}\n" for s in range(lines))
    )
    return path


@pytest.fixture
def feeds(tmp_path):
    """Three hours of the same traffic in files whose order is not that of time."""
    folder = tmp_path / "feeds"
    return [a_feed(folder / name, begin) for name, begin in
            (("b.nmea", 3000), ("a.nmea", 6000), ("c.nmea", 0))]  # fmt: skip


@pytest.fixture
def run(capsysbinary):
    def run(*words):
        status = main([*map(str, words)])
        shown = capsysbinary.readouterr()
        return status, shown.out, shown.err.decode().splitlines()

    return run


@pytest.mark.parametrize("options", [[], ["--format", "jsonl"], ["--unique"]])
def test_files_in_parallel_give_the_output_of_one_after_another(run, feeds, options):
    serial = run("decode", *feeds, *options, "--jobs", 1)
    parallel = run("decode", *feeds, *options, "--jobs", 3)
    assert parallel == serial
    assert serial[0] == 0
    assert len(serial[1].splitlines()) > (400 if "--unique" in options else 8999)


def test_parquet_of_files_in_parallel_is_that_of_one_after_another(run, feeds, tmp_path):
    one, many = tmp_path / "one.parquet", tmp_path / "many.parquet"
    assert run("decode", *feeds, "--out", one, "--jobs", 1)[0] == 0
    assert run("decode", *feeds, "--out", many, "--jobs", 2)[0] == 0
    assert one.read_bytes() == many.read_bytes()
    assert pq.read_table(one).num_rows == 9000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["feeds", "many.parquet", "one.parquet"]


def test_a_folder_and_a_pattern_stand_for_their_files_by_name(run, feeds):
    folder = feeds[0].parent
    (folder / ".hidden").write_text("x")
    (folder / "d.nmea.part").write_text("x")
    by_name = run("decode", *sorted(feeds))
    assert run("decode", folder) == by_name
    assert run("decode", folder / "*.nmea") == by_name
    status, _, err = run("decode", folder / "*.csv")
    assert (status, len(err)) == (1, 1)
    assert "nothing matches" in err[0]


@pytest.fixture
def with_bad_ones(feeds, tmp_path):
    """The good feeds, one of another kind, one cut short and one that is not there."""
    notes = tmp_path / "notes.txt"
    notes.write_text("nothing of the sea\n")
    chance = random.Random(1)
    whole = gzip.compress(b"".join(
        b"%s,%d\n# %d\n" % (LINES[0].encode(), 1411930000 + n, chance.getrandbits(99))
        for n in range(9000)
    ))  # fmt: skip
    cut = tmp_path / "cut.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    return [feeds[0], notes, cut, feeds[1], tmp_path / "missing", feeds[2]]


@pytest.mark.parametrize("jobs", [1, 2])
def test_bad_files_among_good_ones_are_named_and_lose_nothing_of_the_good(
    run, feeds, with_bad_ones, jobs
):
    status, out, err = run("decode", *with_bad_ones, "--jobs", jobs)
    good = run("decode", *feeds)[1].splitlines()
    rows = out.splitlines()
    assert status == 1
    assert rows[:3001] == good[:3001]
    assert rows[-6000:] == good[-6000:]
    assert 4000 < len(rows) - len(good) < 5000  # what lies before the damage
    told = [line for line in err if line.startswith("safepassage: ")]
    assert len(told) == 3
    for bad, line in zip(("notes.txt", "cut.gz", "missing"), sorted(told, key=_place), strict=True):
        assert bad in line
    assert f" rows={len(rows) - 1} " in err[-1]


def _place(line):
    return ("notes.txt" not in line) + ("missing" in line)


def test_detect_reads_the_good_files_among_bad_ones(run, feeds, with_bad_ones, tmp_path):
    good, all_of_them = tmp_path / "good.jsonl", tmp_path / "all.jsonl"
    assert run("detect", *feeds, "--out", good)[0] == 0
    without_cut = [path for path in with_bad_ones if path.suffix != ".gz"]
    status, _, err = run("detect", *without_cut, "--out", all_of_them)
    assert status == 1
    assert sum(line.startswith("safepassage: ") for line in err) == 2
    assert all_of_them.read_bytes() == good.read_bytes()


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_folder_of_outputs_is_gone_on_with_where_it_was_left(
    run, feeds, with_bad_ones, tmp_path, jobs
):
    out = tmp_path / "rows"
    options = ("--out", f"{out}/", "--format", "parquet", "--jobs", jobs)
    assert run("decode", feeds[0], *options)[0] == 0
    done = out / "b.nmea.parquet"
    before = done.stat()
    status, _, err = run("decode", *with_bad_ones, *options, "--resume")
    assert status == 1
    assert err[0] == "1 of 6 files were done before"
    assert done.stat() == before
    assert sorted(path.name for path in out.iterdir()) == [
        "a.nmea.parquet", "b.nmea.parquet", "c.nmea.parquet", "cut.gz.damaged.parquet"
    ]  # fmt: skip
    assert pq.read_table(out / "c.nmea.parquet").num_rows == 3000
    assert run("decode", *feeds, *options, "--resume")[2][0] == "3 of 3 files were done before"

    os.utime(feeds[0], ns=(before.st_mtime_ns + 10**9,) * 2)
    assert run("decode", *feeds, *options, "--resume")[2][0] == "2 of 3 files were done before"


def test_two_files_of_one_name_do_not_share_an_output(run, tmp_path):
    same = [a_feed(tmp_path / folder / "day.nmea", 0, 3) for folder in ("x", "y")]
    status, _, err = run("decode", *same, "--out", f"{tmp_path}/rows/")
    assert (status, len(err)) == (1, 1)


def test_resuming_needs_a_folder(feeds):
    with pytest.raises(SystemExit) as stop:
        main(["decode", str(feeds[0]), "--resume", "--out", "rows.csv"])
    assert stop.value.code == 2


def on_a_terminal(*words):
    """What a command shows on a terminal of 100 columns, and its status."""
    keeper, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", *map(str, words)], stderr=terminal,
        stdout=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(terminal)
    shown = b""
    while True:
        try:
            chunk = os.read(keeper, 65536)
        except OSError:  # EIO: the command has closed its end
            break
        shown += chunk
    os.close(keeper)
    return process.wait(60), shown.decode("utf-8", "replace")


@pytest.mark.parametrize(
    "words", [["decode", "--jobs", 1], ["decode", "--jobs", 2], ["detect", "--out", os.devnull]]
)
def test_a_terminal_shows_how_far_it_is_and_how_long_it_takes_yet(feeds, words):
    if words[0] == "detect":
        words = ["detect", "--out", feeds[0].parent.parent / "events.jsonl"]
    status, shown = on_a_terminal(words[0], *feeds, *words[1:])
    assert status == 0
    assert f"{words[0]} " in shown
    assert "3/3 files" in shown
    assert "100%" in shown
    assert "0:00:00" in shown


def test_a_pipe_shows_no_bar(run, feeds):
    for jobs in (1, 2):
        _, _, err = run("decode", *feeds, "--jobs", jobs)
        assert len(err) == 1
        assert err[0].startswith("lines=9000 ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_decoding_processes_end_with_the_command_and_leave_no_half_file(tmp_path, number):
    files = [a_feed(tmp_path / "feeds" / f"{n}.nmea", 0, 400_000) for n in range(3)]
    out = tmp_path / "rows.csv"
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "decode", *files, "--out", out, "--jobs", "2"],
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size for path in tmp_path.glob("*.part/*.rows.part")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    members = _session(process.pid)
    assert len(members) > 2
    process.send_signal(number)
    error = process.communicate(timeout=60)[1]
    deadline = time.monotonic() + 20
    while _session(process.pid):
        assert time.monotonic() < deadline, "a decoding process outlived the command"
        time.sleep(0.02)
    assert not out.exists()
    if number == signal.SIGINT:
        assert (process.returncode, error) == (1, b"safepassage: stopped\n")
        assert list(tmp_path.iterdir()) == [tmp_path / "feeds"]


def _session(leader):
    """The living processes of a session."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] not in "ZX":
            found.append(int(process.name))
    return found
