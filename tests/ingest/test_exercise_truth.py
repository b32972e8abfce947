"""Truth against the traffic it is about, as pyais reads it."""

from collections import Counter, defaultdict
from itertools import pairwise

import msgspec
import numpy as np
import pyais
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.exercise import Exercise
from sea.geodesy import distance_nm
from sea.instants import parse_utc
from sea.units import HOUR_US, SECOND_US

START_US = parse_utc("2026-01-15T12:00:00Z")
KINDS = {
    "rendezvous", "gap", "loitering", "slowdown", "sudden_stop", "approach", "deviation", "jump",
    "clone", "spoof_circle", "identity_change", "destination_mismatch", "draught_change", "stop",
    "port_call",
}  # fmt: skip


def exercise(name, **changes):
    return Exercise(name, **{"start_us": START_US, "hours": 20.0, "vessels": 120, **changes})


@pytest.fixture(scope="module")
def caribbean():
    return exercise("caribbean", vessels=300, hours=24.0)


@pytest.fixture(scope="module")
def truth(caribbean):
    return caribbean.truth()


@pytest.fixture(scope="module")
def spoofing():
    return exercise("spoofing", seed=4)


@pytest.fixture(scope="module")
def lies(spoofing):
    return spoofing.truth()


@pytest.fixture(scope="module")
def fixes(spoofing):
    """MMSI -> rows (seconds, lon, lat, sog) as broadcast."""
    rows = defaultdict(list)
    for at_us, line in spoofing.lines(START_US, spoofing.end_us):
        sentence = line.split(b"\\")[2].strip()
        if b"AIVDM,1,1" in sentence and sentence.split(b",")[5][:1] in b"13B":
            m = pyais.decode(sentence)
            rows[m.mmsi].append(((at_us - START_US) / SECOND_US, m.lon, m.lat, m.speed))
    return {mmsi: np.array(table) for mmsi, table in rows.items()}


def span(row):
    ended = row["ended_at"] or "2026-01-17T00:00:00Z"
    return [(parse_utc(t) - START_US) / SECOND_US for t in (row["started_at"], ended)]


def judged(rows, kind, *, over=True):
    return [r for r in rows if r["kind"] == kind and r["judged"] and r["over_threshold"] is over]


def test_every_kind_is_planted_and_some_miss_their_definition(truth):
    assert {row["kind"] for row in truth} >= KINDS
    low = Counter(r["kind"] for r in truth if r["planted"] and not r["over_threshold"])
    assert min(low["rendezvous"], low["gap"], low["approach"]) >= 1


def test_a_truth_has_the_fields_that_evaluation_reads(truth):
    fields = {"kind", "mmsis", "started_at", "ended_at", "met_at", "seen_at", "synthetic",
              "planted", "over_threshold", "judged", "lon", "lat"}  # fmt: skip
    assert all(fields <= set(row) for row in truth if row["mmsis"])
    assert all(("why" in row) is not row["judged"] for row in truth)


def test_what_is_below_its_threshold_is_never_met(truth):
    assert all(row["met_at"] is None for row in truth if not row["over_threshold"])


def test_no_decoy_meets_the_definition_it_looks_like(truth, lies):
    decoys = [row for row in (*truth, *lies) if "decoy" in row]
    assert {row["decoy"] for row in decoys} >= {"tug_assist", "pilotage", "bunkering", "bad_fix",
                                               "respelling", "other_spelling"}  # fmt: skip
    assert not any(row["over_threshold"] for row in decoys)


def test_thresholds_are_those_of_the_published_definitions(truth):
    for row in judged(truth, "rendezvous"):
        assert row.get("distance_m", 0) <= 500
        assert row.get("minutes", 20) >= 20
    for row in judged(truth, "deviation"):
        assert row["off_lane_nm"] > 15
    for row in judged(truth, "draught_change"):
        assert abs(row["draught_after_m"] - row["draught_before_m"]) >= 1
    for row in judged(truth, "approach"):
        assert row["distance_m"] <= 300
        assert row["closing_kn"] >= 15
    for row in judged(truth, "gap"):
        assert span(row)[1] - span(row)[0] > 6 * 3600


def test_a_third_of_the_meetings_last_across_midnight():
    rows = [row for name in ("caribbean", "gulf") for row in exercise(name, seed=8, vessels=300,
            hours=24.0).truth() if row["kind"] == "rendezvous" and row["planted"]
            and "decoy" not in row]  # fmt: skip
    across = sum(row["started_at"][:10] != (row["ended_at"] or "")[:10] for row in rows)
    assert 0.15 < across / len(rows) < 0.5


def test_in_quiet_nothing_is_planted_that_meets_a_definition():
    rows = exercise("quiet").truth()
    assert not any(row["over_threshold"] for row in rows if row["planted"])


def test_a_jump_is_in_the_positions_and_as_far_as_it_says(lies, fixes):
    rows = judged(lies, "jump")
    assert len(rows) >= 2
    for row in rows:
        table = fixes[int(row["mmsis"][0])]
        first = np.searchsorted(table[:, 0], span(row)[0])
        moved = distance_nm(*table[first - 1, 1:3], *table[first + 1, 1:3])
        assert abs(moved - row["distance_nm"]) < 2 + 0.05 * row["distance_nm"]


def test_a_clone_is_heard_in_two_places_by_turns(lies, fixes):
    rows = judged(lies, "clone")
    assert len(rows) >= 2
    for row in rows:
        from_s, to_s = span(row)
        table = fixes[int(row["mmsis"][0])]
        there = table[(table[:, 0] >= from_s) & (table[:, 0] <= to_s)]
        hops = distance_nm(there[:-1, 1], there[:-1, 2], there[1:, 1], there[1:, 2])
        assert (hops > 0.8 * row["distance_nm"]).sum() >= 4


def test_a_circle_is_round(lies, fixes):
    rows = judged(lies, "spoof_circle")
    assert len(rows) >= 2
    for row in rows:
        from_s, to_s = span(row)
        table = fixes[int(row["mmsis"][0])]
        there = table[(table[:, 0] > from_s) & (table[:, 0] < to_s)]
        if row["radius_nm"] < 3:
            across = distance_nm(*there[:, 1:3].mean(axis=0), there[:, 1], there[:, 2])
            assert across.max() < 1.8 * row["radius_nm"]


def test_a_new_identity_is_told_and_the_old_number_falls_silent(lies, fixes):
    for row in judged(lies, "identity_change"):
        if len(row["mmsis"]) == 2:
            at_s = span(row)[0]
            tables = sorted((fixes[int(m)] for m in row["mmsis"]), key=lambda t: t[0, 0])
            assert tables[0][-1, 0] < at_s
            assert tables[1][0, 0] <= at_s + 360


def test_wrong_clocks_are_told_in_the_tag_block_only(caribbean):
    off = [abs(int(line.split(b"c:")[1].split(b"*")[0].split(b",")[0]) - at_us // SECOND_US)
           for at_us, line in caribbean.lines(START_US, START_US + HOUR_US)
           if b"c:" in line.split(b"!")[0]]  # fmt: skip
    assert 0 < max(off) <= 20
    assert np.mean(np.array(off) == 0) > 0.7


@settings(max_examples=4, deadline=None)
@given(cuts=st.lists(st.integers(0, 4 * 3600), max_size=4))
def test_any_cutting_of_false_traffic_gives_the_same_lines(cuts):
    def small():
        return exercise("spoofing", hours=4.0, vessels=40, seed=2)

    whole = list(small().lines(START_US, START_US + 4 * HOUR_US))
    edges = [START_US + s * SECOND_US for s in sorted({0, 4 * 3600, *cuts})]
    other = small()
    assert [row for low, high in pairwise(edges) for row in other.lines(low, high)] == whole


def test_the_same_arguments_give_the_same_truth(lies):
    assert exercise("spoofing", seed=4).truth() == lies


def test_truth_is_of_plain_values_that_json_can_hold(spoofing):
    half = spoofing.thinned(0.5).truth()
    rows = [*spoofing.truth(), *half]
    assert len(half) > 10
    assert msgspec.json.decode(msgspec.json.encode(rows)) == [dict(row) for row in rows]
