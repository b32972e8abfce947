from collections import defaultdict
from itertools import pairwise

import numpy as np
import pyais
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.exercise import Exercise
from ingest.exercise.places import DEAF_WATERS
from ingest.exercise.traffic import report_interval_s
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.identity import flag_of, imo_is_valid
from sea.instants import parse_utc
from sea.land import inland_nm, shore_distance_nm
from sea.units import HOUR_US, MINUTE_US, SECOND_US

START_US = parse_utc("2026-01-15T00:00:00Z")
HEARD_HOURS = 13
NM_PER_M = 1 / 1852


def an_exercise(**changes):
    return Exercise("pacific", **{"start_us": START_US, "hours": 24.0, **changes})


def small(**changes):
    return an_exercise(vessels=40, hours=6.0, **changes)


def received(line):
    tag = line.split(b"\\")[1]
    return next((int(f[2:].split(b"*")[0]) for f in tag.split(b",") if f.startswith(b"c:")), None)


@pytest.fixture(scope="module")
def exercise():
    return an_exercise()


@pytest.fixture(scope="module")
def truth(exercise):
    return exercise.truth()


@pytest.fixture(scope="module")
def heard(exercise):
    """Every message of the first hours: (seconds since the start, decoded), in order."""
    messages = []
    first = None
    for at_us, line in exercise.lines(START_US, START_US + HEARD_HOURS * HOUR_US):
        sentence = line.split(b"\\")[2].strip()
        if sentence.startswith(b"!AIVDM,2,1"):
            first = sentence
            continue
        parts = [first, sentence] if sentence.startswith(b"!AIVDM,2,2") else [sentence]
        messages.append(((at_us - START_US) / SECOND_US, pyais.decode(*parts)))
    return messages


@pytest.fixture(scope="module")
def fixes(heard):
    """MMSI -> rows (seconds, lon, lat, sog, nav status or -1) of the ship's positions."""
    rows = defaultdict(list)
    for at_s, m in heard:
        if m.msg_type in (1, 3, 18):
            rows[m.mmsi].append((at_s, m.lon, m.lat, m.speed, getattr(m, "status", -1)))
    return {mmsi: np.array(sorted(table)) for mmsi, table in rows.items()}


def planted(truth, kind, *, within_h=HEARD_HOURS):
    """Events of a kind that end before the heard hours do: (mmsis, from s, to s, row).

    Only those that meet their definition, and that somebody could see.
    """
    found = []
    for row in truth:
        if row["kind"] == kind and row["ended_at"] and row["over_threshold"] and row["judged"]:
            span = [(parse_utc(row[f]) - START_US) / SECOND_US for f in ("started_at", "ended_at")]
            if span[1] < within_h * 3600:
                found.append(([int(m) for m in row["mmsis"]], *span, row))
    assert found
    return found


def between(table, from_s, to_s):
    return table[(table[:, 0] >= from_s) & (table[:, 0] <= to_s)]


@pytest.fixture(scope="module")
def lying(truth):
    """MMSIs whose positions or identities are false at some time."""
    kinds = ("jump", "clone", "spoof_circle", "identity_change", "bad_identity")
    return {int(m) for row in truth if row["kind"] in kinds for m in row["mmsis"]}


@settings(max_examples=6, deadline=None)
@given(cuts=st.lists(st.integers(0, 6 * 3600), max_size=6), seed=st.sampled_from([0, 3]))
def test_any_cutting_gives_the_same_lines(cuts, seed):
    whole = list(small(seed=seed).lines(START_US, START_US + 6 * HOUR_US))
    other = small(seed=seed)
    edges = [START_US + s * SECOND_US for s in sorted({0, 6 * 3600, *cuts})]
    pieces = [line for low, high in pairwise(edges) for line in other.lines(low, high)]
    assert pieces == whole


def test_a_late_start_gives_the_end_of_the_whole():
    late = START_US + 5 * HOUR_US + 7 * MINUTE_US
    whole = [row for row in small().lines(START_US, START_US + 6 * HOUR_US) if row[0] >= late]
    assert list(small().lines(late, START_US + 99 * HOUR_US)) == whole


def test_another_seed_is_another_exercise():
    first, second = (list(small(seed=s).lines(START_US, START_US + HOUR_US)) for s in (1, 2))
    assert first != second


def test_a_thinned_exercise_is_the_same_with_a_share_of_its_lines():
    whole = small()
    lines = [line for _, line in whole.lines(START_US, whole.end_us)]
    left = [line for _, line in whole.thinned(0.5).lines(START_US, whole.end_us)]
    assert set(left) < set(lines)
    assert 0.45 < len(left) / len(lines) < 0.55


@pytest.mark.parametrize("share", [0, 1.5])
def test_no_share_of_an_exercise_is_refused(share):
    with pytest.raises(BadInputError, match="thinned"):
        small().thinned(share)


def test_lines_come_in_order_with_their_tag_times():
    rows = list(small().lines(START_US, START_US + 2 * HOUR_US))
    assert all(a[0] <= b[0] for a, b in pairwise(rows))
    times = [(at_us // SECOND_US, received(line)) for at_us, line in rows]
    assert all(tag in (at_s, None) for at_s, tag in times)
    assert all(line.endswith(b"\r\n") and len(line.split(b"\\")[2]) <= 82 for _, line in rows)


def test_every_ship_is_heard_and_says_who_she_is(heard, fixes, truth):
    renumbered = [row for row in truth
                  if row["kind"] == "identity_change" and len(row["mmsis"]) == 2]  # fmt: skip
    assert 300 <= len(fixes) <= 300 + len(renumbered)
    named = {m.mmsi for _, m in heard if m.msg_type in (5, 24)}
    assert len(named) > 290


def test_identities_are_well_formed(heard, lying):
    statics = {m.mmsi: m for _, m in heard if m.msg_type == 5}
    assert all(flag_of(mmsi) for mmsi in statics)
    assert imo_is_valid([m.imo for m in statics.values() if m.imo]).all()
    honest = [m.imo for mmsi, m in statics.items() if m.imo and mmsi not in lying]
    assert len(set(honest)) == len(honest) > 150


def test_a_day_of_300_ships_is_of_the_agreed_size(exercise):
    one_hour = sum(1 for _ in exercise.lines(START_US + 8 * HOUR_US, START_US + 9 * HOUR_US))
    assert 100_000 < 24 * one_hour < 220_000


@pytest.mark.parametrize(
    ("class_b", "sog", "status", "seconds"),
    [
        (False, 0.1, 1, 180),
        (False, 0.1, 5, 180),
        (False, 3.5, 1, 10),
        (False, 0.1, 0, 10),
        (False, 13.0, 0, 10),
        (False, 18.0, 0, 6),
        (False, 25.0, 0, 2),
        (True, 1.0, 0, 180),
        (True, 6.0, 0, 30),
    ],
)
def test_ships_report_as_often_as_the_standard_asks(class_b, sog, status, seconds):
    interval = report_interval_s(np.array([class_b]), np.array([sog]), np.array([status], np.int8))
    assert interval.tolist() == [seconds]


def test_at_most_one_report_of_a_ship_a_minute_is_passed_on(fixes):
    for table in fixes.values():
        steps = np.diff(table[:, 0])
        once = 1 + (steps > 2).sum()
        assert once <= (table[-1, 0] - table[0, 0]) / 60 + 2


def test_honest_ships_are_never_unheard_for_three_hours_but_in_deaf_waters(fixes, truth, lying):
    silent = lying | {int(row["mmsis"][0]) for row in truth if row["kind"] == "gap"}
    [(west, south, east, north)] = DEAF_WATERS
    for mmsi, table in ((m, table.T) for m, table in fixes.items()):
        at_s, lon, lat = table[:3]
        deaf = (lon > west - 2) & (lon < east + 2) & (lat > south) & (lat < north)
        class_b = (table[4] == -1).all()
        if mmsi not in silent and not deaf.any() and not class_b:
            assert np.diff(at_s).max() < 3 * 3600


def test_nobody_is_heard_in_deaf_waters(fixes):
    rows = np.concatenate(list(fixes.values()))
    [(west, south, east, north)] = DEAF_WATERS
    lon, lat = rows[:, 1], rows[:, 2]
    assert not ((lon > west) & (lon < east) & (lat > south) & (lat < north)).any()


def test_no_honest_ship_jumps(fixes, lying):
    for table in (table for mmsi, table in fixes.items() if mmsi not in lying):
        hours = np.maximum(np.diff(table[:, 0]), 30) / 3600
        moved = distance_nm(table[:-1, 1], table[:-1, 2], table[1:, 1], table[1:, 2])
        assert (moved / hours).max() < 60  # a launch closes in at 35 kn on a ship of 20 kn


@pytest.mark.parametrize("kind", ["rendezvous", "gap", "loitering"])
def test_three_of_each_kind_can_be_found_in_the_first_twelve_hours(truth, kind):
    met_after_h = {"rendezvous": 20 / 60, "gap": 6, "loitering": 2}[kind]
    starts = [(parse_utc(r["started_at"]) - START_US) / HOUR_US for r in truth if r["kind"] == kind]
    assert sum(start + met_after_h < 12 for start in starts) >= 3


def test_events_recur_every_day():
    kinds = ("rendezvous", "gap", "loitering", "stop")
    days = defaultdict(set)
    for row in an_exercise(hours=96.0).truth():
        days[row["kind"]].add(row["started_at"][:10])
    assert all(len(days[kind]) >= 4 for kind in kinds)


def test_at_a_rendezvous_both_are_slow_and_close(truth, fixes):
    for mmsis, from_s, to_s, row in planted(truth, "rendezvous"):
        first, second = (between(fixes[m], from_s, to_s) for m in mmsis)
        assert 20 <= (to_s - from_s) / 60 <= 242
        assert max(first[:, 3].max(), second[:, 3].max()) < 3
        there = [np.interp(first[:, 0], second[:, 0], second[:, i]) for i in (1, 2)]
        inner = (first[:, 0] > second[0, 0]) & (first[:, 0] < second[-1, 0])
        apart_m = distance_nm(first[:, 1], first[:, 2], *there)[inner] / NM_PER_M
        assert apart_m.max() < 500
        assert abs(np.median(apart_m) - row["distance_m"]) < 60


def test_some_rendezvous_cross_midnight():
    ends = [(r["started_at"], r["ended_at"]) for r in an_exercise(hours=48.0).truth()
            if r["kind"] == "rendezvous"]  # fmt: skip
    assert any(end and start[:10] != end[:10] for start, end in ends)


def test_in_a_gap_the_ship_is_silent_and_her_companion_is_not(truth, fixes):
    gaps = [row for row in truth
            if row["kind"] == "gap" and row["judged"] and row["over_threshold"]]  # fmt: skip
    assert len(gaps) >= 5
    for row in gaps:
        [mmsi] = map(int, row["mmsis"])
        from_s = (parse_utc(row["started_at"]) - START_US) / SECOND_US
        to_s = (parse_utc(row["ended_at"] or "2026-01-16T00:00:00Z") - START_US) / SECOND_US
        if from_s > (HEARD_HOURS - 2) * 3600:
            continue
        assert len(between(fixes[mmsi], from_s + 2, to_s - 2)) == 0
        assert to_s - from_s > 6 * 3600
        last = between(fixes[mmsi], 0, from_s + 2)[-1]
        other = between(fixes[int(row["companion_mmsi"])], from_s, from_s + 2 * 3600)
        assert len(other) > 0
        assert distance_nm(last[1], last[2], *other[0, 1:3]) < 20


def test_a_loiterer_drifts_for_hours_far_from_shore(truth, fixes):
    for [mmsi], from_s, to_s, _ in planted(truth, "loitering"):
        table = between(fixes[mmsi], from_s, to_s)
        assert to_s - from_s >= 2 * 3600
        assert table[:, 3].mean() < 2
        assert shore_distance_nm(table[:, 1], table[:, 2]).min() > 12


def test_ships_that_wait_lie_at_anchor(truth, fixes):
    waits = [w for w in planted(truth, "stop") if w[3]["where"] == "anchorage"]
    assert len(waits) >= 12
    for [mmsi], from_s, to_s, row in waits:
        table = between(fixes[mmsi], from_s, to_s)
        assert set(table[:, 4]) == {1}
        assert table[:, 3].max() < 0.5
        assert distance_nm(table[:, 1], table[:, 2], row["lon"], row["lat"]).max() < 0.2


def test_nothing_is_planted_on_land(truth):
    places = [(r["lon"], r["lat"]) for r in truth
              if r["kind"] in ("gap", "rendezvous", "loitering") and "decoy" not in r]  # fmt: skip
    lon, lat = np.array(places).T
    assert (shore_distance_nm(lon, lat) > 1).all()


def test_ships_at_sea_keep_off_the_land(fixes):
    rows = np.concatenate([table[table[:, 3] > 8] for table in fixes.values()])
    assert (inland_nm(rows[:, 1], rows[:, 2]) > 3).mean() < 0.002


def test_laden_ships_are_bound_for_the_hazardous_ports(heard):
    hazardous = {"ECGYE", "PECLL", "COBUN", "COCTG", "COMAM", "VEGUT", "HTPAP", "BRSSZ"}
    bound = {m.mmsi: m.destination for _, m in heard if m.msg_type == 5}
    assert sum(port in hazardous for port in bound.values()) > 40
    assert hazardous <= set(bound.values())


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(BadInputError, match="pacific"):
        Exercise("atlantic", start_us=START_US)


@pytest.mark.parametrize("changes", [{"hours": 0}, {"vessels": 0}, {"hours": float("nan")}])
def test_an_empty_exercise_is_refused(changes):
    with pytest.raises(BadInputError, match="above 0"):
        an_exercise(**changes)
