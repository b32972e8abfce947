"""The definitions by the book, on motion drawn by hand: nobody's detector is asked."""

from dataclasses import replace

import numpy as np
import pytest

from ingest.exercise.definition import Motion, approaches, off_path_nm, silence_s, spells
from ingest.exercise.fleet import a_ship
from sea.geodesy import destination
from sea.ports import port

OPEN_SEA = (-90.0, -10.0)
CALLAO = (port("PECLL").lon, port("PECLL").lat)


def motion(*ways, kinds=None, status=0, minutes=600):
    """Ships that each follow (bearing, offset m, sog by minute) from the open sea or a place."""
    lon, lat, sog = [], [], []
    for way in ways:
        speeds = np.broadcast_to(np.asarray(way["sog"], float), minutes)
        away = np.concatenate([[0.0], np.cumsum(speeds[:-1]) / 60])
        begin = destination(*way.get("at", OPEN_SEA), 0, way.get("off_m", 0) / 1852)
        x, y = destination(*begin, way.get("course", 90), away)
        lon.append(x)
        lat.append(y)
        sog.append(speeds)
    ships = tuple(a_ship(kind, i, 0) for i, kind in enumerate(kinds or ["tanker"] * len(ways)))
    shape = (len(ways), minutes)
    return Motion(ships=ships, lon=np.array(lon), lat=np.array(lat), sog=np.array(sog),
                  status=np.full(shape, status, np.int8), there=np.ones(shape, bool),
                  own=np.ones(len(ways), bool))  # fmt: skip


def during(first, last, value, other, minutes=600):
    speeds = np.full(minutes, float(other))
    speeds[first:last] = value
    return speeds


def found(moved, kind, ease=1.0):
    return [s for s in spells(moved, ease) if s.kind == kind]


@pytest.mark.parametrize(
    ("off_m", "minutes", "sog", "met"),
    [(300, 40, 1.5, True), (700, 40, 1.5, False), (300, 15, 1.5, False), (300, 40, 4, False)],
)
def test_a_rendezvous_is_near_and_slow_and_lasts(off_m, minutes, sog, met):
    speeds = during(100, 100 + minutes, sog, 12)
    pair = found(motion({"sog": speeds}, {"sog": speeds, "off_m": off_m}), "rendezvous")
    assert bool(pair) is met
    if met:
        assert (pair[0].ships, pair[0].met_s - pair[0].from_s) == ((0, 1), 20 * 60)


def test_a_tug_at_work_is_no_rendezvous():
    speeds = during(100, 160, 1.0, 8)
    ways = {"sog": speeds}, {"sog": speeds, "off_m": 200}
    assert not found(motion(*ways, kinds=["tanker", "tug"]), "rendezvous")
    assert found(motion(*ways, kinds=["tanker", "fishing"]), "rendezvous")


def test_nobody_meets_in_port():
    ways = [{"sog": 0.0, "at": CALLAO}, {"sog": 0.0, "at": CALLAO, "off_m": 200}]
    assert not found(motion(*ways), "rendezvous")


def test_a_slowdown_is_a_while_below_three_fifths_of_cruise():
    cruise = a_ship("tanker", 0, 0).cruise_kn
    cases = ((0.5, 30, True), (0.7, 30, False), (0.5, 5, False), (0.5, 90, False))
    for share, minutes, met in cases:
        moved = motion({"sog": during(100, 100 + minutes, share * cruise, cruise)})
        assert bool(found(moved, "slowdown")) is met, (share, minutes)


def test_a_ship_that_was_slow_before_has_not_slowed_down():
    cruise = a_ship("tanker", 0, 0).cruise_kn
    speeds = np.concatenate([during(0, 100, 0.7 * cruise, 0.5 * cruise, 130), np.full(470, cruise)])
    assert not found(motion({"sog": speeds}), "slowdown")


def test_a_sudden_stop_takes_a_quarter_of_an_hour_at_most():
    slowly = np.concatenate([np.full(100, 12.0), np.linspace(12, 1, 60), np.full(440, 1.0)])
    assert found(motion({"sog": during(100, 200, 1, 12)}), "sudden_stop")
    assert not found(motion({"sog": slowly}), "sudden_stop")


def test_drifting_far_out_for_two_hours_is_loitering():
    assert found(motion({"sog": during(100, 240, 1.2, 12)}), "loitering")
    assert not found(motion({"sog": during(100, 200, 1.2, 12)}), "loitering")
    assert not found(motion({"sog": during(100, 240, 1.2, 12)}, status=1), "loitering")


def test_a_stop_lasts_an_hour():
    assert found(motion({"sog": during(100, 170, 0, 12)}), "stop")
    assert not found(motion({"sog": during(100, 150, 0, 12)}), "stop")


def test_a_port_call_ends_beyond_four_kilometres():
    (call,) = found(motion({"sog": during(0, 300, 0, 6), "at": CALLAO, "course": 250}), "port_call")
    assert call.from_s == 0
    assert 300 * 60 < call.to_s < 330 * 60


def test_a_stricter_definition_finds_no_more():
    speeds = during(100, 121, 2.8, 12)
    moved = motion({"sog": speeds}, {"sog": speeds, "off_m": 480})
    found_ = [len(found(moved, "rendezvous", ease)) for ease in (1 / 1.1, 1.0, 1.1)]
    assert found_ == sorted(found_, reverse=True)
    assert found_[0] == 1
    assert found_[2] == 0


@pytest.mark.parametrize(
    ("kind", "sog", "met"), [("launch", 25.0, True), ("launch", 10.0, False), ("tug", 25.0, False)]
)
def test_small_craft_that_run_at_a_ship_approach_her(kind, sog, met):
    far = destination(*OPEN_SEA, 90, 10)
    ways = [{"sog": 0.0}, {"sog": during(24, 600, 0, sog), "at": far, "course": 270}]
    moved = motion(*ways, kinds=["tanker", kind])
    at_s = np.arange(600) * 60.0

    def where(ship, when):
        return tuple(np.interp(when, at_s, axis[ship]) for axis in (moved.lon, moved.lat))

    assert bool(list(approaches(moved, where, 1.0))) is met


def test_a_craft_that_goes_and_looks_in_again_has_approached_once():
    """She passes, is beyond a mile for eight minutes, and comes back slowly to half a mile."""
    off_nm = np.interp(np.arange(600), [0, 24, 40, 46, 60, 70], [10, 10, 0.05, 2.5, 0.5, 0.5])
    lon = OPEN_SEA[0] + off_nm / 60 / np.cos(np.radians(OPEN_SEA[1]))
    moved = motion({"sog": 0.0}, {"sog": 0.0}, kinds=["tanker", "launch"])
    moved = replace(moved, lon=np.stack([np.full(600, OPEN_SEA[0]), lon]),
                    lat=np.full((2, 600), OPEN_SEA[1]))  # fmt: skip
    at_s = np.arange(600) * 60.0

    def where(ship, when):
        return tuple(np.interp(when, at_s, axis[ship]) for axis in (moved.lon, moved.lat))

    assert len(list(approaches(moved, where, 1.0))) == 1


def test_silence_counts_the_edges():
    heard = np.array([100.0, 200.0, 900.0])
    assert silence_s(heard, 0, 1000) == 700
    assert silence_s(heard, 0, 150) == 100
    assert silence_s(np.empty(0), 0, 50) == 50


def test_the_way_off_a_line_is_the_shortest():
    line = destination(*OPEN_SEA, 90, np.arange(0, 100, 1.0))
    off = off_path_nm(*destination(line[0][50], line[1][50], 0, np.array([20.0])), *line)
    assert off[0] == pytest.approx(20, abs=0.1)
