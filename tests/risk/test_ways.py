import numpy as np
import pytest

from risk.detect.wake import POINTS, Wakes
from risk.detect.ways import Way, on_lanes, sides_nm, ways_kept
from sea.geodesy import bearing_deg, destination, distance_nm, unit_vectors
from sea.lane_graph import lane_graph, ways_to
from sea.ports import port, ports
from sea.units import HOUR_US

BOUND = port("CLVAP")
NUMBER = [place.unlocode for place in ports()].index(BOUND.unlocode)
START = 1_772_323_200_000_000


class Seen:
    """As much of a picture as wakes need."""

    capacity = 4

    def __len__(self):
        return 4


@pytest.fixture
def wakes():
    made = Wakes(sog_kn=3)
    made.reach(Seen())
    return made


@pytest.fixture
def sailed(wakes, a_report, reports):
    """Keeps the wake of slot 1 on courses of so many hours each, at 14 kn, every 5 minutes."""

    def sail(*courses, sog=14.0):
        lon, lat, rows = -90.0, -30.0, []
        for course, hours in courses:
            for _ in range(round(hours * 12)):
                rows.append(a_report(1, 5.0 * len(rows), lon, lat, sog))
                lon, lat = (float(x) for x in destination(lon, lat, course, sog / 12))
        batch = reports(*rows)
        return wakes.follow(np.ones(len(rows), np.int32), batch)

    return sail


def test_a_wake_has_a_fix_every_half_hour(wakes, sailed):
    assert sailed((90.0, 3.0)).tolist() == [1]
    at, lon, _ = wakes.of(1)
    assert np.diff(at).tolist() == [HOUR_US // 2] * 5
    assert np.all(np.diff(lon) > 0)


def test_a_full_wake_keeps_the_latest_fixes(wakes, sailed):
    sailed((90.0, 20.0))
    at, lon, _ = wakes.of(1)
    assert len(at) == POINTS
    assert np.all(np.diff(at) == HOUR_US // 2)
    assert np.all(np.diff(lon) > 0)


def test_a_ship_that_lies_has_no_wake(wakes, sailed):
    sailed((90.0, 3.0), sog=0.4)
    assert len(wakes.of(1)[0]) == 0


@pytest.mark.parametrize(
    ("courses", "bent"),
    [([(45.0, 8.0)], []), ([(45.0, 3.0), (80.0, 3.0)], [1]), ([(45.0, 1.0), (80.0, 1.0)], [])],
    ids=["straight", "turned", "too short to tell"],
)
def test_a_turn_bends_a_wake(wakes, sailed, courses, bent):
    sailed(*courses)
    assert wakes.bent(np.array([1]), 6, 3, 2).tolist() == bent


def test_wakes_go_on_after_a_restart(wakes, sailed):
    sailed((45.0, 8.0))
    again = Wakes(sog_kn=3)
    again.restore(wakes.state())
    again.reach(Seen())
    for one, other in zip(wakes.of(1), again.of(1), strict=True):
        assert one.tolist() == other.tolist()


@pytest.mark.parametrize(("aside", "side"), [(-90.0, 10.0), (90.0, -10.0)])
def test_sides_are_positive_to_port(aside, side):
    line = unit_vectors(np.array([-90.0, -80.0]), np.array([0.0, 0.0]))
    lon, lat = destination(-85.0, 0.0, 90.0 + aside, 10.0)
    assert sides_nm(unit_vectors(lon, lat)[None], line)[0] == pytest.approx(side, abs=1e-6)


def test_beyond_its_end_a_line_is_as_far_as_its_end():
    line = unit_vectors(np.array([-90.0, -80.0]), np.array([0.0, 0.0]))
    assert abs(sides_nm(unit_vectors([-79.0], [0.0]), line)[0]) == pytest.approx(60.0, abs=0.1)


def test_the_great_circle_to_the_port_is_a_way_that_a_ship_keeps():
    course = float(bearing_deg(-95.0, -20.0, BOUND.lon, BOUND.lat))
    lon, lat = destination(-95.0, -20.0, course, 7.0 * np.arange(16))
    ways = ways_kept(lon, lat, NUMBER, 7.5, 2, 50, 75)
    assert ways[0].straight
    assert ways[0].kept_nm == pytest.approx(15 * 7.0, abs=0.1)
    aside = destination(lon[-1], lat[-1], course - 90, 20.0)
    assert ways[0].off_nm(*aside)[0] == pytest.approx(20.0, abs=0.3)


def test_a_ship_that_sails_away_from_her_port_keeps_no_way_to_it():
    course = float(bearing_deg(-95.0, -20.0, BOUND.lon, BOUND.lat)) + 90
    lon, lat = destination(-95.0, -20.0, course, 7.0 * np.arange(16))
    assert ways_kept(lon, lat, NUMBER, 7.5, 2, 50, 75) == []


def test_a_way_that_she_slowly_crosses_is_not_kept():
    course = float(bearing_deg(-95.0, -20.0, BOUND.lon, BOUND.lat))
    lon, lat = destination(-95.0, -20.0, course + 5, 7.0 * np.arange(16))
    assert ways_kept(lon, lat, NUMBER, 7.5, 2, 50, 75) == []


def test_off_is_measured_from_where_she_kept_beside_the_way():
    lon, lat = BOUND.lon - 20.0, BOUND.lat
    course = float(bearing_deg(lon, lat, BOUND.lon, BOUND.lat))
    way = Way(unit_vectors(np.array([lon, BOUND.lon]), np.array([lat, BOUND.lat])), 4.0, 100.0,
              0.1, straight=True)  # fmt: skip
    here = destination(*destination(lon, lat, course, 100.0), course - 90, 19.0)
    assert way.off_nm(*here)[0] == pytest.approx(15.0, abs=0.5)


def test_who_follows_a_lane_is_on_it_and_who_crosses_it_is_not():
    graph = lane_graph()
    one, other = next(
        (one, other) for one, other in graph.ends.tolist()
        if 100 < distance_nm(graph.lon[one], graph.lat[one], graph.lon[other], graph.lat[other])
        < 200 and abs(graph.lat[one]) < 30 and abs(graph.lon[one]) < 170
    )  # fmt: skip
    course = float(bearing_deg(graph.lon[one], graph.lat[one], graph.lon[other], graph.lat[other]))
    along = destination(graph.lon[one], graph.lat[one], course, np.array([30.0, 37.0, 44.0]))
    ahead, astern = (_port_beyond(*ends, graph) for ends in ((one, other), (other, one)))
    assert on_lanes(*along, ahead, 5.0) == 1.0
    assert on_lanes(*along, astern, 5.0) == 0.0
    spot = destination(graph.lon[one], graph.lat[one], course, 37.0)
    across = destination(*spot, course + 60, np.array([-1.0, 0.0, 1.0]))
    assert on_lanes(*across, ahead, 0.5) < 1.0


def _port_beyond(one, other, graph):
    """A port that is nearer from the second node than from the first."""
    for number, place in enumerate(ports()):
        away_nm = ways_to(place.lon, place.lat).away_nm
        if away_nm[other] < away_nm[one]:
            return number
    raise AssertionError("every port lies the other way")
