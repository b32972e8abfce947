"""Weaving into tracks taken for real: an exercise's own feed, and a real file where present."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from api.cli import main
from ingest.archive import open_archive
from ingest.decode import Decoded, Decoder
from ingest.exercise import Exercise
from ingest.exercise.background import Background, lines_of
from ingest.exercise.weave import KINDS, Warp, woven
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.instants import parse_utc
from sea.units import SECOND_US

START_US = parse_utc("2026-01-15T00:00:00Z")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Ten hours of honest traffic, written as a file."""
    path = tmp_path_factory.mktemp("weave") / "background.nmea"
    exercise = Exercise("quiet", start_us=START_US, hours=10, vessels=150, seed=3)
    path.write_bytes(b"".join(line for _, line in exercise.lines(START_US, exercise.end_us)))
    return path


@pytest.fixture(scope="module")
def background(archive):
    return Background.read([open_archive(archive, start_us=START_US)])


@pytest.fixture(scope="module")
def weft(background):
    return woven(background, seed=1, hours=None, plants=40, most=200)


@pytest.fixture(scope="module")
def reports(weft, background):
    """MMSI -> (seconds since the start, lon, lat, source) as decoded from the woven lines."""
    decoder = Decoder(start_us=START_US)
    blocks = [decoder.feed(b"".join(line for _, line in weft[0])), decoder.finish()]
    rows = [block.reports for block in blocks]
    columns = {name: np.concatenate([getattr(r, name) for r in rows])
               for name in ("mmsi", "reported_at", "lon", "lat", "source")}  # fmt: skip
    at_s = (columns["reported_at"] - background.start_us) / SECOND_US
    return {mmsi: (at_s[who], columns["lon"][who], columns["lat"][who], columns["source"][who])
            for mmsi in np.unique(columns["mmsi"]).tolist()
            for who in [columns["mmsi"] == mmsi]}  # fmt: skip


def named(truth):
    return {int(m) for row in truth for m in row["mmsis"]}


def test_most_kinds_find_room(weft):
    kinds = Counter(row["kind"] for row in weft[1] if row["over_threshold"])
    assert len(kinds) >= 7
    assert set(kinds) <= set(KINDS)


def test_what_is_woven_says_that_it_is_synthetic(weft):
    assert all(row["synthetic"] for row in weft[1])


def test_vessels_that_nothing_is_planted_on_are_where_they_were(weft, reports, background):
    planted = named(weft[1])
    honest = [v for v in background.vessels if v.mmsi not in planted]
    assert len(honest) > 80
    for vessel in honest:
        _, lon, lat, source = reports[vessel.mmsi]
        assert len(lon) == len(vessel.lon)
        assert distance_nm(lon, lat, vessel.lon, vessel.lat).max() < 0.01
        assert source.tolist() == vessel.source.tolist()


def test_a_vessel_that_is_moved_keeps_the_instants_of_her_reports(weft, reports, background):
    slowed = {int(row["mmsis"][0]) for row in weft[1]
              if row["kind"] in ("loitering", "slowdown", "sudden_stop")}  # fmt: skip
    assert slowed
    moved = [v for v in background.vessels if v.mmsi in slowed]
    for vessel in moved:
        at_s, lon, lat, source = reports[vessel.mmsi]
        assert np.abs(at_s - vessel.at_s).max() <= 1
        assert source.tolist() == vessel.source.tolist()
        assert distance_nm(lon, lat, vessel.lon, vessel.lat).max() > 0.5


def test_a_stranger_reports_in_the_pattern_of_a_real_vessel(weft, reports, background):
    real = {vessel.mmsi for vessel in background.vessels}
    strangers = {int(m) for row in weft[1] if row["kind"] in ("rendezvous", "approach")
                 for m in row["mmsis"]} - real  # fmt: skip
    assert strangers
    patterns = {tuple(np.rint(v.at_s).astype(int).tolist()) for v in background.vessels}
    for stranger in strangers:
        seconds = reports[stranger][0]
        assert any(len(p) == len(seconds) and np.abs(np.array(p) - seconds).max() <= 1
                   for p in patterns)  # fmt: skip


def test_at_a_woven_rendezvous_both_are_as_near_as_the_truth_says(weft, reports):
    meetings = [row for row in weft[1]
                if row["kind"] == "rendezvous" and row["judged"] and row["ended_at"]]  # fmt: skip
    assert meetings
    for row in meetings:
        from_s, to_s = ((parse_utc(row[f]) - START_US) / SECOND_US
                        for f in ("started_at", "ended_at"))  # fmt: skip
        at_s = np.linspace(from_s + 60, to_s - 60, 5)
        places = [tuple(np.interp(at_s, *(reports[int(m)][i] for i in (0, axis)))
                        for axis in (1, 2)) for m in row["mmsis"]]  # fmt: skip
        apart_m = distance_nm(*places[0], *places[1]) * 1852
        assert np.median(np.abs(apart_m - row["distance_m"])) < 150


def test_in_a_woven_gap_nothing_is_heard(weft, reports):
    for row in weft[1]:
        if row["kind"] == "gap" and row["judged"]:
            from_s = (parse_utc(row["started_at"]) - START_US) / SECOND_US
            at_s = reports[int(row["mmsis"][0])][0]
            assert not ((at_s > from_s + 3) & (at_s < from_s + 2 * 3600)).any()


def test_the_same_seed_weaves_the_same(background, weft):
    assert woven(background, seed=1, hours=None, plants=40, most=200) == weft
    assert woven(background, seed=2, hours=None, plants=40, most=200)[1] != weft[1]


def test_a_background_goes_through_its_lines_unharmed(background, tmp_path):
    path = tmp_path / "again.nmea"
    rows = lines_of(background.vessels, background.start_us)
    path.write_bytes(b"".join(line for _, line in rows))
    again = Background.read([open_archive(path, start_us=START_US)])
    assert [v.mmsi for v in again.vessels] == [v.mmsi for v in background.vessels]
    assert [len(v.at_s) for v in again.vessels] == [len(v.at_s) for v in background.vessels]
    assert {v.known.name for v in again.vessels} >= {
        v.known.name for v in background.vessels if v.known.name
    }


def test_carried_on_each_vessel_reports_in_her_own_rhythm(background):
    hours = 25.0
    for before, after in zip(
        sorted(background.vessels, key=lambda v: v.mmsi),
        sorted(background.carried_on(hours, 500), key=lambda v: v.mmsi),
        strict=True,
    ):
        assert after.at_s[-1] < hours * 3600
        assert np.array_equal(after.at_s[: len(before.at_s)], before.at_s)
        assert len(after.at_s) >= 2 * len(before.at_s)


def test_time_lost_is_never_made_good():
    warp = Warp(from_s=1000, to_s=2800, share=0.0, ease_s=100)
    own_s, share = warp.own_time(np.array([0.0, 900, 2000, 2900, 9000]))
    assert own_s[:2].tolist() == [0.0, 900.0]
    assert own_s[-1] == pytest.approx(9000 - 1900, abs=1)
    assert share.tolist() == [1.0, 1.0, 0.0, 1.0, 1.0]


def test_the_command_writes_a_feed_and_its_truth(archive, tmp_path):
    feed, truth = tmp_path / "feed.nmea", tmp_path / "truth.jsonl"
    code = main(["exercise", "weave", "--background", str(archive), "--seed", "1", "--plants", "10",
                 "--out", str(feed), "--truth", str(truth)])  # fmt: skip
    assert code == 0
    assert feed.read_bytes().count(b"!AIVDM") > 1000
    assert all(json.loads(line)["synthetic"] for line in truth.read_bytes().splitlines())


def test_a_background_without_ships_is_refused():
    with pytest.raises(BadInputError, match="no position"):
        Background.read([[Decoded.nothing()]])


@pytest.mark.parametrize(
    "argv", [["weave"], ["pacific", "--background", "x.nmea"], ["weave", "--background", "none"]]
)
def test_wrong_use_is_one_line_on_stderr(argv, tmp_path, capsys):
    out = ["--out", str(tmp_path / "f"), "--truth", str(tmp_path / "t")]
    assert main(["exercise", *argv, *out]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_real_file_can_be_woven_into():
    path = Path(__file__).parents[2].parent / "shared" / "data" / "nmea" / "denmark_pghp.nmea"
    if not path.exists():
        pytest.skip("the real feeds are not here")
    background = Background.read([open_archive(path, start_us=None)])
    lines, truth = woven(background, seed=1, hours=8.0, plants=40, most=60)
    assert {row["kind"] for row in truth} >= {"jump", "spoof_circle", "clone"}
    assert len(lines) > 10_000
