import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from sea.geodesy import (
    along_track_nm,
    bearing_deg,
    chord_nm,
    cpa,
    cross_track_nm,
    destination,
    distance_nm,
    unit_vectors,
    wrap_lon,
)
from sea.units import EARTH_RADIUS_M, M_PER_NM

SPHERE = Geod(a=EARTH_RADIUS_M, b=EARTH_RADIUS_M)
WGS84 = Geod(ellps="WGS84")

lons = st.floats(-180, 180)
lats = st.floats(-89.5, 89.5)


def some_pairs(n=4000, seed=1):
    rng = np.random.default_rng(seed)
    lon1, lon2 = rng.uniform(-180, 180, (2, n))
    lat1, lat2 = rng.uniform(-85, 85, (2, n))
    return lon1, lat1, lon2, lat2


def test_distance_and_bearing_equal_pyproj_on_the_same_sphere():
    pairs = some_pairs()
    azimuth, _, metres = SPHERE.inv(*pairs)
    np.testing.assert_allclose(distance_nm(*pairs), metres / M_PER_NM, rtol=1e-9)
    off = (bearing_deg(*pairs) - azimuth + 180) % 360 - 180
    np.testing.assert_allclose(off, 0, atol=1e-7)


def test_distance_is_within_0_6_percent_of_the_ellipsoid():
    pairs = some_pairs()
    _, _, metres = WGS84.inv(*pairs)
    np.testing.assert_allclose(distance_nm(*pairs), metres / M_PER_NM, rtol=0.006)


def test_destination_equals_pyproj_on_the_same_sphere():
    lon, lat, bearing, _ = some_pairs()
    distance = np.random.default_rng(2).uniform(0, 5000, len(lon))
    want_lon, want_lat, _ = SPHERE.fwd(lon, lat, bearing, distance * M_PER_NM)
    got_lon, got_lat = destination(lon, lat, bearing, distance)
    np.testing.assert_allclose(got_lat, want_lat, atol=1e-8)
    np.testing.assert_allclose(wrap_lon(got_lon - want_lon), 0, atol=1e-7)


@given(lons, lats, lons, lats)
def test_distance_is_symmetric(lon1, lat1, lon2, lat2):
    there = distance_nm(lon1, lat1, lon2, lat2)
    assert there == pytest.approx(distance_nm(lon2, lat2, lon1, lat1), abs=1e-9)
    assert 0 <= there <= math.pi * EARTH_RADIUS_M / M_PER_NM


@given(lons, lats, st.floats(0, 360), st.floats(0.01, 5000))
def test_destination_lies_at_the_distance_and_bearing_asked(lon, lat, bearing, distance):
    lon2, lat2 = destination(lon, lat, bearing, distance)
    assert -180 <= lon2 <= 180
    assert distance_nm(lon, lat, lon2, lat2) == pytest.approx(distance, abs=1e-6)
    again = destination(lon, lat, bearing_deg(lon, lat, lon2, lat2), distance)
    assert distance_nm(lon2, lat2, *again) == pytest.approx(0, abs=1e-6)


@given(lons, lats, lons, lats)
def test_bearing_is_below_360(lon1, lat1, lon2, lat2):
    assert 0 <= bearing_deg(lon1, lat1, lon2, lat2) < 360


def test_a_step_over_the_antimeridian_is_short():
    assert distance_nm(179.9, 0, -179.9, 0) == pytest.approx(12.008, abs=1e-3)
    assert bearing_deg(179.9, 0, -179.9, 0) == pytest.approx(90)
    lon, _ = destination(179.9, 0, 90, 12)
    assert lon < -179


def test_a_position_to_starboard_of_the_track_has_positive_cross_track():
    assert cross_track_nm(1, -0.5, 0, 0, 2, 0) == pytest.approx(30.02, abs=0.01)
    assert cross_track_nm(1, 0.5, 0, 0, 2, 0) == pytest.approx(-30.02, abs=0.01)


@given(lons, st.floats(-70, 70), st.floats(0, 360), st.floats(1, 1000), st.floats(-80, 80))
def test_along_and_cross_track_find_back_how_a_position_was_made(lon, lat, course, along, aside):
    lon2, lat2 = destination(lon, lat, course, 2000)
    foot = destination(lon, lat, course, along)
    there = bearing_deg(*foot, lon2, lat2)
    position = destination(*foot, there + math.copysign(90, aside), abs(aside))
    assert along_track_nm(*position, lon, lat, lon2, lat2) == pytest.approx(along, abs=1e-4)
    assert cross_track_nm(*position, lon, lat, lon2, lat2) == pytest.approx(aside, abs=1e-4)


def test_along_track_is_negative_astern():
    assert along_track_nm(-1, 0, 0, 0, 2, 0) == pytest.approx(-60.04, abs=0.01)


def test_ships_meeting_head_on_close_to_nothing_halfway():
    cpa_nm, tcpa_s = cpa(0, 0, 10, 90, 1, 0, 10, 270)
    assert cpa_nm == pytest.approx(0, abs=1e-6)
    assert tcpa_s == pytest.approx(60.04 / 20 * 3600, rel=1e-4)


def test_ships_that_opened_have_their_closest_approach_in_the_past():
    _, tcpa_s = cpa(0, 0, 10, 270, 1, 0, 10, 90)
    assert tcpa_s < 0


def test_ships_in_company_keep_their_distance():
    cpa_nm, tcpa_s = cpa(0, 10, 12, 45, 0.1, 10, 12, 45)
    assert cpa_nm == pytest.approx(distance_nm(0, 10, 0.1, 10))
    assert tcpa_s == 0


@given(lons, st.floats(-60, 60), st.floats(0.1, 30), st.floats(0, 360), *[st.floats(0, 30)] * 2)
def test_cpa_does_not_depend_on_who_is_first(lon, lat, apart, bearing, sog1, sog2):
    lon2, lat2 = destination(lon, lat, bearing, apart)
    one, two = (lon, lat, sog1, 30.0), (lon2, lat2, sog2, 200.0)
    here, there = cpa(*one, *two), cpa(*two, *one)
    assert here[0] == pytest.approx(there[0], abs=1e-6)
    assert here[1] == pytest.approx(there[1], rel=1e-6, abs=1e-3)


@given(st.floats(-70, 70), *[st.floats(0, 360)] * 3, st.floats(1, 30), st.floats(1, 30))
def test_no_instant_brings_two_ships_closer_than_their_cpa(lat, bearing, c1, c2, sog1, sog2):
    lon2, lat2 = destination(0, lat, bearing, 20)
    cpa_nm, _ = cpa(0, lat, sog1, c1, lon2, lat2, sog2, c2)
    hours = np.linspace(0, 2, 121)
    first = destination(0, lat, c1, sog1 * hours)
    second = destination(lon2, lat2, c2, sog2 * hours)
    closest = distance_nm(*first, *second).min()
    assert closest >= cpa_nm - 0.6


def test_arrays_and_scalars_broadcast():
    assert distance_nm(0, 0, np.zeros((3, 1)), np.ones(4)).shape == (3, 4)
    assert isinstance(float(distance_nm(0, 0, 0, 1)), float)


@given(lons, lats, lons, lats)
def test_the_chord_between_two_positions_tells_their_distance(lon1, lat1, lon2, lat2):
    chord = np.linalg.norm(unit_vectors(lon1, lat1) - unit_vectors(lon2, lat2))
    assert chord_nm(chord) == pytest.approx(float(distance_nm(lon1, lat1, lon2, lat2)), abs=1e-3)
