from itertools import pairwise

import numpy as np
import pyais
import pytest

from ingest.decode import Decoder
from ingest.exercise import Exercise, encode
from ingest.exercise.world import MOST_VESSELS, World
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.instants import parse_utc
from sea.land import inland_nm
from sea.units import HOUR_US, MINUTE_US, SECOND_US

START_US = parse_utc("2026-01-15T00:00:00Z")
VESSELS = 240
MINUTES = 12


@pytest.fixture(scope="module")
def world():
    return World(start_us=START_US, vessels=VESSELS, seed=3)


@pytest.fixture(scope="module")
def lines(world):
    return list(world.lines(START_US, START_US + MINUTES * MINUTE_US))


@pytest.fixture(scope="module")
def decoded(lines):
    decoder = Decoder()
    rows = decoder.feed(b"".join(line for _, line in lines))
    assert decoder.counts["rejected"] == 0
    return rows


def test_the_same_seed_gives_the_same_lines_and_another_seed_others(world, lines):
    end = START_US + MINUTES * MINUTE_US
    again = World(start_us=START_US, vessels=VESSELS, seed=3)
    other = World(start_us=START_US, vessels=VESSELS, seed=4)
    assert list(again.lines(START_US, end)) == lines
    assert list(other.lines(START_US, end)) != lines


def test_any_cutting_of_an_interval_gives_the_same_lines(world, lines):
    rng = np.random.default_rng(1)
    inner = np.sort(rng.integers(0, MINUTES * MINUTE_US, 40))
    cuts = [START_US, *(START_US + inner).tolist(), START_US + MINUTES * MINUTE_US]
    parts = [list(world.lines(a, b)) for a, b in pairwise(cuts)]
    assert [line for part in parts for line in part] == lines
    blocks = [b"".join(world.played(a, b)) for a, b in pairwise(cuts)]
    assert b"".join(blocks) == b"".join(line for _, line in lines)


def test_lines_come_in_order_of_reception_with_the_second_in_their_tag_block(lines):
    received = [at for at, _ in lines]
    assert received == sorted(received)
    assert all(b",c:%d*" % (at // SECOND_US) in line for at, line in lines)


def test_nothing_comes_before_the_start(world, lines):
    early = list(world.lines(START_US - HOUR_US, START_US + MINUTES * MINUTE_US))
    assert early == lines


def test_pyais_reads_every_line_with_right_checksums(lines):
    sentences = [line.split(b"\\")[2].strip() for _, line in lines]
    kinds, first = set(), None
    for sentence in sentences:
        if sentence.startswith(b"!AIVDM,2,1"):
            first = sentence
            continue
        parts = [first, sentence] if sentence.startswith(b"!AIVDM,2,2") else [sentence]
        message = pyais.decode(*parts, error_if_checksum_invalid=True)
        kinds.add(message.msg_type)
    assert kinds == {1, 3, 5, 18, 24}


def test_payloads_are_those_of_the_encoder(lines):
    for _, line in lines:
        sentence = line.split(b"\\")[2].strip()
        payload = sentence.split(b",")[5]
        if payload[:1] not in b"13B" or b"AIVDM,2" in sentence:
            continue
        told = pyais.decode(sentence)
        own = {name: np.array([round(value)]) for name, value in (
            ("mmsi", told.mmsi), ("sog", told.speed * 10), ("lon", told.lon * 600_000),
            ("lat", told.lat * 600_000), ("cog", told.course * 10), ("heading", told.heading),
            ("second", told.second), ("radio", told.radio))}  # fmt: skip
        if told.msg_type == 18:
            made = encode.position_b(**own)
        else:
            own |= {"msg_type": np.array([told.msg_type]), "rot": np.array([0]),
                    "nav_status": np.array([int(told.status)])}  # fmt: skip
            made = encode.position_a(**own)
        assert made.tobytes() == payload


def minutes_by_ship(reports):
    minutes = {}
    for mmsi, at in zip(reports.mmsi.tolist(), reports.received_at.tolist(), strict=True):
        minutes.setdefault(mmsi, set()).add(at // MINUTE_US)
    return minutes


def test_ships_under_way_report_each_minute_and_lying_ones_in_three(decoded):
    reports = decoded.reports
    lying = (reports.msg_type == 3) | ((reports.msg_type == 18) & (reports.sog == 0))
    under_way, at_rest = minutes_by_ship(reports.take(~lying)), minutes_by_ship(reports.take(lying))
    always, never = under_way.keys() - at_rest.keys(), at_rest.keys() - under_way.keys()
    assert len(always) > 50
    assert len(never) > 50
    assert all(max(m) - min(m) + 1 == len(m) for m in (under_way[mmsi] for mmsi in always))
    assert all(len(at_rest[mmsi]) == MINUTES // 3 for mmsi in never)


def test_every_ship_tells_her_static_data_every_six_minutes(decoded):
    statics = decoded.statics
    mmsi, count = np.unique(statics.mmsi, return_counts=True)
    assert len(mmsi) == VESSELS
    class_b = {m for m, t in zip(statics.mmsi.tolist(), statics.msg_type.tolist(), strict=True)
               if t == 24}  # fmt: skip
    assert dict(zip(mmsi.tolist(), count.tolist(), strict=True)) == {
        m: MINUTES // 6 * (2 if m in class_b else 1) for m in mmsi.tolist()
    }


def test_ships_move_as_they_say(decoded):
    reports = decoded.reports.take(np.lexsort((decoded.reports.reported_at, decoded.reports.mmsi)))
    same = reports.mmsi[1:] == reports.mmsi[:-1]
    seconds = np.diff(reports.reported_at) / SECOND_US
    made_nm = distance_nm(reports.lon[1:], reports.lat[1:], reports.lon[:-1], reports.lat[:-1])
    steps = same & (seconds > 30)
    told_nm = (reports.sog[1:] + reports.sog[:-1]) / 2 * seconds / 3600
    off_nm = np.abs(made_nm - told_nm)[steps]
    assert len(off_nm) > 1000
    assert np.quantile(off_nm, 0.99) < 0.05
    assert off_nm.max() < 0.5


def test_traffic_is_spread_over_the_oceans_and_keeps_off_land(decoded):
    reports = decoded.reports
    assert np.mean(inland_nm(reports.lon, reports.lat) > 3) < 0.05
    assert len(set(zip((reports.lon // 30).tolist(), (reports.lat // 30).tolist(),
                       strict=True))) > 25  # fmt: skip


def test_everything_says_that_it_is_synthetic(lines, decoded):
    assert all(b"s:EX-" in line for _, line in lines)
    assert all(name is None or name.startswith("SYNTHETIC ") for name in decoded.statics.name)


def test_ships_have_numbers_of_their_own():
    world = World(start_us=START_US, vessels=20_000, seed=0)
    played = b"".join(world.played(START_US, START_US + 3 * MINUTE_US))
    assert len(np.unique(Decoder().feed(played).reports.mmsi)) == 20_000


@pytest.mark.parametrize("vessels", [0, MOST_VESSELS + 1])
def test_too_many_or_no_vessels_are_refused(vessels):
    with pytest.raises(BadInputError, match="vessels"):
        World(start_us=START_US, vessels=vessels, seed=0)


def test_the_exercise_world_has_its_lines_within_its_hours_and_plants_nothing(world):
    exercise = Exercise("world", start_us=START_US, hours=0.1, vessels=VESSELS, seed=3)
    told = list(exercise.lines(START_US - HOUR_US, START_US + HOUR_US))
    assert told == list(world.lines(START_US, START_US + 6 * MINUTE_US))
    assert exercise.truth() == []


def test_one_ship_is_enough():
    world = World(start_us=START_US, vessels=1, seed=0)
    assert list(world.lines(START_US, START_US + 10 * MINUTE_US))
